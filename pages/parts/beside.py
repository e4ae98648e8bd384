"""A figure beside another campaign's same day, the last working session, or an earlier day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import numpy as np

from data.errors import CampaignError
from data.home import Campaign
from data.locale import _, language
from data.locale.formats import short_date
from kpi import compare
from kpi.catalog import FIGURES, figure
from kpi.compare import Beside, Cause, Comparison
from kpi.query import Query
from pages.parts import frame, messages, present
from pages.parts.blocks import Cell, Chart, Column, Heading, Note, Picks, Table, Verdict
from pages.parts.charts import over_time
from pages.parts.view import View

WEEK = "week"
SESSION = "last-session"


def options(view: View) -> Mapping[str, str]:
    """What can be compared with: code → words."""
    others = [one for one in view.home.campaigns.values() if one.key != view.campaign.key]
    found = {one.key: _("cùng ngày của {name}", name=one.name(language())) for one in others}
    found[SESSION] = _("phiên làm việc trước")
    found[WEEK] = _("7 ngày trước")
    return found


def draw(view: View, what: str) -> None:
    declared = view.league_kpi
    try:
        with_ = _beside(view, what)
        whole = view.compared(declared.key, with_)
    except CampaignError as fault:
        frame.fault(fault)
        return
    one = whole[0]
    frame.show(Verdict(_title(one, with_, view), compare.sentence(one)))
    if one.reasons:
        frame.show(Note(_("Hai số không cùng định nghĩa nên không được so sánh: {why}.", why="; ".join(one.reasons))))
        others = _comparable(view, with_)
        if others.rows:
            frame.show(Heading(_("Các chỉ tiêu so sánh được")), others)
        else:
            frame.show(
                Picks([(options(view)[what], view.href("compare", **{"with": what})) for what in (SESSION, WEEK)])
            )
        return
    if with_.campaign.key != view.campaign.key and (chart := _by_day(view, with_)) is not None:
        frame.show(chart)
    for level in view.levels_below():
        _table(view, level, with_)
    frame.show(Note(_("Phần do tử số và phần do mẫu số cộng lại đúng bằng mức thay đổi. Mẫu số tăng nhanh hơn tử số thì tỷ lệ giảm dù làm được nhiều hơn: đó là «chậm vì khối lượng».")))  # fmt: skip


def _beside(view: View, what: str) -> Beside:
    query = Query(view.campaign, (view.league_kpi.key,), view.as_of, unit=view.unit)
    if what == SESSION:
        return compare.last_session(view.store, view.home, query)
    if what == WEEK:
        return Beside(view.campaign, view.at(max(view.day - dt.timedelta(days=7), view.campaign.start)))
    return compare.same_day(view.store, view.home, query, view.home.campaign(what))


def _title(one: Comparison, with_: Beside, view: View) -> str:
    declared, name = figure(one.now.kpi), present.short(figure(one.now.kpi))
    if one.reasons or one.then is None or one.change is None:
        return _("{name}: không so sánh được", name=name)
    day = (view.day - view.campaign.start).days + 1
    there = (
        _("cùng ngày thứ {n}", n=day)
        if with_.campaign.key != view.campaign.key
        else short_date(dt.date.fromordinal(_day_of(with_, view)))
    )
    return _(
        "{name}: {now}, {there} là {then}",
        name=name, now=present.value(one.now), there=there, then=present.value(one.then),
    ) if declared else name  # fmt: skip


def _day_of(with_: Beside, view: View) -> int:
    from data.clock import from_micros

    return from_micros(with_.as_of, view.home.zone).date().toordinal()


def _by_day(view: View, with_: Beside) -> Chart | None:
    """Both campaigns from their first day on; the other one to its end."""
    declared = view.league_kpi
    mine, theirs = (_values(view, campaign) for campaign in (view.campaign, with_.campaign))
    if sum(value is not None for value in mine) < 2 or not any(value is not None for value in theirs):
        return None
    names = [str(campaign.start.year) for campaign in (view.campaign, with_.campaign)]
    if names[0] == names[1]:
        names = [campaign.key for campaign in (view.campaign, with_.campaign)]
    return over_time.by_campaign_day(
        "campaigns", _("{mine} và {theirs}: ngày n so với ngày n", mine=names[0], theirs=names[1]), (names[0], mine), (names[1], theirs), declared.is_ratio, messages.source(view, declared.key)
    )  # fmt: skip


def _values(view: View, campaign: Campaign) -> list[float | None]:
    course = view.of_campaign(campaign).course(view.league_kpi.key)[0]
    return [
        None if np.isnan(value) else float(value)
        for day, value in zip(course.days, course.value[0], strict=True)
        if campaign.start <= day <= campaign.last_day
    ]


def _table(view: View, level: str, with_: Beside) -> None:
    """Units of a level: then, now, the change and its two parts."""
    declared = view.league_kpi
    found = [
        one for one in view.compared(declared.key, with_, level) if one.change is not None and one.then is not None
    ]
    if not found:
        return
    columns = [Column(_("Đơn vị")), Column(_("Khi đó"), True), Column(_("Hiện nay"), True), Column(_("Thay đổi"), True)]
    if declared.divides:
        columns += [Column(_("Do tử số"), True), Column(_("Do mẫu số"), True), Column(_("Vì sao chậm"))]
    rows = []
    for one in sorted(found, key=lambda one: one.change.total * declared.direction if one.change else 0):
        change = one.change
        assert change is not None and one.then is not None
        cells = [
            Cell(present.bare_name(one.now.name), href=view.href("compare", unit=one.now.unit, kpi=declared.key)),
            Cell(present.value(one.then), right=True, raw=one.then.value, label=_("khi đó")),
            Cell(
                present.value(one.now),
                right=True,
                raw=one.now.value,
                label=_("hiện nay"),
                href=present.source(one.now, view),
            ),
            Cell(present.signed(change.total, declared), right=True, bold=True, raw=change.total, label=_("thay đổi")),
        ]
        if declared.divides:
            cells += [
                Cell(present.signed(change.of_numerator, declared), right=True, raw=change.of_numerator, label=_("do tử số")),
                Cell(present.signed(change.of_denominator, declared), right=True, raw=change.of_denominator, label=_("do mẫu số")),
                Cell(_cause(one.cause)),
            ]  # fmt: skip
        rows.append(cells)
    worse = sum(one.change is not None and one.change.total * declared.direction < 0 for one in found)
    name, noun = messages.level_words(level)
    heading = _("{name}: {n} trong {all} {noun} kém đi", name=name, n=worse, all=len(found), noun=noun)
    frame.show(Heading(heading), Table(columns, rows))


def _cause(cause: Cause) -> str:
    return {Cause.VOLUME: _("khối lượng tăng"), Cause.SPEED: _("tốc độ giảm")}.get(cause, present.NOTHING)


def _comparable(view: View, with_: Beside) -> Table:
    """Every figure that means the same on both sides, then and now."""
    rows = []
    for kpi in FIGURES:
        one = view.compared(kpi, with_)[0] if FIGURES[kpi].reads != "series" else None
        if one is None or one.reasons or one.then is None or one.change is None:
            continue
        rows.append(
            [
                Cell(FIGURES[kpi].label(language()), href=view.href("compare", kpi=kpi)),
                Cell(present.value(one.then), right=True, raw=one.then.value, label=_("khi đó")),
                Cell(
                    present.value(one.now),
                    right=True,
                    raw=one.now.value,
                    label=_("hiện nay"),
                    href=present.source(one.now, view),
                ),
            ]
        )
    return Table([Column(_("Chỉ tiêu")), Column(_("Khi đó"), True), Column(_("Hiện nay"), True)], rows)
