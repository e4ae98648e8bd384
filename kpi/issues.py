"""Issued reports: all figures of a campaign frozen at a moment, and how they compare with what is known since."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from data.access import Scope
from data.audit import Entry
from data.clock import iso
from data.errors import CallFault
from data.home import Campaign, Home
from data.records import Session
from data.schema import issue_rows, issues
from data.store import Store
from kpi import definitions
from kpi.catalog import FIGURES
from kpi.changes import said
from kpi.engine import figures
from kpi.explain import behind
from kpi.model import Row, Status
from kpi.query import Query, resolve

_KEPT = (
    "kpi", "unit", "name", "level", "scheme", "window", "numerator", "denominator", "value", "target", "gap", "status",
)  # fmt: skip


_NUMBERS = ("numerator", "denominator", "value", "target", "gap")


@dataclass(frozen=True, slots=True)
class Issue:
    """A frozen report. ``known_import``: the newest import it knew; moments in UTC microseconds."""

    id: int
    campaign: str
    as_of: int
    at: int
    who: str
    known_import: int
    data_version: str
    number: str
    reason: str
    replaces: int | None
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Told:
    """One figure of one unit: as reported, as known when it was reported, as known now."""

    reported: Row | None
    then: Row | None
    now: Row | None

    @property
    def any(self) -> Row:
        row = self.reported or self.then or self.now
        assert row is not None
        return row

    @property
    def differs(self) -> bool:
        return not (said(self.reported) == said(self.then) == said(self.now))


@dataclass(frozen=True, slots=True)
class Cause:
    """A dossier or service that counts otherwise now than it did then. ``then``, ``now``: its entry of ``explain``; None = not counted."""

    code: str
    then: dict[str, Any] | None
    now: dict[str, Any] | None


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
    expected: str | None = None,
    keep: Callable[[Session, int], None] | None = None,
) -> Issue:
    """Freeze every figure of a campaign for every unit at ``as_of`` (default: as ``figures`` has it).

    ``expected``: the data version that was looked at. ``keep`` is called in the same transaction with the issue's number,
    for what is to be kept with it. Raises CallFault when this moment was issued before and no reason is given for doing so
    again, and when the data are no longer those expected.
    """
    span = resolve(store, home, Query(campaign, as_of=as_of))
    before = [one.id for one in listed(store, campaign.key) if one.as_of == span.as_of]
    if before and not reason.strip():
        raise _issued_before(home, campaign, span.as_of, before[0])
    definitions.note(store, home, who=who, at=at)
    with store.read():
        version, known = store.data_version(), store.last_import()
        if expected is not None and version != expected:
            raise CallFault("Dữ liệu vừa thay đổi sau khi lập bản thảo. Hãy xem lại bản thảo mới rồi chốt.")
        rows = [content(row) for row in frozen(store, home, campaign, span.as_of, known)]
    meaning = {key: definitions.of_figure(declared) for key, declared in FIGURES.items()}
    head = {
        "campaign": campaign.key, "as_of": span.as_of, "at": at, "who": who, "known_import": known, "data_version": version,
        "number": number, "reason": reason.strip(), "replaces": before[0] if before else None,
        "definitions": json.dumps(meaning, ensure_ascii=False), "rules": json.dumps(definitions.of_campaign(campaign), ensure_ascii=False),
        "fingerprint": definitions.fingerprint(rows),
    }  # fmt: skip
    what = f"{campaign.key} {iso(span.as_of, home.zone)} {number}".strip()
    told = {"known_import": known, "reason": head["reason"], "fingerprint": head["fingerprint"]}
    with store.write(Entry("issue", what, at, who, details=told)) as session:
        # Asked again where nobody else writes: two clerks may have issued at the same moment.
        same = sa.select(issues.c.id).where(issues.c.campaign == campaign.key, issues.c.as_of == span.as_of)
        if others := [number for (number,) in session.rows(same) if number not in before]:
            raise _issued_before(home, campaign, span.as_of, others[-1])
        made = (session.rows(sa.select(sa.func.max(issues.c.id)))[0][0] or 0) + 1
        session.insert(issues, [{"id": made, **head}])
        session.insert(issue_rows, [{"issue_id": made, "place": place, **row} for place, row in enumerate(rows)])
        if keep is not None:
            keep(session, made)
    return get(store, made)


def _issued_before(home: Home, campaign: Campaign, as_of: int, number: int) -> CallFault:
    moment = iso(as_of, home.zone)
    return CallFault(
        f"Số liệu {campaign.key} lúc {moment} đã được chốt (bản {number}). Muốn chốt lại phải nêu lý do (--reason)."
    )


def frozen(store: Store, home: Home, campaign: Campaign, as_of: int, known_import: int) -> Iterator[Row]:
    """What an issue holds: the province, then every unit of every level."""
    levels = [None, *sorted(_levels(store, home, as_of))]
    for level in levels:
        yield from figures(store, home, Query(campaign, as_of=as_of, known_import=known_import, by=level))


def _levels(store: Store, home: Home, as_of: int) -> set[str]:
    from data.clock import day_of, local_day

    tree = store.tree(day_of(local_day(as_of, home.zone)))
    return {level for level in tree.levels if level and tree.of_level(level) != [tree.root]}


def content(row: Row) -> dict[str, Any]:
    """A row as it is kept: numbers as the store gives them back, without a negative zero."""
    kept = {name: getattr(row, name) for name in _KEPT}
    numbers = {name: float(kept[name]) + 0.0 for name in _NUMBERS if kept[name] is not None}
    return {**kept, **numbers, "status": str(row.status)}


def listed(store: Store, campaign: str | None = None) -> list[Issue]:
    """Issued reports, newest first."""
    names = Issue.__dataclass_fields__
    wanted = sa.select(*(issues.c[name] for name in names)).order_by(issues.c.id.desc())
    if campaign is not None:
        wanted = wanted.where(issues.c.campaign == campaign)
    with store.read() as connection:
        return [Issue(*row) for row in connection.execute(wanted)]


def get(store: Store, number: int) -> Issue:
    """Raises CallFault when there is no such issue."""
    found = next((one for one in listed(store) if one.id == number), None)
    if found is None:
        raise CallFault(f"Không có bản chốt số liệu {number}. Xem danh sách bằng «campaign issues».")
    return found


def rows_of(store: Store, one: Issue) -> list[Row]:
    """The frozen rows, as they were; nothing is computed."""
    c = issue_rows.c
    wanted = sa.select(*(c[name] for name in _KEPT)).where(c.issue_id == one.id).order_by(c.place)
    with store.read() as connection:
        kept = [dict(row) for row in connection.execute(wanted).mappings()]
    return [
        Row(**{**row, "status": Status(row["status"])}, as_of=one.as_of, known_at=None) for row in kept
    ]  # fmt: skip


def definitions_of(store: Store, one: Issue) -> tuple[dict[str, Any], dict[str, Any]]:
    """The definitions of the figures, and the rules and targets of the campaign, that the issue was made with."""
    wanted = sa.select(issues.c.definitions, issues.c.rules).where(issues.c.id == one.id)
    with store.read() as connection:
        meaning, rules = connection.execute(wanted).one()
    return json.loads(meaning), json.loads(rules)


def faults(store: Store) -> list[str]:
    """Issued reports whose rows are not those that were issued."""
    found = []
    for one in listed(store):
        if definitions.fingerprint([content(row) for row in rows_of(store, one)]) != one.fingerprint:
            found.append(f"Bản chốt số liệu {one.id} ({one.campaign}) đã bị sửa sau khi chốt.")
    return found


def compare(store: Store, home: Home, one: Issue, kpis: Sequence[str] = (), units: Sequence[str] = ()) -> list[Told]:
    """Each figure as reported, as known then and as known now, in the order of the report."""
    campaign = home.campaign(one.campaign)
    reported = [row for row in rows_of(store, one) if _wanted(row, kpis, units)]
    then = [row for row in frozen(store, home, campaign, one.as_of, one.known_import) if _wanted(row, kpis, units)]
    now = [row for row in frozen(store, home, campaign, one.as_of, store.last_import()) if _wanted(row, kpis, units)]
    sides = [{(row.kpi, row.unit, row.scheme): row for row in rows} for rows in (reported, then, now)]
    return [
        Told(*(side.get(place) for side in sides)) for place in dict.fromkeys(key for side in sides for key in side)
    ]


def _wanted(row: Row, kpis: Sequence[str], units: Sequence[str]) -> bool:
    return (not kpis or row.kpi in kpis) and (not units or row.unit in units)


def causes(store: Store, home: Home, one: Issue, kpi: str, unit: str | None = None, *, scope: Scope) -> list[Cause]:
    """The dossiers (of units in ``scope``) or services that make the difference between then and now, by their codes."""
    campaign = home.campaign(one.campaign)
    sides = [
        {
            _code(entry): entry
            for entry in behind(
                store, home, Query(campaign, as_of=one.as_of, unit=unit, known_import=known), kpi, scope=scope
            )
        }
        for known in (one.known_import, store.last_import())
    ]
    then, now = sides
    return [
        Cause(code, then.get(code), now.get(code))
        for code in sorted(then.keys() | now.keys())
        if _counts(then.get(code)) != _counts(now.get(code))
    ]


def _code(entry: dict[str, Any]) -> str:
    return str(
        entry.get("code") or entry.get("service_code") or f"{entry.get('unit')} {entry.get('on')} {entry.get('scheme')}"
    )


def _counts(entry: dict[str, Any] | None) -> tuple[Any, ...]:
    return () if entry is None else (entry.get("numerator"), entry.get("denominator"), entry.get("value"))
