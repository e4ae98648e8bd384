"""A small home made from the shipped one's units, and files written by hand."""

from __future__ import annotations

import csv
import io
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import cli
from data.home import Home
from data.store import Store
from loaders.load import LoadReport, load_file
from tests.conftest import Campaign, Done

if TYPE_CHECKING:
    from tests.loaders.twin import Twin

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "data" / "homes" / "binhphuoc"
AT = 1_621_159_200_000_000
"""16/5/2021 17:00 in Viet Nam."""

ONE_STOP = """
key = "mot-cua-thu"
timezone = "Asia/Ho_Chi_Minh"
dates = ["%d/%m/%Y %H:%M:%S", "%d/%m/%Y", "iso8601"]
[fields]
dossier_code = ["Mã hồ sơ"]
procedure_code = ["Mã TTHC"]
procedure_name = ["Tên thủ tục"]
unit = ["Đơn vị giải quyết"]
unit_code = ["Mã đơn vị"]
accepted_at = ["Ngày tiếp nhận"]
due_at = ["Ngày hẹn trả"]
finished_at = ["Ngày kết thúc xử lý"]
status = ["Trạng thái"]
channel = ["Hình thức nộp"]
payment = ["Thanh toán"]
[values.channel]
counter = ["Trực tiếp"]
online = ["Trực tuyến"]
post = ["Qua bưu chính"]
[values.status]
"4" = ["Đang xử lý"]
"9" = ["Đã xử lý xong"]
"10" = ["Đã trả kết quả"]
[values.payment]
"1" = ["Cổng quốc gia"]
"""

HEADINGS = [
    "Mã hồ sơ",
    "Đơn vị giải quyết",
    "Ngày tiếp nhận",
    "Ngày hẹn trả",
    "Ngày kết thúc xử lý",
    "Trạng thái",
    "Hình thức nộp",
]
GOOD = [
    "000.00.12.H10-210401-0001",
    "Sở Tư pháp",
    "01/04/2021 08:05:00",
    "05/04/2021",
    "05/04/2021 16:00:00",
    "Đã trả kết quả",
    "Trực tuyến",
]


def as_csv(rows: Sequence[Sequence[str]], delimiter: str = ",") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode("utf-8")


def with_cells(number: int = 1, **cells: str) -> list[str]:
    """A good row with a code of its own and some cells replaced: ``at2="x"`` puts x into the third cell."""
    row = [f"000.00.12.H10-210401-{number:04d}", *GOOD[1:]]
    for place, cell in cells.items():
        row[int(place.removeprefix("at"))] = cell
    return row


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return small_home(tmp_path / "home")


def small_home(home: Path) -> Path:
    """A home of Bình Phước's units with one profile of its own."""
    (home / "profiles").mkdir(parents=True)
    for name in ("units.csv", "aliases.csv"):
        shutil.copy(SHIPPED / name, home / name)
    (home / "profiles" / "mot-cua-thu.toml").write_text(ONE_STOP, encoding="utf-8")
    return home


@pytest.fixture
def command_here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Campaign:
    """`campaign ARGUMENTS` in this process: seconds less than one of its own."""

    def run(*arguments: str | Path, expect: int = 0) -> Done:
        monkeypatch.setattr(sys, "argv", ["campaign", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        assert ended.value.code == expect, said
        return Done(expect, said.out, said.err)

    return run


class Desk:
    """A home with its store, and a way to load bytes into it."""

    def __init__(self, root: Path) -> None:
        self.home = Home(root)
        self.store = Store.open(self.home)
        self.database = root / "campaign.db"

    def load(self, data: bytes | Path, name: str = "tep.csv", **options: object) -> LoadReport:
        options = {"who": "thử", "at": AT, **options}
        return load_file(self.store, self.home, data, name=name, **options)  # type: ignore[arg-type]

    def rows(self, columns: str = "code", table: str = "dossier_version") -> list[tuple[object, ...]]:
        # The store keeps dossiers in an order of its own.
        order = "from_import, sheet, row" if table == "dossier_version" else "id"
        with self.store.engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(f"SELECT {columns} FROM {table} ORDER BY {order}")]


@pytest.fixture
def desk(root: Path) -> Desk:
    return Desk(root)


@pytest.fixture
def open_desk() -> Callable[[Path], Desk]:
    return Desk


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> list[Home]:
    from tests.loaders.twin import homes_in

    return homes_in(tmp_path_factory.mktemp("homes"))


@pytest.fixture
def twin(homes: list[Home]) -> Iterator[Twin]:
    from tests.loaders.twin import twin_of

    with twin_of(homes) as made:
        yield made
