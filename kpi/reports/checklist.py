"""What to look at before a report is issued. Nothing here forbids: whoever signs decides, knowing."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from data.clock import day_end, day_number, day_start, from_micros
from data.home import Campaign, Home
from data.schema import held, imports
from data.store import Store
from kpi import definitions, issues
from kpi.catalog import FIGURES
from kpi.reports import drafts, words
from kpi.reports.content import Report, Table
from kpi.reports.facts import Facts
from kpi.reports.words import counted, number


@dataclass(frozen=True, slots=True)
class Item:
    """``words`` says what was found; ``page`` and ``part`` name where to look, "" on the page of reports itself."""

    key: str
    ok: bool
    name: str
    words: str
    page: str = ""
    part: str = ""


def checklist(store: Store, home: Home, campaign: Campaign, facts: Facts, report: Report) -> list[Item]:
    """Every check of a draft, in the order in which an office does them."""
    with store.read():
        return [
            _reached(store, home, report),
            _files(facts),
            _refused(store, facts),
            _held(store),
            _definitions(store, campaign),
            _form(report),
            _edits(report),
            _head(report),
        ]


def _reached(store: Store, home: Home, report: Report) -> Item:
    latest = store.latest_moment(store.import_at(None))
    ok = latest is not None and latest >= report.as_of
    said = (
        f"Dữ liệu đã có đến sau {report.as_of_text}."
        if ok
        else "Chưa có dữ liệu."
        if latest is None
        else f"Dữ liệu mới có đến {words.moment(latest, home.zone)}, trước {report.as_of_text}."
    )
    return Item("reached", ok, "Dữ liệu đến thời điểm báo cáo", said, "imports", "history")


def _files(facts: Facts) -> Item:
    name, silent = "Tệp của các đơn vị", facts.silent
    if not facts.arrived.files:
        return Item("files", False, name, "Chưa nhận được tệp hồ sơ nào trong kỳ.", "imports", "arrivals")
    if not silent:
        return Item("files", True, name, "Mọi đơn vị đều có số liệu mới trong kỳ.", "imports", "arrivals")
    names = words.some([words.unit(one.name) for one in silent], 5)
    return Item("files", False, name, f"Chưa có số liệu mới của {names}.", "imports", "arrivals")


def _refused(store: Store, facts: Facts) -> Item:
    """Rows refused by files of the period: a figure without them may be wrong."""
    first = from_micros(facts.previous if facts.previous is not None else facts.start, facts.home.zone).date()
    c, day = imports.c, sa.func.coalesce(imports.c.exported, -1)
    since, until = day_number(first) + 1, day_number(facts.day)
    received = sa.and_(
        c.exported.is_(None), c.at > day_end(since - 1, facts.home.zone), c.at < day_start(until + 1, facts.home.zone)
    )
    wanted = sa.select(sa.func.coalesce(sa.func.sum(c.refused), 0)).where(
        c.state == "loaded", sa.or_(day.between(since, until), received)
    )
    with store.read() as connection:
        refused = int(connection.scalar(wanted) or 0)
    said = (
        f"{counted(refused, 'dòng')} của các tệp trong kỳ bị từ chối, chưa có trong số liệu."
        if refused
        else "Không dòng nào của các tệp trong kỳ bị từ chối."
    )
    return Item("refused", not refused, "Chất lượng số liệu", said, "imports", "refused")


def _held(store: Store) -> Item:
    with store.read() as connection:
        waiting = int(
            connection.scalar(sa.select(sa.func.count()).select_from(held).where(held.c.state == "waiting")) or 0
        )
    said = (
        f"{counted(waiting, 'tệp')} đang chờ quyết định nạp hay bỏ."
        if waiting
        else "Không có tệp nào đang chờ quyết định."
    )
    return Item("held", not waiting, "Tệp chờ quyết định", said, "imports", "held")


def _definitions(store: Store, campaign: Campaign) -> Item:
    """Whether figures and targets still mean what they meant in the last issue."""
    name = "Định nghĩa và chỉ tiêu"
    last = next(iter(issues.listed(store, campaign.key)), None)
    if last is None:
        return Item("definitions", True, name, "Chưa có bản chốt trước để so.", "targets", "definitions")
    meaning, rules = issues.definitions_of(store, last)
    now = {key: definitions.of_figure(declared) for key, declared in FIGURES.items()}
    changed = [
        FIGURES[key].label.vi
        for key in FIGURES
        if definitions.fingerprint(now[key]) != definitions.fingerprint(meaning.get(key))
    ]
    if definitions.fingerprint(definitions.of_campaign(campaign)) != definitions.fingerprint(rules):
        changed.append("chỉ tiêu và quy tắc của chiến dịch")
    said = (
        f"Đã đổi từ bản chốt {last.id}: {words.some(changed, 3, 'mục')}."
        if changed
        else f"Không đổi từ bản chốt {last.id}."
    )
    return Item("definitions", not changed, name, said, "targets", "definitions")


def _form(report: Report) -> Item:
    tables = [part for annex in report.annexes for part in annex.parts if isinstance(part, Table)]
    wrong = [note for table in tables for note in table.notes if note.startswith("CẢNH BÁO")]
    said = " ".join(wrong) if wrong else "Biểu II.06a khớp các đẳng thức và khớp số liệu mục II."
    return Item("form", not wrong, "Biểu số liệu", said)


def _edits(report: Report) -> Item:
    found = drafts.paragraphs(report).values()
    outdated, edited = sum(one.outdated for one in found), sum(one.edited for one in found)
    if outdated:
        return Item(
            "edits", False, "Lời văn đã sửa", f"{number(outdated)} đoạn được sửa trước khi số liệu đổi: cần đọc lại."
        )
    said = (
        f"{number(edited)} đoạn đã sửa, số liệu của các đoạn này không đổi."
        if edited
        else "Lời văn theo đúng bản thảo từ số liệu."
    )
    return Item("edits", True, "Lời văn đã sửa", said)


def _head(report: Report) -> Item:
    names = {"number": "số", "sign_title": "chức vụ người ký", "signer": "người ký"}
    empty = [words_ for entry, words_ in names.items() if not getattr(report.head, entry).strip()]
    said = f"Chưa ghi {words.listed(empty)}." if empty else "Đủ số, chức vụ và người ký."
    return Item("head", not empty, "Số, ký hiệu, người ký", said)
