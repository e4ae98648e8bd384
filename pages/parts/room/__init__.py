"""The steps of the meeting room, and what all of them look at."""

from __future__ import annotations

from dataclasses import dataclass

from data.access import Action
from kpi import decisions, meeting
from kpi.decisions import Judged
from kpi.meeting import Meeting
from kpi.model import Row
from pages.parts import access
from pages.parts.view import View


@dataclass(frozen=True)
class Sitting:
    """``here``: the meeting of the view's moment, if there is one; ``last``: the one before it; ``may``: the viewer may write.

    ``judged``: every decision about the view's unit and those below that the viewer may see.
    """

    view: View
    here: Meeting | None
    last: Meeting | None
    judged: tuple[Judged, ...]
    may: bool

    @property
    def promises(self) -> list[Judged]:
        """What earlier meetings decided and this one asks about."""
        return meeting.promises(self.view.home, self.judged, self.last, self.view.as_of)

    @property
    def made_here(self) -> list[Judged]:
        """Decisions of this meeting, in the order in which they were made."""
        return [one for one in self.judged if one.decision.made_as_of == self.view.as_of]

    @property
    def writes(self) -> bool:
        """Whether this viewer may add to this meeting."""
        return self.may and self.here is not None and self.here.is_open

    @property
    def units(self) -> frozenset[str]:
        return units(self.view)


def sitting(view: View) -> Sitting:
    found = decisions.listed(view.store, view.campaign.key, view.as_of, units(view))
    return Sitting(
        view,
        meeting.at_moment(view.store, view.campaign.key, view.as_of),
        meeting.before(view.store, view.campaign.key, view.as_of),
        tuple(view.judged(found)),
        access.allowed(view.viewer, Action.decide),
    )


def units(view: View) -> frozenset[str]:
    """The view's unit and those below, as far as the viewer may see their decisions."""
    return frozenset(view.viewer.area(Action.meeting).limit(view.tree.below(view.unit)))


def target_rows(view: View, as_of: int | None = None) -> tuple[list[Row], list[Row]]:
    """Figures of the targets: of the view's unit, and of the units below it that are compared with each other."""
    shown = view.target_kpis
    whole = view.figures(shown, unit=view.unit, as_of=as_of)
    below = [row for level in view.levels_below() for row in view.figures(shown, by=level, unit=view.unit, as_of=as_of)]
    return whole, below
