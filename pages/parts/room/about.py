"""What meetings decided about one unit, for the unit's own page. No streamlit."""

from __future__ import annotations

from data.locale import _
from data.locale.formats import short_date
from kpi import decisions
from kpi.decisions import Judged
from pages.parts.blocks import Block, Cell, Column, Heading, Note, Table
from pages.parts.room import units, words
from pages.parts.view import View

MOST = 5


def about(view: View) -> list[Block]:
    """The last decisions about the view's unit, the newest first; nothing for who may not see them."""
    if view.unit not in units(view):
        return []
    heading = Heading(_("Kết luận về đơn vị"))
    found = decisions.listed(view.store, view.campaign.key, view.as_of, {view.unit})[-MOST:]
    if not found:
        return [heading, Note(_("Chưa có kết luận nào về đơn vị này."))]
    columns = [Column(_("Kết luận")), Column(_("Nay"), True), Column(_("Kết quả"))]
    return [heading, Table(columns, [_line(one) for one in reversed(view.judged(found))])]


def _line(one: Judged) -> list[Cell]:
    made, shown = one.decision, words.mark(one)
    second = " · ".join(filter(None, (_("hạn {day}", day=short_date(made.due)), made.owner)))
    return [
        Cell(words.wanted(made), second),
        Cell(words.value(made.kpi, one.value), right=True, label=_("nay"), raw=one.value),
        Cell(f"{shown.shape} {shown.word}", words.became(one), bold=True, tone=shown.tone),
    ]
