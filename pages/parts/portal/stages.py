"""How far services have come: stages, why some were sent back, and what still waits, by whom and until when."""

from __future__ import annotations

from data.locale import _
from data.locale.formats import NOTHING, date, number
from kpi.pipeline import Pipeline, Waiting
from kpi.targets import target_of
from pages.parts import choose, frame, messages, states
from pages.parts.blocks import Cell, Column, Columns, Heading, Note, Table
from pages.parts.charts.counts import Group, pareto, process
from pages.parts.drill import words
from pages.parts.view import View

SIZE = 25


def draw(view: View) -> None:
    found = view.pipeline()
    if found is None or not found.stages["eligible"]:
        frame.show(states.no_services())
        return
    source = messages.source(view, "npsp_integration")
    left = [process("stages", _stages_title(found), _groups(found), _("Bước"), source)]
    reasons = [Group(reason or _("không ghi lý do"), n, "warn") for reason, n in found.reasons]
    right = [
        pareto("reasons", _reasons_title(found), reasons, _("Lý do bị từ chối"), source)
        if reasons
        else Heading(_("Không dịch vụ nào đang bị từ chối"))
    ]
    frame.show(Columns(left, right, (7, 5)))
    _waiting(found, view)


def _stages_title(found: Pipeline) -> str:
    """Where most services still wait."""
    stages = found.stages
    steps = {
        _("chưa rà soát"): stages["eligible"] - stages["reviewed"],
        _("đã rà soát, chưa gửi"): stages["reviewed"] - stages["sent"],
        _("đã gửi, chờ duyệt"): stages["sent"] - stages["rejected"] - stages["integrated"],
        _("bị từ chối, chờ sửa"): stages["rejected"],
    }
    name, n = max(steps.items(), key=lambda step: step[1])
    if not n:
        return _("Mọi dịch vụ đủ điều kiện đã tích hợp")
    left = stages["eligible"] - stages["integrated"]
    return _("Còn {left} dịch vụ chưa tích hợp, nhiều nhất: {n} {step}", count=left, left=number(left), n=number(n), step=name)  # fmt: skip


def _groups(found: Pipeline) -> list[Group]:
    stages = found.stages
    named = (
        ("eligible", _("Đủ điều kiện, mức 3 và 4"), "mid"),
        ("reviewed", _("Đã rà soát"), "good"),
        ("sent", _("Đã gửi"), "good"),
        ("rejected", _("Đang bị từ chối"), "warn"),
        ("mended", _("Từng bị từ chối, đã sửa"), "good"),
        ("integrated", _("Đã tích hợp"), "good"),
        ("used", _("Tích hợp và có hồ sơ trực tuyến"), "good"),
    )
    return [Group(words_, stages[key], tone) for key, words_, tone in named]


def _reasons_title(found: Pipeline) -> str:
    total = sum(n for _reason, n in found.reasons)
    top = found.reasons[:2]
    held = sum(n for _reason, n in top)
    if len(found.reasons) < 3:
        return _("{n} dịch vụ đang bị từ chối", count=total, n=number(total))
    return _("Hai lý do giữ {held} trong {all} dịch vụ bị từ chối", held=number(held), all=number(total))


def _waiting(found: Pipeline, view: View) -> None:
    total = len(found.waiting)
    if not total:
        return
    start = choose.sheet(total, SIZE)
    columns = [Column(_("Dịch vụ")), Column(_("Đơn vị chủ trì")), Column(_("Trạng thái")), Column(_("Từ ngày"), True), Column(_("Hạn"), True)]  # fmt: skip
    frame.show(
        Heading(_("{n} dịch vụ chưa tích hợp, việc sửa được ngay trước", count=total, n=number(total))),
        Table(columns, [_line(one, view) for one in found.waiting[start : start + SIZE]]),
        Note(_("Hạn là hạn của chỉ tiêu tích hợp giao cho đơn vị chủ trì.")),
    )
    choose.turn(total, SIZE)


def _line(one: Waiting, view: View) -> list[Cell]:
    unit = view.tree.units.get(one.unit)
    target = target_of(view.campaign, "npsp_integration", unit, view.day) if unit is not None else None
    state = {
        "rejected": _("✖ bị từ chối"),
        "submitted": _("● đã gửi, chờ duyệt"),
        "reviewed": _("▲ đã rà soát, chưa gửi"),
    }
    tone = {"rejected": "warn", "submitted": "good", "reviewed": "warn"}.get(one.state, "none")
    return [
        Cell(one.name or one.code, f"{one.code} · {_('mức {n}', n=number(one.level))}", href=view.href("source", entry=one.code)),
        Cell(words.unit(one.unit, view), href=view.href("my_unit", unit=one.unit)),
        Cell(state.get(one.state, _("○ chưa rà soát")), one.reason, tone=tone, bold=one.state == "rejected"),
        Cell(NOTHING if one.since is None else date(one.since), right=True, label=_("từ ngày")),
        Cell(NOTHING if target is None else date(target.due), right=True, label=_("hạn")),
    ]  # fmt: skip
