"""The sentences of the pages of trust: what was loaded and refused, and whether published figures hold."""

from __future__ import annotations

from typing import Any

from data.clock import parse_moment
from data.locale import _, language
from data.locale.formats import NOTHING, decimal, moment, number, percent
from kpi.catalog import FIGURES
from kpi.published import Checked
from pages.parts import html, present
from pages.parts.messages import scheme_words
from pages.parts.view import View


def imports_verdict(loads: list[dict[str, Any]], refusals: list[dict[str, Any]], view: View) -> tuple[str, str]:
    read, refused = sum(load["read"] for load in loads), sum(load["refused"] for load in loads)
    title = _("{n} tệp đã nạp, {read} dòng, {refused} dòng bị từ chối", count=len(loads), n=number(len(loads)), read=number(read), refused=number(refused))  # fmt: skip
    newest = max((load["at"] for load in loads), default=None)
    return title, _(
        "Tệp mới nhất nhận lúc **{at}**. Nạp lại cùng một tệp không làm thay đổi gì.", at=moment(newest, view.home.zone)
    )


def refusals_title(all_: int, shown: int) -> str:
    if not all_:
        return _("Không dòng nào bị từ chối")
    if shown < all_:
        return _("{all} dòng bị từ chối, {n} dòng mới nhất", all=number(all_), n=number(shown))
    return _("{all} dòng bị từ chối", count=all_, all=number(all_))


def place(sheet: str, row: int) -> str:
    return _("trang {sheet}, dòng {row}", sheet=sheet, row=number(row)) if sheet else _("dòng {row}", row=number(row))


def published_verdict(checked: list[Checked]) -> tuple[str, str]:
    good = sum(entry.ok is True for entry in checked)
    bad = sum(entry.ok is False for entry in checked)
    rest = len(checked) - good - bad
    title = (
        _("Cả {n} số đối chiếu được đều khớp", n=good)
        if not bad
        else _("{bad} trong {n} số đã công bố không khớp", bad=bad, n=good + bad)
    )
    return title, _(
        "{n} số khác chỉ nêu để tham khảo: mục tiêu, cam kết, ngoài khoảng thời gian có dữ liệu, hoặc không tính được từ tệp xuất.",
        count=rest,
        n=rest,
    )


def published_line(entry: Checked, view: View) -> list[html.Cell]:
    row = entry.row
    declared = FIGURES.get(row.kpi)
    ratio = declared is not None and declared.is_ratio and row.part == "value"

    def written(value: float | None) -> str:
        return NOTHING if value is None else percent(value) if ratio else decimal(value, 2)

    relation = {"gt": "> ", "about": "≈ "}.get(row.comparison, "")
    if not entry.reached:
        verdict_ = html.Cell(_("○ chưa có dữ liệu"), tone="none")
    elif entry.ok is None:
        verdict_ = html.Cell(_("○ chỉ nêu"), tone="none")
    else:
        verdict_ = html.Cell(
            _("✔ khớp") if entry.ok else _("✖ không khớp"), bold=True, tone="good" if entry.ok else "warn"
        )
    unit = view.tree.units.get(row.unit)
    detail = " · ".join(
        filter(
            None,
            (
                condition_words(row.filter),
                scheme_words(row.scheme),
                unit.name if unit and unit.code != view.tree.root else "",
            ),
        )
    )
    # published.csv tells in English what each figure is; in Vietnamese the figure's own name says it.
    words = row.text if language() == "en" or declared is None else declared.label("vi")
    return [
        html.Cell(words or row.id, f"{row.id} · {row.source}"),
        html.Cell(moment(parse_moment(row.as_of, view.home.zone), view.home.zone)),
        html.Cell(present.short(declared) if declared else row.kpi, detail),
        html.Cell(f"{relation}{written(row.value)}", label=_("công bố")),
        html.Cell(written(entry.computed), label=_("tính được"), bold=True),
        verdict_,
    ]


def published_note() -> str:
    return _(
        "Mỗi số được tính lại đúng thời điểm và phạm vi của nó. > nghĩa là “hơn”, ≈ là sai khác dưới 0,5 điểm phần trăm."
    )


def condition_words(filter: str) -> str:
    """A filter such as «level=4;state=integrated» in words."""
    states = {"integrated": _("đã tích hợp"), "rejected": _("bị trả lại")}
    found = []
    for part in filter.split(";"):
        if part.startswith("level") and part[5:].lstrip("<>=").isdigit():
            sign = part[5:].rstrip("0123456789")
            number_ = part[5 + len(sign) :]
            found.append(_("mức {sign}{n}", sign={"=": "", "<=": "≤ ", ">=": "≥ "}.get(sign, sign), n=number_))
        elif part.startswith("state=") and part[6:] in states:
            found.append(states[part[6:]])
        elif part == "state!=integrated":
            found.append(_("chưa tích hợp"))
        elif part:
            found.append(part)
    return ", ".join(found)
