"""A report drafted from the data alone: what it says follows from the store, the home and the moment, and from nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from data.access import Scope
from data.home import Campaign, Home
from data.store import Store
from kpi.reports import form06a, head, overdue, proposals, results, situation, words
from kpi.reports.content import Annex, Head, Part, Report, Section
from kpi.reports.facts import Facts
from kpi.reports.form06a import Line
from kpi.reports.paragraphs import paragraph


def build(
    store: Store,
    home: Home,
    campaign: Campaign,
    as_of: int,
    *,
    unit: str = "",
    scope: Scope,
    revise: Callable[[Head], Head] = lambda head: head,
) -> Report:
    """The draft at a moment, of the province or of one unit and everything below it.

    ``scope``: whose dossiers may be listed; numbers are the same for everybody. ``revise`` changes the head that the home's
    words give, before the text speaks of it. Always in Vietnamese, whatever the reader's language.
    Raises CallFault for an unknown unit, DataFault where there is no data.
    """
    return words.in_vietnamese(lambda: _build(store, home, campaign, as_of, unit, scope, revise))


def _build(
    store: Store, home: Home, campaign: Campaign, as_of: int, unit: str, scope: Scope, revise: Callable[[Head], Head]
) -> Report:
    with store.read():
        facts = Facts.of(store, home, campaign, as_of, unit, scope)
        around = revise(head.default(facts))
        return Report(
            campaign=campaign.key,
            unit="" if facts.is_root else facts.unit,
            as_of=as_of,
            as_of_text=words.moment(as_of, home.zone),
            known_import=store.last_import(),
            data_version=store.data_version(),
            head=around,
            sections=_sections(facts, head.office(around, facts)),
            annexes=_annexes(facts),
            draft=True,
            simulated=home.file.simulated,
        )


def _sections(facts: Facts, office: str) -> tuple[Section, ...]:
    closing = f"Trên đây là báo cáo tiến độ, kết quả thực hiện {facts.campaign.name.vi} đến {words.moment(facts.as_of, facts.home.zone)}; {office} kính báo cáo."
    found = [
        situation.opening(facts, office),
        situation.section(facts),
        results.by_target(facts),
        results.by_unit(facts),
        *results.leagues(facts),
        overdue.section(facts),
        *proposals.sections(facts),
    ]
    last = found.pop()
    return (*found, replace(last, parts=(*last.parts, paragraph("closing", closing))))


def _annexes(facts: Facts) -> tuple[Annex, ...]:
    return (
        Annex(
            "form06a",
            "I",
            "Tình hình, kết quả giải quyết thủ tục hành chính theo đơn vị (Biểu số II.06a)",
            _form(facts),
            landscape=True,
        ),
        Annex(overdue.ANNEX, "II", "Danh sách hồ sơ quá hạn, hồ sơ giải quyết trễ hạn", overdue.annex(facts)),
    )


def _form(facts: Facts) -> tuple[Part, ...]:
    span = f"Từ {words.day(facts.campaign.start)} đến {words.moment(facts.until, facts.home.zone)}"
    whole = facts.line(facts.form, facts.members(facts.unit))
    groups = [
        (
            words.level(level)[0],
            [(one.name, facts.line(facts.form, facts.members(one.code))) for one in facts.units_of(level)],
        )
        for level in facts.levels
    ]
    listed = {code for level in facts.levels for one in facts.units_of(level) for code in facts.members(one.code)}
    rest = facts.members(facts.unit) - listed
    own = facts.line(facts.form, rest)
    if not groups:
        groups = [("", [(facts.place.name, whole)])]
    elif own != Line():
        name = "Đơn vị khác, không thuộc các cấp trên" if facts.is_root else f"{facts.place.name} (trực tiếp)"
        groups.append(("", [(name, own)]))
    notes = [f"{span}. «Kỳ trước»: hồ sơ đang giải quyết lúc 0 giờ 00 ngày {words.day(facts.campaign.start)}."]
    if facts.campaign.rules.period == "accept":
        notes.append(
            "Biểu tính cả hồ sơ nhận từ trước Chiến dịch; tỷ lệ đúng hạn ở mục II chỉ tính hồ sơ tiếp nhận trong Chiến dịch."
        )
    return (
        form06a.table(
            "Tình hình, kết quả giải quyết thủ tục hành chính", groups, whole, (*_checks(facts, whole), *notes)
        ),
    )


def _checks(facts: Facts, whole: Line) -> list[str]:
    """The form is counted dossier by dossier, the figures from daily counts: what both say must be the same."""
    if not facts.begun:
        return []
    accepted, overdue_now = facts.now["online_submit"].denominator, facts.now["overdue_open"].value
    wrong = []
    if accepted is not None and int(accepted) != whole.online + whole.direct:
        wrong.append(
            f"{form06a.WARNING}: cột (4) + (5) là {whole.online + whole.direct}, chỉ tiêu tính {int(accepted)} hồ sơ tiếp nhận."
        )
    if overdue_now is not None and facts.until == facts.as_of and int(overdue_now) != whole.open_late:
        wrong.append(
            f"{form06a.WARNING}: cột (13) là {whole.open_late}, chỉ tiêu tính {int(overdue_now)} hồ sơ quá hạn."
        )
    return wrong
