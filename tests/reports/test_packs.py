"""Packs: what each unit gets, that it gets nothing of others, how they are sent."""

from __future__ import annotations

import email
import io
import socket
import zipfile
from collections.abc import Iterator
from email.policy import default
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from aiosmtpd.controller import Controller
from hypothesis import given
from hypothesis import strategies as st

from data.clock import parse_moment
from data.errors import CallFault, CampaignError
from data.mail import read
from data.mail import sent as sent_before
from kpi.reports import digest, packs
from tests.conftest import run_campaign
from tests.reports.homes import AS_OF, TOLD, Small

LATE = "2021-12-20T17:00"
"""All targets are past due: only units with dossiers get a pack, Sở Y tế and Đồng Phú."""
CODES = {unit: {f"H10-{told[0]}" for told in TOLD if told[0].startswith(unit[:2])} for unit in ("dp", "yt")}


def moment(small: Small, text: str) -> int:
    return parse_moment(text, small[0].zone)


def heads(small: Small, as_of: str, key: str = "50-ngay") -> list[str]:
    home, store = small
    return [unit.code for unit in packs.heads(store, home, home.campaign(key), moment(small, as_of))]


def said(content: bytes) -> bytes:
    """All of a file's words: those of DOCX and XLSX lie in a zip of their own."""
    if not content.startswith(b"PK"):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as inner:
        return b"\n".join(inner.read(name) for name in inner.namelist())


@pytest.fixture(scope="module")
def zipped(told_home: Small, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home, store = told_home
    path = tmp_path_factory.mktemp("packs") / "goi.zip"
    steps: list[tuple[int, int]] = []
    made = packs.write(store, home, home.campaign("50-ngay"), moment(told_home, LATE), path, tell=lambda done, total, name: steps.append((done, total)))  # fmt: skip
    units = []
    for one in made:
        assert not path.exists(), "not before the last one is in"
        units.append(one.unit.code)
    assert units == ["syt", "dong-phu"]
    assert steps == [(0, 2), (1, 2), (2, 2)]
    return path


def test_whoever_has_an_open_target_or_dossiers_gets_one(told_home: Small) -> None:
    everybody = heads(told_home, AS_OF)
    assert (len(everybody), everybody[:2], everybody[-1]) == (32, ["bdt", "bqlkkt"], "phuoc-long")
    # After the last due date only those with dossiers accepted in the campaign, or overdue.
    assert heads(told_home, LATE) == ["syt", "dong-phu"]


def test_a_folder_per_unit_with_report_work_list_and_digest(zipped: Path, told_home: Small) -> None:
    home, store = told_home
    with zipfile.ZipFile(zipped) as found:
        assert found.testzip() is None
        assert [info.filename for info in found.infolist()] == [
            f"{unit}/{name}"
            for unit in ("syt", "dong-phu")
            for name in (
                "bao-cao-50-ngay-2021-12-20.docx", "viec-can-lam-50-ngay-2021-12-20.xlsx", "tom-tat-50-ngay-2021-12-20.png", "tom-tat.txt",
            )
        ]  # fmt: skip
        assert {info.date_time for info in found.infolist()} == {(2021, 12, 20, 17, 0, 0)}
        text = found.read("dong-phu/tom-tat.txt").decode()
        assert "Huyện Đồng Phú".encode() in said(found.read("dong-phu/bao-cao-50-ngay-2021-12-20.docx"))
    brief = digest.build(store, home, home.campaign("50-ngay"), moment(told_home, LATE), unit="dong-phu")
    assert text == f"{brief.text}\n"
    assert [path.name for path in zipped.parent.iterdir()] == ["goi.zip"]


def test_no_pack_holds_a_dossier_of_another_unit(zipped: Path) -> None:
    with zipfile.ZipFile(zipped) as found:
        words = {
            unit: b"\n".join(said(found.read(name)) for name in found.namelist() if name.startswith(f"{unit}/"))
            for unit in ("syt", "dong-phu")
        }
    assert not [code for code in CODES["dp"] if code.encode() in words["syt"]]
    assert not [code for code in CODES["yt"] if code.encode() in words["dong-phu"]]
    assert b"H10-dp-6" in words["dong-phu"] and b"H10-yt-after" in words["syt"]


def test_the_work_list_is_the_units_own(zipped: Path) -> None:
    with zipfile.ZipFile(zipped) as found:
        book = openpyxl.load_workbook(io.BytesIO(found.read("dong-phu/viec-can-lam-50-ngay-2021-12-20.xlsx")))
    first = [cell.value for row in book.worksheets[0] for cell in row if cell.value is not None]
    assert "DANH SÁCH VIỆC CẦN LÀM" in first
    assert "Huyện Đồng Phú – Chiến dịch 50 ngày đêm (số liệu đến 17 giờ 00 ngày 20/12/2021)" in first
    sheet = next(one for one in book.worksheets if one.title.startswith("Hồ sơ quá hạn"))
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=3)]
    # The longest overdue first; each one less leaves one less.
    assert [(row[0], row[1], row[3], row[4], row[8]) for row in rows] == [
        (n, code, "Huyện Đồng Phú", "Giải quyết ngay, đã quá hạn", 4 - n)
        for n, code in enumerate(("H10-dp-old", "H10-dp-6", "H10-dp-7", "H10-dp-8"), start=1)
    ]
    assert [row[6].strftime("%d/%m/%Y") for row in rows] == ["10/03/2021", "06/04/2021", "06/04/2021", "26/04/2021"]


def test_a_fault_half_way_leaves_nothing(told_home: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, store = told_home
    made = packs.write(store, home, home.campaign("50-ngay"), moment(told_home, LATE), tmp_path / "goi.zip")
    next(made)

    def broken(*_: Any) -> Any:
        raise CallFault("x")

    monkeypatch.setattr(packs, "pack", broken)
    with pytest.raises(CampaignError):
        next(made)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "tep").touch()
    with pytest.raises(CallFault, match="không ghi được"):
        next(packs.write(store, home, home.campaign("50-ngay"), moment(told_home, LATE), tmp_path / "tep" / "goi.zip"))


def test_a_unit_without_work_is_told_so(told_home: Small) -> None:
    home, store = told_home
    campaign, at = home.campaign("50-ngay"), moment(told_home, "2021-04-12T17:00")
    unit = store.tree(campaign.start)["syt"]
    found = packs.pack(store, home, campaign, at, unit)
    book = openpyxl.load_workbook(io.BytesIO(found.files[1].content))
    words = [str(cell.value) for sheet in book for row in sheet for cell in row if cell.value]
    assert not [word for word in words if "H10-dp" in word]


@given(st.lists(st.text(max_size=90), unique=True, max_size=12))
def test_folders_have_safe_names_whatever_units_are_called(codes: list[str]) -> None:
    found = packs.safe(codes)
    assert len({name.casefold() for name in found}) == len(codes)
    for name in found:
        assert name and len(name) <= 70 and name.casefold() not in packs.RESERVED
        assert all(letter.isalnum() or letter in "-_" for letter in name)


@pytest.mark.parametrize("code", ["..", "../x", "a/b", "C:\\x", "con", "NUL", "", ".", "=1+1", "a" * 500, "x\x00y"])
def test_known_traps_of_names(code: str) -> None:
    (name,) = packs.safe([code])
    assert Path(name).name == name and name not in ("", ".", "..") and name.casefold() not in packs.RESERVED


def test_a_code_that_is_safe_is_kept() -> None:
    assert packs.safe(["dong-phu", "25195", "Phòng_A"]) == ["dong-phu", "25195", "Phòng_A"]
    first, second = packs.safe(["Abc", "abc"])
    assert first == "Abc" and second.startswith("abc-")


# Sending --------------------------------------------------------------------------------------------------------------


class Box:
    def __init__(self) -> None:
        self.taken: list[Any] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.taken.append(envelope)
        return "250 OK"


@pytest.fixture
def box(small: Small) -> Iterator[Box]:
    """A mail server on this machine, and the home that names it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    told = f'host = "127.0.0.1"\nport = {free}\nsecurity = "none"\nfrom = "baocao@tinh.example"\n[to]\ndong-phu = "ct@dp.example"\n'
    (small[0].root / "mail.toml").write_text(told, encoding="utf-8")
    found = Box()
    controller = Controller(found, hostname="127.0.0.1", port=free)
    controller.start()
    try:
        yield found
    finally:
        controller.stop()


def test_the_command_sends_each_unit_its_own_and_only_once(small: Small, box: Box, tmp_path: Path) -> None:
    ask = ("packs", "--campaign", "50-ngay", "--as-of", LATE, "--home", small[0].root)
    planned = run_campaign(*ask, "--dry-run", "--json").json()
    assert [(row["unit"], row["to"], row["sent"]) for row in planned] == [("syt", [], False), ("dong-phu", ["ct@dp.example"], False)]  # fmt: skip
    assert not box.taken
    path = tmp_path / "goi.zip"
    sent = run_campaign(*ask, "--send", "-o", path, "--json").json()
    assert [(row["unit"], row["state"]) for row in sent] == [("syt", "nobody"), ("dong-phu", "sent")]
    (envelope,) = box.taken
    assert envelope.rcpt_tos == ["ct@dp.example"]
    letter: Any = email.message_from_bytes(envelope.original_content, policy=default)
    assert letter["Subject"] == "Chiến dịch 50 ngày đêm: Huyện Đồng Phú, số liệu đến 17 giờ 00 ngày 20/12/2021"
    files = {file.get_filename(): file.get_content() for file in letter.iter_attachments()}
    with zipfile.ZipFile(path) as zipped:
        assert files == {name.partition("/")[2]: zipped.read(name) for name in zipped.namelist() if name.startswith("dong-phu/") and not name.endswith(".txt")}  # fmt: skip
    again = run_campaign(*ask, "--send", "--json").json()
    assert [(row["unit"], row["state"]) for row in again] == [("syt", "nobody"), ("dong-phu", "already")]
    home, store = small
    letters = packs.letters(store, home, home.campaign("50-ngay"), moment(small, LATE), read(home).to)
    assert [
        sent_before(store, packs.occasion(home, home.campaign("50-ngay"), moment(small, LATE)), one) for one in letters
    ] == [False, True]
    assert len(box.taken) == 1


def test_without_a_mail_server_nothing_is_made_or_sent(small: Small) -> None:
    ask = ("packs", "--campaign", "50-ngay", "--as-of", LATE, "--home", small[0].root)
    assert "mail.toml" in run_campaign(*ask, "--send", expect=1).err
