"""Leagues that are fair: ties share a rank, few dossiers are marked, no value has no rank, unlike units stand apart.

National ranks do not come here: each scheme is a series of its own and two of them are never joined.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from data.errors import CallFault, DataFault
from data.home import Campaign, Home
from data.store import Store
from data.units import Tree
from kpi.catalog import FIGURES, figure
from kpi.engine import figures
from kpi.model import Row
from kpi.query import Query

Z95 = 1.959963984540054
"""Two-sided 95 % of the normal distribution."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """``rank`` is dense (1, 2, 2, 3); None without a value. ``tied``: another unit has the same rank.

    ``change``: places won since an earlier day (negative: lost); None where there was no rank then. ``better``: a unit of
    the next better rank; None at the top.
    """

    rank: int | None
    tied: bool
    row: Row
    change: int | None = None
    better: Row | None = None

    @property
    def ahead(self) -> Step | None:
        """What separates it from the next better rank."""
        return None if self.better is None else step(self.row, self.better)

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson, 95 %. Only shares of dossiers have one: services are counted in full, they are no sample."""
        row, declared = self.row, figure(self.row.kpi)
        if not declared.is_ratio or declared.reads != "dossiers" or row.numerator is None or not row.denominator:
            return None
        return wilson(row.numerator, row.denominator)


@dataclass(frozen=True, slots=True)
class Step:
    """The way to the next better rank, at the unit's own denominator of today.

    ``points``: difference of the values, positive. ``to_tie`` and ``to_pass``: how many dossiers or services more (or
    fewer, where fewer are better) in the numerator; None where no such number would do.
    """

    points: float
    to_tie: int | None
    to_pass: int | None


def league(rows: Iterable[Row], earlier: Iterable[Row] = ()) -> list[Ranked]:
    """Units of one figure, best first; equal values share a rank, units without a value come last.

    ``earlier``: the same units on an earlier day, for the change of rank.
    """
    found = list(rows)
    then = {} if not (before := list(earlier)) else ranks(before)
    rank_of, ladder = _ladder(found)
    holders = Counter(row.value for row in found)
    representative = {row.value: row for row in found}
    ranked = []
    for row in found:
        if row.value is None:
            continue
        place = rank_of[row.value]
        ranked.append(
            Ranked(
                rank=place,
                tied=holders[row.value] > 1,
                row=row,
                change=then[row.unit] - place if row.unit in then else None,
                better=representative[ladder[place - 2]] if place > 1 else None,
            )
        )
    ranked.sort(key=lambda entry: (entry.rank or 0, entry.row.unit))
    return [*ranked, *(Ranked(None, False, row) for row in found if row.value is None)]


def ranks(rows: Iterable[Row]) -> dict[str, int]:
    """Unit → dense rank, of those with a value."""
    found = list(rows)
    rank_of, _ = _ladder(found)
    return {row.unit: rank_of[row.value] for row in found if row.value is not None}


def _ladder(rows: Sequence[Row]) -> tuple[dict[float, int], list[float]]:
    """Value → rank, and the values from the best down."""
    values = {row.value for row in rows if row.value is not None}
    if not values:
        return {}, []
    ladder = sorted(values, reverse=figure(rows[0].kpi).direction > 0)
    return {value: place for place, value in enumerate(ladder, start=1)}, ladder


def by_kind(rows: Iterable[Row], tree: Tree, earlier: Iterable[Row] = ()) -> dict[tuple[str, str], list[Ranked]]:
    """Separate leagues by level and kind of unit: sở apart from ban, huyện apart from thị xã."""
    leagues: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        leagues.setdefault((row.level, tree[row.unit].kind), []).append(row)
    before = list(earlier)
    return {
        key: league(members, [row for row in before if row.unit in {member.unit for member in members}])
        for key, members in sorted(leagues.items())
    }


# Distances ------------------------------------------------------------------------------------------------------------


def step(row: Row, better: Row) -> Step:
    """What a unit lacks to the unit of the next better rank; both have values."""
    declared = figure(row.kpi)
    assert row.value is not None
    assert better.value is not None
    points = declared.direction * (better.value - row.value)
    goal = _exact(better)
    if declared.unit == "days" or goal is None or row.numerator is None:
        return Step(points, None, None)
    size = Fraction(row.denominator) if declared.divides and row.denominator else Fraction(1)
    lacks = declared.direction * (goal * size - Fraction(row.numerator))
    room = _room(row)
    return Step(points, _within(math.ceil(lacks), room), _within(math.floor(lacks) + 1, room))


def _exact(row: Row) -> Fraction | None:
    """A value without the rounding of its division."""
    if row.numerator is None:
        return None
    if not figure(row.kpi).divides:
        return Fraction(row.numerator)
    return Fraction(row.numerator) / Fraction(row.denominator) if row.denominator else None


def _room(row: Row) -> Fraction | None:
    """How many more (or fewer) the numerator can take; None = any number."""
    declared = figure(row.kpi)
    numerator = Fraction(row.numerator or 0)
    if declared.direction < 0:
        return numerator
    return Fraction(row.denominator or 0) - numerator if declared.is_ratio else None


def _within(count: int, room: Fraction | None) -> int | None:
    return count if room is None or count <= room else None


def wilson(numerator: float, denominator: float, z: float = Z95) -> tuple[float, float]:
    """Wilson's score interval of a share: what the share of many more such dossiers could be."""
    share = numerator / denominator
    spread = z * math.sqrt(share * (1 - share) / denominator + z * z / (4 * denominator * denominator))
    centre, scale = share + z * z / (2 * denominator), 1 + z * z / denominator
    return max((centre - spread) / scale, 0.0), min((centre + spread) / scale, 1.0)


# Composite ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Part:
    """One figure's part in a composite score. ``score`` is in 0…1, 1 = target met; None without a value."""

    kpi: str
    weight: float
    score: float | None


@dataclass(frozen=True, slots=True)
class Composite:
    """A weighted mean of how far targets are met, beside the official order of each figure and never instead of it.

    ``score`` is over the parts with a value, None without any; ``missing`` names the others. ``weakest``: the figure with
    the lowest score, so that no good part hides a bad one. ``rank`` is dense among the units given.
    """

    unit: str
    name: str
    score: float | None
    rank: int | None
    parts: tuple[Part, ...]
    weakest: str | None
    missing: tuple[str, ...]


def not_shares(campaign: Campaign) -> list[str]:
    """What ``[composite]`` weighs although it is no share of a known figure."""
    return [kpi for kpi in campaign.composite if kpi not in FIGURES or not FIGURES[kpi].is_ratio]


def weights_of(campaign: Campaign) -> dict[str, float]:
    """The campaign's own weights; empty without ``[composite]``. Raises DataFault where they cannot be used."""
    if wrong := not_shares(campaign):
        raise DataFault(
            f"campaigns/{campaign.key}.toml: [composite] chỉ nhận chỉ tiêu tính bằng tỷ lệ; «{', '.join(wrong)}» không phải."
        )
    return dict(campaign.composite)


def composite(weights: Mapping[str, float], rows: Iterable[Row]) -> list[Composite]:
    """Scores of units under a campaign's own weights, best first; ``rows`` of the weighted figures for each unit."""
    units: dict[str, dict[str, Row]] = {}
    for row in rows:
        units.setdefault(row.unit, {})[row.kpi] = row
    scored = [_composite(weights, by_figure) for by_figure in units.values()]
    ladder = sorted({one.score for one in scored if one.score is not None}, reverse=True)
    place = {score: n for n, score in enumerate(ladder, start=1)}
    found = [
        Composite(one.unit, one.name, one.score, None if one.score is None else place[one.score], one.parts, one.weakest, one.missing)
        for one in scored
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one.rank is None, one.rank or 0, one.unit))


def _composite(weights: Mapping[str, float], by_figure: Mapping[str, Row]) -> Composite:
    parts = tuple(
        Part(kpi, weight, achieved(by_figure[kpi]) if kpi in by_figure else None) for kpi, weight in weights.items()
    )
    known = [(part.weight, part.score, part.kpi) for part in parts if part.score is not None]
    weight = math.fsum(share for share, _, _ in known)
    any_row = next(iter(by_figure.values()))
    return Composite(
        unit=any_row.unit,
        name=any_row.name,
        # Rounded, so that units with equal parts share a rank whatever order they were added in.
        score=round(math.fsum(share * score for share, score, _ in known) / weight, 12) if known else None,
        rank=None,
        parts=parts,
        weakest=min(known, key=lambda part: part[1])[2] if known else None,
        missing=tuple(part.kpi for part in parts if part.score is None),
    )


def achieved(row: Row) -> float | None:
    """How far a share has come to its target, 0…1; without a target to 100 % (or 0 % where less is better)."""
    declared = figure(row.kpi)
    if row.value is None:
        return None
    good = row.value if declared.direction > 0 else 1 - row.value
    wanted = 1.0 if row.target is None else row.target if declared.direction > 0 else 1 - row.target
    return min(good / wanted, 1.0) if wanted > 0 else 1.0


# For the command line and HTTP ------------------------------------------------------------------------------------------


def standings(
    store: Store, home: Home, query: Query, since: int | None = None, *, kinds: bool = False
) -> list[dict[str, Any]]:
    """The league of a query's one figure over its level, as plain rows; ``kinds``: a league for each kind of unit.

    ``since``: the moment from which changes of rank are counted. Where the campaign has weights, the composite score and its
    weakest part stand beside the official order. Raises CallFault for a figure that is itself a rank and without a level.
    """
    (kpi,) = query.kpis
    if figure(kpi).unit == "rank":
        raise CallFault(f"«{kpi}» đã là thứ hạng; mỗi cách xếp là một chuỗi riêng, không xếp lại trong tỉnh.")
    if query.by is None or query.campaign is None:
        raise CallFault("Xếp hạng cần --campaign và --by (department, district, commune …).")
    now = figures(store, home, query)
    then = figures(store, home, replace(query, as_of=since)) if since is not None else []
    weights = weights_of(query.campaign)
    scores = {
        one.unit: one
        for one in (composite(weights, figures(store, home, replace(query, kpis=tuple(weights)))) if weights else [])
    }
    tree = store.tree(query.campaign.start)
    leagues = by_kind(now, tree, then) if kinds else {(query.by, ""): league(now, then)}
    found = []
    for (level, kind), entries in leagues.items():
        for entry in entries:
            shown = {"league": kind or level, **_as_object(entry)}
            if weights:
                score = scores.get(entry.row.unit)
                shown |= {
                    "composite": None if score is None else score.score,
                    "composite_rank": None if score is None else score.rank,
                    "weakest": None if score is None else score.weakest,
                    "missing": "" if score is None else " ".join(score.missing),
                }
            found.append(shown)
    return found


def _as_object(entry: Ranked) -> dict[str, Any]:
    row, ahead, low_high = entry.row, entry.ahead, entry.interval or (None, None)
    return {
        "rank": entry.rank,
        "tied": entry.tied,
        "unit": row.unit,
        "name": row.name,
        "numerator": row.numerator,
        "denominator": row.denominator,
        "value": row.value,
        "few": row.few,
        "change": entry.change,
        "points_to_next": None if ahead is None else ahead.points,
        "count_to_tie": None if ahead is None else ahead.to_tie,
        "count_to_pass": None if ahead is None else ahead.to_pass,
        "low": low_high[0],
        "high": low_high[1],
        "status": str(row.status),
    }
