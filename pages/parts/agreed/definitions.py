"""Every figure in words: what is counted, what is not, by which rule, who answers for it."""

from __future__ import annotations

from data.home import Rules
from data.locale import _, language
from data.locale.formats import date
from kpi.catalog import FIGURES
from kpi.catalog.figure import Figure
from pages.parts import frame, present
from pages.parts.blocks import Cell, Column, Heading, Note, Table
from pages.parts.view import View


def draw(view: View) -> None:
    mine = set(view.target_kpis)
    declared = sorted(FIGURES.values(), key=lambda one: one.key not in mine)
    heads = [Column(_("Chỉ tiêu")), Column(_("Tử số")), Column(_("Mẫu số")), Column(_("Không tính")), Column(_("Căn cứ, chủ quản"))]  # fmt: skip
    frame.show(
        Heading(_("{n} chỉ tiêu, chỉ tiêu được giao trước", n=len(declared))),
        Table(heads, [_line(one, view) for one in declared]),
        Heading(_("Quy tắc của {campaign}", campaign=view.campaign.name(language()))),
        Table([Column(_("Quy tắc")), Column(_("Cách làm"))], [[Cell(a), Cell(b, c)] for a, b, c in rules(view.campaign.rules)]),
        Note(_("Cách tính là một phần của số: mỗi lần đổi cách tính, phiên bản tăng lên và được ghi vào nhật ký ở trang Theo thời điểm.")),
    )  # fmt: skip


def _line(declared: Figure, view: View) -> list[Cell]:
    words = language()
    return [
        Cell(declared.label(words), f"{declared.key} · {direction(declared)}", href=view.href("source", kpi=declared.key)),
        Cell(present.upper_first(declared.numerator_text(words)), label=_("tử số")),
        Cell(present.upper_first(declared.denominator_text(words)), label=_("mẫu số")),
        Cell(present.upper_first(declared.exclusions(words)), label=_("không tính")),
        Cell(
            declared.legal_basis(words),
            _("{owner} · phiên bản {n}, xem lại {day}", owner=declared.owner(words), n=declared.version, day=date(declared.reviewed_on)),
        ),
    ]  # fmt: skip


def direction(declared: Figure) -> str:
    return _("càng cao càng tốt") if declared.direction > 0 else _("càng thấp càng tốt")


def rules(found: Rules) -> list[tuple[str, str, str]]:
    """Rule, what is done, and its switch as it stands in the campaign's file."""
    words = {
        "late_by": (_("Trễ hạn"), {"day": _("tính theo ngày: hạn hôm nay thì hết ngày mới trễ"), "instant": _("tính theo từng thời điểm")}),
        "no_due_date": (_("Không có ngày hẹn trả"), {"exclude": _("không tính vào tỷ lệ đúng hạn"), "on_time": _("tính là đúng hạn")}),
        "paused": (_("Đang tạm dừng"), {"aside": _("không bao giờ quá hạn"), "running": _("vẫn tính hạn")}),
        "withdrawn": (_("Công dân rút hồ sơ"), {"exclude": _("không tính"), "done": _("tính là đã giải quyết")}),
        "period": (_("Hồ sơ trong kỳ"), {"finish": _("giải quyết xong trong kỳ"), "accept": _("tiếp nhận trong kỳ")}),
        "end": (_("Kết thúc"), {"finished": _("khi xử lý xong"), "returned": _("khi trả kết quả")}),
    }  # fmt: skip
    chosen = found.model_dump()
    return [(name, ways.get(chosen[rule], chosen[rule]), f"{rule} = {chosen[rule]}") for rule, (name, ways) in words.items()]  # fmt: skip
