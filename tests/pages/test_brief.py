"""The part of the page of reports with the digest and the packs."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from data.access import Role
from data.clock import parse_moment
from data.errors import AccessFault
from data.home import Home
from data.people import viewer_of
from data.store import Store
from kpi.reports import digest, packs
from pages.parts import access
from pages.parts.report import brief, desk
from tests.pages.test_pages import MOMENT, Open, body, visit

__all__ = ["visit"]

REPORTS = "pages/meeting/reports.py"
PICTURE, PACKS = "Tải hình tóm tắt (PNG)", "Tải gói của mọi đơn vị (ZIP)"


def labels(app: Any) -> set[str]:
    return {element.proto.label for element in app.get("download_button")}


def as_somebody(monkeypatch: pytest.MonkeyPatch, root: Path, role: Role, unit: str = "") -> None:
    who = viewer_of(Home(root), date(2021, 4, 20), id=7, name="x", identity="x", role=role, unit=unit)
    monkeypatch.setattr(access, "_viewer", lambda: who)


def test_the_digest_can_be_copied(filled: Path, visit: Open) -> None:
    app = visit(filled, REPORTS, as_of=MOMENT, part="brief")
    home = Home(filled)
    wanted = digest.build(Store.open(home), home, home.campaign("50-ngay"), parse_moment(MOMENT, home.zone))
    assert [code.value for code in app.code] == [wanted.text]
    assert {PICTURE, PACKS} <= labels(app)


def test_a_head_gets_the_own_digest_and_no_packs(filled: Path, visit: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    as_somebody(monkeypatch, filled, Role.head, "dong-phu")
    app = visit(filled, REPORTS, as_of=MOMENT, part="brief")
    (code,) = app.code
    assert code.value.startswith("CHIẾN DỊCH 50 NGÀY ĐÊM – Huyện Đồng Phú")
    assert PICTURE in labels(app) and PACKS not in labels(app)
    assert not app.get("code") or "loc-ninh" not in body(app)


def test_the_packs_are_asked_for_again_when_they_are_made(
    filled: Path, visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever may no longer issue gets none, whatever was drawn before."""
    app = visit(filled, REPORTS, as_of=MOMENT, part="brief")
    here = desk(app.session_state["view"])
    monkeypatch.setattr(packs, "heads", lambda *_: [])
    with zipfile.ZipFile(io.BytesIO(brief._packs(here))) as empty:
        assert empty.namelist() == []

    def refused(*_: Any) -> None:
        raise AccessFault("x")

    monkeypatch.setattr(access, "require", refused)
    with pytest.raises(AccessFault):
        brief._packs(here)
