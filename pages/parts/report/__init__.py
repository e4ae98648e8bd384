"""The parts of the page Báo cáo, and what all of them look at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from data.access import Action
from data.clock import iso
from data.locale.formats import moment
from kpi.issues import Issue
from kpi.reports import drafts, issuing, rhythm
from kpi.reports.content import Report
from kpi.reports.facts import Facts
from kpi.reports.rhythm import Slot
from pages.parts import access
from pages.parts.intake import now
from pages.parts.view import View


@dataclass(frozen=True)
class Desk:
    """``as_of``: the moment reported of; ``slot``: its place in the rhythm, None outside of it; ``slots``: all of them."""

    view: View
    as_of: int
    slot: Slot | None
    slots: tuple[Slot, ...]
    issues: tuple[Issue, ...]

    @property
    def unit(self) -> str:
        """As reports have it: empty for the province."""
        return "" if self.view.is_root else self.view.unit

    @property
    def at(self) -> str:
        return moment(self.as_of, self.view.home.zone)

    @property
    def issue(self) -> Issue | None:
        """The latest issued report of the moment; only the province's is issued."""
        return next((one for one in self.issues if one.as_of == self.as_of), None) if self.view.is_root else None

    @property
    def may_draft(self) -> bool:
        return access.allowed(self.view.viewer, Action.draft, self.view.unit)

    @property
    def may_issue(self) -> bool:
        return self.view.is_root and access.allowed(self.view.viewer, Action.issue)

    @cached_property
    def draft(self) -> Report:
        """As edited so far; what lists dossiers ends with the viewer's scope."""
        view = self.view
        return drafts.draft(
            view.store, view.home, view.campaign, self.as_of, unit=self.unit, scope=view.viewer.scope
        )  # fmt: skip

    @cached_property
    def shown(self) -> Report:
        """What a reader gets: the issued report, else the draft."""
        view = self.view
        if self.issue is None:
            return drafts.printed(self.draft)
        return issuing.report(view.store, view.home, view.campaign, self.as_of, scope=view.viewer.scope)

    @property
    def facts(self) -> Facts:
        view = self.view
        return Facts.of(view.store, view.home, view.campaign, self.as_of, self.unit, view.viewer.scope)

    def href(self, as_of: int | None = None, **changes: str) -> str:
        """This page, at another moment or another part."""
        if as_of is not None:
            changes["as_of"] = iso(as_of, self.view.home.zone)[:16]
        return self.view.href("reports", **changes)


def desk(view: View) -> Desk:
    """Of the last report of the rhythm at or before the view's moment; before the first one, of that moment itself."""
    issues = issuing.listed(view.store, view.campaign.key)
    slots = rhythm.calendar(view.home, view.campaign, issues, view.latest, now())
    slot = next((one for one in reversed(slots) if one.as_of <= view.as_of), None)
    return Desk(view, view.as_of if slot is None else slot.as_of, slot, tuple(slots), tuple(issues))
