"""What ``make check`` makes of the answers of pip-audit."""

from __future__ import annotations

import json

import pytest

from tests.audit import NOT_ASKED, judged

FINE = {"name": "one", "version": "1.0", "vulns": []}
BAD = {"name": "two", "version": "2.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.1"]}]}
UNKNOWN = {"name": "three", "skip_reason": "Dependency not found"}


def answer(*packages: object) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


@pytest.mark.parametrize(
    ("code", "out", "err", "expected", "words"),
    [
        (0, answer(FINE), "", 0, "1 gói đã kiểm)"),
        (0, answer(FINE, UNKNOWN), "", 0, "1 gói đã kiểm, 1 gói dịch vụ không biết"),
        (1, answer(FINE, BAD, UNKNOWN), "", 1, "two 2.0: PYSEC-1"),
        (0, answer(UNKNOWN, UNKNOWN), "", 0, NOT_ASKED),  # it says that nothing was found, but knew nothing
        (1, "", "requests.exceptions.ConnectionError: …", 0, NOT_ASKED),
        (1, "", "requests.exceptions.ProxyError: Max retries exceeded", 0, NOT_ASKED),
        (1, "", "ERROR: requirement file does not exist", 1, "does not exist"),
        (1, "", "", 1, "pip-audit"),
    ],
)
def test_the_verdict(code: int, out: str, err: str, expected: int, words: str) -> None:
    judgement, said = judged(code, out, err)
    assert judgement == expected
    assert words in said
