"""IV. Tồn tại, hồ sơ quá hạn và thư xin lỗi; and the list of dossiers behind it, by code and without anybody's name."""

from __future__ import annotations

from kpi.catalog import figure
from kpi.reports import words
from kpi.reports.content import Cell, Column, Paragraph, Part, Section, Table
from kpi.reports.facts import Facts, Listed
from kpi.reports.paragraphs import paragraph
from kpi.reports.words import counted, day, number, percent

ANNEX = "overdue_list"
"""Key of the annex that lists dossiers."""
MOST_LISTED = 300
"""Dossiers in the annex; the rest is on the page of dossiers."""
NONE = "Không có hồ sơ quá hạn chưa giải quyết."


def section(facts: Facts) -> Section:
    parts: list[Part] = [paragraph("overdue.now", _now(facts))]
    if (table := _by_unit(facts)) is not None:
        parts.append(table)
    parts += [paragraph("overdue.apologies", _apologies(facts)), *_aside(facts)]
    return Section("overdue", "IV", "TỒN TẠI, HỒ SƠ QUÁ HẠN VÀ THƯ XIN LỖI", 1, tuple(parts))


def _now(facts: Facts) -> str:
    row, turned = facts.now["overdue_open"], facts.now["became_overdue"]
    if row.value is None:
        return "Chưa có số liệu hồ sơ."
    text = NONE if not row.value else f"Hiện có {counted(row.value, 'hồ sơ')} quá hạn chưa giải quyết"
    if row.value:
        if step := words.step_words(figure(row.kpi), row.value, facts.was(row)):
            text += f", {step}"
        ages = [(words_of(low, high), n) for low, high, n in facts.pressing.ages if n]
        text += f"; theo số ngày quá hạn: {words.listed(f'{which} {number(n)} hồ sơ' for which, n in ages)}."
    before = facts.was(turned)
    if facts.begun and turned.value is not None:
        fresh = turned.value - (before or 0)
        since = (
            "Từ đầu Chiến dịch" if facts.previous is None or facts.previous <= facts.start else "Từ kỳ báo cáo trước"
        )
        if fresh > 0:
            text += f" {since} phát sinh {counted(fresh, 'hồ sơ')} quá hạn mới"
        else:
            text += f" {since} không phát sinh hồ sơ quá hạn mới"
        text += f" (lũy kế {number(turned.value)})." if before is not None and since == "Từ kỳ báo cáo trước" else "."
    return text


def words_of(low: int, high: int | None) -> str:
    """A span of days overdue."""
    if high is None:
        return f"trên {low - 1} ngày"
    return f"từ {low} đến {high} ngày"


def _by_unit(facts: Facts) -> Table | None:
    """Units with anything overdue; None where there is none."""
    rows = {(row.unit, row.kpi): row for row in facts.below}
    lines: list[tuple[Cell, ...]] = []
    for level in facts.levels:
        for one in facts.units_of(level):
            stock, turned, letters = (
                rows.get((one.code, kpi)) for kpi in ("overdue_open", "became_overdue", "apology_ok")
            )
            if stock is None or turned is None or letters is None or not (stock.value or turned.value):
                continue
            lines.append(
                (
                    Cell(str(len(lines) + 1), float(len(lines) + 1), "count"),
                    Cell(one.name),
                    words.count_cell(stock.value, bold=bool(stock.value)),
                    words.step_cell(figure("overdue_open"), stock.value, facts.was(stock)),
                    words.count_cell(turned.value),
                    words.count_cell(letters.numerator if letters.denominator else None),
                    words.value_cell(figure("apology_ok"), letters.value, 1.0),
                )
            )
    if not lines:
        return None
    columns = (
        Column("TT", width=0.5),
        Column("Đơn vị", width=2.8),
        Column("Đang quá hạn", right=True),
        Column("So kỳ trước", width=1.2, right=True),
        Column("Phát sinh quá hạn từ đầu Chiến dịch", width=1.5, right=True),
        Column("Đã xin lỗi đúng quy định", width=1.3, right=True),
        Column("Tỷ lệ", right=True),
    )
    return Table("overdue", "Hồ sơ quá hạn và thư xin lỗi theo đơn vị", columns, tuple(lines))


def _apologies(facts: Facts) -> str:
    row = facts.now["apology_ok"]
    if not row.denominator:
        text = "Không có hồ sơ nào chuyển sang quá hạn trong kỳ Chiến dịch nên không phát sinh trường hợp phải xin lỗi."
    else:
        good, all_ = row.numerator or 0, row.denominator
        text = (
            f"Trong {counted(all_, 'hồ sơ')} chuyển sang quá hạn từ đầu Chiến dịch, {counted(good, 'hồ sơ')} "
            f"({percent(row.value, 1.0)}) đã được gửi thư xin lỗi trước hạn ít nhất 1 ngày và có ngày hẹn trả mới; "
        )
        text += (
            f"{counted(all_ - good, 'hồ sơ')} chưa bảo đảm." if all_ > good else "không có trường hợp nào chưa bảo đảm."
        )
    return text


def _aside(facts: Facts) -> list[Paragraph]:
    """Open dossiers that cannot become overdue; nothing where there is none."""
    paused = facts.pressing.paused
    no_date = facts.pressing.undated
    told = []
    if paused:
        told.append(
            f"{counted(paused, 'hồ sơ')} đang tạm dừng chờ bổ sung hoặc thực hiện nghĩa vụ tài chính, không tính quá hạn"
        )
    if no_date:
        told.append(f"{counted(no_date, 'hồ sơ')} đang giải quyết không có ngày hẹn trả")
    return [paragraph("overdue.aside", f"Ngoài ra có {words.listed(told)}.")] if told else []


# The annex ------------------------------------------------------------------------------------------------------------


def annex(facts: Facts) -> tuple[Part, ...]:
    listed, still_open, done_late = facts.overdue(MOST_LISTED)
    if not listed:
        return (
            paragraph(
                "list.none", "Không có hồ sơ quá hạn chưa giải quyết và hồ sơ giải quyết trễ hạn trong kỳ báo cáo."
            ),
        )
    about = [f"{counted(still_open, 'hồ sơ')} quá hạn chưa giải quyết"] if still_open else []
    about += [f"{counted(done_late, 'hồ sơ')} đã giải quyết trễ hạn trong kỳ báo cáo"] if done_late else []
    when = "" if facts.until == facts.as_of else f"Tính đến {words.moment(facts.until, facts.home.zone)}: "
    return (
        paragraph("list.about", f"{when or 'Gồm '}{words.listed(about)}; không nêu tên cá nhân, tổ chức."),
        _table(listed, still_open + done_late, facts),
    )


def _table(listed: list[Listed], in_all: int, facts: Facts) -> Table:
    columns = (
        Column("TT", width=0.5),
        Column("Mã hồ sơ", width=2.4),
        Column("Ngày tiếp nhận", right=True),
        Column("Ngày hẹn trả", right=True),
        Column("Ngày có kết quả", right=True),
        Column("Đơn vị giải quyết", width=2.2),
        Column("Ghi chú", width=1.8),
    )
    rows = [
        (
            Cell(str(n), float(n), "count"),
            Cell(one.code),
            Cell(day(one.accepted), one.accepted.isoformat(), "day"),
            Cell(day(one.due), one.due.isoformat(), "day"),
            Cell(day(one.finished), None if one.finished is None else one.finished.isoformat(), "text" if one.finished is None else "day"),
            Cell(_where(one, facts)),
            Cell(_note(one, facts)),
        )
        for n, one in enumerate(listed, start=1)
    ]  # fmt: skip
    left = in_all - len(listed)
    notes = (
        [
            f"Còn {counted(left, 'hồ sơ')} nữa không in ở đây; danh sách đầy đủ ở trang «Hồ sơ & thư xin lỗi» của hệ thống."
        ]
        if left
        else []
    )
    return Table(ANNEX, "Danh sách hồ sơ quá hạn", columns, tuple(rows), notes=tuple(notes))


def _where(one: Listed, facts: Facts) -> str:
    """The unit, with the district of a commune: names repeat."""
    unit = facts.tree[one.unit]
    above = facts.tree.units.get(unit.parent)
    if above is None or above.code in (facts.tree.root, facts.unit):
        return unit.name
    return f"{unit.name}, {words.unit(above.name)}"


def _note(one: Listed, facts: Facts) -> str:
    late = ((one.finished or facts.day) - one.due).days
    text = f"{'trễ' if one.finished else 'quá'} {number(late)} ngày" if late > 0 else "trễ trong ngày"
    return f"{text}; đã xin lỗi" if one.apologised else text
