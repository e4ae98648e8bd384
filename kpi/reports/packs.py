"""A pack for every unit head, in one run: the unit's report, its work list, its digest. Nothing of another unit's dossiers."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

from data.access import ALL, Scope
from data.clock import from_micros, iso
from data.errors import CallFault
from data.home import Campaign, Home
from data.mail import Attachment, Letter
from data.people import own_units
from data.store import Store
from data.units import Unit
from kpi.catalog import figure
from kpi.engine import figures
from kpi.model import Row, Status
from kpi.query import Query
from kpi.reports import digest, files, issuing, words, xlsx
from kpi.reports.content import Cell, Column, Paragraph, Part, Report, Section, Table
from kpi.reports.facts import Facts
from kpi.worklist import WorkList, work

MOST_TASKS = 1_000
"""Of one figure in a unit's work list."""
OPEN = (Status.ON_COURSE, Status.AT_RISK, Status.BEHIND, Status.STALE)
WHAT = {
    "overdue": "Giải quyết ngay, đã quá hạn",
    "due": "Giải quyết trong hạn",
    "undigitised": "Số hóa",
    "letter": "Gửi thư xin lỗi trong hôm nay",
    "rejected": "Sửa và gửi lại, Cổng đã trả lại",
    "submitted": "Theo dõi, đã gửi chờ duyệt",
    "reviewed": "Gửi tích hợp, đã rà soát",
    "listed": "Rà soát",
    "integrated": "Nâng lên mức độ 4",
    "unused": "Có hồ sơ trực tuyến",
}
"""What a task asks for (``Task.what``)."""


@dataclass(frozen=True, slots=True)
class File:
    name: str
    media: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Pack:
    """``text``: the digest; ``files``: report, work list and the digest's picture."""

    unit: Unit
    text: str
    files: tuple[File, ...]


def heads(store: Store, home: Home, campaign: Campaign, as_of: int) -> list[Unit]:
    """Units directly below the province with a target still open, or with dossiers, level by level in Vietnamese order."""
    with store.read():
        facts = Facts.of(store, home, campaign, as_of, "", ALL)
        found = []
        for level in facts.levels:
            rows = _rows_by_unit(facts, level)
            found += [
                unit for unit in facts.units_of(level) if any(_matters(row, facts) for row in rows.get(unit.code, ()))
            ]
        return found


def _rows_by_unit(facts: Facts, level: str) -> dict[str, list[Row]]:
    kpis = tuple(dict.fromkeys((*facts.target_kpis, *DOSSIERS)))
    found: dict[str, list[Row]] = {}
    for row in figures(facts.store, facts.home, Query(facts.campaign, kpis, facts.as_of, by=level)):
        found.setdefault(row.unit, []).append(row)
    return found


DOSSIERS = ("online_submit", "overdue_open")
"""Figures that are not nought where there are dossiers: accepted in the campaign, or overdue."""


def _matters(row: Row, facts: Facts) -> bool:
    if row.kpi in DOSSIERS and (row.denominator or row.numerator):
        return True
    dues = [target.due for target in facts.campaign.target if target.kpi == row.kpi]
    return row.target is not None and any(not facts.passed(due) for due in dues)


def pack(store: Store, home: Home, campaign: Campaign, as_of: int, unit: Unit) -> Pack:
    """One unit's pack. Dossiers in it are those of the unit and everything below it, and no others."""
    day = from_micros(as_of, home.zone).date()
    scope = own_units(home, unit.code, day)
    with store.read():
        report = issuing.report(store, home, campaign, as_of, unit=unit.code, scope=scope)
        brief = digest.build(store, home, campaign, as_of, unit=unit.code)
        tasks = work_report(store, home, campaign, report, unit, scope)
        kind, about = files.MEDIA, f"{campaign.key}-{day.isoformat()}"
        made = (
            File(f"bao-cao-{about}.docx", kind["docx"], files.write(store, home, report, "docx", scope=scope)),
            File(f"viec-can-lam-{about}.xlsx", kind["xlsx"], xlsx.write(tasks, day)),
            File(f"tom-tat-{about}.png", "image/png", digest.picture(brief)),
        )
    return Pack(unit, brief.text, made)


def occasion(home: Home, campaign: Campaign, as_of: int) -> str:
    """What the letters of a moment are remembered by."""
    return f"packs:{campaign.key}:{iso(as_of, home.zone)}"


def letters(
    store: Store,
    home: Home,
    campaign: Campaign,
    as_of: int,
    to: Mapping[str, tuple[str, ...]],
    made: Iterable[Pack] | None = None,
) -> Iterator[Letter]:
    """The letter of every unit. ``to``: addresses by unit. ``made``: packs in hand; without them each is made when it goes out."""
    if made is not None:
        for one in made:
            yield _letter(home, campaign, as_of, one.unit, to, partial(_itself, one))
        return
    for unit in heads(store, home, campaign, as_of):
        yield _letter(home, campaign, as_of, unit, to, partial(pack, store, home, campaign, as_of, unit))


def _itself(one: Pack) -> Pack:
    return one


def _letter(
    home: Home, campaign: Campaign, as_of: int, unit: Unit, to: Mapping[str, tuple[str, ...]], made: Callable[[], Pack]
) -> Letter:
    def content() -> tuple[str, list[Attachment]]:
        one = made()
        names = "\n".join(f"- {file.name}" for file in one.files)
        text = (
            f"Kính gửi {unit.name}!\n\n{one.text}\n\nKèm theo báo cáo, danh sách việc cần làm và hình tóm tắt của đơn vị:\n{names}\n\n"
            f"Thư do hệ thống theo dõi {campaign.name.vi} gửi tự động.\n"
        )
        return text, [Attachment(file.name, file.media, file.content) for file in one.files]

    subject = f"{campaign.name.vi}: {unit.name}, số liệu đến {words.moment(as_of, home.zone)}"
    return Letter(unit.code, unit.name, to.get(unit.code, ()), subject, content)


def write(
    store: Store,
    home: Home,
    campaign: Campaign,
    as_of: int,
    path: Path,
    *,
    tell: Callable[[int, int, str], None] = lambda done, total, name: None,
) -> Iterator[Pack]:
    """All packs in one zip, one folder per unit: each is written as soon as it is made, and then handed on.

    The file is there once the last one has been taken, and not before. ``tell``: done, of how many, whose. Raises CallFault
    where it cannot be written.
    """
    units = heads(store, home, campaign, as_of)
    moment = from_micros(as_of, home.zone)
    aside = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED) as made:
            for done, (unit, folder) in enumerate(zip(units, safe([unit.code for unit in units]), strict=True)):
                tell(done, len(units), unit.name)
                one = pack(store, home, campaign, as_of, unit)
                for file in (*one.files, File("tom-tat.txt", "text/plain", f"{one.text}\n".encode())):
                    # The moment of the figures, not of the writing: the same packs give the same file.
                    entry = zipfile.ZipInfo(f"{folder}/{file.name}", moment.timetuple()[:6])
                    entry.compress_type = zipfile.ZIP_DEFLATED
                    entry.external_attr = 0o640 << 16
                    made.writestr(entry, file.content)
                yield one
        aside.replace(path)
    except OSError as fault:
        raise CallFault(f"{path}: không ghi được ({fault.strerror}).") from fault
    finally:
        with suppress(OSError):
            aside.unlink()
    tell(len(units), len(units), "")


def safe(codes: Sequence[str]) -> list[str]:
    """A folder's name for each code: letters, digits, «-», «_»; no two alike for any programme, none that means something."""
    found: list[str] = []
    taken: set[str] = set()
    for code in codes:
        name = "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in code)[:50]
        if name != code or not name or name.casefold() in RESERVED:
            name = f"{name or '_'}-{_mark(code)}"
        while name.casefold() in taken:
            name = f"{name[:50]}-{_mark(name + code)}"
        taken.add(name.casefold())
        found.append(name)
    return found


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{name}{n}" for name in ("com", "lpt") for n in range(10))})
"""Names that one operating system keeps for devices."""


# The work list --------------------------------------------------------------------------------------------------------


def work_report(store: Store, home: Home, campaign: Campaign, report: Report, unit: Unit, scope: Scope) -> Report:
    """The unit's tasks as a report of their own: a table for each target not yet met, and what there is no work for."""
    return words.in_vietnamese(lambda: _work_report(store, home, campaign, report, unit, scope))


def _work_report(store: Store, home: Home, campaign: Campaign, report: Report, unit: Unit, scope: Scope) -> Report:
    facts = Facts.of(store, home, campaign, report.as_of, unit.code, scope)
    kpis = [row.kpi for row in facts.judged if row.status in OPEN]
    if facts.now["overdue_open"].value:
        kpis.append("overdue_open")
    lists = [
        work(store, home, campaign, kpi, unit.code, report.as_of, MOST_TASKS, scope=scope)
        for kpi in dict.fromkeys(kpis)
    ]
    parts: list[Part] = [_summary(lists, facts)] * bool(lists)
    for found in lists:
        parts += _part(found, facts)
    closing = HOW if lists else NOTHING_TO_DO
    parts.append(Paragraph("work.closing", closing, closing))
    head = replace(
        report.head,
        kind="DANH SÁCH VIỆC CẦN LÀM",
        subject=f"{unit.name} – {campaign.name.vi} (số liệu đến {report.as_of_text})",
        number="",
        symbol="",
    )
    section = Section("work", "", "", 1, tuple(parts))
    return replace(report, head=head, sections=(section,), annexes=(), draft=False)


HOW = "Mỗi chỉ tiêu chưa đạt một trang tính, việc hiệu quả và gấp nhất đứng trước. «Kết quả sau việc này»: nếu làm xong việc này và mọi việc phía trên, các đơn vị khác giữ nguyên."
NOTHING_TO_DO = "Mọi chỉ tiêu đã đạt và không có hồ sơ quá hạn: không có việc nào phải làm thêm."
COLUMNS = (
    Column("TT", width=0.5, right=True),
    Column("Mã hồ sơ, dịch vụ", width=2.2),
    Column("Tên thủ tục, dịch vụ", width=3.2),
    Column("Đơn vị", width=1.8),
    Column("Việc", width=1.8),
    Column("Vướng mắc", width=1.6),
    Column("Hẹn trả (hoặc từ ngày)", width=1.1, right=True),
    Column("Còn lại (ngày làm việc)", width=0.9, right=True),
    Column("Kết quả sau việc này", width=1.1, right=True),
    Column("Hạng", width=0.6, right=True),
)


def _summary(lists: Sequence[WorkList], facts: Facts) -> Table:
    """On the first sheet: where each target stands and how much work there is for it."""
    columns = (
        Column("Chỉ tiêu", width=3.4), Column("Mục tiêu", right=True), Column("Kết quả", right=True),
        Column("Đánh giá", width=1.6), Column("Còn thiếu", width=2.0), Column("Số việc", right=True),
    )  # fmt: skip
    rows = []
    for found in lists:
        row, declared = facts.now[found.kpi], figure(found.kpi)
        over = row.pace is not None and facts.passed(row.pace.due)
        rows.append(
            (
                Cell(words.label(declared)), words.value_cell(declared, row.target), words.value_cell(declared, row.value, row.target, bold=True),
                Cell(words.status(row, over)), Cell(words.missing(row, declared)), words.count_cell(found.total),
            )
        )  # fmt: skip
    return Table("targets", "Các chỉ tiêu và số việc", columns, tuple(rows))


def _part(found: WorkList, facts: Facts) -> Iterator[Part]:
    declared = figure(found.kpi)
    if not found.tasks:
        text = f"{words.label(declared)}: {found.nothing.vi if found.nothing else ''}".rstrip(": ")
        yield Paragraph(f"work.{found.kpi}", text, text)
        return
    rows = [
        (
            words.count_cell(n),
            Cell(task.code),
            Cell(task.name or words.NOTHING),
            Cell(facts.tree[task.unit].name),
            Cell(WHAT[task.what]),
            Cell(task.reason),
            _day(task.due),
            words.count_cell(task.days_left),
            words.value_cell(declared, after.value, found.after[0].value),
            words.count_cell(after.rank),
        )
        for n, (task, after) in enumerate(zip(found.tasks, found.after[1:], strict=True), start=1)
    ]
    left = found.total - len(rows)
    notes = (f"{words.number(len(rows))} việc đầu trong {words.number(found.total)} việc.",) if left > 0 else ()
    yield Table(f"work.{found.kpi}", words.label(declared), COLUMNS, tuple(rows), notes=notes)


def _day(due: date | None) -> Cell:
    return Cell(words.NOTHING) if due is None else Cell(words.day(due), due.isoformat(), "day")
