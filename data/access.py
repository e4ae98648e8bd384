"""Who may do what, and how far it reaches: one declared table of role × action × reach.

Figures of every unit are open to whoever may look at figures at all (a league needs them); dossiers never leave a viewer's
reach. Nothing here knows pages, routes or logins: those ask ``Viewer.reach``, queries ask ``Viewer.scope``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlalchemy as sa


class Role(StrEnum):
    administrator = "administrator"
    committee = "committee"
    leader = "leader"
    head = "head"
    officer = "officer"
    auditor = "auditor"


class Reach(StrEnum):
    """How far an action reaches: nowhere, the viewer's unit with its tree, every unit of its kind, the province."""

    none = "none"
    own = "own"
    kind = "kind"
    province = "province"


_ORDER = (Reach.none, Reach.own, Reach.kind, Reach.province)


class Action(StrEnum):
    """What can be done. Every page, download, route and write names one of these."""

    figures = "figures"
    """See figures, ranks, targets, definitions, comparisons, published figures."""
    dossiers = "dossiers"
    """See and download dossiers: work lists, letters, what is behind a figure, search."""
    imports = "imports"
    """See imports, arrivals, refused rows, quality."""
    load = "load"
    """Hand in files, decide held ones."""
    undo = "undo"
    """Take an import back."""
    targets = "targets"
    """Change targets and definitions, explain corrections."""
    reports = "reports"
    """Read and download reports, digests, issued and drafted."""
    draft = "draft"
    """Edit the text of a report."""
    issue = "issue"
    """Freeze and issue a report, make and send packs."""
    meeting = "meeting"
    """See the meeting room, its promises and decisions."""
    decide = "decide"
    """Record and close decisions, mark milestones."""
    audit = "audit"
    """Read the audit log and who may do what."""
    people = "people"
    """Propose and confirm viewers and tokens, end their sessions."""


P, O, N = Reach.province, Reach.own, Reach.none  # noqa: E741 - the letters make the table readable

#                      figures dossiers imports load undo targets reports draft issue meeting decide audit people
_ROWS: dict[Role, tuple[Reach, ...]] = {
    Role.administrator: (P, P, P, P, P, P, P, P, P, P, P, P, P),
    Role.committee:     (P, P, P, N, N, N, P, P, P, P, P, N, N),
    Role.leader:        (P, P, N, N, N, N, P, N, N, P, N, N, N),
    Role.head:          (P, O, N, N, N, N, O, N, N, O, N, N, N),
    Role.officer:       (P, P, P, P, P, P, P, P, N, P, N, N, N),
    Role.auditor:       (P, P, P, N, N, N, P, N, N, P, N, P, N),
}  # fmt: skip
TABLE: dict[Role, dict[Action, Reach]] = {
    role: dict(zip(Action, reaches, strict=True)) for role, reaches in _ROWS.items()
}


@dataclass(frozen=True)
class Scope:
    """Whose dossiers may be read: ``units`` None = all of them. Part of every cache key that holds more than figures."""

    units: frozenset[str] | None = None

    def allows(self, unit: str) -> bool:
        return self.units is None or unit in self.units

    def limit(self, units: Iterable[str]) -> set[str]:
        """Those of ``units`` that may be seen."""
        return set(units) if self.units is None else set(units) & self.units

    def condition(self, unit_code: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
        """The filter on a column of unit codes; an empty scope selects nothing."""
        import sqlalchemy as sa  # a fifth of a second, and a command names roles before it asks the store

        return sa.true() if self.units is None else unit_code.in_(sorted(self.units))

    @property
    def key(self) -> str:
        """Names the scope; no two scopes share one, whatever their units are called."""
        return "all" if self.units is None else repr(sorted(self.units))


ALL = Scope()
NOTHING = Scope(frozenset())


def widens(before: dict[Action, Reach] | None, after: dict[Action, Reach]) -> bool:
    """Whether any action reaches further than before: then a second person has to confirm."""
    return any(_ORDER.index(reach) > _ORDER.index((before or {}).get(action, N)) for action, reach in after.items())
