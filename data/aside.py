"""Writes that nobody waits for: that somebody looked, that a login was used. Made as soon as the store is free.

A load or a preview holds the store's one write lock for seconds; a page that only wants to note who looked must not
wait for it. What waits is lost only with the process, and there is an end to how much may wait.
"""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING

from data.errors import StoreFault
from data.locale import _
from data.records import Session

if TYPE_CHECKING:
    from data.store import Store

MOST_WAITING = 10_000
_MOST_REMEMBERED = 50_000
_TRY_AGAIN = 1.0
"""Seconds until the next try when the store could not be written."""

Work = Callable[[Session], object]


class Aside:
    """A queue, and a thread that lives while something waits: all of it goes into one transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: deque[Work] = deque()
        self._noted: dict[Hashable, int] = {}
        self._state = threading.Condition()
        self._running = False

    def once(self, key: Hashable, at: int, every: int, work: Work) -> None:
        """Queue ``work``, unless the same ``key`` was queued within the last ``every`` microseconds.

        Raises StoreFault when too much waits already.
        """
        with self._state:
            before = self._noted.get(key)
            if before is not None and before <= at < before + every:
                return
            if len(self._waiting) >= MOST_WAITING:
                raise StoreFault(_("Nhật ký không ghi được từ lâu; hãy kiểm tra cơ sở dữ liệu và đĩa."))
            if len(self._noted) >= _MOST_REMEMBERED:
                self._noted.clear()  # at worst something is noted twice
            self._noted[key] = at
            self._waiting.append(work)
            if not self._running:
                self._running = True
                _RUNNING.add(self)
                threading.Thread(target=self._run, daemon=True, name="aside").start()

    def flush(self, seconds: float = 10.0) -> bool:
        """Wait until nothing waits; whether that came to be."""
        with self._state:
            return self._state.wait_for(lambda: not self._running, seconds)

    def _run(self) -> None:
        while True:
            with self._state:
                if not self._waiting:
                    self._running = False
                    _RUNNING.discard(self)
                    self._state.notify_all()
                    return
                batch = list(self._waiting)
            if not self._write(batch):
                time.sleep(_TRY_AGAIN)
                continue
            with self._state:
                for _work in batch:
                    self._waiting.popleft()

    def _write(self, batch: list[Work]) -> bool:
        """False when the store cannot be written now; a store that is gone has nothing to keep."""
        try:
            with self._store.write(None) as session:
                for work in batch:
                    work(session)
        except StoreFault:
            return not self._store.exists()
        except Exception:
            logging.getLogger(__name__).exception("could not be written and is dropped: %d entries", len(batch))
        return True


_RUNNING: set[Aside] = set()


@atexit.register
def _last() -> None:
    """What still waits when the process ends."""
    for aside in list(_RUNNING):
        aside.flush(5.0)
