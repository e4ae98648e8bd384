"""What people change in a drafted report: paragraphs and entries of the head. Edits stay when the data change.

An edit remembers what the data said when it was made; where they have since come to say something else, the paragraph is
marked ``outdated`` and both texts are there to choose from. An empty edit leaves a paragraph out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

import sqlalchemy as sa

from data.access import ALL, Scope
from data.audit import Entry
from data.clock import iso
from data.errors import CallFault
from data.home import Campaign, Home
from data.schema import issues
from data.schema_meeting import drafts, issue_reports
from data.store import Store
from kpi.reports import kept
from kpi.reports.build import build
from kpi.reports.content import Head, Paragraph, Report, Section

HEAD = "head."
LONGEST = 4_000
"""Characters of one edit."""
CARRIED = ("authority", "office", "symbol", "place", "sign_for", "sign_title", "signer")
"""Entries of the head that the next report takes over from the last one issued; of the whole province also the lists."""
LISTS = ("to", "recipients")


@dataclass(frozen=True, slots=True)
class Edit:
    """``drafted``: what the data said when it was edited. ``at``: UTC microseconds."""

    part: str
    text: str
    drafted: str
    who: str
    at: int


def draft(store: Store, home: Home, campaign: Campaign, as_of: int, *, unit: str = "", scope: Scope) -> Report:
    """The report as it stands: drafted from the data, with the head of the last issued one and everybody's edits."""
    return _drafted(store, home, campaign, as_of, unit, scope)[0]


def _drafted(store: Store, home: Home, campaign: Campaign, as_of: int, unit: str, scope: Scope) -> tuple[Report, Head]:
    """The draft, and its head before anybody edited it."""
    unedited: list[Head] = []

    def revise(head: Head) -> Head:
        unedited.append(_carried(head, before, lists=not unit))
        return _edited_head(unedited[0], found)

    with store.read():
        found, before = edits(store, campaign, as_of, unit), _last_head(store, campaign, as_of)
        report = build(store, home, campaign, as_of, unit=unit, scope=scope, revise=revise)
    return replace(report, sections=tuple(_edited_section(one, found) for one in report.sections)), unedited[0]


def printed(report: Report) -> Report:
    """Without the paragraphs that were left out: what goes into a file or is issued."""
    sections = (
        replace(one, parts=tuple(part for part in one.parts if not isinstance(part, Paragraph) or part.text.strip()))
        for one in report.sections
    )
    return replace(report, sections=tuple(sections))


def edits(store: Store, campaign: Campaign, as_of: int, unit: str = "") -> dict[str, Edit]:
    """Edits of a report by part: a paragraph's key, or "head." and an entry of the head."""
    c = drafts.c
    wanted = sa.select(c.part, c.text, c.drafted, c.who, c.at).where(
        c.campaign == campaign.key, c.as_of == as_of, c.unit == unit
    )
    with store.read() as connection:
        return {row.part: Edit(*row) for row in connection.execute(wanted)}


def edit(
    store: Store,
    home: Home,
    campaign: Campaign,
    as_of: int,
    changed: Mapping[str, str],
    *,
    unit: str = "",
    who: str,
    at: int,
) -> list[str]:
    """Keep new texts of parts; a text equal to the drafted one takes an edit back. Gives the parts that changed.

    Raises CallFault for a part that the report does not have and for a text that is too long.
    """
    report, unedited = _drafted(store, home, campaign, as_of, unit, ALL)
    now = {key: (part.text, part.drafted) for key, part in paragraphs(report).items()}
    now |= {f"{HEAD}{name}": (entry(report.head, name), entry(unedited, name)) for name in HEAD_NAMES}
    if unknown := [part for part in changed if part not in now]:
        raise CallFault(f"Báo cáo không có phần «{unknown[0]}».")
    if any(len(text) > LONGEST for text in changed.values()):
        raise CallFault(f"Một phần của báo cáo không được dài quá {LONGEST} ký tự.")
    cleaned = {part: _cleaned(text) for part, text in changed.items()}
    moved = [part for part, text in cleaned.items() if text != now[part][0]]
    if moved:
        entry_ = Entry("draft", _named(home, campaign, as_of), at, who, unit=unit, details={"parts": moved})
        with store.write(entry_) as session:
            for part in moved:
                session.run(_delete(campaign, as_of, unit, part))
                if cleaned[part] != now[part][1]:
                    session.insert(
                        drafts,
                        [{"campaign": campaign.key, "as_of": as_of, "unit": unit, "part": part, "text": cleaned[part], "drafted": now[part][1], "who": who, "at": at}],
                    )  # fmt: skip
    return moved


def reset(
    store: Store, home: Home, campaign: Campaign, as_of: int, part: str, *, unit: str = "", who: str, at: int
) -> None:
    """Back to what the data say."""
    with store.write(
        Entry("draft", _named(home, campaign, as_of), at, who, unit=unit, details={"reset": part})
    ) as session:
        session.run(_delete(campaign, as_of, unit, part))


def confirm(
    store: Store, home: Home, campaign: Campaign, as_of: int, part: str, *, unit: str = "", who: str, at: int
) -> None:
    """The edit stands although the data have come to say something else."""
    found = paragraphs(draft(store, home, campaign, as_of, unit=unit, scope=ALL)).get(part)
    if found is None or not found.edited:
        raise CallFault(f"Phần «{part}» chưa được sửa.")
    with store.write(
        Entry("draft", _named(home, campaign, as_of), at, who, unit=unit, details={"confirmed": part})
    ) as session:
        session.run(sa.update(drafts).where(_is(campaign, as_of, unit, part)).values(drafted=found.drafted, at=at))


def paragraphs(report: Report) -> dict[str, Paragraph]:
    """Every paragraph of the text by its key, in reading order."""
    return {part.key: part for one in report.sections for part in one.parts if isinstance(part, Paragraph)}


def left_over(report: Report, found: Mapping[str, Edit]) -> list[Edit]:
    """Edits of paragraphs that the data no longer give reason for."""
    known = paragraphs(report)
    return [one for part, one in found.items() if part not in known and not part.startswith(HEAD)]


# The head -------------------------------------------------------------------------------------------------------------

HEAD_NAMES = tuple(field.name for field in fields(Head))


def entry(head: Head, name: str) -> str:
    """An entry as text to be edited; a list has a line for each."""
    value = getattr(head, name)
    return "\n".join(value) if isinstance(value, tuple) else str(value)


def with_entries(head: Head, entries: Mapping[str, str]) -> Head:
    """The head with some entries written anew; the date line follows the place unless it is given itself."""
    values = {name: _value(name, text) for name, text in entries.items()}
    if "place" in values and "date_line" not in values:
        values["date_line"] = f"{values['place']}, {head.date_line.partition(', ')[2]}"
    return replace(head, **values)  # type: ignore[arg-type]


def _value(name: str, text: str) -> str | tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip()) if name in LISTS else text


def _carried(head: Head, before: Head | None, *, lists: bool) -> Head:
    if before is None:
        return head
    names = (*CARRIED, *LISTS) if lists else CARRIED
    return with_entries(head, {name: entry(before, name) for name in names})


def _last_head(store: Store, campaign: Campaign, as_of: int) -> Head | None:
    """Of the last report of the campaign that was issued of an earlier moment."""
    wanted = (
        sa.select(issue_reports.c.content)
        .join(issues, issues.c.id == issue_reports.c.issue_id)
        .where(issues.c.campaign == campaign.key, issues.c.as_of < as_of)
        .order_by(issues.c.as_of.desc(), issues.c.id.desc())
        .limit(1)
    )
    with store.read() as connection:
        found = connection.scalar(wanted)
    return None if found is None else kept.report_of(found).head


def _edited_head(head: Head, found: Mapping[str, Edit]) -> Head:
    names = {part.removeprefix(HEAD): one.text for part, one in found.items() if part.startswith(HEAD)}
    return with_entries(head, {name: text for name, text in names.items() if name in HEAD_NAMES})


def _edited_section(section: Section, found: Mapping[str, Edit]) -> Section:
    parts = tuple(
        replace(part, text=one.text, edited=True, outdated=one.drafted != part.drafted)
        if isinstance(part, Paragraph) and (one := found.get(part.key)) is not None
        else part
        for part in section.parts
    )
    return replace(section, parts=parts)


# Rows -----------------------------------------------------------------------------------------------------------------


def _is(campaign: Campaign, as_of: int, unit: str, part: str) -> sa.ColumnElement[bool]:
    c = drafts.c
    return sa.and_(c.campaign == campaign.key, c.as_of == as_of, c.unit == unit, c.part == part)


def _delete(campaign: Campaign, as_of: int, unit: str, part: str) -> sa.Delete:
    return sa.delete(drafts).where(_is(campaign, as_of, unit, part))


def _named(home: Home, campaign: Campaign, as_of: int) -> str:
    return f"{campaign.key} {iso(as_of, home.zone)}"


def _cleaned(text: str) -> str:
    """Line ends of one kind, no blanks around."""
    return "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")).strip()
