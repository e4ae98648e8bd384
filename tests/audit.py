"""``make check``: whether anything in requirements.lock has a known vulnerability. Red for one; not red when nobody can be asked.

A service that knows none of the packages has told nothing, though pip-audit then says that nothing was found.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

SECONDS = 180
OFFLINE = ("ConnectionError", "ProxyError", "SSLError", "Timeout", "Max retries", "ServiceError", "timed out")
NOT_ASKED = "Chưa kiểm được lỗ hổng của các gói: không hỏi được dịch vụ tra cứu. Hãy chạy lại khi có mạng."


def judged(code: int, out: str, err: str) -> tuple[int, str]:
    """Exit code and words for what pip-audit answered."""
    try:
        packages: list[dict[str, Any]] = json.loads(out)["dependencies"]
    except (ValueError, KeyError, TypeError):
        offline = any(word in err for word in OFFLINE)
        return (0, NOT_ASKED) if offline else (1, f"pip-audit không chạy được (mã {code}):\n{err.strip()[-2000:]}")
    bad = [f"{one['name']} {one['version']}: {fault['id']}" for one in packages for fault in one.get("vulns", ())]
    if bad:
        return 1, "Gói có lỗ hổng đã biết:\n" + "\n".join(sorted(bad))
    asked = [one for one in packages if "vulns" in one]
    if not asked:
        return 0, NOT_ASKED
    unknown = f", {len(packages) - len(asked)} gói dịch vụ không biết" if len(asked) < len(packages) else ""
    return 0, f"Không gói nào có lỗ hổng đã biết ({len(asked)} gói đã kiểm{unknown})."


def main(lock: Path = ROOT / "requirements.lock") -> int:
    command = [
        str(Path(sys.executable).with_name("pip-audit")),
        "--requirement",
        str(lock),
        "--no-deps",
        "--disable-pip",
    ]
    command += ["--format", "json", "--progress-spinner", "off", "--timeout", "5"]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        code, words = 0, NOT_ASKED
    else:
        code, words = judged(ran.returncode, ran.stdout, ran.stderr)
    print(words)
    return code


if __name__ == "__main__":
    sys.exit(main())
