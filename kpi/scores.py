"""Points by Decision 766 for the groups our data can speak of. Computed here, incomplete, and never an official score.

Maximum points of the groups and thresholds of their parts follow the public notes in ``docs/definitions.md``; the points
of single parts are not public, so a group's points are shared out evenly among the parts that can be computed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from data.home import Home, Label
from data.store import Store
from kpi.engine import figures
from kpi.query import Query

TOTAL = 100
"""Points of the whole index."""


@dataclass(frozen=True, slots=True)
class Part:
    """One indicator of a group: full points from the threshold on, below it in proportion."""

    kpi: str
    threshold: float


@dataclass(frozen=True, slots=True)
class ScoreGroup:
    key: str
    label: Label
    most: float
    parts: tuple[Part, ...]
    missing: Label


GROUPS = (
    ScoreGroup(
        "progress",
        Label(vi="Tiến độ, kết quả giải quyết", en="Progress and results"),
        20,
        (Part("on_time_766", 1.0),),
        Label(vi="thời gian giải quyết trung bình so với quy định", en="average time against the time allowed"),
    ),
    ScoreGroup(
        "online_service",
        Label(vi="Cung cấp dịch vụ công trực tuyến", en="Online services"),
        12,
        (Part("level4_share", 0.8), Part("services_active", 1.0), Part("online_submit", 0.5)),
        Label(
            vi="tỷ lệ đồng bộ hồ sơ và kết quả điện tử đi kèm hồ sơ trực tuyến",
            en="share of synchronised dossiers, and electronic results of online dossiers",
        ),
    ),
    ScoreGroup(
        "digitisation",
        Label(vi="Số hóa hồ sơ", en="Digitisation"),
        22,
        (Part("digitised", 0.8),),
        Label(
            vi="cấp kết quả điện tử; khai thác, sử dụng lại dữ liệu số hóa",
            en="electronic results; reuse of digitised data",
        ),
    ),
    ScoreGroup(
        "online_payment",
        Label(vi="Thanh toán trực tuyến", en="Online payment"),
        10,
        (Part("online_payment", 1.0),),
        Label(vi="tỷ lệ thủ tục có thanh toán trực tuyến", en="share of procedures that can be paid online"),
    ),
)
NOT_COMPUTED = (
    (Label(vi="Công khai, minh bạch", en="Openness"), 18),
    (Label(vi="Mức độ hài lòng", en="Satisfaction"), 18),
)
MARK = Label(vi="do hệ thống tự tính, chưa đầy đủ", en="computed by this system, incomplete")


@dataclass(frozen=True, slots=True)
class PartScore:
    """``reached``: share of the part's points, 0 to 1; None without a value."""

    kpi: str
    value: float | None
    threshold: float
    reached: float | None


@dataclass(frozen=True, slots=True)
class GroupScore:
    """``points``: None where no part of the group has a value."""

    group: ScoreGroup
    points: float | None
    parts: tuple[PartScore, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """``points`` of the groups that have any, ``most`` the points these groups could give at best."""

    unit: str
    name: str
    level: str
    points: float | None
    most: float
    groups: tuple[GroupScore, ...]


def reached(value: float | None, threshold: float) -> float | None:
    """Full from the threshold on, in proportion below it."""
    return None if value is None else min(value / threshold, 1.0)


def scores(store: Store, home: Home, query: Query) -> list[Score]:
    """One score per unit of the query, in the order of codes; figures, window and moment as the query says."""
    kpis = tuple(part.kpi for group in GROUPS for part in group.parts)
    rows = figures(store, home, replace(query, kpis=kpis))
    values = {(row.unit, row.kpi): row.value for row in rows}
    return [_score(row.unit, row.name, row.level, values) for row in rows if row.kpi == kpis[0]]


def _score(unit: str, name: str, level: str, values: dict[tuple[str, str], float | None]) -> Score:
    groups = []
    for group in GROUPS:
        parts = tuple(
            PartScore(p.kpi, value, p.threshold, reached(value, p.threshold))
            for p in group.parts
            for value in (values.get((unit, p.kpi)),)
        )
        known = [part.reached for part in parts if part.reached is not None]
        groups.append(GroupScore(group, group.most * sum(known) / len(known) if known else None, parts))
    there = [one for one in groups if one.points is not None]
    points = sum(one.points for one in there if one.points is not None) if there else None
    return Score(unit, name, level, points, sum(one.group.most for one in there), tuple(groups))


def as_rows(found: list[Score]) -> list[dict[str, Any]]:
    """Scores for a table: one row per unit, one column of points per group."""
    return [
        {
            "unit": one.unit,
            "name": one.name,
            **{group.group.key: group.points for group in one.groups},
            "points": one.points,
            "most": one.most,
            "of": TOTAL,
            "mark": MARK.vi,
        }
        for one in found
    ]


def as_objects(found: list[Score], language: str = "vi") -> dict[str, Any]:
    """Scores with their parts, and what is missing in words."""
    return {
        "mark": MARK(language),
        "missing": [
            *({"group": g.key, "label": g.label(language), "missing": g.missing(language)} for g in GROUPS),
            *({"group": None, "label": label(language), "missing": f"{most}"} for label, most in NOT_COMPUTED),
        ],
        "scores": [
            {
                "unit": one.unit,
                "name": one.name,
                "level": one.level,
                "points": one.points,
                "most": one.most,
                "of": TOTAL,
                "groups": [
                    {
                        "group": group.group.key,
                        "points": group.points,
                        "most": group.group.most,
                        "parts": [
                            {"kpi": p.kpi, "value": p.value, "threshold": p.threshold, "reached": p.reached}
                            for p in group.parts
                        ],
                    }
                    for group in one.groups
                ],
            }
            for one in found
        ],
    }
