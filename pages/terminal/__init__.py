"""The terminal's door: the commands of `campaign`, by what somebody wants to do. cli.py puts them in order."""

import ctypes
import gc
import os
import sys
from contextlib import suppress

# A command lives for seconds, and what it imports stays: to look through all that for waste again and again, as is done
# by default after every 700 objects, took a tenth of its time.
gc.set_threshold(100_000)
# No command multiplies matrices: numpy's threads for that would only wait, at full speed, for work that never comes.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Arrow's memory is soon wanted again: given back after ten milliseconds, as is the default, it has to be cleared anew.
os.environ.setdefault("MIMALLOC_PURGE_DELAY", "2000")


_ARENA_MAX = -8
"""M_ARENA_MAX of malloc.h."""


def ready_for_a_load() -> None:
    """One heap for all threads. With one for each, as is glibc's way, what one thread has let go is no use to the next, and
    new memory has to be cleared: a tenth of a load's time and of its memory. And no looking for waste at all.
    """
    gc.set_threshold(1_000_000)
    with suppress(OSError, AttributeError, TypeError):  # elsewhere than on Linux with glibc
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)


def keep_to_the_end() -> None:
    """What has come in by now need not be looked through for waste when the program ends: a tenth of a second and more.

    DuckDB alone would complain of being left behind: where it is needed, this is called before it comes in.
    """
    if "duckdb" not in sys.modules:
        gc.freeze()
