"""What a report says, as plain data: no document format knows more than this, so all of them say the same.

Texts are Vietnamese office language and already formatted (1.838; 0,21%; 16/5/2021); ``raw`` holds the number or day behind
a text for forms that can calculate. Everything here can be written as JSON and read back equal: an issued report is kept so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "count", "percent", "points", "decimal", "day"]
"""How a cell's number is to be formatted: percent is a fraction of 1, points are percentage points as a fraction of 1."""


@dataclass(frozen=True, slots=True)
class Cell:
    """``raw``: the number (a day as ISO text) behind ``text``; None for words and for "—"."""

    text: str
    raw: float | str | None = None
    kind: Kind = "text"
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """``group``: words of the merged heading above, columns of one group stand side by side; ``width``: share of the line."""

    heading: str
    group: str = ""
    width: float = 1.0
    right: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """``key`` is stable between reports; ``numbered``: a row "(1) (2) (3)" stands under the heading; ``notes`` below it."""

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numbered: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bars:
    """A drawing of sorted bars with a tick at the target. Values and targets are fractions of 1 unless ``kind`` is count."""

    key: str
    title: str
    alt: str
    kind: Kind
    labels: tuple[str, ...]
    values: tuple[float | None, ...]
    texts: tuple[str, ...]
    targets: tuple[float | None, ...]
    met: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A drawing of one figure day by day: ``days`` as ISO texts, the target as a level, None = nothing known that day."""

    key: str
    title: str
    alt: str
    kind: Kind
    days: tuple[str, ...]
    values: tuple[float | None, ...]
    target: float | None


@dataclass(frozen=True, slots=True)
class Paragraph:
    """``key`` names it for edits; ``drafted`` is what the data say, ``text`` what stands in the report.

    ``outdated``: it was edited, and the data have since come to say something else than they said then.
    """

    key: str
    text: str
    drafted: str
    edited: bool = False
    outdated: bool = False


Part = Paragraph | Table | Bars | Line


@dataclass(frozen=True, slots=True)
class Section:
    """``number`` as printed ("I", "1", "a"); sections of level 1 are I, II …, of level 2 are 1, 2 …"""

    key: str
    number: str
    title: str
    level: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Annex:
    """``number``: Roman. ``landscape`` annexes get a page of their own turned sideways."""

    key: str
    number: str
    title: str
    parts: tuple[Part, ...]
    landscape: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """What stands around the text; every entry can be edited. ``date_line`` is "Bình Phước, ngày 10 tháng 7 năm 2022"."""

    authority: str
    office: str
    number: str
    symbol: str
    place: str
    date_line: str
    kind: str
    subject: str
    to: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    sign_for: str = ""
    sign_title: str = ""
    signer: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """``draft``: marked DỰ THẢO. ``unit``: empty for the whole province. ``as_of`` in UTC microseconds."""

    campaign: str
    unit: str
    as_of: int
    as_of_text: str
    known_import: int
    data_version: str
    head: Head
    sections: tuple[Section, ...]
    annexes: tuple[Annex, ...]
    draft: bool
    simulated: bool
    issue: int | None = None
    reissue_reason: str = ""
