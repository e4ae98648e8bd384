"""The form of a figure's declaration."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from data.home import Label


class Span(StrEnum):
    """Which events of a measure a term counts."""

    WINDOW = "window"
    """those inside the window"""
    UP_TO_NOW = "up_to_now"
    """all up to T: a stock"""
    SINCE_RECORD_START = "since_record_start"
    """those from the start of the record to T"""
    BACKLOG = "backlog"
    """stock at 00:00 of the campaign's start"""
    BACKLOG_LEFT = "backlog_left"
    """those of the backlog that left it by T"""


@dataclass(frozen=True)
class Term:
    measure: str
    span: Span = Span.WINDOW
    sign: int = 1


@dataclass(frozen=True)
class Figure:
    """One figure, declared once.

    ``numerator`` and ``denominator`` are sums of terms (figures from dossiers) or empty (from the catalogue or a series).
    ``scale``: what the numerator is divided by to be in the figure's unit. ``direction``: +1 more is better, −1 less is better.
    ``exclusions``: what is left out although a reader might expect it. ``owner``: who answers for the definition.
    ``version`` rises with every change of what is counted; ``fingerprint`` tells when it has to.
    """

    key: str
    label: Label
    numerator_text: Label
    denominator_text: Label
    noun: Label
    unit: str
    direction: int
    reads: str
    legal_basis: Label
    reviewed_on: date
    exclusions: Label
    owner: Label
    numerator: tuple[Term, ...] = ()
    denominator: tuple[Term, ...] = ()
    short: Label | None = None
    scale: int = 1
    services: str = ""
    version: int = 1

    @property
    def is_ratio(self) -> bool:
        """A share, shown in per cent."""
        return self.unit == "ratio"

    @property
    def divides(self) -> bool:
        """A quotient: shares and averages."""
        return self.unit in ("ratio", "days")

    @property
    def measures(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(term.measure for term in (*self.numerator, *self.denominator)))

    @property
    def is_stock(self) -> bool:
        """Stocks, ranks and series ignore the window."""
        return (
            not any(term.span is Span.WINDOW for term in (*self.numerator, *self.denominator))
            and self.services != "active"
        )

    @property
    def fingerprint(self) -> str:
        """Names what is counted, not how it is worded: changes with the terms, their spans, the unit and the direction."""

        def said(terms: tuple[Term, ...]) -> list[tuple[str, str, int]]:
            return [(term.measure, term.span.value, term.sign) for term in terms]

        counted = (self.reads, self.services, said(self.numerator), said(self.denominator))
        return hashlib.sha256(repr((self.key, self.unit, self.direction, self.scale, *counted)).encode()).hexdigest()
