"""Figures counted from the export files with nothing but ``csv``: no loader, no store, no engine."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

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
E_CERTIFICATION = "2.900815"


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
    with path.open(encoding="utf-8-sig", newline="") as lines:
        yield from csv.DictReader(lines)


def dossiers(paths: list[Path]) -> list[Dossier]:
    """The last row of each dossier, in loading order; refused and not yet registered ones left out."""
    last: dict[str, dict[str, str]] = {}
    for path in paths:
        for row in rows(path):
            last[row["Mã hồ sơ"]] = row
    found = []
    for code, row in last.items():
        status = STATUS[row["Trạng thái hồ sơ"]]
        accepted = moment(row["Ngày tiếp nhận"])
        if status not in (1, 3) and accepted:
            found.append(
                Dossier(
                    code,
                    row["Đơn vị giải quyết"],
                    row["Mã TTHC"][:8],
                    int(row["Mức độ DVC"][-1]),
                    row["Hình thức nộp"] == "Trực tuyến",
                    status,
                    accepted,
                    moment(row["Ngày hẹn trả"]),
                    moment(row["Ngày kết thúc xử lý"]),
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


def catalogue(paths: list[Path], on: date) -> dict[str, Service]:
    """Every service as it stood at the end of a day, from the days of change that the exports give."""
    found: dict[str, tuple[date, Service]] = {}
    for path in paths:
        for row in rows(path):
            day, month, year = row["Ngày thay đổi"].split("/")
            changed = date(int(year), int(month), int(day))
            if changed <= on:
                service = Service(
                    int(row["Mức độ"]),
                    row["Đủ điều kiện trực tuyến"] == "Có",
                    row["Đủ điều kiện mức 4"] == "Có",
                    row["Trạng thái"],
                    row["Lý do"],
                    row["Lý do loại"],
                )
                found[row["Mã dịch vụ"]] = (changed, service)
    return {code: service for code, (_, service) in found.items()}


def of_dong_phu(unit: str) -> bool:
    return unit.endswith("huyện Đồng Phú")
