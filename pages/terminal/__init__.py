"""The terminal's door: the commands of `campaign`, by what somebody wants to do. cli.py puts them in order."""

import ctypes
import gc
import os
import sys
import threading
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

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
    """A load is many threads and much memory: each of these takes a twentieth or a tenth off its time."""
    gc.set_threshold(1_000_000)
    # Between two steps of Arrow's or NumPy's a thread needs Python's lock for a moment, and waits so long for it.
    sys.setswitchinterval(0.0005)
    threading.Thread(target=_open_libraries, daemon=True).start()
    # One heap for all threads. With one for each, as is glibc's way, what one has let go is no use to the next, and new memory
    # has to be cleared.
    with suppress(OSError, AttributeError, TypeError):  # elsewhere than on Linux with glibc
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)


def _open_libraries() -> None:
    """Arrow's and DuckDB's libraries, while Python's modules come in: opened by an import, they would hold all that up."""
    found = [*_files("pyarrow", "libarrow_python.so*"), *_files("pyarrow", "libarrow_compute.so*"), *_files("_duckdb")]
    for path in found:
        with suppress(OSError):
            ctypes.CDLL(str(path))


def _files(module: str, pattern: str = "") -> list[Path]:
    spec = find_spec(module)
    if spec is None or not spec.origin:
        return []
    return list(Path(spec.origin).parent.glob(pattern)) if pattern else [Path(spec.origin)]


def keep_to_the_end() -> None:
    """What has come in by now need not be looked through for waste when the program ends: a tenth of a second and more.

    DuckDB alone would complain of being left behind: where it is needed, this is called before it comes in.
    """
    if "duckdb" not in sys.modules:
        gc.freeze()
