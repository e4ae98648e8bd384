"""Which action opens which page, and which part of a page needs more than the page itself: one table. No streamlit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from data.access import Action
from data.people import Viewer
from data.units import Tree

DOORS: Mapping[str, Action] = {
    "overview": Action.figures,
    "progress": Action.figures,
    "progress/keep": Action.draft,
    "departments": Action.figures,
    "districts": Action.figures,
    "rankings": Action.figures,
    "compare": Action.figures,
    "my_unit": Action.figures,
    "dossiers": Action.dossiers,
    "services": Action.figures,
    "source": Action.figures,
    "room": Action.meeting,
    "reports": Action.reports,
    "reports/text": Action.draft,
    "imports": Action.imports,
    "imports/upload": Action.load,
    "imports/decide": Action.load,
    "imports/undo": Action.undo,
    "imports/quality": Action.dossiers,
    "targets": Action.figures,
    "targets/sheet": Action.targets,
    "as_reported": Action.figures,
    "published": Action.figures,
    "people": Action.people,
    "audit": Action.audit,
}
"""Page → action, and page/part → action where a part needs another one."""
HOME = "home"
"""Where the bare address leads."""
OWN_FIRST = frozenset({"my_unit", "dossiers", "services", "source"})
"""Pages about one unit: whoever answers for one sees it there first."""

Part = TypeVar("Part")


def landing(viewer: Viewer) -> str:
    """The page at the bare address: the own unit for whoever answers for one, the province for all others."""
    return "my_unit" if own_unit(viewer) else "overview"


def own_unit(viewer: Viewer) -> str:
    """The unit whose dossiers alone the viewer may read; empty for those who read the province's, or none."""
    return viewer.unit if viewer.scope.units else ""


def is_open(viewer: Viewer, name: str, unit: str | None = None) -> bool:
    """Whether a page or part (its name in the table) is open to a viewer at all, or over this unit."""
    return viewer.may(DOORS[name], unit)


def default_unit(viewer: Viewer, page: str, tree: Tree) -> str:
    """The unit of a link that names none: the own one where the page is about one unit or reaches no further."""
    own_first = (page in OWN_FIRST and own_unit(viewer)) or not is_open(viewer, page, tree.root)
    return viewer.unit if own_first and viewer.unit in tree.units else tree.root


def parts(viewer: Viewer, page: str, all_: Mapping[str, Part]) -> dict[str, Part]:
    """Those parts of a page that are open to a viewer; a part that is not in the table is as open as its page."""
    return {name: part for name, part in all_.items() if is_open(viewer, _part(page, name))}


def _part(page: str, name: str) -> str:
    return f"{page}/{name}" if f"{page}/{name}" in DOORS else page
