"""The sentences of the pages of trust: what was loaded and refused, and whether published figures hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from data.clock import parse_moment
from data.locale import _, language
from data.locale.formats import NOTHING, date, decimal, moment, number, percent
from kpi import corrections, issues
from kpi.catalog import FIGURES
from kpi.published import Checked
from loaders.report import LoadReport
from pages.parts import present
from pages.parts.blocks import Cell, Column
from pages.parts.messages import scheme_words
from pages.parts.view import View

UNDO = "undo"
"""The kind of an import that takes another one back."""


def imports_verdict(loads: list[dict[str, Any]], waiting: int, view: View) -> tuple[str, str]:
    """What was taken in so far, and what waits for a decision."""
    files = [load for load in loads if load["kind"] != UNDO and load["state"] == "loaded"]
    read, refused = sum(load["read"] for load in files), sum(load["refused"] for load in files)
    title = _("{n} tệp đã nạp, {read} dòng, {refused} dòng bị từ chối", count=len(files), n=number(len(files)), read=number(read), refused=number(refused))  # fmt: skip
    newest = max((load["at"] for load in files), default=None)
    lead = [_("Tệp mới nhất nhận lúc **{at}**.", at=moment(newest, view.home.zone))] if newest is not None else []
    if waiting:
        lead.append(_("**{n} tệp chờ quyết định.**", count=waiting, n=number(waiting)))
    return title, " ".join([*lead, _("Nạp lại cùng một tệp không làm thay đổi gì.")])


def import_name(load: dict[str, Any]) -> str:
    """The file of an import, or what an undo took back."""
    return _("Hoàn tác: {file}", file=load["file"]) if load["kind"] == UNDO else str(load["file"])


def kind(name: str) -> str:
    words = {"dossiers": _("hồ sơ"), "services": _("dịch vụ công"), "series": _("số liệu khác")}
    return words.get(name, name)


def status(report: LoadReport) -> Cell:
    """What became, or would become, of a file."""
    if report.status == "loaded":
        return Cell(_("✔ nạp được"), report.reason, tone="good", bold=True)
    if report.status == "unchanged":
        return Cell(_("○ đã nạp trước đây"), report.reason, tone="none", bold=True)
    if report.status == "held":
        return Cell(_("▲ chờ quyết định"), report.reason, tone="warn", bold=True)
    return Cell(_("✖ bị từ chối"), report.reason, tone="warn", bold=True)


def judged_title(reports: Sequence[LoadReport]) -> str:
    good = sum(report.status == "loaded" for report in reports)
    if good == len(reports):
        return _("Đọc thử: {n} tệp nạp được, chưa tính vào số nào", count=good, n=number(good))
    return _(
        "Đọc thử: {good} trong {all} tệp nạp được, chưa tính vào số nào", good=number(good), all=number(len(reports))
    )


def loaded_title(reports: Sequence[LoadReport]) -> str:
    new = sum(report.new + report.changed for report in reports if report.status == "loaded")
    return _("Đã nạp: {n} dòng mới hoặc thay đổi", count=new, n=number(new))


def would_change(n: int) -> str:
    return _("{n} số đang hiển thị sẽ thay đổi", count=n, n=number(n))


def flag(name: str) -> str:
    """A kind of doubt about a dossier."""
    words = {
        "no_due_date": _("Thiếu ngày hẹn trả"),
        "finish_before_accept": _("Xong trước khi tiếp nhận"),
        "due_before_accept": _("Hẹn trả trước khi tiếp nhận"),
        "far_date": _("Ngày quá xa"),
        "odd_code": _("Mã hồ sơ lạ"),
        "status_clash": _("Trạng thái không khớp ngày"),
        "ambiguous_time": _("Giờ lặp khi đổi giờ"),
        "nonexistent_time": _("Giờ không có khi đổi giờ"),
        "unknown_procedure": _("Mã thủ tục lạ"),
        "repeated_in_file": _("Lặp trong một tệp"),
        "absent": _("Không còn trong tệp đầy đủ"),
        "older_than_known": _("Cũ hơn số liệu đã có"),
        "absent_from_full": _("Vắng mặt trong tệp đầy đủ này"),
    }
    return words.get(name, name)


def flag_meaning(name: str) -> str:
    """What the system does with such a dossier."""
    words = {
        "no_due_date": _("Không tính vào tỷ lệ đúng hạn, trừ khi quy tắc của chiến dịch nói khác."),
        "finish_before_accept": _("Vẫn tính; cần sửa ngày ở phần mềm một cửa."),
        "due_before_accept": _("Vẫn tính, thường thành quá hạn; cần sửa ngày hẹn trả."),
        "far_date": _("Vẫn giữ nhưng không kéo dài thời điểm số liệu."),
        "odd_code": _("Vẫn tính; mã không theo mẫu quốc gia."),
        "status_clash": _("Tính theo ngày, không theo trạng thái."),
        "ambiguous_time": _("Lấy giờ đến trước."),
        "nonexistent_time": _("Dời đến giờ kế tiếp có thật."),
        "unknown_procedure": _("Vẫn tính; không nối được với danh mục dịch vụ công."),
        "repeated_in_file": _("Chỉ lấy dòng cuối trong tệp."),
        "absent": _("Không bị xóa; cần kiểm tra ở phần mềm một cửa."),
    }
    return words.get(name, "")


def quality_note() -> str:
    return _(
        "Chỉ đếm hồ sơ đang được tin là đúng, theo lần nạp mới nhất của từng hồ sơ. Không hồ sơ nào bị bỏ vì các dấu hiệu này."
    )


def flags(found: Mapping[str, int]) -> str:
    return ", ".join(f"{flag(name).lower()} {number(n)}" for name, n in found.items() if n)


def pulled(found: Mapping[str, int]) -> str:
    """Files of a source by what became of them."""
    words = {
        "loaded": _("đã nạp"),
        "unchanged": _("như cũ"),
        "refused": _("bị từ chối"),
        "held": _("chờ quyết định"),
        "waiting": _("chưa đủ"),
        "failed": _("lỗi"),
    }
    return ", ".join(f"{words.get(state, state)} {number(n)}" for state, n in found.items() if n)


def skipped(found: Mapping[str, int]) -> str:
    """Rows that only lay a sheet out."""
    words = {
        "headings": _("dòng tiêu đề lặp lại"),
        "column_numbers": _("dòng số thứ tự cột"),
        "groups": _("dòng tên nhóm"),
        "totals": _("dòng cộng"),
        "signatures": _("dòng chữ ký"),
    }
    return ", ".join(f"{words.get(name, name)} {number(n)}" for name, n in found.items() if n)


def place(sheet: str, row: int) -> str:
    return _("trang {sheet}, dòng {row}", sheet=sheet, row=number(row)) if sheet else _("dòng {row}", row=number(row))


def targets_verdict(view: View) -> tuple[str, str]:
    """Whose targets, by which plan, until when."""
    kpis = view.target_kpis
    name = view.campaign.name(language())
    if not kpis:
        return _("{name}: chưa giao chỉ tiêu", name=name), _("Mọi số chỉ để theo dõi, không số nào được coi là đạt.")
    due = max(target.due for target in view.campaign.target)
    title = _("{name}: {n} chỉ tiêu, hạn cuối {due}", count=len(kpis), name=name, n=number(len(kpis)), due=date(due))
    return title, _("Số nào cũng có tử số, mẫu số và căn cứ; không có mẫu số thì không có tỷ lệ, không giao chỉ tiêu thì không có “đạt”.")  # fmt: skip


def told_verdict(view: View) -> tuple[str, str]:
    """How often this campaign's figures were frozen, and how often figures of days already told changed."""
    frozen = issues.listed(view.store, view.campaign.key)
    changed = corrections.count(view.store)
    if not frozen:
        title = _("Chưa chốt số liệu lần nào")
    else:
        title = _("{n} bản chốt số liệu, mới nhất {at}", count=len(frozen), n=number(len(frozen)), at=moment(frozen[0].as_of, view.home.zone))  # fmt: skip
    return title, _("Số đã báo cáo không tự đổi; **{n} lần** số của ngày đã qua bị đổi được ghi trong nhật ký.", n=number(changed))  # fmt: skip


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


def published_columns() -> list[Column]:
    return [
        Column(_("Số đã công bố")), Column(_("Thời điểm")), Column(_("Chỉ tiêu")), Column(_("Công bố"), True),
        Column(_("Biết khi đó"), True), Column(_("Biết bây giờ"), True), Column(_("Đối chiếu")),
    ]  # fmt: skip


def published_line(entry: Checked, view: View) -> list[Cell]:
    row = entry.row
    declared = FIGURES.get(row.kpi)
    # published.csv tells in English what each figure is; in Vietnamese the figure's own name says it.
    words = row.text if language() == "en" or declared is None else declared.label("vi")
    moved = entry.known_then != entry.computed
    href = view.href("source", kpi=row.kpi, unit=row.unit, as_of=row.as_of) if declared else ""
    return [
        Cell(words or row.id, f"{row.id} · {row.source}", href=href),
        Cell(moment(parse_moment(row.as_of, view.home.zone), view.home.zone)),
        Cell(present.short(declared) if declared else row.kpi, _scope(entry, view)),
        Cell(_claimed(entry), right=True, label=_("công bố")),
        Cell(_written(entry, entry.known_then), right=True, label=_("biết khi đó")),
        Cell(_written(entry, entry.computed), _("đã đổi từ khi đó") if moved else "", right=True, label=_("biết bây giờ"), bold=True),
        _agreement(entry),
    ]  # fmt: skip


def sources_columns() -> list[Column]:
    return [Column(_("Chỉ tiêu, thời điểm")), Column(_("Các nguồn công bố")), Column(_("Biết khi đó"), True), Column(_("Biết bây giờ"), True)]  # fmt: skip


def sources_title(n: int) -> str:
    return _("{n} số có nguồn nói khác nhau", count=n, n=number(n))


def sources_line(claims: Sequence[Checked], view: View) -> list[Cell]:
    """Claims of several sources about the same figure and day."""
    first = claims[0]
    declared = FIGURES.get(first.row.kpi)
    at = moment(parse_moment(first.row.as_of, view.home.zone), view.home.zone)
    said = "; ".join(f"{_claimed(one)} ({one.row.source}, {one.row.id})" for one in claims)
    return [
        Cell(
            present.short(declared) if declared else first.row.kpi, " · ".join(filter(None, (at, _scope(first, view))))
        ),
        Cell(said, label=_("công bố")),
        Cell(_written(first, first.known_then), right=True, label=_("biết khi đó")),
        Cell(_written(first, first.computed), right=True, bold=True, label=_("biết bây giờ")),
    ]


def _written(entry: Checked, value: float | None) -> str:
    declared = FIGURES.get(entry.row.kpi)
    ratio = declared is not None and declared.is_ratio and entry.row.part == "value"
    return NOTHING if value is None else percent(value) if ratio else decimal(value, 2)


def _claimed(entry: Checked) -> str:
    return {"gt": "> ", "about": "≈ "}.get(entry.row.comparison, "") + _written(entry, entry.row.value)


def _agreement(entry: Checked) -> Cell:
    if not entry.reached:
        return Cell(_("○ chưa có dữ liệu"), tone="none")
    if entry.ok is None:
        return Cell(_("○ chỉ nêu"), tone="none")
    return Cell(_("✔ khớp") if entry.ok else _("✖ không khớp"), bold=True, tone="good" if entry.ok else "warn")


def _scope(entry: Checked, view: View) -> str:
    """What narrows the figure: a condition, a scheme, a unit."""
    unit = view.tree.units.get(entry.row.unit)
    place = unit.name if unit and unit.code != view.tree.root else ""
    return " · ".join(filter(None, (condition_words(entry.row.filter), scheme_words(entry.row.scheme), place)))


def published_note() -> str:
    return _(
        "Mỗi số được tính lại đúng thời điểm và phạm vi của nó: theo những gì đã biết hết ngày đó, và theo những gì biết bây giờ. > nghĩa là “hơn”, ≈ là sai khác dưới 0,5 điểm phần trăm."
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
