"""A report as text and back, equal: how an issued one is kept."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import cache

from pydantic import TypeAdapter

from kpi import definitions
from kpi.reports.content import Report


def text_of(report: Report) -> str:
    return json.dumps(asdict(report), ensure_ascii=False)


def report_of(text: str) -> Report:
    """Raises pydantic's ValidationError for what is no report."""
    return _adapter().validate_python(json.loads(text))


def fingerprint(text: str) -> str:
    return definitions.fingerprint(json.loads(text))


@cache
def _adapter() -> TypeAdapter[Report]:
    return TypeAdapter(Report)
