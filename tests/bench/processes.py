"""Commands with their time and memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import clean_environment

CAMPAIGN = str(Path(sys.executable).with_name("campaign"))


@dataclass(frozen=True)
class Spent:
    """``seconds`` on the clock, ``peak`` MiB of memory at most."""

    seconds: float
    peak: float


def spent(*command: str | Path) -> Spent:
    """Run a command to its end. Raises RuntimeError when it fails."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [str(word) for word in command],
        env=clean_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    if process.returncode:
        raise RuntimeError(f"{command}: {said.decode()[-2000:]}")
    return Spent(seconds, usage.ru_maxrss / 1024)


def least(times: int, measured: Callable[[], Spent]) -> Spent:
    """The quickest of several runs: what else the machine does only ever adds."""
    return min((measured() for _ in range(times)), key=lambda one: one.seconds)
