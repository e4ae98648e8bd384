"""Meetings of the steering committee: one per campaign and moment of the figures, which its opening freezes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from data.audit import Entry
from data.clock import day_end, day_number, from_micros, iso
from data.errors import CallFault
from data.home import Campaign, Home
from data.schema_meeting import meetings
from data.store import Store
from kpi import issues
from kpi.decisions import Judged, Verdict


@dataclass(frozen=True, slots=True)
class Meeting:
    """``as_of``: the moment its figures speak of; ``issue_id``: where they are frozen; moments in UTC microseconds."""

    id: int
    campaign: str
    as_of: int
    issue_id: int | None
    at: int
    who: str
    closed_at: int | None
    notes: str

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


def listed(store: Store, campaign: str) -> list[Meeting]:
    """Meetings of a campaign, the latest moment first."""
    c = meetings.c
    names = Meeting.__dataclass_fields__
    wanted = sa.select(*(c[name] for name in names)).where(c.campaign == campaign).order_by(c.as_of.desc())
    with store.read() as connection:
        return [Meeting(*row) for row in connection.execute(wanted)]


def at_moment(store: Store, campaign: str, as_of: int) -> Meeting | None:
    return next((one for one in listed(store, campaign) if one.as_of == as_of), None)


def before(store: Store, campaign: str, as_of: int) -> Meeting | None:
    """The last meeting whose figures are older."""
    return next((one for one in listed(store, campaign) if one.as_of < as_of), None)


def begin(store: Store, home: Home, campaign: Campaign, *, as_of: int, who: str, at: int) -> Meeting:
    """Open the meeting of a moment and freeze its figures; one that is there already is opened again.

    Figures frozen before at this very moment serve when no data have changed since.
    """
    found = at_moment(store, campaign.key, as_of)
    if found is not None:
        return _write(store, found, Entry("decide", f"meeting:{found.id} open", at, who), closed_at=None)
    frozen = next((one for one in issues.listed(store, campaign.key) if one.as_of == as_of), None)
    if frozen is None or frozen.data_version != store.data_version():
        reason = "Chốt số liệu cho phiên họp" if frozen is not None else ""
        frozen = issues.issue(store, home, campaign, as_of=as_of, who=who, at=at, reason=reason)
    row = {"campaign": campaign.key, "as_of": as_of, "issue_id": frozen.id, "at": at, "who": who, "closed_at": None, "notes": ""}  # fmt: skip
    with store.write(Entry("decide", f"meeting {campaign.key} {iso(as_of, home.zone)}", at, who)) as session:
        # Two clicks at once open one meeting.
        same = sa.select(meetings.c.id).where(meetings.c.campaign == campaign.key, meetings.c.as_of == as_of)
        if not session.rows(same):
            made = (session.rows(sa.select(sa.func.max(meetings.c.id)))[0][0] or 0) + 1
            session.insert(meetings, [{"id": made, **row}])
    return _there(store, campaign.key, as_of)


def note(store: Store, meeting: Meeting, notes: str, *, who: str, at: int) -> Meeting:
    """Keep what is to stand in the minutes beside figures and decisions. Raises CallFault once the meeting is closed."""
    return _of_open(store, meeting, Entry("decide", f"meeting:{meeting.id} notes", at, who), notes=notes.strip())


def end(store: Store, meeting: Meeting, *, who: str, at: int) -> Meeting:
    """Close a meeting; its decisions stay and are followed. Raises CallFault when it is closed."""
    return _of_open(store, meeting, Entry("decide", f"meeting:{meeting.id} close", at, who), closed_at=at)


def _of_open(store: Store, meeting: Meeting, entry: Entry, **values: int | str | None) -> Meeting:
    if not _there(store, meeting.campaign, meeting.as_of).is_open:
        raise CallFault("Phiên họp này đã kết thúc.")
    return _write(store, meeting, entry, **values)


def _write(store: Store, meeting: Meeting, entry: Entry, **values: int | str | None) -> Meeting:
    with store.write(entry) as session:
        session.run(sa.update(meetings).where(meetings.c.id == meeting.id).values(**values))
    return _there(store, meeting.campaign, meeting.as_of)


def _there(store: Store, campaign: str, as_of: int) -> Meeting:
    found = at_moment(store, campaign, as_of)
    assert found is not None
    return found


# Promises -------------------------------------------------------------------------------------------------------------


def promises(home: Home, judged: Iterable[Judged], last: Meeting | None, as_of: int) -> list[Judged]:
    """Of decisions judged at a moment those that earlier meetings made and this one asks about, the worst first.

    That is everything not settled before the last meeting: what was broken stays on the table until it is reached or
    dropped.
    """
    earlier = [one for one in judged if one.decision.made_as_of < as_of]
    asked = [one for one in earlier if last is None or not _settled(home, one, last.as_of, as_of)]
    return sorted(asked, key=lambda one: (ORDER.index(one.verdict), one.decision.due, one.decision.id))


ORDER = (
    Verdict.FAILED, Verdict.BEHIND, Verdict.AT_RISK, Verdict.UNKNOWN, Verdict.LATE, Verdict.OPEN, Verdict.ON_COURSE,
    Verdict.MET, Verdict.KEPT, Verdict.DROPPED,
)  # fmt: skip
"""Verdicts, the worst first."""


def _settled(home: Home, one: Judged, before_: int, as_of: int) -> bool:
    """Whether the last word on a decision was said before a moment."""
    closed = one.decision.closed_as_of
    if closed is not None and closed <= as_of:
        return closed < before_
    match one.verdict:
        case Verdict.KEPT:
            return day_end(day_number(one.decision.due), home.zone) < before_
        case Verdict.LATE:
            return one.reached is not None and one.reached < from_micros(before_, home.zone).date()
    return False
