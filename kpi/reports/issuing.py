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
from kpi.reports import drafts, kept
from kpi.reports.content import Report


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
    report = drafts.printed(drafts.draft(store, home, campaign, moment))
    entries = {**(head or {}), **_numbered(number)}
    final = replace(report, head=drafts.with_entries(report.head, entries), draft=False, reissue_reason=reason.strip())

    def keep(session: Session, made: int) -> None:
        text = kept.text_of(replace(final, issue=made))
        session.insert(issue_reports, [{"issue_id": made, "content": text, "fingerprint": kept.fingerprint(text)}])

    return issues.issue(
        store, home, campaign, as_of=moment, who=who, at=at, number=number or final.head.number, reason=reason,
        expected=expected or report.data_version, keep=keep,
    )  # fmt: skip


def _numbered(number: str) -> dict[str, str]:
    """«12/BC-VPUBND» is number and symbol."""
    first, _, rest = number.strip().partition("/")
    return {name: words for name, words in (("number", first.strip()), ("symbol", rest.strip())) if words}


def issued(store: Store, campaign: str, as_of: int) -> Issue | None:
    """The latest issue of a moment."""
    return next((one for one in issues.listed(store, campaign) if one.as_of == as_of), None)


def report_of(store: Store, number: int) -> Report | None:
    """The report of an issue, as it was issued; None for figures frozen without one."""
    wanted = sa.select(issue_reports.c.content).where(issue_reports.c.issue_id == number)
    with store.read() as connection:
        text = connection.scalar(wanted)
    return None if text is None else kept.report_of(text)


def report(
    store: Store, home: Home, campaign: Campaign, as_of: int, *, unit: str = "", scope: Scope = ALL, draft: bool = False
) -> Report:
    """The report of a moment ready for a file: the issued one, else (or where ``draft`` asks for it) the draft as it stands.

    Only the province's report is issued; a unit's is always drafted.
    """
    root = unit in ("", store.tree(campaign.start).root)
    one = issued(store, campaign.key, as_of) if root and not draft else None
    found = None if one is None else report_of(store, one.id)
    return found or drafts.printed(drafts.draft(store, home, campaign, as_of, unit="" if root else unit, scope=scope))


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
