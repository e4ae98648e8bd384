"""A stream in blocks that end where a line does, or a record; the memory of one is used again for a later one.

A large file that is read into ever new memory makes the system clear as much memory as it is long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

_END = Callable[[bytearray, int], int]


@dataclass(frozen=True)
class Block:
    """The first ``size`` bytes of ``data``. ``last``: what is left at the end of the stream, wherever that is."""

    data: bytearray
    size: int
    last: bool

    @property
    def view(self) -> memoryview:
        return memoryview(self.data)[: self.size]

    def holds(self, what: bytes) -> bool:
        return self.data.find(what, 0, self.size) >= 0


def blocks(stream: BinaryIO, size: int, ends: _END, alive: int = 1) -> Iterator[Block]:
    """``ends``: where the last line or record ends among so many first bytes, 0 where none does; ``size``: bytes of a block.

    A block is good until ``alive`` further ones have been asked for. One without an end is read on, ever more at a time, so
    that an endless line is not looked through again and again.
    """
    used: list[bytearray] = []
    rest, more = b"", size
    while True:
        data = used.pop(0) if len(used) >= alive else bytearray()
        if len(data) < len(rest) + more:
            data = bytearray(len(rest) + more)
        data[: len(rest)] = rest
        with memoryview(data) as view:
            read = stream.readinto(view[len(rest) : len(rest) + more])  # type: ignore[attr-defined]
            filled = len(rest) + read
            cut = ends(data, filled) if read else 0
            rest = bytes(view[cut:filled])
        if cut:
            more = size
            yield Block(data, cut, last=False)
            used.append(data)
        elif read:
            more *= 2
            used.insert(0, data)
        else:
            break
    if rest:
        yield Block(bytearray(rest), len(rest), last=True)


def ends_of_lines(data: bytearray, filled: int) -> int:
    return data.rfind(b"\n", 0, filled) + 1
