"""``python -m tests.bench [NAME…] [--write]``: run the scripts, or those named; exit 1 when a limit is missed.

``--write``: put the figures into docs/bench.md. ``BENCH_LARGE=0`` in the environment leaves the ten million rows out.
"""

from __future__ import annotations

import importlib
import os
import platform
import sys
import tempfile
from pathlib import Path

from tests.bench.measure import Ratio

HERE = Path(__file__).parent
DOCUMENT = HERE.parent.parent / "docs" / "bench.md"


def main(arguments: list[str]) -> int:
    named = [word for word in arguments if not word.startswith("-")]
    scripts = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    found: dict[str, list[Ratio]] = {}
    for script in named or scripts:
        found[script] = []
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            for ratio in importlib.import_module(f"tests.bench.bench_{script}").run(Path(folder)):
                print(ratio, flush=True)
                found[script].append(ratio)
    if "--write" in arguments:
        DOCUMENT.write_text(_document(found), encoding="utf-8")
    return 0 if all(ratio.ok for ratios in found.values() for ratio in ratios) else 1


def _document(found: dict[str, list[Ratio]]) -> str:
    lines = [
        "# Bench",
        "",
        "Written by `make bench` (`python -m tests.bench --write`); do not edit. What is divided by each other was measured",
        f"in the same run, here on {os.cpu_count()} processor cores with Python {platform.python_version()}.",
    ]
    for script, ratios in found.items():
        lines += ["", f"## {script}", "", "| What | Measured | Limit | | Of |", "|---|---:|---:|---|---|"]
        for one in ratios:
            sign, verdict = "≥" if one.least else "≤", "ok" if one.ok else "**missed**"
            lines.append(f"| {one.name} | {one.measured:.2f} | {sign} {one.limit:g} | {verdict} | {one.detail} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
