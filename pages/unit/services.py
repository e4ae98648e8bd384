"""Dịch vụ công & tích hợp: how far services have come, why some were sent back, and what each denominator leaves out."""

from data.locale import _
from pages.parts import choose, frame, messages
from pages.parts.blocks import Verdict
from pages.parts.portal import denominators, stages

view = frame.guard()
frame.show(Verdict(*messages.services_verdict(view)))
parts = {"stages": (_("Các bước tích hợp"), stages.draw), "denominators": (_("Tùy mẫu số"), denominators.draw)}
chosen = choose.part({code: name for code, (name, _draw) in parts.items()}, _("Phần của trang"))
parts[chosen][1](view)
