"""Số đã công bố: each published figure as claimed, as known then and as known now; sources that differ side by side."""

from data.locale import _
from kpi.published import side_by_side
from pages.parts import frame, states, trust_words
from pages.parts.blocks import Heading, Note, Table, Verdict

view = frame.guard()
checked = view.published()
if not checked:
    frame.stop(states.no_published())

frame.show(Verdict(*trust_words.published_verdict(checked)))
several = [claims for claims in side_by_side(checked) if len({claim.row.value for claim in claims}) > 1]
if several:
    lines = [trust_words.sources_line(claims, view) for claims in several]
    frame.show(Heading(trust_words.sources_title(len(several))), Table(trust_words.sources_columns(), lines))
frame.show(
    Heading(_("Từng số đã công bố")),
    Table(trust_words.published_columns(), [trust_words.published_line(entry, view) for entry in checked]),
    Note(trust_words.published_note()),
)
