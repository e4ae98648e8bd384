"""XLSX, XLSM, XLSB, XLS and ODS through calamine: cell by cell, or by columns where an XLSX holds nothing but texts.

A usual XLSX is looked through first and then read in this process. The others, and an XLSX that is written unusually,
go through a process of their own with bounded memory: calamine lays a sheet out as one block from its first to its last
cell, and a few bytes can ask for more than there is.
"""

from __future__ import annotations

import io
import pickle
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import fastexcel
import pyarrow as pa
import python_calamine

from data.errors import RefusedFile
from data.locale import _
from loaders.formats import bounds
from loaders.formats.grid import MAX_CELLS, GridSheet, TextSheet, as_cells_show

OLE = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_CHILD = Path(__file__).with_name("apart.py")
_MEMORY, _LEAST_MEMORY, _MEMORY_PER_BYTE = 3 << 30, 400 << 20, 1000
"""What reading may take in all; a small file has few cells, however far apart a damaged one claims they are."""
_SECONDS = 180


def accepts(head: bytes) -> bool:
    return head.startswith(OLE)


def is_workbook(names: Sequence[str]) -> bool:
    """Whether a ZIP archive with these members is a workbook."""
    found = set(names)
    return "[Content_Types].xml" in found or "xl/workbook.xml" in found or {"content.xml", "mimetype"} <= found


def sheets(data: bytes, name: str) -> list[GridSheet]:
    """The sheets of a workbook (OLE or ZIP). Raises RefusedFile for one that is damaged, locked or too big."""
    if data.startswith(OLE):
        if _ENCRYPTED in data:
            raise _refusal(name, "password")
        return _apart(data, name)
    begun = _begun.pop() if _begun else None
    if begun and begun.name == name and begun.data == data:
        return begun.sheets.result()
    return _looked_through(data, name, bounds.look_through(data, name))


@dataclass(frozen=True)
class _Begun:
    """A workbook that is being read."""

    data: bytes
    name: str
    sheets: Future[list[GridSheet]]


_begun: list[_Begun] = []
"""One at most, until it is asked for."""


def begin(path: Path) -> None:
    """Begin to read a large XLSX that ``sheets`` will be asked for next, while the caller makes itself ready.

    What reads it needs no interpreter meanwhile. Whatever is wrong with the file is left for ``sheets`` to tell.
    """
    try:
        if path.suffix.lower() != ".xlsx" or not _WORTHWHILE <= path.stat().st_size < _LARGE:
            return
        data = path.read_bytes()
        if not is_workbook(bounds.archive(data, path.name).namelist()):
            return
        look = bounds.look_through(data, path.name)
    except (OSError, RefusedFile):
        return
    beside = ThreadPoolExecutor(1)
    # The language of the words belongs to the context, and a thread begins without one.
    _begun[:] = [_Begun(data, path.name, beside.submit(copy_context().run, _looked_through, data, path.name, look))]
    beside.shutdown(wait=False)


_WORTHWHILE, _LARGE = 1 << 18, 1 << 26
"""Bytes of a workbook with which it pays to begin early, and with which it is left alone until it is its turn."""


def _looked_through(data: bytes, name: str, look: bounds.Look) -> list[GridSheet]:
    """The sheets of a workbook that is within bounds."""
    if not look.usual:
        return _apart(data, name, epoch_1904=look.epoch_1904)
    if look.simple and (texts := _texts(data, look)):
        return texts
    found: list[GridSheet] = []
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        for about in book.sheets_metadata:
            if about.typ == python_calamine.SheetTypeEnum.WorkSheet:  # not charts, macros
                sheet = book.get_sheet_by_name(about.name)
                merged = sheet.merged_cell_ranges
                found.append(GridSheet(about.name, sheet.iter_rows, merged, epoch_1904=look.epoch_1904))
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except python_calamine.PasswordError as fault:
        raise _refusal(name, "password") from fault
    except BaseException as fault:  # a panic of the reader is no Exception
        raise _refusal(name, "damaged") from fault
    return found


def _texts(data: bytes, look: bounds.Look) -> list[GridSheet]:
    """The sheets of an XLSX of texts, dates and whole numbers, in half the time: none becomes a Python object on its way to
    Arrow.

    Nothing for a workbook that must be read cell by cell, so that its faults are told in one place.
    """
    as_texts: dict[str, Any] = {"header_row": None, "skip_rows": 0, "dtypes": "string", "eager": True}
    try:
        book = fastexcel.read_excel(data)
        # A sheet read so has no type; charts and macros would be among them.
        members = [name for name in zipfile.ZipFile(io.BytesIO(data)).namelist() if _SHEET.fullmatch(name)]
        if len(members) != len(book.sheet_names) or not all(name.startswith("xl/worksheets/") for name in members):
            return []
        if look.numbers and len(members) > 1:
            return []  # which of them holds the numbers is not looked up
        found = [(name, book.load_sheet(name, **as_texts)) for name in book.sheet_names]
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException:  # a panic of the reader is no Exception
        return []
    return _with_numbers(*found[0], look) if look.numbers else [TextSheet(name, texts) for name, texts in found]


def _with_numbers(name: str, texts: pa.RecordBatch, look: bounds.Look) -> list[GridSheet]:
    """The one sheet of a workbook that holds numbers; nothing where they have to be read cell by cell."""
    (numbers,) = look.numbers.values()
    columns, kinds = texts.columns, {}
    if min(numbers) < 1 or max(numbers) > len(columns):
        return []
    for number, found in numbers.items():
        shown = as_cells_show(columns[number - 1], found.cells, whole_ones=found.whole)
        if shown is None:
            return []
        columns[number - 1], kind = shown
        kinds[number - 1] = (kind, found.last_row)
    texts = pa.RecordBatch.from_arrays(columns, texts.schema.names)
    return [TextSheet(name, texts, kinds, epoch_1904=look.epoch_1904)]


_SHEET = re.compile(r"xl/\w+sheets/[^/]+\.xml", re.IGNORECASE)


def _apart(data: bytes, name: str, *, epoch_1904: bool = False) -> list[GridSheet]:
    """The sheets, read in a process of its own."""
    memory = min(_MEMORY, _LEAST_MEMORY + _MEMORY_PER_BYTE * len(data))
    limits = [str(number) for number in (memory, _SECONDS, MAX_CELLS)]
    try:
        done = subprocess.run(
            [sys.executable, "-P", str(_CHILD), *limits], input=data, capture_output=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as fault:
        raise _refusal(name, "big") from fault
    found: list[tuple[str, Any, list[list[Sequence[Any]]]]] = []
    for part in _parts(done.stdout):
        match part:
            case ("sheet", str(title), merged):
                found.append((title, merged, []))
            case ("rows", list(rows)):
                found[-1][2].append(rows)
            case ("end",):
                return [
                    GridSheet(title, _Again(batches), merged, epoch_1904=epoch_1904) for title, merged, batches in found
                ]
            case ("fault", str(kind)):
                raise _refusal(name, kind)
    # It broke off without a word: killed by its own bounds.
    raise _refusal(name, "big" if b"memory" in done.stderr or done.returncode in (-9, -6, -24) else "damaged")


class _Again:
    """Rows kept in batches, from the first again each time."""

    def __init__(self, batches: list[list[Sequence[Any]]]) -> None:
        self.batches = batches

    def __call__(self) -> Iterator[Sequence[Any]]:
        return chain.from_iterable(self.batches)


class _Values(pickle.Unpickler):
    """Plain values and dates only: what read a stranger's file is not to be trusted with more."""

    def find_class(self, module: str, name: str) -> Any:
        if module == "datetime" and name in ("date", "datetime", "time", "timedelta"):
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name}")


def _parts(out: bytes) -> Iterator[object]:
    stream = io.BytesIO(out)
    while stream.tell() < len(out):
        try:
            yield _Values(stream).load()
        except (pickle.UnpicklingError, EOFError):
            return


def _refusal(name: str, kind: str) -> RefusedFile:
    if kind == "password":
        return RefusedFile(
            name,
            _("Sổ tính có mật khẩu nên không đọc được."),
            _("Hãy mở bằng mật khẩu, bỏ mật khẩu, lưu lại rồi nạp."),
        )
    if kind == "big":
        return RefusedFile(
            name,
            _("Sổ tính quá lớn: một trang tính không được quá {cells} ô, kể cả ô trống xen giữa.", cells=MAX_CELLS),
            _("Hãy xóa các hàng, cột thừa ở cuối trang tính, hoặc xuất dạng CSV."),
        )
    return RefusedFile(
        name,
        _("Sổ tính (XLSX, XLS, XLSB hoặc ODS) bị hỏng, không mở được."),
        _("Hãy mở trong phần mềm bảng tính và lưu lại, hoặc xuất lại từ phần mềm nguồn."),
    )
