"""GZIP and ZIP around any other format; several files in one archive are read one after another."""

from __future__ import annotations

from pathlib import PurePosixPath

from data.errors import RefusedFile
from data.locale import _
from loaders.formats import Sheet, bounds, open_sheets, title, workbook

MAX_FILES = 200


def accepts(head: bytes) -> bool:
    return head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b"))


def sheets(data: bytes, name: str, depth: int = 0) -> list[Sheet]:
    """Raises RefusedFile for an archive that is damaged, locked, empty, or unpacks to too much."""
    if data.startswith(b"\x1f\x8b"):
        _not_too_deep(depth, name)
        return open_sheets(bounds.unpack_gzip(data, name), name, depth + 1)
    archive = bounds.archive(data, name)
    if workbook.is_workbook(archive.namelist()):
        return [*workbook.sheets(data, name)]
    _not_too_deep(depth, name)
    inside = [
        info.filename
        for info in archive.infolist()
        if not info.is_dir() and not any(part.startswith((".", "__MACOSX")) for part in info.filename.split("/"))
    ]
    if not inside or len(inside) > MAX_FILES:
        raise RefusedFile(
            name,
            _("Tệp nén không có tệp dữ liệu nào.")
            if not inside
            else _("Tệp nén có quá nhiều tệp (quá {most}).", most=MAX_FILES),
            _("Hãy nén lại, chỉ gồm các tệp dữ liệu."),
        )
    found: list[Sheet] = []
    for member in inside:
        content = b"".join(bounds.pieces(archive, member, name))
        file = title(PurePosixPath(member).name)
        for sheet in open_sheets(content, f"{name} › {file}", depth + 1):
            if len(inside) > 1:
                sheet.name = f"{file} › {sheet.name}" if sheet.name else file
            found.append(sheet)
    return found


def _not_too_deep(depth: int, name: str) -> None:
    if depth >= 2:
        raise RefusedFile(
            name, _("Tệp nén lồng trong tệp nén quá nhiều lớp."), _("Hãy bung ra rồi nạp từng tệp bên trong.")
        )
