"""A process with the product imported that forks once per command: each command runs in a process of its own, as people
run it, without importing half a second of libraries every time. It starts no threads, so forking it is safe.

Started by ``tests.conftest.run_campaign``; a request is one JSON line on the socket, the answer the exit code.
"""

from __future__ import annotations

import importlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SLOW = (
    "alembic.command",
    "duckdb",
    "loaders.load",
    "kpi.backtest",
    "kpi.issues",
    "kpi.whatif",
    "kpi.worklist",
    "rich.progress",
)
"""What commands import when they need it, with all the libraries behind."""


class Zygote:
    """The parent's end; one command at a time."""

    def __init__(self, environment: dict[str, str]) -> None:
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-m", "tests.zygote", str(theirs.fileno())]
        self.process = subprocess.Popen(
            command, pass_fds=[theirs.fileno()], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL
        )
        theirs.close()
        self.socket, self.answers = ours, ours.makefile("r", encoding="utf-8")
        self.lock = threading.Lock()

    def run(self, arguments: list[str], cwd: Path, environment: dict[str, str], out: Path, err: Path) -> int:
        asked = {"arguments": arguments, "cwd": str(cwd), "environment": environment, "out": str(out), "err": str(err)}
        with self.lock:
            self.socket.sendall(json.dumps(asked).encode() + b"\n")
            answer = self.answers.readline()
        if not answer:
            raise RuntimeError("the process that runs commands has gone")
        return int(answer)

    def close(self) -> None:
        self.answers.close()
        self.socket.close()
        self.process.wait(10)


def _serve(number: int) -> list[str] | None:
    """In the process itself until the other end closes: None. In each child: the arguments of its command."""
    control = socket.socket(fileno=number)
    for line in control.makefile("r", encoding="utf-8"):
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            control.detach()
            os.close(number)
            for name, place in ((asked["out"], 1), (asked["err"], 2)):
                file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                os.dup2(file, place)
                os.close(file)
            os.environ.clear()
            os.environ.update(asked["environment"])
            time.tzset()
            os.chdir(asked["cwd"])
            return list(asked["arguments"])
        _pid, status = os.waitpid(child, 0)
        control.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    return None


if __name__ == "__main__":
    import cli

    for name in SLOW:
        importlib.import_module(name)
    arguments = _serve(int(sys.argv[1]))
    if arguments is not None:
        sys.argv = ["campaign", *arguments]
        cli.main()
