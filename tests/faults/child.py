"""The `campaign` command in a process that can be killed, robbed of its disk or of its rights, without paying for a start.

A fork server has everything imported; each command is forked from it, so that what a test measures is the loading.
"""

from __future__ import annotations

import ctypes
import json
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from types import ModuleType
from typing import Any

import cli
import data.migrations
import data.undo
import data.writer  # noqa: F401
import kpi.answers
import kpi.engine  # noqa: F401
import loaders.load
from tests.conftest import Done

NO_CAPABILITIES = "no capabilities"
"""Root without its powers: the rights of files bind it as they bind everybody."""

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__, "alembic.command", "pandas", "pyarrow.csv", "python_calamine"])


class Command:
    """A `campaign` command that is running."""

    def __init__(
        self, folder: Path, *arguments: object, environment: Mapping[str, str] | None = None, **harm: Any
    ) -> None:
        """``folder``: for what it says; ``harm``: ``file_size`` (bytes a file may have at most), ``rights``,
        or ``untidy`` (it ends as if killed after its last word)."""
        folder.mkdir(parents=True, exist_ok=True)
        self._out, self._err = folder / "out.txt", folder / "err.txt"
        self.process: ForkServerProcess = _FORKS.Process(
            target=_run,
            args=([str(one) for one in arguments], str(self._out), str(self._err), dict(environment or {}), harm),
        )
        self.took = 0.0
        self.began = time.perf_counter()
        _start(self.process)

    def kill_at(self, seconds: float) -> bool:
        """SIGKILL so many seconds after the start; whether it was still running then."""
        time.sleep(max(0.0, self.began + seconds - time.perf_counter()))
        alive = self.process.is_alive()
        self.process.kill()
        self.process.join()
        return alive

    def done(self, seconds: float = 120) -> Done:
        self.process.join(seconds)
        assert self.process.exitcode is not None, "the command hangs"
        self.took = time.perf_counter() - self.began
        return Done(self.process.exitcode, self._out.read_text("utf-8"), self._err.read_text("utf-8"))


def _start(process: ForkServerProcess) -> None:
    """Without the caller's main program, which a child would import again: pytest's, or a page that was tested before."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        process.start()
    finally:
        sys.modules["__main__"] = main


def command(folder: Path, *arguments: object, **options: Any) -> Done:
    """Run to the end."""
    return Command(folder, *arguments, **options).done()


def _run(arguments: list[str], out: str, err: str, environment: dict[str, str], harm: dict[str, Any]) -> None:
    for name in [name for name in os.environ if name.startswith(("CAMPAIGN_", "STREAMLIT_"))]:
        del os.environ[name]
    os.environ.update(environment)
    for path, stream in ((out, sys.stdout), (err, sys.stderr)):
        with Path(path).open("wb") as file:
            os.dup2(file.fileno(), stream.fileno())
    if "file_size" in harm:
        resource.setrlimit(resource.RLIMIT_FSIZE, (harm["file_size"], harm["file_size"]))
    if harm.get("rights") == NO_CAPABILITIES and os.geteuid() == 0:
        _give_up_capabilities()
    if harm.get("untidy"):
        cli.close_stores = lambda: None
    sys.argv = ["campaign", *arguments]
    code: object = 0
    try:
        cli.main()
    except SystemExit as end:
        code = end.code
    sys.exit(code)  # type: ignore[arg-type]


def _give_up_capabilities() -> None:
    """Linux: capset with nothing in it (version 3 of the header, two words of each set)."""
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    nothing = (ctypes.c_uint32 * 6)()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.capset(header, nothing):
        raise OSError(ctypes.get_errno(), "capset")


@dataclass(frozen=True)
class Answer:
    """What became of one file. ``seconds``: of work, for a machine may be busy with others; ``megabytes``: the most memory the process, or one that it started, has had so far."""

    file: str
    status: str
    reason: str
    read: int
    accounted: int
    refused: int
    import_id: int | None
    seconds: float
    megabytes: float


def answers(folder: Path, home: Path, files: Sequence[Path], seconds: float = 600) -> list[Answer]:
    """Files loaded one after another in one process; what it said about each, how long it took and in how much memory."""
    folder.mkdir(parents=True, exist_ok=True)
    out = folder / "answers.json"
    process = _FORKS.Process(target=_load_all, args=(str(home), [str(file) for file in files], str(out)))
    _start(process)
    process.join(seconds)
    process.kill()
    process.join()
    found = [Answer(**json.loads(line)) for line in out.read_text("utf-8").splitlines()]
    assert len(found) == len(files), f"it died at {files[len(found)]}"
    return found


def _worked() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _load_all(home: str, files: list[str], out: str) -> None:
    from data.home import Home
    from data.store import Store

    opened = Home(Path(home))
    store = Store.open(opened)
    with Path(out).open("w", encoding="utf-8") as lines:
        for number, file in enumerate(files):
            start = _worked()
            told = loaders.load.load_file(
                store, opened, Path(file), who="t", at=1_621_159_200_000_000 + number, accept=True
            )
            seconds = _worked() - start
            most = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
            answer = Answer(
                file, told.status, told.reason, told.read, told.new + told.changed + told.unchanged + told.refused,
                told.refused, told.import_id, seconds, most / 1024,
            )  # fmt: skip
            lines.write(json.dumps(asdict(answer)) + "\n")
            lines.flush()
