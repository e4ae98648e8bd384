"""Người dùng & quyền: who is on the roll, changes that wait for a second administrator, tokens, who may do what."""

from data import roll
from data.locale import _
from data.locale.formats import number
from pages.parts import choose, frame
from pages.parts.blocks import Verdict
from pages.parts.intake import now
from pages.parts.roll import keys, listing, rights, waiting, words

view = frame.guard()
roll.take_file(view.store, now())
asked = roll.waiting(view.store)
frame.show(Verdict(*words.verdict(roll.everybody(view.store), asked, view)))
parts = {
    "list": (_("Người dùng"), listing.draw),
    "invite": (_("Mời"), listing.invite),
    "waiting": (_("Chờ xác nhận ({n})", n=number(len(asked))) if asked else _("Chờ xác nhận"), waiting.draw),
    "tokens": (_("Mã truy cập"), keys.draw),
    "rights": (_("Ai được làm gì"), rights.draw),
}
chosen = choose.part({code: title for code, (title, _draw) in parts.items()}, _("Phần của trang"))
parts[chosen][1](view)
