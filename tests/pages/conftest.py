"""A province with three weeks of dossiers and a catalogue, loaded once; one without any data."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.conftest import run_campaign
from tests.exports import many, province, write_export

PLACES = ("Sở Tư pháp", "Sở Y tế", "Huyện Đồng Phú", "Huyện Lộc Ninh")
HEADINGS = (
    "Mã dịch vụ",
    "Mã TTHC",
    "Tên dịch vụ",
    "Đơn vị",
    "Mức độ",
    "Đủ điều kiện trực tuyến",
    "Đủ điều kiện mức 4",
    "Trạng thái",
    "Lý do",
    "Ngày thay đổi",
)


def write_catalogue(path: Path) -> Path:
    """Forty services of four units: of each ten, the first six integrated, one rejected, three listed."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        for number in range(40):
            place, turn = PLACES[number // 10], number % 10
            state = "Đã tích hợp" if turn < 6 else "Bị từ chối" if turn == 6 else "Trong danh mục"
            reason = "Thiếu mã phí" if turn == 6 else ""
            day = "01/03/2021" if turn < 3 else f"{1 + turn:02}/04/2021"
            writer.writerow([f"DV-{number}", f"1.{number:06}", f"Dịch vụ {number}", place, 4, 1, 1, state, reason, day])
    return path


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages-filled")
    root = province(folder / "home")
    files = [write_export(folder / "ho-so.csv", many()), write_catalogue(folder / "danh-muc.csv")]
    run_campaign("load", *files, "--home", root)
    return root


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return province(tmp_path_factory.mktemp("pages-empty") / "home")
