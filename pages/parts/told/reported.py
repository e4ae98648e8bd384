"""An issued report beside what was known then and what is known now, down to the dossiers that make the difference."""

from __future__ import annotations

from data.locale import _, language
from data.locale.formats import NOTHING, moment, number
from kpi import issues
from kpi.catalog import FIGURES
from kpi.issues import Cause, Issue, Told
from kpi.model import Row
from pages.parts import choose, frame, present, states, trust_words
from pages.parts.blocks import Cell, Column, Heading, Note, Picks, Table
from pages.parts.drill import words
from pages.parts.view import View

SIZE = 25


def draw(view: View) -> None:
    found = issues.listed(view.store, view.campaign.key)
    if not found:
        frame.show(states.no_issues())
        return
    chosen = choose.one({str(one.id): _name(one, view) for one in found}, _("Bản chốt"), "entry")
    one = next(one for one in found if str(one.id) == chosen)
    told = view.told(one.id)
    kpi = choose.linked("kind", [entry.any.kpi for entry in told])
    if kpi:
        _causes(view, one, kpi, next(entry for entry in told if entry.any.kpi == kpi))
        return
    changed = [entry for entry in told if entry.differs]
    columns = [Column(_("Chỉ tiêu")), Column(_("Đã báo cáo"), True), Column(_("Biết khi đó"), True), Column(_("Biết bây giờ"), True), Column(_("So sánh"))]  # fmt: skip
    frame.show(
        Note(_about(one, view)),
        Heading(_title(len(changed), len(told), view)),
        Table(columns, [_line(entry, one, view) for entry in (*changed, *(entry for entry in told if not entry.differs))]),
        Note(_("Đã báo cáo: số đóng băng khi chốt. Biết khi đó: tính lại từ những gì kho biết lúc chốt. Biết bây giờ: tính lại cho cùng thời điểm từ mọi tệp đã nạp đến nay.")),
    )  # fmt: skip


def _name(one: Issue, view: View) -> str:
    number_ = f" · {one.number}" if one.number else ""
    return _("Bản {n}: {at}", n=one.id, at=moment(one.as_of, view.home.zone)) + number_


def _about(one: Issue, view: View) -> str:
    text = _("{name}. Chốt lúc {at}, {who}, phiên bản dữ liệu {version}, biết đến lần nạp {known}.", name=_name(one, view), at=moment(one.at, view.home.zone), who=one.who, version=one.data_version, known=one.known_import)  # fmt: skip
    if one.replaces is not None:
        text += " " + _("Thay bản {n}: {reason}.", n=one.replaces, reason=one.reason)
    return text


def _title(changed: int, all_: int, view: View) -> str:
    if not changed:
        return _("{unit}: cả {n} số vẫn như đã báo cáo", unit=view.place.name, n=number(all_))
    return _("{unit}: {n} trong {all} số nay khác", unit=view.place.name, n=number(changed), all=number(all_))


def _line(entry: Told, one: Issue, view: View) -> list[Cell]:
    row = entry.any
    declared = FIGURES.get(row.kpi)
    name = declared.label(language()) if declared else row.kpi
    href = view.href("as_reported", entry=str(one.id), kind=row.kpi) if entry.differs else ""
    if entry.differs:
        verdict = Cell(_("▲ đã đổi"), _("xem hồ sơ gây khác"), tone="warn", bold=True, href=href)
    else:
        verdict = Cell(_("✔ như cũ"), tone="good")
    return [
        Cell(name, words.scheme(row.scheme), href=href),
        _side(entry.reported, _("đã báo cáo")),
        _side(entry.then, _("biết khi đó")),
        _side(entry.now, _("biết bây giờ"), bold=True),
        verdict,
    ]


def _side(row: Row | None, label: str, bold: bool = False) -> Cell:
    if row is None:
        return Cell(NOTHING, right=True, label=label)
    value = present.value(row) if row.kpi in FIGURES else number(row.value)
    parts = f"{number(row.numerator)} / {number(row.denominator)}" if row.denominator is not None else ""
    return Cell(value, parts, right=True, label=label, bold=bold)


def _causes(view: View, one: Issue, kpi: str, entry: Told) -> None:
    """The dossiers or services that count otherwise now."""
    if FIGURES[kpi].reads == "dossiers" and not view.reads_dossiers:
        frame.show(states.not_yours(view.place.name))
        return
    found = view.causes(one, kpi)
    start = choose.sheet(len(found), SIZE)
    columns = [Column(_("Hồ sơ, dịch vụ")), Column(_("Khi đó")), Column(_("Bây giờ"))]
    frame.show(
        Picks([(_("← Mọi số của bản chốt"), view.href("as_reported", entry=str(one.id)))]),
        Heading(_("{figure}: {n} hồ sơ, dịch vụ nay tính khác", figure=present.short(FIGURES[kpi]), n=number(len(found)))),
        Table(columns, [_cause(cause, view) for cause in found[start : start + SIZE]]),
    )  # fmt: skip
    if not found:
        frame.show(Note(_("Không hồ sơ nào gây khác: số đổi vì cách tính hoặc chỉ tiêu được sửa.")))
    choose.turn(len(found), SIZE)


def _cause(cause: Cause, view: View) -> list[Cell]:
    return [
        Cell(cause.code, href=view.href("source", entry=cause.code)),
        _counted(cause.then, _("khi đó")),
        _counted(cause.now, _("bây giờ")),
    ]


def _counted(entry: dict[str, object] | None, label: str) -> Cell:
    if entry is None:
        return Cell(_("không tính"), label=label)
    text = _("trong tử số") if entry.get("numerator") else _("trong mẫu số, không trong tử số")
    file = str(entry.get("file") or entry.get("source") or "")
    row = entry.get("row")
    place = trust_words.place(str(entry.get("sheet") or ""), row) if isinstance(row, int) else ""
    return Cell(text, ", ".join(filter(None, (file, place))), label=label)
