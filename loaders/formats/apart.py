"""Reads a workbook in a process of its own, with bounded memory and time: what kills it kills no one else.

Run as a script: the file comes in on standard input, the sheets go out on standard output, pickled; the program's own
modules are not loaded, so it starts in some hundredths of a second.
"""

from __future__ import annotations

import io
import pickle
import sys
from collections.abc import Iterator

BATCH = 8192


def main() -> None:
    memory, seconds, cells = map(int, sys.argv[1:4])
    try:
        import resource
    except ImportError:
        pass  # not on Windows; the caller's time limit remains
    else:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    out = sys.stdout.buffer
    for part in answer(sys.stdin.buffer.read(), cells):
        pickle.dump(part, out, protocol=pickle.HIGHEST_PROTOCOL)
    out.flush()


def answer(data: bytes, most: int) -> Iterator[object]:
    """``("sheet", name, merged)`` and ``("rows", rows)`` …, at the end ``("end",)`` or ``("fault", kind)``."""
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        for about in book.sheets_metadata:
            if about.typ != python_calamine.SheetTypeEnum.WorkSheet:
                continue  # charts, macros
            sheet = book.get_sheet_by_name(about.name)
            if sheet.end is not None and (sheet.end[0] + 1) * (sheet.end[1] + 1) > most:
                yield "fault", "big"
                return
            yield "sheet", about.name, sheet.merged_cell_ranges
            rows: list[object] = []
            for row in sheet.iter_rows():
                rows.append(row)
                if len(rows) == BATCH:
                    yield "rows", rows
                    rows = []
            yield "rows", rows
    except python_calamine.PasswordError:
        yield "fault", "password"
    except MemoryError:
        yield "fault", "big"
    except BaseException:  # a panic of the reader is no Exception
        yield "fault", "damaged"
    else:
        yield ("end",)


if __name__ == "__main__":
    main()
