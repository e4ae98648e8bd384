"""The report in five lines for a chat group, and the same as one picture for a telephone. Always in Vietnamese."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from data.access import ALL
from data.home import Campaign, Home
from data.locale import formats
from data.locale.formats import NOTHING
from data.settings import ROOT
from data.store import Store
from kpi.catalog import figure
from kpi.model import Row, Status
from kpi.ranking import Ranked, league
from kpi.reports import words
from kpi.reports.facts import LATE, Facts
from kpi.reports.typesetting import typeset
from kpi.reports.words import counted, number
from kpi.status import SHAPES

FONTS = ROOT / "static" / "print"
PIXELS_WIDE = 1080
POINTS_WIDE = 540
"""Of the picture's page (``digest.typ``): two pixels a point."""
MOST_ROWS = 8
NAMED = 3
SIMULATED = "Số liệu mô phỏng"


@dataclass(frozen=True, slots=True)
class Aim:
    """One target: its value and how it stands, in words and as shares of the whole width (None: no bar)."""

    name: str
    value: str
    target: str
    shape: str
    tone: str
    status: str
    missing: str
    rate: str
    share: float | None
    target_share: float | None


@dataclass(frozen=True, slots=True)
class Digest:
    """``about``: the campaign, ``place``: whose digest it is, "" for the province; ``foot``: what the figures rest on."""

    about: str
    place: str
    when: str
    as_of: str
    verdict: str
    aims: tuple[Aim, ...]
    standing: tuple[str, ...]
    to_do: tuple[str, ...]
    to_do_when: str
    foot: str
    simulated: bool

    @property
    def lines(self) -> tuple[str, str, str, str, str]:
        place = f" – {self.place}" if self.place else ""
        mark = f" [{SIMULATED}]" if self.simulated else ""
        aims = "; ".join(_in_line(aim) for aim in self.aims) or "chưa giao chỉ tiêu"
        return (
            f"{self.about.upper()}{place} – {self.when} (số liệu đến {self.as_of}){mark}",
            f"Đánh giá chung: {self.verdict}.",
            f"Kết quả: {aims}.",
            f"{'. '.join(self.standing)}.",
            f"{self.to_do_when}: {'; '.join(self.to_do)}.",
        )

    @property
    def text(self) -> str:
        """Five lines to copy."""
        return "\n".join(self.lines)


def _in_line(aim: Aim) -> str:
    told = ", ".join(filter(None, (f"mục tiêu {aim.target}" if aim.target else "", aim.missing)))
    return f"{words.lower_first(aim.name)} {aim.value} {aim.shape} {words.lower_first(aim.status)}{f' ({told})' if told else ''}"


def build(store: Store, home: Home, campaign: Campaign, as_of: int, *, unit: str = "") -> Digest:
    """Of the province, or of one unit and everything below it. It names units and counts, never a dossier.

    Raises CallFault for an unknown unit.
    """
    return words.in_vietnamese(lambda: _build(store, home, campaign, as_of, unit))


def _build(store: Store, home: Home, campaign: Campaign, as_of: int, unit: str) -> Digest:
    with store.read():
        facts = Facts.of(store, home, campaign, as_of, unit, ALL)
        moment = words.moment(as_of, home.zone)
        return Digest(
            about=campaign.name.vi,
            place="" if facts.is_root else facts.place.name,
            when=_when(facts),
            as_of=moment,
            verdict=_verdict(facts),
            aims=tuple(_aim(row, facts) for row in facts.judged[:MOST_ROWS]),
            standing=_standing(facts) if facts.begun else ("Chưa xếp hạng: chiến dịch chưa bắt đầu",),
            to_do=tuple(_to_do(facts)) or ("duy trì tiến độ, không để phát sinh hồ sơ quá hạn",),
            to_do_when=_to_do_when(facts),
            foot=f"Số liệu đến {moment}, phiên bản {store.data_version()}",
            simulated=home.file.simulated,
        )


def picture(digest: Digest) -> bytes:
    """PNG, 1080 pixels wide and as high as it takes."""
    page = {
        "about": digest.about,
        "place": digest.place,
        "when": words.upper_first(digest.when),
        "verdict": words.upper_first(digest.verdict),
        "aims": [
            {name: getattr(aim, name) for name in Aim.__slots__} | {"detail": " · ".join(filter(None, (aim.missing, aim.rate)))}
            for aim in digest.aims
        ],
        "standing": digest.standing,
        "to_do": [words.upper_first(task) for task in digest.to_do],
        "to_do_when": digest.to_do_when,
        "foot": digest.foot,
        "simulated": SIMULATED if digest.simulated else "",
        "width": POINTS_WIDE,
    }  # fmt: skip
    # Typst counts 72 points to the inch.
    return typeset(page, "png", template="digest.typ", fonts=FONTS, pixels_per_inch=72 * PIXELS_WIDE / POINTS_WIDE)


# Time and verdict -----------------------------------------------------------------------------------------------------


def _when(facts: Facts) -> str:
    campaign, calendar = facts.campaign, facts.home.calendar
    length = (campaign.end - campaign.start).days + 1
    if not facts.begun:
        return f"còn {counted((campaign.start - facts.day).days, 'ngày')} nữa bắt đầu"
    left = len(calendar.working_days(facts.day + timedelta(days=1), campaign.last_day))
    if facts.over:
        ended = f"đã kết thúc {words.day(campaign.end)}"
        return f"{ended}, còn {number(left)} ngày làm việc đến hạn cuối" if left else ended
    day = f"ngày {(facts.day - campaign.start).days + 1}/{length}"
    return f"{day}, còn {number(left)} ngày làm việc" if left else f"{day}, ngày làm việc cuối"


def _verdict(facts: Facts) -> str:
    judged = [row for row in facts.judged if row.target is not None]
    if not facts.begun:
        return "chiến dịch chưa bắt đầu, các số dưới đây là điểm xuất phát"
    if not judged:
        return "chưa được giao chỉ tiêu, các số dưới đây chỉ để theo dõi"
    kinds = [_kind(row, facts) for row in judged]
    told = [f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys((*ORDER, *kinds)) if kind in kinds]
    return f"trong {number(len(judged))} chỉ tiêu có {formats.listed(told)}"


MET, COURSE, LATER, LOST, FAILED, UNKNOWN = (
    "đã đạt",
    "đúng tiến độ",
    "phải tăng tốc",
    "không còn đạt được",
    "không đạt",
    "chưa đủ số liệu",
)
ORDER = (MET, COURSE, LATER, LOST, FAILED, UNKNOWN)


def _kind(row: Row, facts: Facts) -> str:
    if row.status in (Status.MET, Status.ON_COURSE):
        return MET if row.status is Status.MET else COURSE
    if row.status not in LATE:
        return UNKNOWN
    if _over(row, facts):
        return FAILED
    return LOST if words.lost(row) else LATER


def _over(row: Row, facts: Facts) -> bool:
    return row.pace is not None and facts.passed(row.pace.due)


def _aim(row: Row, facts: Facts) -> Aim:
    declared = figure(row.kpi)
    shape, tone = SHAPES[row.status]
    open_ = not _over(row, facts) and not words.lost(row)
    bar = row.value is not None and declared.is_ratio
    return Aim(
        name=words.label(declared),
        value=words.worded(declared, row.value, row.target) if row.value is not None else NOTHING,
        target=words.worded(declared, row.target) if row.target is not None else "",
        shape=shape,
        tone=tone,
        status=words.status(row, _over(row, facts)),
        missing=_missing(row),
        rate=words.rate(row, declared, with_due=False) if open_ else "",
        share=min(max(row.value or 0.0, 0.0), 1.0) if bar else None,
        target_share=min(max(row.target, 0.0), 1.0) if bar and row.target is not None else None,
    )


def _missing(row: Row) -> str:
    """Nothing where the value itself is the count; of a series kept by hand the percentage points."""
    declared = figure(row.kpi)
    if not declared.is_ratio:
        return ""
    if row.pace is None and row.gap is not None and row.gap > 0:
        return f"còn thiếu {formats.points(row.gap)} phần trăm"
    return words.missing(row, declared)


# Units ----------------------------------------------------------------------------------------------------------------


def _standing(facts: Facts) -> tuple[str, ...]:
    """Who leads and who is last by the main figure, level by level; for one unit its own place first."""
    told = [] if facts.is_root else [_own_place(facts)]
    levels = [level for level in facts.levels if level != "commune" or not facts.is_root]
    told += [_ends(level, facts) for level in levels]
    return tuple(filter(None, told)) or ("Chưa đủ số liệu để xếp hạng",)


def _own_place(facts: Facts) -> str:
    declared = facts.main
    peers = league(facts.peers.get(declared.key, []))
    mine = next((one for one in peers if one.row.unit == facts.unit), None)
    noun = words.level(facts.place.level)[1]
    what = f"về {words.lower_first(words.label(declared))}"
    if mine is None or mine.rank is None:
        return f"Chưa xếp hạng {what}: không có số liệu"
    if mine.row.few:
        return f"Ít hồ sơ nên không xếp hạng {what}"
    tied = " (đồng hạng)" if mine.tied else ""
    ranked = [one for one in peers if one.rank is not None]
    among = f"{number(len(ranked))} {noun}{' có số liệu' if len(ranked) < len(peers) else ''}"
    leads = [one for one in ranked if one.rank == 1 and not one.row.few]
    first = f"; đứng đầu: {_named(leads)}" if leads and mine.rank > 1 else ""
    return f"Hạng {mine.rank}{tied} trong {among} {what}{first}"


def _ends(level: str, facts: Facts) -> str:
    declared = facts.main_of(level)
    # Few dossiers are neither praised nor blamed.
    ranked = [one for one in league(facts.leagues[level][declared.key]) if one.rank is not None and not one.row.few]
    if len(ranked) < 2 or ranked[0].rank == ranked[-1].rank:
        return ""
    best = [one for one in ranked if one.rank == ranked[0].rank]
    last = [one for one in reversed(ranked) if one.rank != ranked[0].rank][:NAMED]
    behind = [one for one in last if one.row.status in LATE]
    head = f"{words.level(level)[0]} ({words.lower_first(words.label(declared))}): dẫn đầu {_named(best)}"
    if behind:
        return f"{head}; cần đôn đốc {_named(behind)}"
    # Old data, or no target: whoever is last is not blamed, and nobody is said to be well.
    good = all(one.row.status in (Status.MET, Status.ON_COURSE) for one in last)
    return f"{head}; {'không đơn vị nào chậm' if good else f'thấp nhất {_named(last)}'}"


def _named(ranked: Sequence[Ranked]) -> str:
    if len(ranked) > NAMED and len({one.row.value for one in ranked}) == 1:
        row = ranked[0].row
        return f"{number(len(ranked))} đơn vị cùng {words.worded(figure(row.kpi), row.value, row.target)}"
    names = [
        f"{words.unit(one.row.name)} {words.worded(figure(one.row.kpi), one.row.value, one.row.target)}"
        for one in ranked
    ]
    return words.some(names, NAMED)


# What to do -----------------------------------------------------------------------------------------------------------


def _to_do_when(facts: Facts) -> str:
    following = facts.home.calendar.add(facts.day, 1)
    return f"Việc cần làm ngay và trong ngày {formats.short_date(following)}"


def _to_do(facts: Facts) -> list[str]:
    found: list[str] = []
    overdue = facts.now["overdue_open"]
    if overdue.value:
        holders = sorted(
            (row for row in facts.below if row.kpi == "overdue_open" and row.value),
            key=lambda row: (-(row.value or 0), row.unit),
        )
        named = ", ".join(f"{words.unit(row.name)} {number(row.value)}" for row in holders[:NAMED])
        some = "trong đó " * (sum(row.value or 0 for row in holders[:NAMED]) < overdue.value)
        found.append(f"giải quyết {counted(overdue.value, 'hồ sơ')} quá hạn{f' ({some}{named})' if named else ''}")
    if facts.pressing.near:
        found.append(f"xử lý xong {counted(facts.pressing.near, 'hồ sơ')} đến hạn trong hôm nay và ngày làm việc tới")
    if facts.pressing.letters:
        letters = counted(facts.pressing.letters, "hồ sơ")
        found.append(f"gửi thư xin lỗi ngay hôm nay nếu không kịp hẹn ({letters} sắp đến hạn chưa có thư)")
    movable = [row for row in facts.judged if _kind(row, facts) == LATER and row.kpi != "overdue_open"]
    found += [told for row in movable[:NAMED] if (told := _speed_up(row, facts))]
    return found


def _speed_up(row: Row, facts: Facts) -> str:
    declared = figure(row.kpi)
    what = words.lower_first(words.label(declared))
    if row.pace is None or row.pace.needed is None:
        missing = _missing(row)
        return f"rà soát, đôn đốc {what}, {missing}" if missing else ""
    late = sorted(
        (one for one in facts.below if one.kpi == row.kpi and not one.few and _kind(one, facts) == LATER and one.pace is not None),
        key=lambda one: (-(one.pace.gap_count if one.pace else 0), one.unit),
    )  # fmt: skip
    named = ", ".join(
        f"{words.unit(one.name)} thiếu {number(math.ceil(one.pace.gap_count))}" for one in late[:NAMED] if one.pace
    )
    return f"{what}: {words.rate(row, declared, with_due=False)}{f' ({named})' if named else ''}"
