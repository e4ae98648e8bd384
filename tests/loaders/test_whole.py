"""Files judged as a whole: too many bad rows, procedures that the catalogue does not know."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from data.access import ALL
from data.schema import FLAGS
from loaders import refused
from tests.loaders.conftest import HEADINGS, Desk, as_csv, with_cells
from tests.loaders.test_load import CATALOGUE

Open = Callable[[Path], Desk]


def _rows(good: int, bad: int) -> bytes:
    rows = [with_cells(n) for n in range(good)] + [with_cells(good + n, at2="hôm qua") for n in range(bad)]
    return as_csv([HEADINGS, *rows])


@pytest.mark.parametrize(
    ("good", "bad", "taken"),
    [(50, 50, 50), (49, 51, 0), (5, 95, 0), (30, 69, 30), (1, 9, 1), (99, 1, 99), (400, 400, 400), (399, 401, 0)],
)
def test_more_than_half_bad_from_a_hundred_rows_on(good: int, bad: int, taken: int, desk: Desk) -> None:
    report = desk.load(_rows(good, bad))
    assert report.read == good + bad == report.new + report.refused
    assert (report.new, len(desk.rows())) == (taken, taken)
    assert len(report.refusals) == bad
    assert report.status == ("loaded" if taken else "refused")
    if not taken:
        assert f"{bad} trong {good + bad} dòng" in report.reason and "Hãy" in report.reason
        assert refused.count(desk.store, report.import_id, scope=ALL) == bad


def test_it_can_be_loaded_again_when_mended(desk: Desk) -> None:
    assert desk.load(_rows(40, 80)).status == "refused"
    assert desk.load(_rows(40, 80)).status == "refused"
    assert desk.load(_rows(120, 0)).new == 120


@pytest.mark.parametrize(("most", "status"), [("0.9", "loaded"), ("0.1", "refused"), ("1", "loaded"), ("0", "refused")])
def test_the_home_sets_the_share(most: str, status: str, root: Path, open_desk: Open) -> None:
    (root / "home.toml").write_text(f"[loading]\nmost_refused = {most}\n", encoding="utf-8")
    assert open_desk(root).load(_rows(80, 40)).status == status


def test_a_dry_run_says_the_same(desk: Desk) -> None:
    report = desk.load(_rows(40, 80), dry_run=True)
    assert (report.status, report.new, report.import_id) == ("refused", 0, None)
    assert desk.store.loads() == []


def test_procedures_that_the_catalogue_does_not_have_are_flagged(root: Path, open_desk: Open) -> None:
    (root / "profiles" / "danh-muc.toml").write_text(CATALOGUE, encoding="utf-8")
    desk = open_desk(root)
    headings = [*HEADINGS, "Mã TTHC"]
    codes = ["1.003003", "1.003003.000.00.00.H10", "1.009999", "TT-12", ""]
    first = as_csv([headings, *([*with_cells(n), code] for n, code in enumerate(codes))])
    assert desk.load(first).flags == {"unknown_procedure": 2}  # odd or missing; nothing says that 1.009999 is none
    heads = ["Mã dịch vụ", "Mã TTHC", "Tên", "Đơn vị", "Mức độ"]
    services = as_csv([heads, ["D1", "1.003003.000.00.00.H10", "Cấp thẻ", "Sở Tư pháp", "4"]])
    assert desk.load(services).kind == "services"
    again = as_csv([headings, *([*with_cells(n + 10), code] for n, code in enumerate(codes))])
    report = desk.load(again)
    assert (report.refused, report.flags) == (0, {"unknown_procedure": 3})
    flags = [int(flags) & FLAGS["unknown_procedure"] > 0 for (flags,) in desk.rows("flags")][-5:]  # type: ignore[call-overload]
    assert flags == [False, False, True, True, True]
