"""Minutes of a meeting: the figures it was shown as they were frozen, what became of earlier decisions, what it decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from data.clock import day_end, day_number, from_micros
from data.home import Campaign, Home
from data.store import Store
from data.units import Tree
from kpi import issues
from kpi.catalog import FIGURES, figure
from kpi.decisions import WORDS, Decision, Judged, Verdict
from kpi.issues import Issue
from kpi.meeting import ORDER, Meeting
from kpi.model import Row, Status
from kpi.reports import words
from kpi.reports.content import Cell, Column, Head, Part, Report, Section, Table
from kpi.reports.paragraphs import paragraph
from kpi.targets import target_of

MOST_NAMES = 6


def build(
    store: Store, home: Home, campaign: Campaign, meeting: Meeting, promises: Sequence[Judged], made: Sequence[Judged]
) -> Report:
    """``promises``: earlier decisions as this meeting saw them; ``made``: its own. A draft until the meeting is closed.

    Raises CallFault when the meeting has no frozen figures.
    """

    def made_up() -> Report:
        return _Minutes.of(store, home, campaign, meeting, promises, made).report()

    return words.in_vietnamese(made_up)


@dataclass(frozen=True)
class _Minutes:
    home: Home
    campaign: Campaign
    meeting: Meeting
    issue: Issue
    rows: Sequence[Row]
    tree: Tree
    promises: Sequence[Judged]
    made: Sequence[Judged]

    @classmethod
    def of(
        cls, store: Store, home: Home, campaign: Campaign, meeting: Meeting, promises: Sequence[Judged], made: Sequence[Judged]
    ) -> _Minutes:  # fmt: skip
        issue = issues.get(store, meeting.issue_id or 0)
        tree = store.tree(from_micros(meeting.as_of, home.zone).date())
        return cls(home, campaign, meeting, issue, issues.rows_of(store, issue), tree, promises, made)

    def report(self) -> Report:
        sections = [self._shown(), self._promised(), self._decided()]
        if self.meeting.notes:
            lines = [line for line in self.meeting.notes.splitlines() if line.strip()]
            parts = tuple(paragraph(f"minutes.notes.{n}", line) for n, line in enumerate(lines, start=1))
            sections.append(Section("notes", "IV", "Ý KIẾN KHÁC", 1, parts))
        sections.append(Section("end", "", "", 1, (paragraph("minutes.end", self._end()),)))
        return Report(
            campaign=self.campaign.key,
            unit="",
            as_of=self.meeting.as_of,
            as_of_text=words.moment(self.meeting.as_of, self.home.zone),
            known_import=self.issue.known_import,
            data_version=self.issue.data_version,
            head=self._head(),
            sections=tuple(sections),
            annexes=(),
            draft=self.meeting.is_open,
            simulated=self.home.file.simulated,
            issue=self.issue.id,
        )

    def _head(self) -> Head:
        given, province = self.home.file.report, self.tree[self.tree.root].name
        place = given.place or province.removeprefix("Tỉnh ").removeprefix("Thành phố ")
        day = from_micros(self.meeting.as_of, self.home.zone).date()
        return Head(
            authority=given.authority or f"ỦY BAN NHÂN DÂN {province.upper()}",
            office=given.office or "VĂN PHÒNG",
            number="",
            symbol="BB-VPUBND",
            place=place,
            date_line=f"{place}, {words.long_day(day)}",
            kind="BIÊN BẢN",
            subject=f"Họp kiểm điểm tiến độ {self.campaign.name.vi} (số liệu đến {words.moment(self.meeting.as_of, self.home.zone)})",
            recipients=("Các đơn vị có tên trong kết luận;", "Lưu: VT, KSTTHC."),
            sign_for=given.sign_for,
            sign_title=given.sign_title or "CHÁNH VĂN PHÒNG",
            signer=given.signer,
        )

    # I ----------------------------------------------------------------------------------------------------------------

    def _shown(self) -> Section:
        """Frozen figures of the targets, and which units were behind."""
        kpis = list(dict.fromkeys(target.kpi for target in self.campaign.target))
        mine = {row.kpi: row for row in self.rows if row.unit == self.tree.root and row.scheme is None}
        shown = [mine[kpi] for kpi in kpis if kpi in mine]
        opening = (
            f"Số liệu trình tại phiên họp được chốt ở bản số {self.issue.id}, đến {words.moment(self.meeting.as_of, self.home.zone)}, "
            f"phiên bản dữ liệu {self.issue.data_version}."
        )
        parts: list[Part] = [paragraph("minutes.figures", opening), self._targets(shown)]
        for kpi in kpis:
            late = [
                row for row in self.rows
                if row.kpi == kpi and row.unit != self.tree.root and row.status in (Status.BEHIND, Status.AT_RISK)
                and self.tree[row.unit].level in ("department", "district")
            ]  # fmt: skip
            if late:
                names = words.some([row.name for row in sorted(late, key=lambda row: -(row.gap or 0))], MOST_NAMES)
                text = f"{_label(kpi)}: {words.number(len(late))} đơn vị chậm, có nguy cơ chậm hoặc không đạt, gồm {names}."
                parts.append(paragraph(f"minutes.late.{kpi}", text))
        return Section("figures", "I", "SỐ LIỆU TRÌNH TẠI PHIÊN HỌP", 1, tuple(parts))

    def _targets(self, shown: Sequence[Row]) -> Table:
        columns = (
            Column("Chỉ tiêu", width=3.2), Column("Mục tiêu", right=True), Column("Kết quả", right=True), Column("Đánh giá", width=1.6),
        )  # fmt: skip
        lines = []
        for row in shown:
            declared = figure(row.kpi)
            day = from_micros(self.meeting.as_of, self.home.zone).date()
            target = target_of(self.campaign, row.kpi, self.tree[row.unit], day)
            over = target is not None and self.meeting.as_of >= day_end(day_number(target.due), self.home.zone)
            lines.append(
                (
                    Cell(words.label(declared)),
                    words.value_cell(declared, row.target),
                    words.value_cell(declared, row.value, row.target, bold=True),
                    Cell(words.status(row, over)),
                )
            )
        return Table("figures", "Kết quả theo chỉ tiêu", columns, tuple(lines))

    # II, III ----------------------------------------------------------------------------------------------------------

    def _promised(self) -> Section:
        title = "KIỂM ĐIỂM VIỆC ĐÃ GIAO"
        if not self.promises:
            text = "Không có việc nào của các phiên trước phải kiểm điểm."
            return Section("promises", "II", title, 1, (paragraph("minutes.promises", text),))
        counts = Counter(one.verdict for one in self.promises)
        told = [f"{words.number(counts[verdict])} {_lower(verdict)}" for verdict in ORDER if counts[verdict]]
        text = f"Phiên họp kiểm điểm {words.number(len(self.promises))} việc đã giao: {words.listed(told)}."
        return Section("promises", "II", title, 1, (paragraph("minutes.promises", text), self._of_promises()))

    def _of_promises(self) -> Table:
        columns = (
            Column("TT", width=0.5), Column("Đơn vị", width=1.8), Column("Việc đã giao", width=2.8), Column("Hạn", width=1.1),
            Column("Khi giao", right=True), Column("Nay", right=True), Column("Kết quả", width=1.3),
        )  # fmt: skip
        lines = []
        for n, one in enumerate(self.promises, start=1):
            made = one.decision
            lines.append(
                (
                    Cell(str(n), float(n), "count"),
                    Cell(self._unit(made.unit)),
                    Cell(wanted(made)),
                    Cell(words.day(made.due), made.due.isoformat(), "day"),
                    _value(made.kpi, made.start_value),
                    _value(made.kpi, one.value),
                    Cell(_became(one), bold=one.verdict in (Verdict.FAILED, Verdict.LATE, Verdict.BEHIND)),
                )
            )
        return Table("promises", "Kết quả việc đã giao", columns, tuple(lines))

    def _decided(self) -> Section:
        title = "KẾT LUẬN"
        if not self.made:
            text = "Phiên họp không giao thêm việc nào."
            return Section("decisions", "III", title, 1, (paragraph("minutes.decisions", text),))
        columns = (
            Column("TT", width=0.5), Column("Đơn vị", width=1.8), Column("Việc phải làm", width=3.0), Column("Nay", right=True),
            Column("Hạn", width=1.1), Column("Chịu trách nhiệm", width=1.8),
        )  # fmt: skip
        lines = []
        for n, one in enumerate(self.made, start=1):
            made = one.decision
            lines.append(
                (
                    Cell(str(n), float(n), "count"),
                    Cell(self._unit(made.unit), bold=True),
                    Cell(wanted(made)),
                    _value(made.kpi, made.start_value),
                    Cell(words.day(made.due), made.due.isoformat(), "day"),
                    Cell(made.owner or f"Thủ trưởng {words.unit(self._unit(made.unit))}"),
                )
            )
        text = f"Phiên họp thống nhất giao {words.number(len(self.made))} việc; kết quả được kiểm điểm ở phiên sau:"
        notes = ("Việc có chỉ tiêu do chính số liệu đánh giá vào hết ngày của hạn.",)
        table = Table("decisions", "Việc được giao", columns, tuple(lines), notes=notes)
        return Section("decisions", "III", title, 1, (paragraph("minutes.decisions", text), table))

    def _end(self) -> str:
        zone = self.home.zone
        opened = f"Phiên họp mở lúc {words.moment(self.meeting.at, zone)}"
        if self.meeting.closed_at is None:
            return f"{opened}, chưa kết thúc."
        return f"{opened}, kết thúc lúc {words.moment(self.meeting.closed_at, zone)}."

    def _unit(self, code: str) -> str:
        found = self.tree.units.get(code)
        return code if found is None else found.name


def wanted(made: Decision) -> str:
    """«Hồ sơ giải quyết đúng hạn: ít nhất 95%», «…: nhiều nhất 20», or the task."""
    if made.kpi is None:
        return made.task
    declared = FIGURES.get(made.kpi)
    bound = "nhiều nhất" if declared is not None and declared.direction < 0 else "ít nhất"
    text = f"{_label(made.kpi)}: {bound} {_value(made.kpi, made.value).text}"
    return f"{text}. {made.task}" if made.task else text


def _value(kpi: str | None, amount: float | None) -> Cell:
    declared = FIGURES.get(kpi or "")
    return words.count_cell(amount) if declared is None else words.value_cell(declared, amount)


def _became(one: Judged) -> str:
    text = WORDS[one.verdict].vi
    if one.verdict is Verdict.LATE and one.reached is not None:
        return f"{text} (ngày {words.day(one.reached)})"
    return text


def _label(kpi: str) -> str:
    declared = FIGURES.get(kpi)
    return kpi if declared is None else words.label(declared)


def _lower(verdict: Verdict) -> str:
    return words.lower_first(WORDS[verdict].vi)
