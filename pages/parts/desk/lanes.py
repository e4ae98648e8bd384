"""Open dossiers by how near their due date is, in working days."""

from __future__ import annotations

from data.locale import _
from data.locale.formats import number
from kpi.urgency import LANES
from pages.parts import choose, frame
from pages.parts.blocks import Heading, Note
from pages.parts.desk import words
from pages.parts.view import View

SIZE = 25


def draw(view: View) -> None:
    counts = view.lanes()
    options = {name: f"{words.lane(name)} ({number(counts[name])})" for name in LANES}
    first = next((name for name in LANES if counts[name]), LANES[0])
    name = choose.part(options, _("Hạn còn lại"), "kind", first)
    total = counts[name]
    if not total:
        frame.show(Heading(_("{lane}: không có hồ sơ nào", lane=words.lane(name))))
        return
    with view.desk() as desk:
        found = desk.in_lane(name, SIZE, choose.sheet(total, SIZE))
    frame.show(
        Heading(_("{lane}: {n} hồ sơ", count=total, lane=words.lane(name), n=number(total))), words.table(found, view)
    )
    choose.turn(total, SIZE)
    frame.show(Note(_("Ngày còn lại là ngày làm việc. Hồ sơ tạm dừng không tính hạn cho đến khi tiếp tục.")))
