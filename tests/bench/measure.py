"""Commands with their time and memory, and what a measurement is held against."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import clean_environment

CAMPAIGN = str(Path(sys.executable).with_name("campaign"))


@dataclass(frozen=True)
class Ratio:
    """``measured`` must be at most ``limit``, or at least where ``least``. ``detail``: what was divided by what."""

    name: str
    measured: float
    limit: float
    detail: str
    least: bool = False

    @property
    def ok(self) -> bool:
        return self.measured >= self.limit if self.least else self.measured <= self.limit

    def __str__(self) -> str:
        sign = "≥" if self.least else "≤"
        verdict = "ok" if self.ok else "NOT OK"
        return f"{self.name:<56} {self.measured:8.2f}   {sign} {self.limit:<5g} {verdict:<7} {self.detail}"


@dataclass(frozen=True)
class Spent:
    """``seconds`` on the clock, ``peak`` MiB of memory at most."""

    seconds: float
    peak: float


def spent(*command: str | Path) -> Spent:
    """Run a command to its end. Raises RuntimeError when it fails."""
    # What was written before is not written at the cost of this.
    os.sync()
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
