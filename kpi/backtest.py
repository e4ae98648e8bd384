"""How good the forecast was: made again on every day of a campaign that is over, and held against what came.

``python -m kpi.backtest HOME [FILE]`` prints its tables, or puts them between the marks in FILE (``make backtest``).
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.calendar import WorkCalendar
from data.home import Campaign, Home
from data.store import Store
from kpi.arrived import arrived_on
from kpi.catalog import figure
from kpi.course import Course, course
from kpi.forecast import band, figures_of, first_met
from kpi.status import met_all

LEVELS = ("province", "department", "district", "commune")
SAME = 1e-9
"""Two values closer than this are the same one, reached by different sums."""


@dataclass(frozen=True, slots=True)
class Made:
    """One forecast and what came. Values on the due date; ``now``: on the day it was made, ``left``: working days from then."""

    kpi: str
    level: str
    left: int
    now: float
    middle: float
    low: float
    high: float
    came: float

    @property
    def inside(self) -> bool:
        return self.low - SAME <= self.came <= self.high + SAME

    @property
    def moved(self) -> bool:
        """Whether anything was left to forecast."""
        return abs(self.came - self.now) > SAME


@dataclass(frozen=True, slots=True)
class Promise:
    """A forecast arrival of a unit that had not met its target yet; None = not by the due date, as for ``arrived``."""

    kpi: str
    level: str
    expected: date | None
    earliest: date | None
    latest: date | None
    arrived: date | None


def held_against(found: Course, calendar: WorkCalendar) -> tuple[list[Made], list[Promise]]:
    """Every forecast of a course up to its targets' due dates, by day and unit with enough behind it.

    Promises only of units that had not met their target on that day.
    """
    made: list[Made] = []
    said: list[Promise] = []
    for due, rows in found.by_due().items():
        if due not in found.days:
            continue
        part = found.only(rows).upto(due)
        met = met_all(part.figure, part.value, part.wanted()[:, None])
        arrived, came = arrived_on(part), part.value[:, -1]
        for column, day in enumerate(part.days[:-1]):
            ahead = band(part.upto(day), calendar, due)
            if not (left := len(ahead.days)):
                continue
            at_due = [path[:, -1] for path in (ahead.middle, ahead.low, ahead.high)]
            values = np.stack([part.value[:, column], *at_due, came], axis=1)
            expected = [first_met(part, path, ahead.days) for path in (ahead.middle, ahead.low, ahead.high)]
            for place in np.flatnonzero(~np.isnan(values).any(axis=1)):
                key, level = part.figure.key, part.levels[place]
                made.append(Made(key, level, left, *map(float, values[place])))
                if not met[place, column]:
                    middle, *ends = (days[place] for days in expected)
                    earliest, latest = sorted(ends, key=lambda day: day or date.max)
                    said.append(Promise(key, level, middle, earliest, latest, arrived[place]))
    return made, said


def courses(store: Store, home: Home, campaign: Campaign) -> Iterator[Course]:
    """Every figure with a target, at every level, through the whole campaign."""
    for kpi in figures_of(campaign):
        for level in LEVELS:
            yield course(store, home, campaign, kpi, by=level)


# Tables ---------------------------------------------------------------------------------------------------------------


def tables(store: Store, home: Home) -> str:
    """The results of every campaign of a home as Markdown, in Vietnamese."""
    blocks = []
    for campaign in home.campaigns.values():
        found = [held_against(each, home.calendar) for each in courses(store, home, campaign)]
        made = [one for values, _ in found for one in values]
        said = [one for _, promises in found for one in promises]
        blocks.append(f"### {campaign.name('vi')}\n\n{_values_table(made)}\n\n{_promises_table(said)}")
    return "\n\n".join(blocks) + "\n"


def _values_table(made: list[Made]) -> str:
    names = {"province": "toàn tỉnh", "department": "sở, ban, ngành", "district": "cấp huyện", "commune": "cấp xã"}
    groups = [
        (figure(kpi).label("vi"), [m for m in made if m.kpi == kpi]) for kpi in dict.fromkeys(m.kpi for m in made)
    ]
    groups += [(f"*{names[level]}*", [m for m in made if m.level == level]) for level in LEVELS]
    spans = ((1, 2), (3, 5), (6, 10), (11, 20), (21, 40), (41, 99))
    groups += [(f"*còn {a}–{b} ngày làm việc*", [m for m in made if a <= m.left <= b]) for a, b in spans]
    groups.append(("**tất cả**", made))
    lines = [
        "| chỉ tiêu | số dự báo | trong khoảng | khi còn thay đổi | sai số | sai số «giữ nguyên» |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for name, chosen in groups:
        if chosen:
            moved = [m.inside for m in chosen if m.moved]
            one_figure = len({m.kpi for m in chosen}) == 1 and not name.startswith("*")
            error = naive = ""
            if one_figure:
                error = _size(chosen[0].kpi, np.array([abs(m.middle - m.came) for m in chosen]))
                naive = _size(chosen[0].kpi, np.array([abs(m.now - m.came) for m in chosen]))
            lines.append(
                f"| {name} | {_whole(len(chosen))} | {_share([m.inside for m in chosen])} | {_share(moved)} | {error} | {naive} |"
            )
    return "\n".join(lines)


def _promises_table(said: list[Promise]) -> str:
    lines = [
        "| chỉ tiêu | lần dự báo (chưa đạt) | về đích đúng hạn | ngày về nằm trong khoảng | báo «kịp hạn» | trong đó kịp | báo «không kịp» | trong đó kịp |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for kpi in dict.fromkeys(p.kpi for p in said):
        chosen = [p for p in said if p.kpi == kpi]
        came = [p for p in chosen if p.arrived is not None]
        inside = [p.earliest is not None and p.earliest <= p.arrived and (p.latest is None or p.arrived <= p.latest) for p in came if p.arrived is not None]  # fmt: skip
        in_time = [p for p in chosen if p.expected is not None]
        too_late = [p for p in chosen if p.expected is None]
        cells = [
            figure(kpi).label("vi"),
            _whole(len(chosen)),
            _whole(len(came)),
            _share(inside),
            _whole(len(in_time)),
            _share([p.arrived is not None for p in in_time]),
            _whole(len(too_late)),
            _share([p.arrived is not None for p in too_late]),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _share(holds: Iterable[bool]) -> str:
    found = list(holds)
    return f"{100 * sum(found) / len(found):.0f} %" if found else "—"


def _whole(count: int) -> str:
    return f"{count:,}".replace(",", ".")


def _size(kpi: str, errors: NDArray[np.float64]) -> str:
    mean = float(errors.mean())
    text = f"{100 * mean:.2f} điểm" if figure(kpi).is_ratio else f"{mean:.1f}"
    return text.replace(".", ",")


BEGIN, END = "<!-- backtest -->\n", "<!-- /backtest -->\n"


def put(text: str, made: str) -> str:
    """A text with the tables between its marks."""
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n{made}\n{END}{rest.split(END)[1]}"


def main() -> None:
    home = Home(Path(sys.argv[1]))
    made = tables(Store.open(home), home)
    if len(sys.argv) > 2:
        page = Path(sys.argv[2])
        page.write_text(put(page.read_text(encoding="utf-8"), made), encoding="utf-8")
    else:
        sys.stdout.write(made)


if __name__ == "__main__":
    main()
