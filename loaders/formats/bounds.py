"""How much a compressed file may unpack to, and a look through an XLSX before anything is built from it."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from data.errors import RefusedFile
from data.locale import _
from loaders.formats.grid import MAX_CELLS

MAX_UNPACKED = 1 << 30
"""Bytes of one file after unpacking."""
MAX_RATIO = 200
"""Unpacked to packed size; counts from ``_SMALL`` on, for a short file of blanks packs better than any export."""
MAX_MEMBERS = 2000
_SMALL = 32 << 20
_STEP = 1 << 22
_TEXT_LIMIT = 512 << 20
"""Bytes of text in a sheet's cells, each repetition of a shared text counted."""
_LAID_OUT = 4_000_000
"""Cells a sheet may span however few of them are filled."""


@dataclass
class Look:
    """``usual``: every cell names its place and the whole fits in memory; else it must be read apart."""

    usual: bool = True
    epoch_1904: bool = False


def too_big(name: str) -> RefusedFile:
    return RefusedFile(
        name,
        _("Tệp nén bung ra quá lớn (quá {size} MB hoặc gấp quá {ratio} lần).", size=MAX_UNPACKED >> 20, ratio=MAX_RATIO),
        _("Hãy kiểm tra nguồn gốc tệp; nếu đúng là dữ liệu thật, hãy chia thành nhiều tệp."),
    )


def archive(data: bytes, name: str) -> zipfile.ZipFile:
    """A ZIP archive whose directory can be read and whose sizes, as it states them, are within bounds."""
    try:
        found = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as fault:
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
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError, ValueError) as fault:
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


# Cells and rows that do not begin exactly like «<c r="» may stand anywhere. One plain search for each is ten times as
# fast as all in one.
_ODD = [re.compile(start + end) for start, end in product((rb"<c", rb"<row", rb":c", rb":row"), (rb"[\t\r\n>/]",))]
_ODD += [re.compile(text) for text in (rb":c ", rb":row ", rb"<!DOCTYPE")]
# Beyond column Z or row 99,999; then beyond column AZ or row 199,999: there the extent is looked at exactly.
_FAR = (
    (re.compile(rb'<c r="[A-Z]{2}'), re.compile(rb'<c r="(?:[B-Z][A-Z]\d|[A-Z]{3})')),
    (re.compile(rb'<c r="[A-Z]+\d{6}'), re.compile(rb'<c r="[A-Z]+(?:[2-9]\d{5}|\d{7})')),
)
_PLACE = re.compile(rb'<c r="([A-Z]+)(\d+)')
_DATE_1904 = re.compile(rb"workbookPr\b[^>]*\bdate1904=[\"'](?:1|true|on)[\"']")
_OVERLAP = 128


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
        texts += sheet.shared
        longest = max(longest, sheet.longest)
    look.usual &= texts * longest <= _TEXT_LIMIT
    return look


class _SheetLook:
    """One XML part: how many cells, where the outermost stand, how long the longest shared text is."""

    def __init__(self) -> None:
        self.plain = True
        self.cells = self.shared = self.longest = 0
        self._open = 0
        self._row, self._column = 0, b""
        self._far = False

    def add(self, before: bytes, piece: bytes) -> None:
        """``before``: the end of the piece before, so that nothing is missed where two meet."""
        self._open += len(piece)
        if b"si>" in piece:
            ends = piece.split(b"si>")
            self.longest = max(self.longest, self._open - len(piece) + len(ends[0]), *map(len, ends[1:]))
            self._open = len(ends[-1])
        whole = before + piece
        cells, rows = whole.count(b"<c "), whole.count(b"<row ")
        # A piece may end in the middle of a cell's beginning; the next one sees it whole.
        half = whole.endswith((b"<c ", b"<c r", b"<c r=")), whole.endswith((b"<row ", b"<row r", b"<row r="))
        odd = cells - whole.count(b'<c r="') > half[0] or rows - whole.count(b'<row r="') > half[1]
        if odd or any(form.search(whole) for form in _ODD):
            self.plain = False
        if not cells:
            return
        self.cells += cells
        # Only attributes written as usual can be told by a plain look.
        usual = b"'" not in whole and b"= " not in whole and b" =" not in whole
        self.shared += whole.count(b't="s"') if usual else cells
        if self._far or any(first.search(whole) and then.search(whole) for first, then in _FAR):
            self._far = True
            self._measure(whole)

    def _measure(self, whole: bytes) -> None:
        places = _PLACE.findall(whole)
        if places:
            self._row = max(self._row, max(int(row) for _, row in places))
            self._column = max((column for column, _ in places), key=lambda column: (len(column), column))

    @property
    def spans(self) -> int:
        """Cells from A1 to the outermost; 0 where all stand close together."""
        column = 0
        for letter in self._column:
            column = 26 * column + letter - 64
        return self._row * column
