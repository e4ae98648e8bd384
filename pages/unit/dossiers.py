"""Hồ sơ & thư xin lỗi: open dossiers by due date, letters to send and sent, age of the overdue, search by code."""

from data.locale import _
from pages.parts import choose, frame
from pages.parts.blocks import Verdict
from pages.parts.desk import find, lanes, letters, words

view = frame.guard()
frame.show(Verdict(*words.verdict(view)))
parts = {
    "lanes": (_("Theo hạn"), lanes.draw),
    "letters": (_("Thư phải gửi hôm nay"), letters.to_send),
    "register": (_("Sổ thư xin lỗi"), letters.register),
    "ages": (_("Tuổi quá hạn"), find.ages),
    "search": (_("Tìm theo mã"), find.search),
}
chosen = choose.part({code: name for code, (name, _draw) in parts.items()}, _("Phần của trang"))
parts[chosen][1](view)
