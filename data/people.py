"""Who is looking, what they may do, and whose dossiers they may see.

Who was invited: ``data.roll``. From a login to a viewer: ``data.logins`` (begin, present, end); from a token:
``data.tokens.viewer``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from data.access import ALL, NOTHING, TABLE, Action, Reach, Role, Scope
from data.home import Home
from data.units import Tree

Via = Literal["local", "login", "token"]


@dataclass(frozen=True)
class Viewer:
    """Somebody who asks: a person logged in, a token, or the person at the machine itself."""

    id: int
    """Number of the person in the store; 0 for ``LOCAL`` and for tokens, which are no persons."""
    name: str
    identity: str
    """What stands in the audit log beside the name: issuer and subject, the token's number, or «local»."""
    role: Role
    unit: str
    """Code of the own unit; empty: none."""
    scope: Scope
    """Whose dossiers may be read. Every query that reads dossiers takes it."""
    reaches: Mapping[Action, Reach] = field(hash=False)
    via: Via
    own: Scope = NOTHING
    """The own unit with its tree."""
    kin: Scope = NOTHING
    """Every unit of the own unit's kind, with their trees."""

    def reach(self, action: Action) -> Reach:
        return self.reaches.get(action, Reach.none)

    def area(self, action: Action) -> Scope:
        """The units an action reaches."""
        return {Reach.none: NOTHING, Reach.own: self.own, Reach.kind: self.kin, Reach.province: ALL}[self.reach(action)]

    def may(self, action: Action, unit: str | None = None) -> bool:
        """Whether the action may be done at all (``unit`` None), or for this unit."""
        area = self.area(action)
        return area.units != frozenset() if unit is None else area.allows(unit)

    @property
    def scope_key(self) -> str:
        """Part of every cache key whose value holds more than figures."""
        return self.scope.key


LOCAL = Viewer(0, "local", "local", Role.administrator, "", ALL, TABLE[Role.administrator], "local", ALL, ALL)
"""The person at the machine: the command line, and the pages in local mode."""


def viewer_of(
    home: Home,
    day: date,
    *,
    id: int,
    name: str,
    identity: str,
    role: Role,
    unit: str = "",
    via: Via = "login",
    reaches: Mapping[Action, Reach] | None = None,
) -> Viewer:
    """A viewer with the units their reaches come to at a day (``reaches`` None: the role's row of the table)."""
    reaches = TABLE[role] if reaches is None else reaches
    used = set(reaches.values())
    own = own_units(home, unit, day) if Reach.own in used else NOTHING
    kin = kin_units(home, unit, day) if Reach.kind in used else NOTHING
    dossiers = {Reach.own: own, Reach.kind: kin, Reach.province: ALL}
    scope = dossiers.get(reaches.get(Action.dossiers, Reach.none), NOTHING)
    return Viewer(id, name, identity, role, unit, scope, reaches, via, own, kin)


def own_units(home: Home, unit: str, day: date) -> Scope:
    """The unit and all that is or was below it up to ``day``; nothing without a unit.

    A unit that was given up keeps its dossiers, and whoever answered for them still does (docs/decisions/0019).
    """
    return _trees(home, [unit] if unit else [], day)


def kin_units(home: Home, unit: str, day: date) -> Scope:
    """Every unit of the unit's kind, with their trees; only the own tree where the unit has no kind."""
    known = Tree(home, day).units
    kind = known[unit].kind if unit in known else ""
    return _trees(home, [code for code, one in known.items() if one.kind == kind], day) if kind else own_units(home, unit, day)  # fmt: skip


def _trees(home: Home, tops: list[str], day: date) -> Scope:
    tree = Tree(home, day)
    if tree.root in tops:
        return ALL
    below = {code: set(children) for code, children in tree.children.items()}
    for row in home.units:
        if row.parent and (row.valid_from is None or row.valid_from <= day):
            below.setdefault(row.parent, set()).add(row.code)
    found: set[str] = set()
    queue = list(tops)
    while queue:
        code = queue.pop()
        if code not in found:
            found.add(code)
            queue.extend(below.get(code, ()))
    return Scope(frozenset(found))
