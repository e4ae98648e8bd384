"""Figures counted from the export files with plain readers alone: no loader, no store, no engine."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from python_calamine import CalamineWorkbook

STATUS = {
    "Mới đăng ký": 1,
    "Được tiếp nhận": 2,
    "Không được tiếp nhận": 3,
    "Đang xử lý": 4,
    "Yêu cầu bổ sung giấy tờ": 5,
    "Yêu cầu thực hiện nghĩa vụ tài chính": 6,
    "Công dân yêu cầu rút hồ sơ": 7,
    "Dừng xử lý": 8,
    "Đã xử lý xong": 9,
    "Đã trả kết quả": 10,
}
LEVEL = {
    **{f"Mức độ {n}": n for n in range(1, 5)},
    "Cung cấp thông tin trực tuyến": 2,
    "Một phần": 3,
    "Toàn trình": 4,
}
PAID_ONLINE = ("Trực tuyến qua Cổng DVC quốc gia", "Trực tuyến qua Cổng DVC tỉnh")
E_CERTIFICATION = "2.900815"
READ = (
    *("Trạng thái hồ sơ", "Mức độ DVC", "Đơn vị giải quyết", "Mã TTHC", "Hình thức nộp", "Đã số hóa", "Thanh toán"),
    *("Ngày nộp hồ sơ", "Ngày tiếp nhận", "Ngày hẹn trả", "Ngày kết thúc xử lý", "Ngày xin lỗi", "Ngày hẹn trả mới"),
)
JSON_DATES = {
    "NgayNopHoSo": "Ngày nộp hồ sơ",
    "NgayTiepNhan": "Ngày tiếp nhận",
    "NgayHenTra": "Ngày hẹn trả",
    "NgayKetThucXuLy": "Ngày kết thúc xử lý",
    "NgayTra": "Ngày trả kết quả",
    "NgayXinLoi": "Ngày xin lỗi",
    "NgayHenTraMoi": "Ngày hẹn trả mới",
}
JSON_WORDS = {
    "TrangThaiHoSo": ("Trạng thái hồ sơ", {str(code): word for word, code in STATUS.items()}),
    "KenhThucHien": ("Hình thức nộp", {"1": "Trực tiếp", "2": "Trực tuyến", "3": "Qua bưu chính công ích"}),
    "MucDo": ("Mức độ DVC", {"2": "Mức độ 2", "3": "Mức độ 3", "4": "Mức độ 4", "1": "Mức độ 1"}),
    "HoSoCoThanhPhanSoHoa": ("Đã số hóa", {"0": "Không", "1": "Có", "": ""}),
    "DuocThanhToanTrucTuyen": (
        "Thanh toán",
        {"0": "Không thu phí", "1": PAID_ONLINE[0], "2": PAID_ONLINE[1], "3": "Trực tiếp"},
    ),
    "HinhThuc": ("Hình thức trả", {"0": "Tại bộ phận một cửa", "1": "Qua bưu chính công ích", "2": "Bản điện tử"}),
}
JSON_TEXTS = {
    "MaHoSo": "Mã hồ sơ",
    "MaTTHC": "Mã TTHC",
    "DonViXuLy": "Đơn vị giải quyết",
    "GhiChu": "Ghi chú",
    "ChuHoSo": "Chủ hồ sơ",
}


def moment(text: str) -> datetime | None:
    if not text:
        return None
    return datetime(
        int(text[6:10]), int(text[3:5]), int(text[:2]), int(text[11:13]), int(text[14:16]), int(text[17:19])
    )


def end_of(text: str) -> datetime:
    return datetime.fromisoformat(text) + timedelta(days=1, microseconds=-1)


@dataclass(slots=True)
class Dossier:
    code: str
    unit: str
    procedure: str
    level: int
    online: bool
    status: int
    accepted: datetime
    due: datetime | None
    finished: datetime | None
    submitted: datetime | None = None
    apology: datetime | None = None
    new_due: datetime | None = None
    digitised: str = ""
    payment: str = ""

    def done(self, at: datetime) -> bool:
        return self.status in (9, 10) and self.finished is not None and self.finished <= at

    def overdue(self, at: datetime) -> bool:
        """Open and past its due day; paused dossiers stand aside."""
        if self.accepted > at or self.due is None or self.status in (5, 6, 8):
            return False
        if self.finished is not None and self.finished <= at:
            return False
        return at.date() > self.due.date()

    def in_time(self) -> bool:
        return self.due is not None and self.finished is not None and self.finished.date() <= self.due.date()


def rows(path: Path) -> Iterator[dict[str, str]]:
    """Rows of an export under the headings of the CSV files."""
    if path.suffix == ".json":
        yield from _json_rows(path)
        return
    if path.suffix == ".xlsx":
        yield from _workbook_rows(path)
        return
    with path.open(encoding="utf-8-sig", newline="") as lines:
        cells = csv.reader(lines)
        headings = next(cells)
        for row in cells:
            yield dict(zip(headings, row, strict=True))


def _json_rows(path: Path) -> Iterator[dict[str, str]]:
    message = json.loads(path.read_text(encoding="utf-8"))
    assert message["service"] == "DongBoHoSoMC"
    for item in message["data"]:
        assert all(isinstance(value, str) for value in item.values())
        row = {heading: item[name] for name, heading in JSON_TEXTS.items()}
        for name, heading in JSON_DATES.items():
            text = item[name]
            row[heading] = text and str(datetime.strptime(text, "%Y%m%d%H%M%S").strftime("%d/%m/%Y %H:%M:%S"))
        for name, (heading, words) in JSON_WORDS.items():
            row[heading] = words[item[name]]
        yield row


def sheet(path: Path) -> list[list[object]]:
    return CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python(skip_empty_area=False)


def _workbook_rows(path: Path) -> Iterator[dict[str, str]]:
    cells = sheet(path)
    top = next(n for n, row in enumerate(cells) if "Mã hồ sơ" in row)
    headings = [str(lower or upper) for upper, lower in zip(cells[top], cells[top + 1], strict=True)]
    assert cells[top + 2] == [f"({n})" for n in range(1, len(headings) + 1)]
    for row in cells[top + 3 :]:
        found = {heading: str(cell) for heading, cell in zip(headings, row, strict=True)}
        if not found["Mã hồ sơ"]:
            return
        yield found


def dossiers(paths: list[Path]) -> list[Dossier]:
    """The last row of each dossier, in loading order; refused and not yet registered ones left out."""
    last: dict[str, tuple[str, ...]] = {}
    for path in paths:
        for row in rows(path):
            # Words repeat by the hundred thousand: one copy of each is enough.
            last[row["Mã hồ sơ"]] = tuple(sys.intern(row.get(heading, "")) for heading in READ)
    found = []
    for code, (status_word, level, unit, procedure, channel, digitised, payment, *dates) in last.items():
        status = STATUS[status_word]
        submitted, accepted, due, finished, apology, new_due = map(moment, dates)
        if status not in (1, 3) and accepted:
            found.append(
                Dossier(
                    code,
                    unit,
                    procedure[:8],
                    LEVEL[level],
                    channel == "Trực tuyến",
                    status,
                    accepted,
                    due,
                    finished,
                    submitted,
                    apology,
                    new_due,
                    digitised,
                    payment,
                )
            )
    return found


@dataclass(slots=True)
class Service:
    level: int
    eligible: bool
    eligible4: bool
    state: str
    reason: str
    exclusion: str
    unit: str
    procedure: str


def catalogue(paths: list[Path], on: date) -> dict[str, Service]:
    """Every service as it stood at the end of a day, from the days of change that the exports give."""
    found: dict[str, tuple[date, Service]] = {}
    for path in paths:
        for row in rows(path):
            day, month, year = row["Ngày thay đổi"].split("/")
            changed = date(int(year), int(month), int(day))
            if changed <= on:
                level, fit = row["Mức độ"], row.get("Đủ điều kiện mức 4") or row.get("Đủ điều kiện toàn trình")
                service = Service(
                    int(level) if level.isdigit() else LEVEL[level],
                    row["Đủ điều kiện trực tuyến"] == "Có",
                    fit == "Có",
                    row["Trạng thái"],
                    row["Lý do"],
                    row["Lý do loại"],
                    row["Đơn vị"],
                    row["Mã TTHC"],
                )
                found[row["Mã dịch vụ"]] = (changed, service)
    return {code: service for code, (_, service) in found.items()}


def of_dong_phu(unit: str) -> bool:
    return unit.endswith("huyện Đồng Phú")
