"""The parts of the page Dữ liệu, one per choice."""

from __future__ import annotations

from datetime import UTC, datetime

from data.clock import to_micros


def now() -> int:
    """The moment at which somebody at the page hands in, decides or takes back: UTC microseconds."""
    return to_micros(datetime.now(UTC))
