"""How much a compressed file may unpack to, and a look through an XLSX before anything is built from it."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from data.archives import DAMAGED
from data.errors import RefusedFile
from data.locale import _
from loaders.formats.grid import MAX_CELLS

MAX_UNPACKED = 1 << 30
"""Bytes of one file after unpacking."""
MAX_RATIO = 200
"""Unpacked to packed size; counts from ``_SMALL`` on, for a short file of blanks packs better than any export."""
MAX_MEMBERS = 2000
_SMALL = 32 << 20
_STEP = 1 << 18
"""Small enough that what is reckoned from a piece stays in the processor's cache: twice as fast as with megabytes."""
_TEXT_LIMIT = 512 << 20
"""Bytes of text in a sheet's cells, each repetition of a shared text counted."""
_LAID_OUT = 4_000_000
"""Cells a sheet may span however few of them are filled."""


@dataclass
class Look:
    """``usual``: every cell names its place and the whole fits in memory; else it must be read apart.

    ``simple``: no cell holds anything else than a text or a bare number (as dates are), and none are merged; ``numbers``:
    which parts of the workbook hold numbers, and in which columns.
    """

    usual: bool = True
    simple: bool = True
    epoch_1904: bool = False
    numbers: dict[str, dict[int, Numbers]] = field(default_factory=dict)


@dataclass(frozen=True)
class Numbers:
    """Cells of a column that hold a number: how many, the row of the last one, from 1 on, and whether all are whole ones."""

    cells: int
    last_row: int
    whole: bool


def too_big(name: str) -> RefusedFile:
    return RefusedFile(
        name,
        _(
            "Tệp nén bung ra quá lớn (quá {size} MB hoặc gấp quá {ratio} lần).",
            size=MAX_UNPACKED >> 20,
            ratio=MAX_RATIO,
        ),
        _("Hãy kiểm tra nguồn gốc tệp; nếu đúng là dữ liệu thật, hãy chia thành nhiều tệp."),
    )


_UNREADABLE = (*DAMAGED, OSError, ValueError)
"""The archive is in memory: an OSError is a place in it that cannot be, a ValueError a name or date that is none."""


def archive(data: bytes, name: str) -> zipfile.ZipFile:
    """A ZIP archive whose directory can be read and whose sizes, as it states them, are within bounds."""
    try:
        found = zipfile.ZipFile(io.BytesIO(data))
    except _UNREADABLE as fault:
        raise RefusedFile(
            name,
            _("Đây là sổ tính hoặc tệp nén ZIP nhưng đã hỏng, không mở được (có thể bị cắt khi tải về)."),
            _("Hãy tải hoặc xuất lại tệp."),
        ) from fault
    infos = found.infolist()
    size = sum(info.file_size for info in infos)
    if size > MAX_UNPACKED or len(infos) > MAX_MEMBERS or size > max(_SMALL, MAX_RATIO * len(data)):
        raise too_big(name)
    if len({info.filename for info in infos}) < len(infos):
        raise _damaged(name)
    if any(info.flag_bits & 1 for info in infos):
        raise RefusedFile(name, _("Tệp nén có mật khẩu nên không đọc được."), _("Hãy bỏ mật khẩu rồi nạp lại."))
    return found


def pieces(found: zipfile.ZipFile, member: str, name: str) -> Iterator[bytes]:
    """A member unpacked bit by bit, never beyond the size its directory states."""
    try:
        with found.open(member) as stream:
            while piece := stream.read(_STEP):
                yield piece
    except _UNREADABLE as fault:
        raise _damaged(name) from fault


def unpack_gzip(data: bytes, name: str) -> bytes:
    """A GZIP file's content, within bounds; several parts follow each other."""
    limit = min(MAX_UNPACKED, max(_SMALL, MAX_RATIO * len(data)))
    parts: list[bytes] = []
    size = 0
    while data:
        unpacker = zlib.decompressobj(wbits=31)
        try:
            parts.append(unpacker.decompress(data, limit - size + 1))
        except zlib.error as fault:
            raise _damaged(name) from fault
        size += len(parts[-1])
        if size > limit:
            raise too_big(name)
        if not unpacker.eof:
            raise _damaged(name)
        data = unpacker.unused_data.lstrip(b"\0")
    return b"".join(parts)


def _damaged(name: str) -> RefusedFile:
    return RefusedFile(
        name,
        _("Tệp nén hoặc sổ tính bị hỏng: không bung ra được trọn vẹn (có thể bị cắt khi tải về)."),
        _("Hãy tải hoặc xuất lại tệp."),
    )


_ODD_CELL = re.compile(rb"<c[\t\r\n>/]")
_ODD_ROW = re.compile(rb"<row[\t\r\n>/]")
_PREFIXED = re.compile(rb":(?:c|row)[ \t\r\n>/]")
_NEAR_ROWS, _NEAR_COLUMNS = 199_999, 52
"""A sheet that reaches no farther may be filled as sparsely as it likes."""
_SHOWN = re.compile(rb't="s"[^>]*>\s*<v>\s*(\d+)')
_DATE_1904 = re.compile(rb"workbookPr\b[^>]*\bdate1904=[\"'](?:1|true|on)[\"']")
_TEXT = b'="s">'
"""What stands before the value of a cell that holds a text."""
_STYLE, _NUMBER, _VALUE = b'" s="', b'" t="n', b'"><v>'
"""What may follow the place of a cell that holds a number, in this order, up to its value."""
_OVERLAP = 128
_DIGITS = 10
"""A number or a column's name of more signs is read no further."""
_MARGIN = 64
"""Longer than the beginning of any cell, up to its value."""


def look_through(data: bytes, name: str) -> Look:
    """Unpack a workbook once and look how its sheets are written.

    Raises RefusedFile when a part is damaged, unpacks to too much, or a sheet spans too many cells.
    """
    found = archive(data, name)
    look = Look(usual="xl/workbook.xml" in found.namelist())
    texts = longest = 0
    for info in found.infolist():
        if not info.filename.lower().endswith((".xml", ".rels", ".bin")):
            continue
        sheet = _SheetLook()
        end = b""
        for piece in pieces(found, info.filename, name):
            if look.usual:
                if piece.startswith((b"\xff\xfe", b"\xfe\xff")):
                    look.usual = False
                sheet.add(end, piece)
            if info.filename == "xl/workbook.xml":
                look.epoch_1904 |= _DATE_1904.search(end + piece) is not None
            end = piece[-_OVERLAP:]
        if sheet.spans > MAX_CELLS or sheet.spans > _LAID_OUT + 8 * sheet.cells:
            raise RefusedFile(
                name,
                _("Trang tính trải quá rộng: có ô nằm rất xa các ô khác."),
                _("Hãy xóa các hàng, cột thừa ở cuối trang tính rồi lưu lại."),
            )
        look.usual &= sheet.plain
        look.simple &= sheet.simple or not sheet.cells
        if sheet.numbers:
            look.numbers[info.filename] = sheet.numbers
        texts += sheet.cells
        longest = max(longest, sheet.longest)
    size = _text_size(found, name) if look.usual and texts * longest > _TEXT_LIMIT else 0
    look.usual &= size is not None
    if size and size > _TEXT_LIMIT:
        raise RefusedFile(
            name,
            _("Chữ trong các ô quá dài (cộng lại hơn {size} MB).", size=_TEXT_LIMIT >> 20),
            _("Hãy xóa các cột ghi chú dài không cần thiết, hoặc chia thành nhiều tệp."),
        )
    return look


def _text_size(found: zipfile.ZipFile, name: str) -> int | None:
    """Bytes of the shared texts, each as often as cells show it; None where that cannot be told by a plain look."""
    lengths = np.zeros(0, np.int64)
    shown: list[NDArray[np.int64]] = []
    for member in found.namelist():
        if not member.lower().endswith(".xml"):
            continue
        content = b"".join(pieces(found, member, name))
        if b"</si>" in content:
            lengths = np.array([len(text) for text in content.split(b"</si>")], np.int64)
        if b"<c " in content and (b"'" in content or b"= " in content or b" =" in content):
            return None
        shown.append(np.array([int(place[:9]) for place in _SHOWN.findall(content)], np.int64))
    places = np.concatenate(shown) if shown else np.zeros(0, np.int64)
    return int(lengths[places[places < len(lengths)]].sum())


class _SheetLook:
    """One XML part: how many cells, where the outermost stand, how long the longest shared text is."""

    def __init__(self) -> None:
        self.plain = self.simple = True
        self.cells = self.longest = 0
        self.numbers: dict[int, Numbers] = {}
        self._open = 0
        self._row = self._column = 0
        room = _OVERLAP + _STEP + _MARGIN
        # The same places in memory for every piece: half of the time went into getting and giving back new ones.
        self._letters = np.empty(room, np.uint8)
        self._here, self._opening = np.empty(room, np.bool_), np.empty(room, np.bool_)

    def add(self, before: bytes, piece: bytes) -> None:
        """``before``: the end of the piece before, so that nothing is missed where two meet."""
        size = len(before) + len(piece)
        letters = self._letters[: size + _MARGIN]
        letters[: len(before)] = np.frombuffer(before, np.uint8)
        letters[len(before) : size] = np.frombuffer(piece, np.uint8)
        letters[size:] = ord(" ")
        first, second, here = letters[:-1], letters[1:], self._here[: size + _MARGIN - 1]
        # Comparing bytes all at once runs ten times as fast as an expression that looks for all of it.
        opening = np.equal(first, ord("<"), out=self._opening[: len(first)])

        def tags(letter: str) -> NDArray[np.int64]:
            np.equal(second, ord(letter), out=here)
            return np.flatnonzero(np.logical_and(opening, here, out=here))

        cells = tags("c")
        named = cells[_follows(letters, cells + 2, b' r="')]
        if len(named) != len(cells):
            # A piece may end in the middle of a cell's beginning; the next one sees it whole.
            whole = before + piece
            half = whole.endswith((b"<c ", b"<c r", b"<c r="))
            self.plain &= whole.count(b"<c ") - len(named) <= half and not _ODD_CELL.search(whole)
        rows = tags("r")
        rows = rows[_follows(letters, rows + 2, b"ow")]
        numbered = int(_follows(letters, rows + 4, b' r="').sum())
        if len(rows) != numbered:
            whole = before + piece
            half = whole.endswith((b"<row ", b"<row r", b"<row r="))
            self.plain &= whole.count(b"<row ") - numbered <= half and not _ODD_ROW.search(whole)
        after = second[np.flatnonzero(np.equal(first, ord(":"), out=here))]
        if ((after == ord("c")) | (after == ord("r"))).any():
            self.plain &= not _PREFIXED.search(before + piece)
        self.cells += len(named)
        values = tags("v")
        # Those further in front were seen with the piece before, and one at the very end is seen with the next.
        last = len(b"<v>") - 1
        values = values[(values >= max(len(before) - last, len(_TEXT))) & (values < size - last)]
        others = values[~_follows(letters, values - len(_TEXT), _TEXT)]
        self.simple &= not len(tags("m"))
        if len(named):
            # Every cell is looked at: rows need not follow each other, nor letters be capitals.
            columns, ends = _numbers(letters, named + len(b'<c r="'), 26)
            rows_of, ends = _numbers(letters, ends, 10)
            self._column, self._row = max(self._column, int(columns.max())), max(self._row, int(rows_of.max()))
            if self.simple and len(others):
                at = np.searchsorted(named, others) - 1
                self.simple &= bool((at >= 0).all() and _hold_numbers(letters, ends[at], others))
                self._note_numbers(columns[at], rows_of[at], _are_whole(letters, others + len(b"<v>")))
        elif len(others):
            self.simple = False
        self._measure_texts(np.frombuffer(piece, np.uint8))

    def _note_numbers(self, columns: NDArray[np.int64], rows: NDArray[np.int64], whole: NDArray[np.bool_]) -> None:
        for column in np.unique(columns).tolist():
            mine = columns == column
            old = self.numbers.get(column, Numbers(0, 0, whole=True))
            last_row = max(old.last_row, int(rows[mine].max()))
            self.numbers[column] = Numbers(old.cells + int(mine.sum()), last_row, old.whole and bool(whole[mine].all()))

    def _measure_texts(self, piece: NDArray[np.uint8]) -> None:
        size = max(len(piece) - 2, 0)
        here = np.equal(piece[1 : 1 + size], ord("i"), out=self._here[:size])
        last = np.equal(piece[2:], ord(">"), out=self._opening[:size])
        ends = np.flatnonzero(np.logical_and(here, last, out=here))
        ends = ends[piece[ends] == ord("s")]
        if not len(ends):
            self._open += len(piece)
            return
        left = len(piece) - int(ends[-1])
        self.longest = max(self.longest, self._open + int(ends[0]), int(np.diff(ends).max(initial=0)), left)
        self._open = left

    @property
    def spans(self) -> int:
        """Cells from A1 to the outermost; 0 where all stand close together."""
        near = self._row <= _NEAR_ROWS and self._column <= _NEAR_COLUMNS
        return 0 if near else self._row * self._column


def _follows(text: NDArray[np.uint8], at: NDArray[np.int64], word: bytes) -> NDArray[np.bool_]:
    """Whether a word stands at some places of a text."""
    found = np.ones(len(at), np.bool_)
    for place, letter in enumerate(word):
        found &= text[at + place] == letter
    return found


def _hold_numbers(text: NDArray[np.uint8], ends: NDArray[np.int64], values: NDArray[np.int64]) -> bool:
    """Whether cells hold bare numbers. ``ends``: where the places of the cells end, ``values``: where their values begin."""
    styled = _follows(text, ends, _STYLE)
    _style, after = _numbers(text, ends + len(_STYLE), 10)
    ends = np.where(styled, after, ends)
    ends = ends + len(_NUMBER) * _follows(text, ends, _NUMBER)
    return bool((_follows(text, ends, _VALUE) & (ends + _VALUE.index(b"<") == values)).all())


def _are_whole(text: NDArray[np.uint8], values: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which values are whole numbers of not too many digits."""
    _value, ends = _numbers(text, values + (text[values] == ord("-")), 10)
    whole: NDArray[np.bool_] = text[ends] == ord("<")
    return whole


def _numbers(text: NDArray[np.uint8], at: NDArray[np.int64], base: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The numbers that stand at some places of a text, and where each of them ends.

    ``base``: 26 for letters (A = 1, Z = 26, AA = 27; small ones too), 10 for digits.
    """
    case, first, least = (0x20, ord("a"), 1) if base == 26 else (0, ord("0"), 0)
    found = np.zeros(len(at), np.int64)
    for _digit in range(_DIGITS):
        place = (text[at] | np.uint8(case)) - np.uint8(first)  # what lies before the first one wraps round
        more = place < base
        if not more.any():
            break
        found = np.where(more, found * base + place + least, found)
        at = at + more
    return found, at
