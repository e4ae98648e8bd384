"""Export files as the one-stop software writes them: CSV, UTF-8 with a byte order mark, Vietnamese headings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from data.clock import day_of
from data.home import Home
from data.replay import catalogue
from data.replay.catalogue import State
from data.replay.model import DAY, NEVER, Floats, Ints, day
from data.replay.population import Dossiers, Units
from data.replay.procedures import Service
from data.replay.versions import Version

BOM = b"\xef\xbb\xbf"
NOTE = "Dữ liệu mô phỏng"
DATE = "%d/%m/%Y %H:%M:%S"
HEADINGS = (
    "Mã hồ sơ", "Mã TTHC", "Tên thủ tục hành chính", "Lĩnh vực", "Đơn vị giải quyết", "Ngày tiếp nhận",
    "Ngày hẹn trả", "Ngày kết thúc xử lý", "Ngày trả kết quả", "Trạng thái hồ sơ", "Hình thức nộp", "Hình thức trả",
    "Mức độ DVC", "Đã số hóa", "Thanh toán",
)  # fmt: skip
LATER_HEADINGS = (
    "Mã hồ sơ", "Mã TTHC", "Tên thủ tục hành chính", "Lĩnh vực", "Đơn vị giải quyết", "Ngày nộp hồ sơ",
    "Ngày tiếp nhận", "Ngày hẹn trả", "Ngày kết thúc xử lý", "Ngày trả kết quả", "Trạng thái hồ sơ", "Ngày xin lỗi",
    "Ngày hẹn trả mới", "Hình thức nộp", "Hình thức trả", "Mức độ DVC", "Đã số hóa", "Thanh toán",
)  # fmt: skip
"""The exports from June 2021 on also tell when a dossier was sent in and which apology was written."""
STATUS = (
    "", "Mới đăng ký", "Được tiếp nhận", "Không được tiếp nhận", "Đang xử lý", "Yêu cầu bổ sung giấy tờ",
    "Yêu cầu thực hiện nghĩa vụ tài chính", "Công dân yêu cầu rút hồ sơ", "Dừng xử lý", "Đã xử lý xong",
    "Đã trả kết quả",
)  # fmt: skip
CHANNEL = ("", "Trực tiếp", "Trực tuyến", "Qua bưu chính công ích")
RETURN = ("Tại bộ phận một cửa", "Qua bưu chính công ích", "Bản điện tử")
PAYMENT = ("Không thu phí", "Trực tuyến qua Cổng DVC quốc gia", "Trực tuyến qua Cổng DVC tỉnh", "Trực tiếp")
DIGITISED = ("Không", "Có", "")
LEVELS = (
    "",
    "Mức độ 1",
    "Mức độ 2",
    "Mức độ 3",
    "Mức độ 4",
    "",
    "Cung cấp thông tin trực tuyến",
    "Một phần",
    "Toàn trình",
)
"""By level, then by level + 4 for acceptances from 15/8/2022 on, when the four levels were given up."""
STATE = {
    "listed": "Đã công bố",
    "reviewed": "Đã rà soát",
    "submitted": "Đã gửi Cổng DVC quốc gia",
    "rejected": "Bị từ chối",
    "integrated": "Đã tích hợp",
    "withdrawn": "Đã gỡ bỏ",
}
WRITTEN = {"stnmt": "Sở TN&MT", "binh-long": "UBND TX. Bình Long", "dong-xoai": "UBND TP. Đồng Xoài"}
"""Some units sign in short."""
NEW_LEVELS = day("2022-08-15")
"""Levels 1 to 4 give way to toàn trình and một phần."""
SURNAMES = ("Nguyễn Văn", "Trần Thị", "Lê Văn", "Phạm Thị", "Điểu", "Hoàng Văn", "Thị", "Huỳnh Thị")


@dataclass
class Register:
    """The columns of all dossiers that never change, as dictionary-encoded or plain text arrays."""

    columns: dict[str, pa.Array]
    names: pa.Array

    def table(self, version: Version, d: Dossiers, with_names: bool, headings: tuple[str, ...] = HEADINGS) -> pa.Table:
        """The rows of one export; a column this register does not know stays blank."""
        rows = pa.array(version.rows)
        fixed = {heading: column.take(rows) for heading, column in self.columns.items()}
        moving = {
            "Ngày hẹn trả": _dates(version.due),
            "Ngày kết thúc xử lý": _dates(version.finished),
            "Ngày trả kết quả": _dates(version.returned),
            "Trạng thái hồ sơ": words(STATUS, version.status),
            "Ngày xin lỗi": _dates(version.apology),
            "Ngày hẹn trả mới": _dates(version.new_due),
        }
        blank = pa.array([""] * len(version.rows), pa.string())
        cells = {heading: fixed[heading] if heading in fixed else moving.get(heading, blank) for heading in headings}
        if with_names:
            cells["Chủ hồ sơ"] = self.names.take(rows)
        cells["Ghi chú"] = words((NOTE,), np.zeros(len(version.rows), dtype=np.int64))
        return pa.table(cells)


def names_on(home: Home, on: int) -> dict[str, str]:
    """Names of the units on a day."""
    when = day_of(on)
    return {
        row.code: row.name
        for row in home.units
        if (row.valid_from is None or row.valid_from <= when) and (row.valid_to is None or when <= row.valid_to)
    }


def written_names(home: Home, units: Units, on: int) -> list[str]:
    """Units as clerks write them: UBND huyện Đồng Phú, UBND xã Tân Tiến - huyện Đồng Phú."""
    names = names_on(home, on)
    levels = {row.code: row.level for row in home.units}
    found = []
    for code, tree in zip(units.codes, units.tree, strict=True):
        name = names[code]
        if levels[code] == "district":
            name = f"UBND {_small(name)}"
        elif levels[code] == "commune":
            name = f"UBND {_small(name)} - {_small(names[tree])}"
        found.append(WRITTEN.get(code, name))
    return found


@dataclass
class Handling:
    """How each dossier was handled: places in RETURN, PAYMENT and DIGITISED."""

    back: Ints
    pay: Ints
    digital: Ints


def handling(random: np.random.RandomState, services: list[Service], d: Dossiers) -> Handling:
    fee = np.array([s.procedure.fee for s in services])[d.service]
    online = d.channel == 2
    back = np.where(online, pick(random, len(d), [0.3, 0.3, 0.4]), pick(random, len(d), [0.94, 0.06, 0.0]))
    pay = np.where(fee, np.where(online, 1 + pick(random, len(d), [0.1, 0.5, 0.4]), 3), 0)
    grown = np.clip((d.accepted // DAY - d.accepted[0] // DAY) / 370.0, 0, 1)
    scanned = random.random_sample(len(d)) < 0.25 + 0.45 * grown + 0.2 * online
    return Handling(back, pay, np.where(random.random_sample(len(d)) < 0.02, 2, scanned))


def register(
    random: np.random.RandomState,
    written: list[str],
    units: Units,
    services: list[Service],
    d: Dossiers,
    level: Ints,
    handled: Handling,
) -> Register:
    """``written``: the units' names; ``level``: place in LEVELS of each dossier's service when it was accepted."""
    procedures = [s.procedure for s in services]
    columns = {
        "Mã hồ sơ": pa.array(_codes(units, d)),
        "Mã TTHC": words([f"{p.code}.000.00.00.H10" for p in procedures], d.service),
        "Tên thủ tục hành chính": words([p.name for p in procedures], d.service),
        "Lĩnh vực": words([p.field for p in procedures], d.service),
        "Đơn vị giải quyết": words(written, d.unit),
        "Ngày tiếp nhận": _dates(d.accepted),
        "Hình thức nộp": words(CHANNEL, d.channel),
        "Hình thức trả": words(RETURN, handled.back),
        "Mức độ DVC": words(LEVELS, level),
        "Đã số hóa": words(DIGITISED, handled.digital),
        "Thanh toán": words(PAYMENT, handled.pay),
    }
    if len(d.submitted):
        columns["Ngày nộp hồ sơ"] = _dates(d.submitted)
    people = [f"{surname} {letter} (mô phỏng)" for surname in SURNAMES for letter in "ABCDEGHKLMNPQRSTVXY"]
    return Register(columns, words(people, random.randint(0, len(people), len(d))))


def _codes(units: Units, d: Dossiers) -> list[str]:
    """Well-formed codes with made-up unit numbers: departments 61…, districts 85…, communes under their district."""
    heads: list[str] = []
    second: dict[str, int] = {}
    below: dict[str, int] = {}
    for code, tree in zip(units.codes, units.tree, strict=True):
        if code == tree:
            second[code] = 61 + len(second)
            heads.append(f"000.00.{second[code]}.H10")
        else:
            below[tree] = below.get(tree, 20) + 1
            heads.append(f"000.{below[tree]}.{second[tree]}.H10")
    on = d.accepted // DAY
    order = np.lexsort((d.accepted, on, d.unit))
    group = np.concatenate([[True], (np.diff(d.unit[order]) != 0) | (np.diff(on[order]) != 0)])
    start = np.maximum.accumulate(np.where(group, np.arange(len(d)), 0))
    serial = np.empty(len(d), dtype=np.int64)
    serial[order] = np.arange(len(d)) - start + 1
    days = {n: day_of(n).strftime("%y%m%d") for n in np.unique(on).tolist()}
    parts = zip(d.unit.tolist(), on.tolist(), serial.tolist(), strict=True)
    return [f"{heads[u]}-{days[n]}-{s:04d}" for u, n, s in parts]


def write_dossiers(path: Path, table: pa.Table) -> None:
    with path.open("wb") as out:
        out.write(BOM)
        pa_csv.write_csv(table, out)


def write_catalogue(path: Path, home: Home, services: list[Service], states: list[list[State]], on: int) -> None:
    """The whole catalogue as it stood at the end of a day, in the words of that day."""
    names = names_on(home, on)
    four_levels = on < NEW_LEVELS
    yes = {True: "Có", False: "Không"}
    now = [catalogue.as_of(history, on) for history in states]
    cells = {
        "Mã dịch vụ": [s.code for s in services],
        "Mã TTHC": [s.procedure.code for s in services],
        "Tên": [s.procedure.name for s in services],
        "Đơn vị": [names[s.unit] for s in services],
        "Mức độ": [str(state.level) if four_levels else LEVELS[state.level + 4] for state in now],
        "Đủ điều kiện trực tuyến": [yes[state.eligible_online] for state in now],
        "Đủ điều kiện mức 4" if four_levels else "Đủ điều kiện toàn trình": [
            yes[state.eligible_level4] for state in now
        ],
        "Lý do loại": [state.exclusion for state in now],
        "Trạng thái": [STATE[state.state] for state in now],
        "Lý do": [state.reason for state in now],
        "Ngày thay đổi": [day_of(state.on).strftime("%d/%m/%Y") for state in now],
        "Ghi chú": [NOTE] * len(services),
    }
    write_dossiers(path, pa.table(cells))


def _small(name: str) -> str:
    return name[0].lower() + name[1:]


def pick(random: np.random.RandomState, count: int, odds: list[float]) -> Ints:
    cumulative: Floats = np.cumsum(odds)
    drawn: Ints = np.searchsorted(cumulative, random.random_sample(count) * cumulative[-1], side="right").astype(
        np.int64
    )
    return drawn


def words(texts: tuple[str, ...] | list[str], places: Ints) -> pa.Array:
    return pa.array(texts, pa.string()).take(pa.array(places.astype(np.int64)))


def _dates(moments: Ints) -> pa.Array:
    blank = moments >= NEVER
    stamps = pa.array(np.where(blank, 0, moments), pa.int64(), mask=blank).cast(pa.timestamp("s"))
    return pc.fill_null(pc.strftime(stamps, format=DATE), "")
