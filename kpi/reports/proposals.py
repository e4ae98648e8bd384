"""V. Kiến nghị, đề xuất: what the needed pace, the ceilings and the work list ask of whom, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import count

from data.locale.formats import NOTHING
from kpi.catalog import figure
from kpi.catalog.figure import Figure
from kpi.model import Row, Status
from kpi.reports import words
from kpi.reports.content import Cell, Column, Part, Section, Table
from kpi.reports.facts import LATE, Facts
from kpi.reports.paragraphs import paragraph
from kpi.reports.words import counted, number
from kpi.worklist import Task, work

NAMED = 4
"""Units named in one proposal."""
MOST_TASKS = 10
"""Tasks of a unit's own report."""


def sections(facts: Facts) -> list[Section]:
    """The heading, then what concerns targets, overdue dossiers and data, each only where there is something to ask."""
    found = {
        "targets": ("Về các chỉ tiêu", _targets(facts)),
        "overdue": ("Về hồ sơ quá hạn và thư xin lỗi", _overdue(facts)),
        "data": ("Về chế độ số liệu", _data(facts)),
    }
    numbers = count(1)
    below = [
        Section(f"proposals.{key}", str(next(numbers)), title, 2, tuple(parts))
        for key, (title, parts) in found.items()
        if parts
    ]
    nothing = paragraph("proposals.none", "Số liệu kỳ này không cho thấy việc nào cần kiến nghị.")
    return [Section("proposals", "V", "KIẾN NGHỊ, ĐỀ XUẤT", 1, () if below else (nothing,)), *below]


# Targets --------------------------------------------------------------------------------------------------------------


def _targets(facts: Facts) -> list[Part]:
    if not facts.begun:
        return []
    found: list[Part] = []
    lost = [row for row in facts.judged if row.status is Status.BEHIND and words.lost(row) and not _over(row, facts)]
    for row in facts.judged:
        if row not in lost and (text := _of_figure(row, facts)):
            found.append(paragraph(f"proposals.{row.kpi}", f"- {text}"))
    if lost:
        found.append(paragraph("proposals.lost", f"- {_of_lost(lost, facts)}"))
    if not facts.is_root:
        found += _tasks(facts)
    return found


def _over(row: Row, facts: Facts) -> bool:
    return row.pace is not None and facts.passed(row.pace.due)


def _of_figure(row: Row, facts: Facts) -> str:
    """Who has to do how much a day for one figure; nothing where every unit is on course."""
    declared = figure(row.kpi)
    # The old backlog and every stock of overdue dossiers are spoken of below, unit by unit.
    if row.kpi in ("overdue_open", "backlog_cleared") or declared.key == "apology_ok":
        return ""
    name = words.lower_first(words.label(declared))
    if facts.is_root:
        late = _late_units(row.kpi, facts)
        if not late:
            return _by_hand(row, declared) if row.status in LATE else ""
        told = [f"{words.unit(one.name)} ({_task_of(one, declared)})" for one in late[:NAMED]]
        more = f" và {number(len(late) - NAMED)} đơn vị khác nêu tại mục III" if len(late) > NAMED else ""
        return f"Đề nghị đẩy nhanh tiến độ chỉ tiêu «{name}» để kịp hạn {words.day(_due(late[0]))}: {'; '.join(told)}{more}."
    if row.status not in LATE or row.pace is None or row.pace.gap_count <= 0 or row.pace.needed is None:
        return _by_hand(row, declared) if row.status in LATE and row.pace is None else ""
    place = words.unit(facts.place.name)
    return f"Đề nghị {place} đẩy nhanh tiến độ chỉ tiêu «{name}» để kịp hạn {words.day(_due(row))}: {_task_of(row, declared)}."


def _due(row: Row) -> date | None:
    return None if row.pace is None else row.pace.due


def _by_hand(row: Row, declared: Figure) -> str:
    """A series that people keep: the system knows no single case."""
    if declared.reads != "series" or row.gap is None or row.gap <= 0:
        return ""
    return (
        f"Về chỉ tiêu «{words.lower_first(words.label(declared))}», kết quả {words.worded(declared, row.value, row.target)}, "
        f"mục tiêu {words.worded(declared, row.target)}: đề nghị cơ quan theo dõi rà soát, cập nhật số liệu và đôn đốc phần còn thiếu."
    )


def _late_units(kpi: str, facts: Facts) -> list[Row]:
    """Units behind that can still arrive, with the largest part of what is missing first."""
    rows = [
        row
        for row in facts.below
        if row.kpi == kpi
        and row.status in LATE
        and not row.few
        and row.pace is not None
        and row.pace.needed is not None
        and not words.lost(row)
    ]
    return sorted(rows, key=lambda row: (-(row.pace.gap_count if row.pace else 0), row.unit))


def _task_of(row: Row, declared: Figure) -> str:
    return ", ".join(filter(None, (words.missing(row, declared), words.rate(row, declared, with_due=False))))


def _of_lost(lost: Sequence[Row], facts: Facts) -> str:
    """Targets that nothing can reach any more: what is left is to let no more be added."""
    names = words.listed(f"«{words.lower_first(words.label(figure(row.kpi)))}»{_best(row)}" for row in lost)
    text = f"Mục tiêu không còn đạt được ở: {names}. Đề nghị "
    if not facts.is_root:
        return f"{text}{words.unit(facts.place.name)} không để phát sinh thêm hồ sơ trễ hạn và báo cáo rõ nguyên nhân."
    worst = sorted(
        (row for row in facts.below if row.kpi == lost[0].kpi and row.pace is not None and row.pace.gap_count > 0),
        key=lambda row: (-(row.pace.gap_count if row.pace else 0), row.unit),
    )
    named = [
        f"{words.unit(row.name)} ({counted(row.pace.gap_count if row.pace else 0, words.noun(figure(row.kpi)))})"
        for row in worst[:NAMED]
    ]
    text += "các đơn vị không để phát sinh thêm trường hợp chưa đạt"
    return f"{text}, trước hết là {words.listed(named)}." if named else f"{text}."


def _best(row: Row) -> str:
    declared = figure(row.kpi)
    if row.pace is None or not declared.is_ratio:
        return ""
    return f" (cao nhất còn {words.worded(declared, row.pace.ceiling, row.target)})"


def _tasks(facts: Facts) -> list[Part]:
    """The first tasks of the worst target that work can still move."""
    movable = [
        row
        for row in facts.judged
        if row.status in LATE and row.pace is not None and row.pace.gap_count > 0 and not words.lost(row)
    ]
    for row in movable:
        found = work(
            facts.store, facts.home, facts.campaign, row.kpi, facts.unit, facts.as_of, MOST_TASKS, scope=facts.scope
        )
        if found.tasks:
            return [_task_table(found.tasks, row, found.total, facts)]
    return []


def _task_table(tasks: Sequence[Task], row: Row, total: int, facts: Facts) -> Table:
    columns = (
        Column("TT", width=0.5),
        Column("Mã hồ sơ, dịch vụ", width=2.2),
        Column("Tên thủ tục, dịch vụ", width=3.4),
        Column("Đơn vị", width=2.0),
        Column("Ngày hẹn trả (hoặc từ ngày)", width=1.3, right=True),
    )
    rows = [
        (
            Cell(str(n), float(n), "count"),
            Cell(task.code),
            Cell(task.name or NOTHING),
            Cell(facts.tree[task.unit].name),
            Cell(words.day(task.due), None if task.due is None else task.due.isoformat(), "text" if task.due is None else "day"),
        )
        for n, task in enumerate(tasks, start=1)
    ]  # fmt: skip
    title = f"Việc cần làm trước: {words.lower_first(words.label(figure(row.kpi)))}"
    notes = (f"{number(len(tasks))} việc đầu trong {number(total)} việc.",) if total > len(tasks) else ()
    return Table("tasks", title, columns, tuple(rows), notes=notes)


# Overdue dossiers and letters -----------------------------------------------------------------------------------------


def _overdue(facts: Facts) -> list[Part]:
    found: list[Part] = []
    row = facts.now["overdue_open"]
    if row.value:
        pace = words.rate(row, figure(row.kpi)) if row.target is not None else ""
        text = f"Đề nghị giải quyết dứt điểm {counted(row.value, 'hồ sơ')} quá hạn{f' ({pace})' if pace else ''}"
        holders = sorted(
            (one for one in facts.below if one.kpi == "overdue_open" and one.value),
            key=lambda one: (-(one.value or 0), one.unit),
        )
        if holders:
            named = words.listed(
                f"{words.unit(one.name)} {counted(one.value or 0, 'hồ sơ')}" for one in holders[:NAMED]
            )
            text += f", trong đó {named}" if len(holders) > 1 else f" của {words.unit(holders[0].name)}"
        found.append(paragraph("proposals.clear", f"- {text} (Phụ lục II)."))
    if facts.pressing.letters:
        found.append(
            paragraph(
                "proposals.letters",
                f"- Ngày {words.day(facts.day)} là ngày cuối còn gửi được thư xin lỗi đúng quy định cho {counted(facts.pressing.letters, 'hồ sơ')} "
                "sắp đến hạn: đề nghị rà soát, hồ sơ không kịp giải quyết thì gửi thư xin lỗi và hẹn lại ngày trả kết quả ngay trong ngày.",
            )
        )
    near = facts.pressing.near
    if near:
        found.append(
            paragraph("proposals.near", f"- Đề nghị ưu tiên giải quyết {counted(near, 'hồ sơ')} đến hạn trong ngày và ngày làm việc kế tiếp để không phát sinh quá hạn.")
        )  # fmt: skip
    return found


# Data -----------------------------------------------------------------------------------------------------------------


def _data(facts: Facts) -> list[Part]:
    found: list[Part] = []
    if not facts.arrived.files:
        found.append(
            paragraph(
                "proposals.no_file",
                "- Đề nghị gửi tệp xuất của phần mềm một cửa: trong kỳ báo cáo chưa nhận được tệp hồ sơ nào.",
            )
        )
        return found
    if facts.silent:
        names = words.some([words.unit(one.name) for one in facts.silent], NAMED)
        found.append(
            paragraph(
                "proposals.silent",
                f"- Đề nghị {names} xác nhận không phát sinh hồ sơ hoặc gửi bổ sung số liệu của kỳ báo cáo.",
            )
        )
    stale = [row for row in facts.judged if row.status is Status.STALE]
    if stale:
        names = words.listed(f"«{words.lower_first(words.label(figure(row.kpi)))}»" for row in stale)
        found.append(paragraph("proposals.stale", f"- Đề nghị cập nhật số liệu để đánh giá chỉ tiêu {names}."))
    return found
