"""Bars on stderr while something takes long."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TextIO


@contextmanager
def counting_rows(
    name: str, screen: TextIO | None = None, clock: Callable[[], float] = time.monotonic
) -> Iterator[Callable[[int, int], None] | None]:
    """Rows judged of a file with their rate and the time left, on ``screen`` (stderr) where somebody sits in front of it;
    then that they are being written, which takes about as long."""
    screen = screen or sys.stderr
    if not screen.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(file=screen), transient=True) as bar:
        task = bar.add_task(name, total=None, told="")
        begun = clock()

        def told(done: int, total: int) -> None:
            # Reckoned here: how many rows there are is only known at the end, and with every new sum rich forgets the rate.
            rate = done / max(clock() - begun, 1e-6)
            if done < total:
                left = timedelta(seconds=round((total - done) / max(rate, 1e-6)))
                bar.update(task, completed=done, total=total, told=f"{done:,} dòng, {rate:,.0f} dòng/s, còn {left}")
            else:
                bar.update(task, completed=0, total=None, told=f"{done:,} dòng, {rate:,.0f} dòng/s, đang ghi")

        yield told


@contextmanager
def counting_files(what: str) -> Iterator[Callable[[int, int, str], None]]:
    """A bar on stderr: told how many files of how many are done, and which one is being loaded."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total} tệp"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[name]}"),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(what, total=None, name="")
        yield lambda done, total, name: progress.update(task, completed=done, total=total, name=name)
