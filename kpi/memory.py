"""What was read of the store is remembered for the next question: bounded, and shared by all sessions of a process."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

import numpy as np

Value = TypeVar("Value")

MOST_BYTES = 160 * 2**20
ENTRY_BYTES = 500
"""What one Python value in a list is taken to weigh."""


class Memory:
    """Values by key, the longest unused forgotten first once they weigh more than ``most`` bytes."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self.most, self.weight = most, 0
        self._entries: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> Any | None:
        with self._lock:
            if key not in self._entries:
                return None
            self._entries.move_to_end(key)
            return self._entries[key][0]

    def put(self, key: Hashable, value: Any) -> None:
        weight = _weight(value)
        with self._lock:
            self.weight += weight - self._entries.pop(key, (None, 0))[1]
            self._entries[key] = value, weight
            while self.weight > self.most:
                self.weight -= self._entries.popitem(last=False)[1][1]


SHARED = Memory()


class Recall:
    """The memory of one state of the data. Without a name for that state (a rehearsal) it lasts as long as the question."""

    def __init__(self, state: str | None) -> None:
        self._state = state
        self._memory = Memory() if state is None else SHARED

    def get(self, key: Hashable) -> Any | None:
        return self._memory.get((self._state, key))

    def put(self, key: Hashable, value: Value) -> Value:
        self._memory.put((self._state, key), value)
        return value

    def of(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """The value under a key, made when it is not remembered. None is never remembered."""
        found: Value | None = self.get(key)
        return self.put(key, make()) if found is None else found


def _weight(value: Any) -> int:
    if isinstance(value, np.ndarray):
        return int(value.nbytes) + ENTRY_BYTES
    if isinstance(value, (tuple, list, set, frozenset)):
        return ENTRY_BYTES + sum(map(_weight, value))
    return ENTRY_BYTES
