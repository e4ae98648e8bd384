"""``python -m tests.bench [NAME…] [--quick] [--write]``: run the scripts, or those named; exit 1 when a limit is missed.

``--quick``: without the ten million rows; ``--write``: put the figures into docs/bench.md.
"""

from __future__ import annotations

import importlib
import os
import platform
import sys
from pathlib import Path

from tests.bench.result import Result

HERE = Path(__file__).parent
DOCUMENT = HERE.parent.parent / "docs" / "bench.md"


def main(arguments: list[str]) -> int:
    named = [word for word in arguments if not word.startswith("-")]
    scripts = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    found: dict[str, list[Result]] = {}
    for script in named or scripts:
        found[script] = []
        for result in importlib.import_module(f"tests.bench.bench_{script}").measure("--quick" not in arguments):
            print(result, flush=True)
            found[script].append(result)
    if "--write" in arguments:
        DOCUMENT.write_text(_document(found), encoding="utf-8")
    return 0 if all(result.holds for results in found.values() for result in results) else 1


def _document(found: dict[str, list[Result]]) -> str:
    lines = [
        "# Bench",
        "",
        "Written by `make bench` (`python -m tests.bench --write`); do not edit. What is divided by each other was measured",
        f"in the same run, here on {os.cpu_count()} processor cores with Python {platform.python_version()}.",
    ]
    for script, results in found.items():
        lines += ["", f"## {script}", "", "| What | Measured | At most | |", "|---|---:|---:|---|"]
        for one in results:
            most = "" if one.most is None else f"{one.most:.2f} {one.unit}"
            verdict = "" if one.most is None else "ok" if one.holds else "**missed**"
            lines.append(f"| {one.name} | {one.value:.2f} {one.unit} | {most} | {verdict} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
