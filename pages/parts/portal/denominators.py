"""The same achievement over different denominators, each with what it leaves out."""

from __future__ import annotations

from data.locale import _, language
from data.locale.formats import NOTHING, number, percent
from kpi import variants
from kpi.catalog import FIGURES, figure
from kpi.variants import LeftOut, Variant
from pages.parts import choose, frame, messages, present, states
from pages.parts.blocks import Bar, Cell, Column, Heading, Note, Table
from pages.parts.drill import words
from pages.parts.view import View

SIZE = 25
KPIS = (*variants.SERVICE_FIGURES, *variants.DOSSIER_FIGURES)


def draw(view: View) -> None:
    names = {kpi: FIGURES[kpi].label(language()) for kpi in KPIS}
    kpi = choose.one(names, _("Chỉ tiêu"), "kpi")
    found = view.variants(kpi)
    if not found or all(variant.denominator in (None, 0) for variant in found):
        frame.show(states.no_services())
        return
    columns = [Column(_("Mẫu số")), Column(""), Column(_("Kết quả"), True), Column(_("Tử số"), True), Column(_("Mẫu số, số lượng"), True), Column(_("Bỏ ra ngoài"), True)]  # fmt: skip
    frame.show(
        Heading(_title(found, kpi)), Table(columns, [_line(variant) for variant in found]), Note(messages.definition(kpi))
    )  # fmt: skip
    left = {variant.key: variant for variant in found if variant.left_out}
    if left:
        default = next((key for key, variant in left.items() if variant.is_figure), "")
        options = {key: _("Mẫu số {name}", name=present.lower_first(variant.label(language()))) for key, variant in left.items()}  # fmt: skip
        _left_out(left[choose.part(options, _("Mẫu số"), "kind", default)], view)


def _title(found: list[Variant], kpi: str) -> str:
    """How far the readings lie apart."""
    valued = [variant for variant in found if variant.value is not None]
    name = present.short(figure(kpi))
    if not valued:
        return name
    low, high = min(valued, key=lambda one: one.value or 0), max(valued, key=lambda one: one.value or 0)
    return _("{figure}: từ {low} đến {high}, tùy mẫu số", figure=name, low=percent(low.value), high=percent(high.value))


def _line(variant: Variant) -> list[Cell]:
    value = variant.value
    words_ = percent(value)
    bar = None if value is None else Bar(value, None, "good" if variant.is_figure else "none", words_)
    return [
        Cell(variant.label(language()), _("mẫu số của chỉ tiêu") if variant.is_figure else ""),
        Cell("", bar=bar),
        Cell(words_, right=True, bold=True, raw=value),
        Cell(number(variant.numerator), right=True, label=_("tử số"), raw=variant.numerator),
        Cell(number(variant.denominator), right=True, label=_("mẫu số"), raw=variant.denominator),
        Cell(number(sum(one.count for one in variant.left_out)), right=True, label=_("bỏ ra ngoài")),
    ]


def _left_out(variant: Variant, view: View) -> None:
    total = len(variant.left_out)
    start = choose.sheet(total, SIZE)
    counted = sum(one.count for one in variant.left_out)
    with_unit = any(one.unit for one in variant.left_out)  # dossiers are left out by procedure, whatever the unit
    place = [Column(_("Đơn vị"))] * with_unit
    columns = [Column(_("Dịch vụ, thủ tục")), *place, Column(_("Vì sao bỏ ra")), Column(_("Số lượng"), True)]
    frame.show(
        Heading(_("Bỏ ra ngoài mẫu số: {n}", n=number(counted))),
        Table(columns, [_excluded(one, view, with_unit) for one in variant.left_out[start : start + SIZE]]),
    )
    choose.turn(total, SIZE)


def _excluded(one: LeftOut, view: View, with_unit: bool) -> list[Cell]:
    return [
        Cell(one.name or one.code or NOTHING, one.code),
        *[Cell(words.unit(one.unit, view))] * with_unit,
        Cell(_why(one.why), one.reason),
        Cell(number(one.count), right=True, label=_("số lượng")),
    ]


def _why(why: str) -> str:
    found = {
        variants.LOW_LEVEL: _("dưới mức 3"),
        variants.NOT_LEVEL_4: _("chưa ở mức 4"),
        variants.NO_LEVEL: _("không ghi mức"),
        variants.NOT_ELIGIBLE: _("không đủ điều kiện"),
        variants.UNKNOWN_SERVICE: _("thủ tục không có trong danh mục"),
    }
    return found.get(why, why)
