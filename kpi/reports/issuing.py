"""Issuing a report: its figures and its words frozen together. An issued report never changes; it can only be issued anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import sqlalchemy as sa

from data.access import ALL, Scope
from data.home import Campaign, Home
from data.records import Session
from data.schema_meeting import issue_reports
from data.store import Store
from kpi import issues
from kpi.issues import Issue
from kpi.query import Query, resolve
from kpi.reports import drafts, kept, overdue
from kpi.reports.content import Head, Report
from kpi.reports.paragraphs import paragraph


def issue(
    store: Store,
    home: Home,
    campaign: Campaign,
    *,
    as_of: int | None = None,
    who: str,
    at: int,
    number: str = "",
    reason: str = "",
    head: Mapping[str, str] | None = None,
    expected: str | None = None,
) -> Issue:
    """Freeze every figure and the province's report at a moment in one transaction.

    ``number``: «12» or «12/BC-VPUBND». ``head``: other entries of the head, by name. ``expected``: the data version of the
    draft that somebody has read. Raises CallFault as ``kpi.issues.issue`` does, DataFault without data.
    """
    moment = resolve(store, home, Query(campaign, as_of=as_of)).as_of
    report = drafts.printed(drafts.draft(store, home, campaign, moment, scope=ALL))
    entries = {**(head or {}), **_numbered(number)}
    final = replace(report, head=drafts.with_entries(report.head, entries), draft=False, reissue_reason=reason.strip())

    def keep(session: Session, made: int) -> None:
        text = kept.text_of(replace(final, issue=made))
        session.insert(issue_reports, [{"issue_id": made, "content": text, "fingerprint": kept.fingerprint(text)}])

    return issues.issue(
        store, home, campaign, as_of=moment, who=who, at=at, number=number or _shown(final.head),
        reason=reason.strip() or _of_frozen(store, campaign, moment), expected=expected or report.data_version, keep=keep,
    )  # fmt: skip


def _of_frozen(store: Store, campaign: Campaign, as_of: int) -> str:
    """A meeting may have frozen the figures of this moment already: a first report of it is no reissue."""
    if issued(store, campaign.key, as_of) is not None:
        return ""
    before = next((one.id for one in issues.listed(store, campaign.key) if one.as_of == as_of), None)
    return "" if before is None else f"Phát hành báo cáo của thời điểm đã chốt số liệu (bản {before})"


def _shown(head: Head) -> str:
    """«12/BC-VPUBND»; nothing without a number."""
    return f"{head.number}/{head.symbol}" if head.number else ""


def _numbered(number: str) -> dict[str, str]:
    """«12/BC-VPUBND» is number and symbol."""
    first, _, rest = number.strip().partition("/")
    return {name: words for name, words in (("number", first.strip()), ("symbol", rest.strip())) if words}


def listed(store: Store, campaign: str) -> list[Issue]:
    """Issued reports, newest first; figures frozen without a report are none."""
    with store.read() as connection:
        with_report = set(connection.scalars(sa.select(issue_reports.c.issue_id)))
        return [one for one in issues.listed(store, campaign) if one.id in with_report]


def issued(store: Store, campaign: str, as_of: int) -> Issue | None:
    """The latest issued report of a moment."""
    return next((one for one in listed(store, campaign) if one.as_of == as_of), None)


def report_of(store: Store, number: int) -> Report | None:
    """The report of an issue, as it was issued; None for figures frozen without one."""
    wanted = sa.select(issue_reports.c.content).where(issue_reports.c.issue_id == number)
    with store.read() as connection:
        text = connection.scalar(wanted)
    return None if text is None else kept.report_of(text)


def report(
    store: Store, home: Home, campaign: Campaign, as_of: int, *, unit: str = "", scope: Scope, draft: bool = False
) -> Report:
    """The report of a moment ready for a file: the issued one, else (or where ``draft`` asks for it) the draft as it stands.

    ``scope``: whose dossiers may be listed. Only the province's report is issued; a unit's is always drafted.
    """
    root = unit in ("", store.tree(campaign.start).root)
    one = issued(store, campaign.key, as_of) if root and not draft else None
    found = None if one is None else report_of(store, one.id)
    if found is None:
        return drafts.printed(drafts.draft(store, home, campaign, as_of, unit="" if root else unit, scope=scope))
    return found if scope == ALL else _without_dossiers(found)


def _without_dossiers(report: Report) -> Report:
    """For a reader of figures who may not see every unit's dossiers: the list of them is closed, whole."""
    closed = paragraph("list.closed", "Danh sách hồ sơ chỉ dành cho người được xem hồ sơ của toàn tỉnh.")
    annexes = (replace(one, parts=(closed,)) if one.key == overdue.ANNEX else one for one in report.annexes)
    return replace(report, annexes=tuple(annexes))


def faults(store: Store) -> list[str]:
    """Issued reports whose words are not those that were issued."""
    c = issue_reports.c
    with store.read() as connection:
        rows = connection.execute(sa.select(c.issue_id, c.content, c.fingerprint).order_by(c.issue_id)).all()
    return [
        f"Báo cáo của bản chốt {number} đã bị sửa sau khi chốt."
        for number, text, print_ in rows
        if _print_of(text) != print_
    ]


def _print_of(text: str) -> str:
    try:
        return kept.fingerprint(text)
    except ValueError:
        return ""
