"""A small province in which every dossier's code says whose it is, and one viewer of every role."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from data.access import Role
from data.clock import to_micros
from data.home import Home
from data.people import Viewer, viewer_of
from data.store import Store
from kpi.reports import issuing
from loaders.load import load_file
from tests.exports import province, text

UNITS = """code,name,kind,level,parent,short_name,gso_code,npsp_code,valid_from,valid_to
tinh,Tỉnh Thử,tinh,province,,TT,,,,
so-a,Sở Alpha,so,department,tinh,SA,,,,
so-b,Sở Bravo,so,department,tinh,SB,,,,
huyen-c,Huyện Charlie,huyen,district,tinh,HC,,,,
huyen-d,Huyện Delta,huyen,district,tinh,HD,,,,
xa-e,Xã Echo,xa,commune,huyen-c,XE,,,,
xa-f,Xã Foxtrot,xa,commune,huyen-d,XF,,,,
"""
WORDS = {"so-a": "ALPHA", "so-b": "BRAVO", "huyen-c": "CHARLIE", "huyen-d": "DELTA", "xa-e": "ECHO", "xa-f": "FOXTROT"}
"""Unit → what every code of its dossiers begins with, in capitals, as nothing else in the home is written."""
NAMES = {"so-a": "Sở Alpha", "so-b": "Sở Bravo", "huyen-c": "Huyện Charlie", "huyen-d": "Huyện Delta", "xa-e": "Xã Echo", "xa-f": "Xã Foxtrot"}  # fmt: skip
BELOW = {"so-a": {"so-a"}, "huyen-c": {"huyen-c", "xa-e"}, "xa-f": {"xa-f"}}
"""Whose dossiers the heads answer for."""
HEADINGS = (
    "Mã hồ sơ", "Mã TTHC", "Tên thủ tục hành chính", "Đơn vị giải quyết", "Ngày tiếp nhận", "Ngày hẹn trả", "Ngày kết thúc xử lý",
    "Trạng thái", "Hình thức nộp", "Ngày xin lỗi", "Ngày hẹn trả mới", "Số hóa",
)  # fmt: skip
SERVICES = ("Mã dịch vụ", "Mã TTHC", "Tên dịch vụ", "Đơn vị", "Mức độ", "Đủ điều kiện trực tuyến", "Đủ điều kiện mức 4", "Trạng thái", "Lý do", "Ngày thay đổi")  # fmt: skip
STATES = ("OLD", "OVERDUE", "TODAY", "SOON", "DONE", "LATE", "UNDATED", "HEARD-LATE")
CODES = {f"{word}-{state}" for word in WORDS.values() for state in STATES} | {
    "MOVED-1",
    "NOBODY-1",
    "DELTA-REFUSED",
    "DELTA-NEWEST",
}
"""Every dossier there is."""
MOMENT = "2021-04-20T17:00"
CAMPAIGN = "50-ngay"
ISSUED = datetime(2021, 4, 19, 17, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
START = datetime(2021, 4, 1, 8)

Line = tuple[str | None, ...]


def plant(root: Path) -> Path:
    """The province, loaded: a catalogue, two files of dossiers with an issued report between them, rows that were refused."""
    province(root)
    for name in ("aliases.csv", "published.csv", "tiles.csv", "series.csv"):
        path = root / name
        path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    (root / "units.csv").write_text(UNITS, encoding="utf-8")
    home = Home(root)
    store = Store.open(home)
    files = (("danh-muc.csv", _table(SERVICES, _services())), ("ho-so.csv", _table(HEADINGS, _dossiers())))
    for n, (name, content) in enumerate(files):
        load_file(store, home, content, name=name, who="thử", at=to_micros(ISSUED) + n)
    issuing.issue(store, home, home.campaign(CAMPAIGN), as_of=to_micros(ISSUED), who="thử", at=to_micros(ISSUED) + 5)
    late = _table(HEADINGS, _late())
    load_file(store, home, late, name="ho-so-2.csv", who="thử", at=to_micros(ISSUED) + 86_400_000_000)
    return root


def _table(headings: tuple[str, ...], lines: list[Line]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([headings, *([cell or "" for cell in line] for line in lines)])
    return out.getvalue().encode("utf-8-sig")


def _dossiers() -> list[Line]:
    """Of every unit: one from before the campaign, one overdue, due today, due soon, done in time, done late, with letters."""
    found: list[Line] = []
    for unit, word in WORDS.items():
        name = NAMES[unit]
        found += [
            _line(f"{word}-OLD", name, START - timedelta(days=40), START - timedelta(days=20), None),
            _line(f"{word}-OVERDUE", name, START, START + timedelta(days=5), None),
            _line(f"{word}-TODAY", name, START, datetime(2021, 4, 20, 17), None),
            _line(f"{word}-SOON", name, START, datetime(2021, 4, 22, 17), None, letter=datetime(2021, 4, 19, 9), again=datetime(2021, 4, 28, 17)),
            _line(f"{word}-DONE", name, START, START + timedelta(days=9), START + timedelta(days=7)),
            _line(f"{word}-LATE", name, START, START + timedelta(days=3), START + timedelta(days=8)),
            _line(f"{word}-UNDATED", name, START, None, None),
        ]  # fmt: skip
    found.append(_line("MOVED-1", "Huyện Charlie", START, START + timedelta(days=4), None))
    found.append(_line("NOBODY-1", "Sở Không Có", START, START + timedelta(days=4), None))
    found.append(("DELTA-REFUSED", "1.000001", "Cấp giấy", "Huyện Delta", "DELTA-DATE", *[None] * 7))
    return found


def _late() -> list[Line]:
    """What comes in late of every unit, and a dossier that changes hands."""
    return [
        *(_line(f"{word}-HEARD-LATE", NAMES[unit], START, START + timedelta(days=6), None) for unit, word in WORDS.items()),
        _line("MOVED-1", "Huyện Delta", START, START + timedelta(days=4), None),
        _line("DELTA-NEWEST", "Huyện Delta", datetime(2021, 4, 20, 16), datetime(2021, 4, 29, 17), None),
    ]  # fmt: skip


def _line(
    code: str, unit: str, accepted: datetime, due: datetime | None, finished: datetime | None,
    letter: datetime | None = None, again: datetime | None = None,
) -> Line:  # fmt: skip
    status = "Đã trả kết quả" if finished else "Đang xử lý"
    moments = (text(moment) for moment in (accepted, due, finished))
    return (code, "1.000001", "Cấp giấy", unit, *moments, status, "Trực tuyến", text(letter), text(again), "Không")


def _services() -> list[Line]:
    """Three of every unit: integrated, rejected, listed. Their codes are public."""
    states = (("Đã tích hợp", ""), ("Bị từ chối", "Thiếu mã phí"), ("Trong danh mục", ""))
    return [
        (f"DV-{unit}-{n}", f"2.00000{n}", f"Dịch vụ {n}", NAMES[unit], "4", "1", "1", state, reason, "01/03/2021")
        for unit in WORDS
        for n, (state, reason) in enumerate(states)
    ]


def viewers(root: Path) -> Mapping[str, Viewer]:
    """One of every role; heads of a department, of a district with its commune, and of a commune."""
    home, day = Home(root), date(2021, 4, 20)
    found = {
        role.value: viewer_of(home, day, id=n, name=f"Người {n}", identity=f"https://issuer · {n}", role=role)
        for n, role in enumerate((role for role in Role if role is not Role.head), start=1)
    }
    for n, unit in enumerate(BELOW, start=20):
        found[f"head of {unit}"] = viewer_of(
            home, day, id=n, name=f"Người {n}", identity=f"https://issuer · {n}", role=Role.head, unit=unit
        )
    return found
