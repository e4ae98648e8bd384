"""Targets, unit × figure, with due dates; the same as a sheet."""

from __future__ import annotations

from collections.abc import Sequence, Set
from datetime import date

from data.home import Target
from data.locale import _, language
from data.locale.formats import NOTHING, number, percent, short_date
from data.locale.formats import date as in_words
from data.units import Unit
from kpi.catalog import FIGURES, figure
from kpi.targets import targets_of
from loaders import target_sheet
from pages.parts import frame, present, sheets
from pages.parts.blocks import Cell, Column, Heading, Note, Table
from pages.parts.view import View


def units(view: View) -> list[Unit]:
    """The whole, then departments and districts; a chosen unit alone with those below it."""
    below = [unit for level in view.levels_below() for unit in view.units_of(level)]
    inside = set(view.tree.below(view.unit))
    return [view.place, *(unit for unit in below if unit.code in inside and unit.code != view.unit)]


def known(view: View) -> dict[str, str]:
    """Figures that may have a target: key → short name; those of manual series are named by their key."""
    own = {kpi: kpi for kpi in view.target_kpis if kpi not in FIGURES}
    return {key: present.short(declared) for key, declared in FIGURES.items()} | own


def draw(view: View) -> None:
    kpis = view.target_kpis
    if not kpis:
        frame.show(Heading(_("Chiến dịch chưa giao chỉ tiêu nào")), Note(_("Ghi các khối [[target]] vào tệp của chiến dịch, hoặc nạp từ bảng tính ở phần bên cạnh.")))  # fmt: skip
        return
    shown = units(view)
    names = known(view)
    found = {kpi: {unit.code: targets_of(view.campaign, kpi, unit) for unit in shown} for kpi in kpis}
    dues = {kpi: {target.due for targets in found[kpi].values() for target in targets} for kpi in kpis}
    lines = [
        [
            Cell(unit.name, href=view.href("my_unit", unit=unit.code)),
            *(_cell(found[kpi][unit.code], kpi, names[kpi], len(dues[kpi]) > 1) for kpi in kpis),
        ]
        for unit in shown
    ]
    columns = [Column(_("Đơn vị")), *(Column(_head(names[kpi], dues[kpi]), True) for kpi in kpis)]
    frame.show(Heading(_title(view)), Table(columns, lines), Note(_note(view)))
    heads, rows = as_sheet(view, shown)
    name = f"chi-tieu-{view.campaign.key}.xlsx"
    frame.file(_("Tải bảng chỉ tiêu (XLSX)"), name, sheets.XLSX, lambda: sheets.as_xlsx(heads, rows, name[:-5]), type="secondary", icon=":material/download:")  # fmt: skip


def _title(view: View) -> str:
    everyone = sum(not (target.unit or target.kind or target.level) for target in view.campaign.target)
    all_ = len(view.campaign.target)
    if everyone == all_:
        return _("{n} chỉ tiêu, giao chung cho mọi đơn vị", count=all_, n=number(all_))
    return _("{n} chỉ tiêu, {own} giao riêng cho đơn vị, loại hoặc cấp", n=number(all_), own=number(all_ - everyone))


def _note(view: View) -> str:
    text = _("Nguồn: {plan}, tệp {key}.toml của thư mục dữ liệu. Giao riêng cho đơn vị đứng trước loại, cấp và giao chung.", plan=view.campaign.plan or "—", key=view.campaign.key)  # fmt: skip
    if any(target.simulated for target in view.campaign.target):
        text += " " + _("○ chỉ tiêu mô phỏng.")
    return text


def _head(name: str, dues: Set[date]) -> str:
    """A due date that all units share stands in the head."""
    return _("{name}, hạn {day}", name=name, day=short_date(min(dues))) if len(dues) == 1 else name


def _cell(targets: Sequence[Target], kpi: str, name: str, with_due: bool) -> Cell:
    if not targets:
        return Cell(NOTHING, right=True, label=name)
    last = targets[-1]
    steps = ", ".join(f"{written(kpi, one.value)} {short_date(one.due)}" for one in targets[:-1])
    due = _("hạn {day}", day=in_words(last.due)) if with_due else ""
    origin = "" if not (last.unit or last.kind or last.level) else _origin(last)
    second = " · ".join(filter(None, (steps, due, origin, _("○ mô phỏng") if last.simulated else "")))
    return Cell(written(kpi, last.value), second, right=True, label=name, raw=last.value)


def written(kpi: str, value: float) -> str:
    declared = FIGURES.get(kpi)
    return percent(value) if declared is not None and declared.is_ratio else number(value)


def as_sheet(view: View, shown: Sequence[Unit]) -> tuple[list[str], list[list[sheets.Value]]]:
    """One row per unit, figure and due date; ratios in per cent. What ``target_sheet.read`` reads again."""
    heads = [target_sheet.UNIT, "Đơn vị", target_sheet.KPI, "Chỉ tiêu", target_sheet.VALUE, "Đơn vị tính", target_sheet.DUE, "Giao theo"]  # fmt: skip
    rows: list[list[sheets.Value]] = []
    for unit in shown:
        for kpi in view.target_kpis:
            for target in targets_of(view.campaign, kpi, unit):
                ratio = kpi in FIGURES and figure(kpi).is_ratio
                value = round(target.value * 100, 9) if ratio else target.value
                name = FIGURES[kpi].label(language()) if kpi in FIGURES else kpi
                rows.append([unit.code, unit.name, kpi, name, value, "%" if ratio else "", target.due.isoformat(), _origin(target)])  # fmt: skip
    return heads, rows


def _origin(target: Target) -> str:
    if target.unit:
        return _("giao riêng")
    if target.kind:
        return _("giao theo loại")
    return _("giao theo cấp") if target.level else _("giao chung")
