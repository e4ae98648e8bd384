"""What to look at before a report is issued. Nothing here forbids: whoever signs decides, knowing."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from data.clock import day_end, day_number, day_start, local_day
from data.home import Campaign, Home
from data.locale import _, formats, language
from data.schema import held, imports
from data.store import Store
from kpi import definitions, issues
from kpi.catalog import FIGURES
from kpi.reports import drafts
from kpi.reports.content import Report, Table
from kpi.reports.facts import Facts
from kpi.reports.form06a import WARNING


@dataclass(frozen=True, slots=True)
class Item:
    """``words`` says, in the reader's language, what was found; ``page`` and ``part`` name where to look, if anywhere."""

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
    at = formats.moment(report.as_of, home.zone)
    if latest is None:
        said = _("Chưa có dữ liệu.")
    elif ok:
        said = _("Dữ liệu đã có đến sau {at}.", at=at)
    else:
        said = _("Dữ liệu mới có đến {latest}, trước {at}.", latest=formats.moment(latest, home.zone), at=at)
    return Item("reached", ok, _("Dữ liệu đến thời điểm báo cáo"), said, "imports", "history")


def _files(facts: Facts) -> Item:
    name, silent = _("Tệp của các đơn vị"), facts.silent
    if not facts.arrived.files:
        return Item("files", False, name, _("Chưa nhận được tệp hồ sơ nào trong kỳ."), "imports", "arrivals")
    if not silent:
        return Item("files", True, name, _("Mọi đơn vị đều có số liệu mới trong kỳ."), "imports", "arrivals")
    names = ", ".join(one.name for one in silent[:MOST_NAMED]) + ("…" if len(silent) > MOST_NAMED else "")
    said = _("{n} đơn vị chưa có số liệu mới: {names}.", count=len(silent), n=formats.number(len(silent)), names=names)
    return Item("files", False, name, said, "imports", "arrivals")


MOST_NAMED = 5


def _refused(store: Store, facts: Facts) -> Item:
    """Rows refused by files of the period: a figure without them may be wrong."""
    before = facts.previous if facts.previous is not None else facts.start
    since, until = local_day(before, facts.home.zone) + 1, day_number(facts.day)
    c = imports.c
    received = c.at.between(day_start(since, facts.home.zone), day_end(until, facts.home.zone))
    of_period = sa.case((c.exported.is_(None), received), else_=c.exported.between(since, until))
    wanted = sa.select(sa.func.coalesce(sa.func.sum(c.refused), 0)).where(c.state == "loaded", of_period)
    with store.read() as connection:
        refused = int(connection.scalar(wanted) or 0)
    if refused:
        said = _(
            "{n} dòng của các tệp trong kỳ bị từ chối, chưa có trong số liệu.", count=refused, n=formats.number(refused)
        )
    else:
        said = _("Không dòng nào của các tệp trong kỳ bị từ chối.")
    return Item("refused", not refused, _("Chất lượng số liệu"), said, "imports", "refused")


def _held(store: Store) -> Item:
    wanted = sa.select(sa.func.count()).select_from(held).where(held.c.state == "waiting")
    with store.read() as connection:
        waiting = int(connection.scalar(wanted) or 0)
    if waiting:
        said = _("{n} tệp đang chờ quyết định nạp hay bỏ.", count=waiting, n=formats.number(waiting))
    else:
        said = _("Không có tệp nào đang chờ quyết định.")
    return Item("held", not waiting, _("Tệp chờ quyết định"), said, "imports", "held")


def _definitions(store: Store, campaign: Campaign) -> Item:
    """Whether figures and targets still mean what they meant in the last issue."""
    name = _("Định nghĩa và chỉ tiêu")
    last = next(iter(issues.listed(store, campaign.key)), None)
    if last is None:
        return Item("definitions", True, name, _("Chưa có bản chốt trước để so."), "targets", "definitions")
    meaning, rules = issues.definitions_of(store, last)
    changed = [
        declared.label(language())
        for key, declared in FIGURES.items()
        if definitions.fingerprint(definitions.of_figure(declared)) != definitions.fingerprint(meaning.get(key))
    ]
    if definitions.fingerprint(definitions.of_campaign(campaign)) != definitions.fingerprint(rules):
        changed.append(_("chỉ tiêu và quy tắc của chiến dịch"))
    if changed:
        said = _("Đã đổi từ bản chốt {n}: {names}.", n=last.id, names=", ".join(changed))
    else:
        said = _("Không đổi từ bản chốt {n}.", n=last.id)
    return Item("definitions", not changed, name, said, "targets", "definitions")


def _form(report: Report) -> Item:
    tables = [part for annex in report.annexes for part in annex.parts if isinstance(part, Table)]
    wrong = [note for table in tables for note in table.notes if note.startswith(WARNING)]
    said = " ".join(wrong) if wrong else _("Biểu II.06a khớp các đẳng thức và khớp số liệu mục II.")
    return Item("form", not wrong, _("Biểu số liệu"), said)


def _edits(report: Report) -> Item:
    found = drafts.paragraphs(report).values()
    outdated, edited = sum(one.outdated for one in found), sum(one.edited for one in found)
    name = _("Lời văn đã sửa")
    if outdated:
        return Item("edits", False, name, _("{n} đoạn được sửa trước khi số liệu đổi: cần đọc lại.", count=outdated, n=outdated), "reports", "text")  # fmt: skip
    if edited:
        return Item(
            "edits", True, name, _("{n} đoạn đã sửa, số liệu của các đoạn này không đổi.", count=edited, n=edited)
        )
    return Item("edits", True, name, _("Lời văn theo đúng bản thảo từ số liệu."))


def _head(report: Report) -> Item:
    names = {"number": _("số"), "sign_title": _("chức vụ người ký"), "signer": _("người ký")}
    empty = [words for entry, words in names.items() if not getattr(report.head, entry).strip()]
    said = _("Chưa ghi {names}.", names=formats.listed(empty)) if empty else _("Đủ số, chức vụ và người ký.")
    return Item("head", not empty, _("Số, ký hiệu, người ký"), said, "reports", "text")
