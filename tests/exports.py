"""Export files written for tests, with the headings of the one-stop software."""

from __future__ import annotations

import csv
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from tests.conftest import ROOT

HEADINGS = (
    "Mã hồ sơ",
    "Mã TTHC",
    "Tên thủ tục hành chính",
    "Đơn vị giải quyết",
    "Chủ hồ sơ",
    "Ngày tiếp nhận",
    "Ngày hẹn trả",
    "Ngày kết thúc xử lý",
    "Trạng thái",
    "Hình thức nộp",
)
PROCEDURE = ("1.000001", "Cấp giấy xác nhận")
SECRET = "Nguyễn Thị Bí Mật 0912345678"
"""Who applied: in every row of every file, and nowhere else ever."""

Row = tuple[str, str, str, str | None, str | None]
"""Dossier code, unit as the file writes it, accepted, due, finished (`01/04/2021 08:00:00`; None = blank)."""


def province(root: Path) -> Path:
    """A fresh copy of the shipped home, without data."""
    shutil.copytree(ROOT / "data" / "homes" / "binhphuoc", root)
    return root


def write_export(path: Path, rows: list[Row]) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        for number, (code, unit, accepted, due, finished) in enumerate(rows):
            status = "Đã trả kết quả" if finished else "Đang xử lý"
            channel = "Trực tuyến" if number % 2 else "Trực tiếp"
            writer.writerow([code, *PROCEDURE, unit, SECRET, accepted, due or "", finished or "", status, channel])
    return path


def many(seed: int = 1, count: int = 600) -> list[Row]:
    """Something to look at: dossiers of many units over the first three weeks of the campaign."""
    dice = Random(seed)
    places = ("UBND huyện Đồng Phú", "UBND TX. Bình Long", "Sở TN&MT", "Sở Tư pháp", "Sở Y tế", "UBND huyện Lộc Ninh")
    rows: list[Row] = []
    for number in range(count):
        accepted = datetime(2021, 3, 22, 8) + timedelta(days=dice.randint(0, 28), minutes=dice.randint(0, 500))
        due = (accepted + timedelta(days=dice.randint(1, 12))).replace(hour=17, minute=0)
        finished = accepted + timedelta(days=dice.randint(0, 11), minutes=dice.randint(1, 300))
        done = finished if finished < datetime(2021, 4, 20, 17) else None
        rows.append((f"H10-{number:05}", dice.choice(places), *(text(moment) for moment in (accepted, due, done))))
    return rows


def text(moment: datetime | None) -> str | None:
    return moment and moment.strftime("%d/%m/%Y %H:%M:%S")
