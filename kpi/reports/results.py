"""II and III: results by target, and by unit."""

from __future__ import annotations

from collections.abc import Sequence

from kpi.catalog import figure
from kpi.catalog.figure import Figure
from kpi.model import Row, Status
from kpi.ranking import Ranked, league
from kpi.reports import words
from kpi.reports.content import Bars, Cell, Column, Line, Paragraph, Part, Section, Table
from kpi.reports.facts import LATE, Facts
from kpi.reports.paragraphs import paragraph
from kpi.reports.words import number
from kpi.status import met

NAMED = 3
"""Units named at either end of a league."""


# II. By target --------------------------------------------------------------------------------------------------------


def by_target(facts: Facts) -> Section:
    rows = facts.judged
    parts: list[Part] = [paragraph("targets.summary", _summary(rows, facts))]
    parts.append(_targets(rows, facts))
    parts += [paragraph(f"targets.{row.kpi}", _figure_words(row, facts)) for row in rows]
    if (rank := _rank(facts)) is not None:
        parts.append(rank)
    if (line := _line(facts)) is not None:
        parts.append(line)
    return Section("targets", "II", "KẾT QUẢ THỰC HIỆN CÁC CHỈ TIÊU", 1, tuple(parts))


def _summary(rows: Sequence[Row], facts: Facts) -> str:
    judged = [row for row in rows if row.target is not None]
    if not judged:
        who = "Chiến dịch" if facts.is_root else words.unit(facts.place.name)
        return f"Không có chỉ tiêu nào được giao cho {who}; các kết quả dưới đây được nêu để theo dõi."
    if not facts.begun:
        return f"Chiến dịch có {number(len(judged))} chỉ tiêu, chưa đến kỳ đánh giá."
    groups = {
        "đã đạt": [row for row in judged if row.status is Status.MET],
        "đúng tiến độ": [row for row in judged if row.status is Status.ON_COURSE],
        "có nguy cơ chậm": [row for row in judged if row.status is Status.AT_RISK],
        "chậm": [row for row in judged if row.status is Status.BEHIND and not _ended(row, facts)],
        "không đạt": [row for row in judged if row.status is Status.BEHIND and _ended(row, facts)],
        "chưa đánh giá được": [row for row in judged if row.status in (Status.STALE, Status.NO_DATA)],
    }
    told = [f"{number(len(found))} chỉ tiêu {name}" for name, found in groups.items() if found]
    return f"Trong {number(len(judged))} chỉ tiêu được giao: {words.listed(told)}."


def _ended(row: Row, facts: Facts) -> bool:
    target = next((one for one in facts.campaign.target if one.kpi == row.kpi), None)
    due = row.pace.due if row.pace is not None else target.due if target is not None else facts.campaign.end
    return facts.passed(due)


def status_cell(row: Row, facts: Facts) -> Cell:
    return Cell(words.status(row, _ended(row, facts)), bold=row.status in LATE)


def _targets(rows: Sequence[Row], facts: Facts) -> Table:
    columns = (
        Column("TT", width=0.5),
        Column("Chỉ tiêu", width=3.2),
        Column("Mục tiêu", right=True),
        Column("Kết quả", right=True),
        Column("Số đã đạt/tổng số", width=1.6, right=True),
        Column("So kỳ trước", width=1.3, right=True),
        Column("Đánh giá", width=1.5),
    )
    lines = []
    for n, row in enumerate(rows, start=1):
        declared = figure(row.kpi)
        lines.append(
            (
                Cell(str(n), float(n), "count"),
                Cell(words.label(declared)),
                words.value_cell(declared, row.target),
                words.value_cell(declared, row.value, row.target, bold=True),
                Cell(_parts(row)),
                words.step_cell(declared, row.value, facts.was(row)),
                status_cell(row, facts),
            )
        )
    notes = [] if facts.previous is not None else ["Kỳ báo cáo đầu tiên: chưa có kỳ trước để so sánh."]
    notes.append(
        "Tỷ lệ tính trên tổng tử số và mẫu số, không lấy trung bình các đơn vị; so với mục tiêu bằng số chưa làm tròn."
    )
    return Table("targets", "Kết quả theo chỉ tiêu", columns, tuple(lines), notes=tuple(notes))


def _parts(row: Row) -> str:
    if row.numerator is None or row.denominator is None or not figure(row.kpi).is_ratio:
        return words.NOTHING
    return f"{number(row.numerator)}/{number(row.denominator)}"


def _figure_words(row: Row, facts: Facts) -> str:
    """One figure: result, target, change, and what it would take."""
    declared = figure(row.kpi)
    label = words.label(declared)
    if row.value is None:
        return f"- {label}: chưa có số liệu{_goal(row, declared)}."
    value = words.worded(declared, row.value, row.target)
    if declared.is_ratio:
        said = f"đạt {value}"
        if row.numerator is not None and row.denominator is not None:
            said += f" ({_parts(row)} {words.noun(declared)})"
    else:
        said = f"{value} {words.noun(declared)}"
    text = f"- {label}: {said}{_goal(row, declared)}"
    if step := words.step_words(declared, row.value, facts.was(row)):
        text += f"; {step}"
    return f"{text}. {_outlook(row, declared, facts)}".rstrip()


def _goal(row: Row, declared: Figure) -> str:
    return "" if row.target is None else f", mục tiêu {words.worded(declared, row.target)}"


def _outlook(row: Row, declared: Figure, facts: Facts) -> str:
    if row.status is Status.MET:
        return "Đã đạt mục tiêu."
    if row.status is Status.STALE:
        return "Số liệu chưa được cập nhật trong kỳ nên chưa đánh giá."
    if row.target is None or row.status in (Status.NO_DATA, Status.NOT_BEGUN):
        return ""
    missing = words.missing(row, declared)
    if _ended(row, facts):
        return f"Đã hết hạn, không đạt mục tiêu{f': {missing}' if missing else ''}."
    if row.pace is None:
        return (
            f"Chưa đạt mục tiêu, còn thiếu {words.percent(abs(row.gap or 0))[:-1]} điểm phần trăm."
            if declared.is_ratio
            else "Chưa đạt mục tiêu."
        )
    told = words.upper_first(missing)
    if words.lost(row):
        if words.falls(declared):
            return f"{told}: mục tiêu không còn đạt được."
        best = words.worded(declared, row.pace.ceiling, row.target)
        return f"{told}; mức cao nhất còn có thể đạt là {best}: mục tiêu không còn đạt được."
    if rate := words.rate(row, declared):
        verdict = {Status.ON_COURSE: "đúng tiến độ", Status.AT_RISK: "có nguy cơ chậm"}.get(row.status, "chậm tiến độ")
        return f"{told}; {rate}: {verdict}."
    return f"{told}."


def _rank(facts: Facts) -> Paragraph | None:
    if facts.national_rank is None:
        return None
    now, before = facts.national_rank
    if now.value is None:
        return None
    text = f"- Thứ hạng toàn quốc theo cách xếp của Chiến dịch ({words.scheme(now.scheme or '')}): hạng {number(now.value)}"
    if before is not None and before.value is not None:
        step = before.value - now.value
        text += f", {f'tăng {number(step)} bậc' if step > 0 else f'giảm {number(-step)} bậc' if step else 'không đổi'} so với kỳ trước"
    return paragraph("targets.national_rank", f"{text}.")


def _line(facts: Facts) -> Line | None:
    """The main figure day by day."""
    declared, row = facts.main, facts.now.get(facts.main.key)
    if row is None or row.value is None:
        return None
    days = facts.course_of(declared.key)
    known = [(day, value) for day, value in days if value is not None]
    if len(known) < 2:
        return None
    first, last = known[0], known[-1]
    alt = (
        f"{words.label(declared)} từng ngày: {words.worded(declared, first[1])} ngày {words.day(first[0])}, "
        f"{words.worded(declared, last[1], row.target)} ngày {words.day(last[0])}."
    )
    return Line(
        "course", f"{words.label(declared)} từng ngày", alt, "percent" if declared.is_ratio else "count",
        tuple(day.isoformat() for day, _ in days), tuple(value for _, value in days), row.target,
    )  # fmt: skip


# III. By unit ---------------------------------------------------------------------------------------------------------


def by_unit(facts: Facts) -> Section:
    """The heading, with the unit's own place among its peers; the leagues follow as sections of their own."""
    if not facts.is_root:
        parts = [paragraph("units.place", _place(facts))]
    elif facts.levels:
        how = "Các đơn vị cùng cấp được xếp hạng với nhau; cùng kết quả thì đồng hạng."
        if any(
            row.few and row.value is not None
            for level in facts.levels
            for row in facts.leagues[level][facts.main_of(level).key]
        ):
            how += " Đơn vị dưới 30 hồ sơ ghi «ít hồ sơ», không biểu dương, không phê bình."
        parts = [paragraph("units.how", how)]
    else:
        parts = [paragraph("units.none", "Không có đơn vị trực thuộc để so sánh.")]
    return Section("units", "III", "KẾT QUẢ THEO ĐƠN VỊ", 1, tuple(parts))


def leagues(facts: Facts) -> list[Section]:
    return [
        Section(f"units.{level}", str(n), words.level(level)[0], 2, _league_parts(level, facts))
        for n, level in enumerate(facts.levels, start=1)
    ]


def _place(facts: Facts) -> str:
    """Where the unit stands among those of its level, figure by figure."""
    told = []
    for row in facts.judged:
        declared = figure(row.kpi)
        found = league(facts.peers.get(row.kpi, ()))
        mine = next((one for one in found if one.row.unit == facts.unit), None)
        ranked = [one for one in found if one.rank is not None]
        if mine is None or mine.rank is None or declared.reads == "series" or len(ranked) < 2:
            continue
        tied = " (đồng hạng)" if mine.tied else ""
        few = ", ít hồ sơ" if mine.row.few else ""
        told.append(f"hạng {mine.rank}{tied} về {words.lower_first(words.label(declared))}{few}")
    noun = words.level(facts.place.level)[1]
    if not told:
        return f"{facts.place.name} chưa xếp hạng được trong các {noun}."
    units = len(facts.peers[facts.judged[0].kpi])
    return f"Trong {number(units)} {noun}, {words.unit(facts.place.name)} xếp: {'; '.join(told)}."


def _league_parts(level: str, facts: Facts) -> tuple[Part, ...]:
    declared = facts.main_of(level)
    rows = facts.leagues[level].get(declared.key, [])
    ranked = league(rows, _earlier(rows, facts))
    if not facts.begun:
        text = f"Chiến dịch chưa bắt đầu nên chưa xếp hạng các {words.level(level)[1]}."
        return (paragraph(f"units.{level}.none", text), _matrix(level, facts))
    if all(one.rank is None for one in ranked):
        text = f"Chưa có số liệu «{words.lower_first(words.label(declared))}» của các {words.level(level)[1]}."
        return (paragraph(f"units.{level}.none", text), _matrix(level, facts))
    return (
        paragraph(f"units.{level}.ends", _ends(ranked, declared, facts)),
        _bars(level, ranked, declared),
        _ranking(level, ranked, declared, facts),
        _matrix(level, facts),
    )


def _earlier(rows: Sequence[Row], facts: Facts) -> list[Row]:
    return [] if facts.previous is None else facts.league_before(rows)


def _ends(ranked: Sequence[Ranked], declared: Figure, facts: Facts) -> str:
    """Who is ahead and who is behind, small units aside."""
    fair = [one for one in ranked if one.rank is not None and not one.row.few]
    aimed = [one for one in ranked if _is_judged(one.row)]
    parts = []
    if aimed:
        arrived = sum(one.row.status is Status.MET for one in aimed)
        parts.append(
            f"{number(arrived)}/{number(len(aimed))} đơn vị đạt mục tiêu về {words.lower_first(words.label(declared))}."
        )
    values = {one.row.value for one in fair}
    if len(fair) >= 2 and len(values) == 1:
        parts.append(f"Các đơn vị đủ hồ sơ để so sánh có cùng kết quả {_value(fair[0])}.")
    elif len(fair) >= 2:
        count = min(NAMED, len(fair) // 2)
        parts.append(f"Dẫn đầu: {_named(fair[:count])}. Thấp nhất: {_named(fair[::-1][:count])}.")
    few = sum(one.row.few and one.row.value is not None for one in ranked)
    if few:
        parts.append(f"{number(few)} đơn vị ít hồ sơ không xét.")
    old = sum(one.row.status is Status.STALE for one in ranked)
    if old:
        parts.append(f"Số liệu của {number(old)} đơn vị đã cũ, chưa đánh giá.")
    none = sum(one.rank is None for one in ranked)
    if none:
        parts.append(f"{number(none)} đơn vị chưa có số liệu.")
    return " ".join(parts)


def _is_judged(row: Row) -> bool:
    """Old data reach or miss a target by their value, but nobody is judged by them."""
    return row.target is not None and row.value is not None and row.status is not Status.STALE


def _named(found: Sequence[Ranked]) -> str:
    return words.listed(f"{words.unit(one.row.name)} ({_value(one)})" for one in found)


def _value(one: Ranked) -> str:
    return words.worded(figure(one.row.kpi), one.row.value, one.row.target)


def _bars(level: str, ranked: Sequence[Ranked], declared: Figure) -> Bars:
    known = [one for one in ranked if one.row.value is not None]
    title = f"{words.label(declared)}: {words.level(level)[1]}"
    return Bars(
        f"bars.{level}", title, f"{title}. {'; '.join(f'{one.row.name} {_value(one)}' for one in known)}.",
        "percent" if declared.is_ratio else "count",
        tuple(one.row.name for one in known), tuple(one.row.value for one in known), tuple(map(_value, known)),
        tuple(one.row.target for one in known), tuple(_reaches(one.row, declared) for one in known),
    )  # fmt: skip


def _reaches(row: Row, declared: Figure) -> bool:
    """By the value that the bar shows, however old."""
    return row.value is not None and row.target is not None and met(declared, row.value, row.target)


def _ranking(level: str, ranked: Sequence[Ranked], declared: Figure, facts: Facts) -> Table:
    columns = (
        Column("Hạng", width=0.7, right=True),
        Column("Đơn vị", width=2.6),
        Column("Số đã đạt/tổng số", width=1.4, right=True),
        Column("Kết quả", right=True),
        Column("Mục tiêu", right=True),
        Column("Còn thiếu", right=True),
        Column("So kỳ trước", width=1.2, right=True),
        Column("Thay đổi hạng", right=True),
        Column("Đánh giá", width=1.5),
    )
    lines = []
    for one in ranked:
        row = one.row
        name = f"{row.name} (ít hồ sơ)" if row.few and row.value is not None else row.name
        gap = None if row.pace is None else max(row.pace.gap_count, 0)
        lines.append(
            (
                Cell(words.NOTHING) if one.rank is None else Cell(f"{one.rank}{'=' if one.tied else ''}", float(one.rank), "count"),
                Cell(name),
                Cell(_parts(row)),
                words.value_cell(declared, row.value, row.target, bold=True),
                words.value_cell(declared, row.target),
                words.gap_cell(gap),
                words.step_cell(declared, row.value, facts.was(row)),
                words.climb_cell(one.change),
                status_cell(row, facts),
            )
        )  # fmt: skip
    title = f"Xếp hạng {words.level(level)[1]} theo {words.lower_first(words.label(declared))}"
    notes = ["Dấu = : đồng hạng."] if any(one.tied for one in ranked) else []
    return Table(f"league.{level}", title, columns, tuple(lines), notes=tuple(notes))


def _matrix(level: str, facts: Facts) -> Table:
    """Every target figure of every unit of a level, where any has a value."""
    kpis = [
        kpi
        for kpi in facts.target_kpis or facts.kpis
        if any(row.value is not None for row in facts.leagues[level].get(kpi, ()))
    ]
    columns = (
        Column("TT", width=0.5),
        Column("Đơn vị", width=2.6),
        *(Column(words.short(figure(kpi)), right=True) for kpi in kpis),
        Column("Số chỉ tiêu đạt", right=True),
    )
    by_unit = {one.code: {} for one in facts.units_of(level)}  # type: dict[str, dict[str, Row]]
    for kpi in kpis:
        for row in facts.leagues[level][kpi]:
            by_unit[row.unit][kpi] = row
    lines = []
    for n, one in enumerate(facts.units_of(level), start=1):
        rows = by_unit[one.code]
        aimed = [row for row in rows.values() if _is_judged(row)]
        arrived = sum(row.status is Status.MET for row in aimed)
        lines.append(
            (
                Cell(str(n), float(n), "count"),
                Cell(one.name),
                *(_cell(rows.get(kpi)) for kpi in kpis),
                Cell(f"{arrived}/{len(aimed)}" if aimed else words.NOTHING),
            )
        )
    title = f"Các chỉ tiêu của từng đơn vị: {words.level(level)[1]}"
    notes = ["Chữ đậm: chưa đạt mục tiêu. «—»: chưa có số liệu hoặc không phát sinh."]
    if any(row.status is Status.STALE for rows in by_unit.values() for row in rows.values()):
        notes.append("Số chỉ tiêu đạt không tính chỉ tiêu có số liệu cũ, chưa đánh giá.")
    return Table(f"matrix.{level}", title, columns, tuple(lines), notes=tuple(notes))


def _cell(row: Row | None) -> Cell:
    if row is None or row.value is None:
        return Cell(words.NOTHING)
    declared = figure(row.kpi)
    below = row.target is not None and row.status is not Status.NOT_BEGUN and not _reaches(row, declared)
    return words.value_cell(declared, row.value, row.target, bold=below)
