"""Dữ liệu: hand in files, see what arrived and what was refused, decide on held ones, take an import back."""

from data.locale import _
from data.locale.formats import number
from loaders import held as waiting_files
from pages.parts import choose, doors, first_visit, frame, trust_words
from pages.parts.blocks import Verdict
from pages.parts.intake import arrivals, held, history, quality, refused, sources, upload

view = frame.guard()
loads = view.store.loads()
waiting = len(waiting_files.waiting(view.store))
doubts = _("Chờ quyết định ({n})", n=number(waiting)) if waiting else _("Chờ quyết định")

frame.show(Verdict(*trust_words.imports_verdict(loads, waiting, view)))
first_visit.finish(view.opened, view.viewer)
all_parts = {
    "arrivals": (_("Đơn vị × ngày"), arrivals.draw),
    "upload": (_("Nạp tệp"), lambda shown: upload.draw(shown.opened, shown.viewer)),
    "history": (_("Các lần nạp"), history.draw),
    "refused": (_("Dòng bị từ chối"), refused.draw),
    "held": (doubts, held.draw),
    "quality": (_("Chất lượng hồ sơ"), quality.draw),
    "sources": (_("Nguồn tự lấy"), sources.draw),
}
parts = doors.parts(view.viewer, "imports", all_parts)
chosen = choose.part({code: words for code, (words, _draw) in parts.items()}, _("Phần của trang"))
parts[chosen][1](view)
