"""What a database says when it cannot go on → words for a person: what happened, that nothing was lost, what to do."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from data.errors import StoreFault
from data.locale import _


@contextmanager
def told(database: str) -> Iterator[None]:
    """Turns a fault of the database into a StoreFault; faults of the program stay what they are."""
    try:
        yield
    except (sqlite3.DatabaseError, sa.exc.DBAPIError, OSError) as fault:
        words = _words(fault.orig if isinstance(fault, sa.exc.DBAPIError) else fault)
        if words is None or (isinstance(fault, OSError) and fault.filename != database):
            raise
        raise StoreFault(f"{database}: {words}") from fault


_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NO_RIGHT = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def _words(fault: BaseException | None) -> str | None:
    """None for a fault that is the program's own: a statement that is wrong stays a traceback."""
    name = getattr(fault, "sqlite_errorname", "") or ""
    number = fault.errno if isinstance(fault, OSError) else None
    text = str(fault).casefold()
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")) or "lock timeout" in text or "deadlock" in text:
        return _(
            "cơ sở dữ liệu đang bị một tiến trình khác khóa (một lần nạp khác đang chạy?). Chưa ghi gì. "
            "Hãy đợi tiến trình kia xong rồi làm lại."
        )
    if name.startswith(("SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH")) or number in _NO_RIGHT or "read-only" in text:
        return _(
            "cơ sở dữ liệu hoặc thư mục chứa nó chỉ cho đọc. Chưa ghi gì. "
            "Hãy cấp quyền ghi cả tệp và thư mục cho người chạy lệnh rồi làm lại."
        )
    if name.startswith("SQLITE_CANTOPEN") or number == errno.ENOENT:
        return _(
            "không mở được cơ sở dữ liệu. Hãy kiểm tra thư mục có đó không và người chạy lệnh có quyền đọc, ghi trong đó."
        )
    if name == "SQLITE_FULL" or number in _NO_ROOM or "no space left" in text or "disk full" in text:
        return _("đĩa đã đầy. Chưa ghi gì. Hãy giải phóng chỗ trống trên đĩa rồi làm lại.")
    if name.startswith(("SQLITE_IOERR", "SQLITE_NOLFS", "SQLITE_TOOBIG")):
        return _(
            "không đọc hoặc ghi được đĩa (đĩa đầy, hết hạn mức hoặc đĩa hỏng). Chưa ghi gì. Hãy kiểm tra đĩa rồi làm lại."
        )
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return _(
            "tệp cơ sở dữ liệu bị hỏng. Hãy dừng nạp, cất tệp này đi rồi phục hồi bản sao lưu gần nhất và nạp lại các tệp sau đó."
        )
    if "connection" in text and ("refused" in text or "closed" in text or "server" in text or "timeout" in text):
        return _("mất kết nối với máy chủ cơ sở dữ liệu. Chưa ghi gì. Hãy kiểm tra máy chủ rồi làm lại.")
    return None
