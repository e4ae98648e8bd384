"""Promises against histories made by hand: kept, late, failed, and on their way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from data.clock import parse_moment
from data.errors import CallFault
from data.home import Home
from data.schema import issues as issue_table
from data.store import Store
from kpi import issues, meeting
from kpi.decisions import Decision, Judged, Verdict, close, decide, judge, listed
from loaders.load import load_file
from tests.conftest import run_campaign
from tests.exports import Row, province, write_export

AT = 1_619_000_000_000_000
OVERDUE_AT_THE_END_OF = {7: 32, 8: 28, 9: 20, 12: 8, 14: 0}
"""April 2021: of Sở Y tế's forty dossiers due Monday 5/4, all overdue on 6/4. 10, 11: a weekend; 13: nothing is done."""
IN_TIME = {6: (2, 2), 8: (4, 0), 9: (2, 0), 12: (0, 2)}
"""Finished by Sở Tư pháp on a day: in time, late. In all 2/4, 6/8 = 75 %, 8/10 = 80 %, 8/12 = 66,7 %."""


def dossiers() -> list[Row]:
    rows: list[Row] = []
    left = 40
    for day, open_then in OVERDUE_AT_THE_END_OF.items():
        for _ in range(left - open_then):
            rows.append((f"Y-{len(rows):03}", "Sở Y tế", "01/04/2021 08:00:00", "05/04/2021 17:00:00", f"{day:02}/04/2021 10:00:00"))  # fmt: skip
        left = open_then
    for day, (good, late) in IN_TIME.items():
        for place in range(good + late):
            due = "16/04/2021" if place < good else "05/04/2021"
            rows.append((f"P-{len(rows):03}", "Sở Tư pháp", "01/04/2021 08:00:00", f"{due} 17:00:00", f"{day:02}/04/2021 10:00:00"))  # fmt: skip
    # One dossier, and then never anything again.
    rows.append(("C-001", "Sở Công Thương", "01/04/2021 08:00:00", "02/04/2021 17:00:00", None))
    return rows


class Room:
    """A loaded store and the shortest way to decide and to judge."""

    def __init__(self, root: Path) -> None:
        self.home = Home(root)
        self.store = Store.open(self.home)
        self.campaign = self.home.campaign("50-ngay")

    def moment(self, text: str) -> int:
        return parse_moment(text, self.home.zone)

    def decide(self, unit: str, kpi: str, value: float, due: str, as_of: str = "2021-04-07") -> Decision:
        return decide(
            self.store, self.home, self.campaign, unit=unit, kpi=kpi, value=value, due=date.fromisoformat(due),
            as_of=self.moment(as_of), who="t", at=AT,
        )  # fmt: skip

    def task(self, due: str, as_of: str = "2021-04-07", unit: str = "syt") -> Decision:
        return decide(
            self.store, self.home, self.campaign, unit=unit, task="Bố trí thêm người", due=date.fromisoformat(due),
            owner="Giám đốc Sở", as_of=self.moment(as_of), who="t", at=AT,
        )  # fmt: skip

    def judge(self, one: Decision, as_of: str) -> Judged:
        return judge(self.store, self.home, [one], self.moment(as_of))[0]

    def close(self, one: Decision, state: str, as_of: str) -> Decision:
        return close(self.store, one.id, state, as_of=self.moment(as_of), who="t", at=AT)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    folder = tmp_path_factory.mktemp("decisions")
    found = Room(province(folder / "home"))
    load_file(found.store, found.home, write_export(folder / "ho-so.csv", dossiers()), who="t", at=AT)
    yield found
    found.store.engine.dispose()


# Figures --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "due", "as_of", "verdict", "reached"),
    [
        (20, "2021-04-09", "2021-04-12", Verdict.KEPT, None),
        (20, "2021-04-11", "2021-04-12", Verdict.KEPT, None),  # a Sunday: the unit rested, and was heard of again
        (19, "2021-04-09", "2021-04-12", Verdict.LATE, 12),
        (19, "2021-04-09", "2021-04-14", Verdict.LATE, 12),
        (19, "2021-04-09", "2021-04-09", Verdict.FAILED, None),
        (7, "2021-04-12", "2021-04-13", Verdict.FAILED, None),
        (7, "2021-04-12", "2021-04-14", Verdict.LATE, 14),
        (7, "2021-04-12", "2021-04-14T09:00", Verdict.FAILED, None),  # the last are finished at ten
    ],
)
def test_after_its_due_day_the_figure_has_the_last_word(
    room: Room, value: float, due: str, as_of: str, verdict: Verdict, reached: int | None
) -> None:
    """``overdue_open``: less is better."""
    found = room.judge(room.decide("syt", "overdue_open", value, due), as_of)
    assert found.verdict is verdict
    assert found.reached == (None if reached is None else date(2021, 4, reached))


@pytest.mark.parametrize(
    ("value", "due", "verdict"),
    [
        # On 12/4 eight are left. Ends of the last eight working days: 0 0 0 40 32 28 20 8; the deficit fell by
        # 0 0 −40 8 4 8 12, median 4 a day. One working day is left to 13/4, two to 14/4.
        (8, "2021-04-13", Verdict.MET),
        (4, "2021-04-13", Verdict.ON_COURSE),
        (3, "2021-04-13", Verdict.AT_RISK),  # five missing, 1,25 times four
        (2, "2021-04-13", Verdict.BEHIND),
        (0, "2021-04-14", Verdict.ON_COURSE),
    ],
)
def test_before_its_due_day_the_pace_to_its_own_value_judges(
    room: Room, value: float, due: str, verdict: Verdict
) -> None:
    found = room.judge(room.decide("syt", "overdue_open", value, due), "2021-04-12")
    assert (found.verdict, found.value, found.at_due) == (verdict, 8, None)
    assert found.row is not None and found.row.pace is not None and found.row.pace.recent == 4


def test_a_share_that_falls_again_was_kept_all_the_same(room: Room) -> None:
    kept = room.judge(room.decide("stp", "on_time_resolved", 0.75, "2021-04-08"), "2021-04-12")
    assert (kept.verdict, kept.at_due) == (Verdict.KEPT, 0.75)
    assert kept.value == pytest.approx(8 / 12)
    late = room.judge(room.decide("stp", "on_time_resolved", 0.8, "2021-04-08"), "2021-04-12")
    assert (late.verdict, late.at_due, late.reached) == (Verdict.LATE, 0.75, date(2021, 4, 9))
    failed = room.judge(room.decide("stp", "on_time_resolved", 0.81, "2021-04-08"), "2021-04-12")
    assert (failed.verdict, failed.reached) == (Verdict.FAILED, None)


def test_reached_before_and_lost_by_the_due_day_is_not_kept(room: Room) -> None:
    one = room.decide("stp", "on_time_resolved", 0.8, "2021-04-12")
    assert room.judge(one, "2021-04-09").verdict is Verdict.MET
    assert room.judge(one, "2021-04-12").verdict is Verdict.FAILED


def test_the_value_when_it_was_decided_is_kept_with_it(room: Room) -> None:
    assert room.decide("syt", "overdue_open", 5, "2021-04-16", as_of="2021-04-08").start_value == 28
    assert room.decide("sgtvt", "on_time_resolved", 1, "2021-04-16").start_value is None


def test_old_data_and_no_data_say_nothing(room: Room) -> None:
    silent = room.decide("sct", "overdue_open", 1, "2021-04-09")
    assert silent.start_value == 1
    assert room.judge(silent, "2021-04-08").verdict is Verdict.UNKNOWN
    assert room.judge(silent, "2021-04-12").verdict is Verdict.UNKNOWN
    nothing = room.decide("sgtvt", "on_time_resolved", 0.9, "2021-04-09")
    assert [room.judge(nothing, day).verdict for day in ("2021-04-08", "2021-04-12")] == [Verdict.UNKNOWN] * 2


def test_a_decision_leaves_the_campaigns_targets_and_window_alone(room: Room) -> None:
    """The campaign wants 100 % by 19/5; the decision 50 % by 16/4 counts the same dossiers."""
    found = room.judge(room.decide("stp", "on_time_resolved", 0.5, "2021-04-16"), "2021-04-12")
    assert found.row is not None
    assert (found.row.numerator, found.row.denominator, found.row.target) == (8, 12, 0.5)
    assert {target.value for target in room.campaign.target if target.kpi == "on_time_resolved"} == {1.0}


def test_the_window_runs_to_the_last_due_day_of_the_campaign_all_the_same(fresh: Room) -> None:
    """A campaign that ends on 10/4 with targets due on 19/5 counts what is finished on 12/4, whatever is decided."""
    made = fresh.decide("stp", "on_time_resolved", 0.7, "2021-04-09")
    path = fresh.home.root / "campaigns" / "50-ngay.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("end = 2021-05-19", "end = 2021-04-10"), encoding="utf-8")
    home = Home(fresh.home.root)
    assert (home.campaign("50-ngay").end, home.campaign("50-ngay").last_day) == (date(2021, 4, 10), date(2021, 5, 19))
    (found,) = judge(fresh.store, home, [made], fresh.moment("2021-04-12"))
    assert found.row is not None and (found.row.numerator, found.row.denominator) == (8, 12)


@pytest.mark.parametrize(
    ("value", "due", "as_of", "verdict", "reached"),
    [
        # Shipped ranks: 15 on 28/4, 9 on 4/5, 6 on 7/5.
        (10, "2021-05-04", "2021-05-05", Verdict.KEPT, None),
        (10, "2021-05-02", "2021-05-05", Verdict.LATE, date(2021, 5, 4)),
        (5, "2021-05-07", "2021-05-08", Verdict.FAILED, None),
        (5, "2021-05-15", "2021-05-08", Verdict.OPEN, None),
        (6, "2021-05-15", "2021-05-08", Verdict.MET, None),
    ],
)
def test_ranks_are_judged_in_the_campaigns_own_scheme(
    room: Room, value: float, due: str, as_of: str, verdict: Verdict, reached: date | None
) -> None:
    found = room.judge(room.decide("binh-phuoc", "national_rank", value, due, as_of="2021-04-29"), as_of)
    assert (found.verdict, found.reached) == (verdict, reached)
    assert found.decision.start_value == 15


# Tasks ----------------------------------------------------------------------------------------------------------------


def test_a_task_waits_for_a_person(room: Room) -> None:
    one = room.task("2021-04-09")
    assert room.judge(one, "2021-04-08").verdict is Verdict.OPEN
    assert room.judge(one, "2021-04-10").verdict is Verdict.FAILED
    done = room.close(one, "kept", "2021-04-12T17:00")
    assert room.judge(done, "2021-04-12T17:00").verdict is Verdict.LATE
    assert room.judge(done, "2021-04-10").verdict is Verdict.FAILED  # not yet known then
    assert room.judge(room.close(room.task("2021-04-09"), "kept", "2021-04-09"), "2021-04-12").verdict is Verdict.KEPT
    for state, verdict in (("failed", Verdict.FAILED), ("dropped", Verdict.DROPPED)):
        assert room.judge(room.close(room.task("2021-04-20"), state, "2021-04-09"), "2021-04-12").verdict is verdict
    with pytest.raises(CallFault, match="đã được ghi kết quả"):
        room.close(done, "dropped", "2021-04-13")


def test_what_figures_judge_nobody_marks(room: Room) -> None:
    one = room.decide("syt", "overdue_open", 5, "2021-04-16")
    with pytest.raises(CallFault, match="chính số liệu đánh giá"):
        room.close(one, "kept", "2021-04-12")
    assert room.judge(room.close(one, "dropped", "2021-04-12"), "2021-04-13").verdict is Verdict.DROPPED
    with pytest.raises(CallFault, match="chưa có ở thời điểm này"):
        room.close(room.task("2021-04-20", as_of="2021-04-12"), "kept", "2021-04-09")


# Refused --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unit", "kpi", "value", "due", "words"),
    [
        ("khong-co", "overdue_open", 1, "2021-04-16", "Không có đơn vị"),
        ("syt", "khong_co", 1, "2021-04-16", "khong_co"),
        ("syt", "overdue_open", -1, "2021-04-16", "từ 0 trở lên"),
        ("syt", "overdue_open", float("nan"), "2021-04-16", "cần mức phải đạt"),
        ("syt", "on_time_resolved", 95, "2021-04-16", "từ 0 đến 100 %"),
        ("binh-phuoc", "national_rank", 0, "2021-04-16", "từ 1 trở lên"),
        ("syt", "overdue_open", 1, "2021-04-06", "trước thời điểm"),
        ("syt", "on_time_resolved", 0.9, "2021-06-30", "hết kỳ của chiến dịch"),
    ],
)
def test_what_cannot_be_promised_is_refused(
    room: Room, unit: str, kpi: str, value: float, due: str, words: str
) -> None:
    before = listed(room.store)
    with pytest.raises(CallFault, match=words):
        room.decide(unit, kpi, value, due)
    assert listed(room.store) == before


def test_a_decision_says_a_figure_or_a_task(room: Room) -> None:
    due, as_of = date(2021, 4, 16), room.moment("2021-04-07")
    for task, value, words in (("  ", None, "chỉ tiêu hoặc việc"), ("Họp dân", 3.0, "không có mức")):
        with pytest.raises(CallFault, match=words):
            decide(room.store, room.home, room.campaign, unit="syt", task=task, value=value, due=due, as_of=as_of, who="t", at=AT)  # fmt: skip
    # A stock goes on counting after the campaign.
    assert room.decide("syt", "overdue_open", 0, "2021-06-30").due == date(2021, 6, 30)


# Meetings -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Room]:
    found = Room(province(tmp_path / "home"))
    load_file(found.store, found.home, write_export(tmp_path / "ho-so.csv", dossiers()), who="t", at=AT)
    yield found
    found.store.engine.dispose()


def begin(room: Room, as_of: str) -> meeting.Meeting:
    return meeting.begin(room.store, room.home, room.campaign, as_of=room.moment(as_of), who="t", at=AT)


def test_the_next_meeting_asks_what_became_of_it_until_it_is_settled(fresh: Room) -> None:
    begin(fresh, "2021-04-07T17:00")
    kept = fresh.decide("syt", "overdue_open", 20, "2021-04-09", "2021-04-07T17:00")
    late = fresh.decide("syt", "overdue_open", 8, "2021-04-09", "2021-04-07T17:00")
    failed = fresh.decide("stp", "on_time_resolved", 0.9, "2021-04-09", "2021-04-07T17:00")
    task = fresh.task("2021-04-08", "2021-04-07T17:00", unit="stp")

    def asked(as_of: str, units: set[str] | None = None) -> list[tuple[int, Verdict]]:
        at = fresh.moment(as_of)
        judged = judge(fresh.store, fresh.home, listed(fresh.store, "50-ngay", at, units), at)
        found = meeting.promises(fresh.home, judged, meeting.before(fresh.store, "50-ngay", at), at)
        return [(one.decision.id, one.verdict) for one in found]

    assert asked("2021-04-07T17:00") == []  # this meeting's own are no promises of last time
    second = asked("2021-04-10T17:00")
    assert second == [(task.id, Verdict.FAILED), (late.id, Verdict.FAILED), (failed.id, Verdict.FAILED), (kept.id, Verdict.KEPT)]  # fmt: skip
    begin(fresh, "2021-04-10T17:00")
    fresh.close(task, "kept", "2021-04-10T17:00")
    # Kept on 9/4, before the last meeting: settled. Closed at the last meeting, and late on 12/4: told once more.
    third = asked("2021-04-13T17:00")
    assert third == [(failed.id, Verdict.FAILED), (task.id, Verdict.LATE), (late.id, Verdict.LATE)]
    begin(fresh, "2021-04-13T17:00")
    assert asked("2021-04-14T17:00") == [(failed.id, Verdict.FAILED)]
    assert asked("2021-04-14T17:00", {"syt"}) == []


def test_a_meeting_freezes_its_figures_once(fresh: Room) -> None:
    first = begin(fresh, "2021-04-07T17:00")
    (frozen,) = issues.listed(fresh.store, "50-ngay")
    assert (frozen.id, frozen.as_of, frozen.number) == (first.issue_id, first.as_of, "")
    assert begin(fresh, "2021-04-07T17:00") == first
    meeting.note(fresh.store, first, " Đã thống nhất ", who="t", at=AT + 1)
    ended = meeting.end(fresh.store, first, who="t", at=AT + 1)
    assert (ended.is_open, ended.notes) == (False, "Đã thống nhất")
    with pytest.raises(CallFault, match="đã kết thúc"):
        meeting.end(fresh.store, first, who="t", at=AT + 2)
    with pytest.raises(CallFault, match="đã kết thúc"):
        meeting.note(fresh.store, ended, "khác", who="t", at=AT + 2)
    assert begin(fresh, "2021-04-07T17:00").is_open
    assert len(issues.listed(fresh.store)) == 1


def test_figures_frozen_before_serve_a_meeting_while_no_data_have_come(fresh: Room, tmp_path: Path) -> None:
    as_of = fresh.moment("2021-04-08T17:00")
    reported = issues.issue(fresh.store, fresh.home, fresh.campaign, as_of=as_of, who="t", at=AT, number="12/BC")
    assert begin(fresh, "2021-04-08T17:00").issue_id == reported.id
    issues.issue(fresh.store, fresh.home, fresh.campaign, as_of=fresh.moment("2021-04-09T17:00"), who="t", at=AT)
    late: Row = ("Y-999", "Sở Y tế", "01/04/2021 08:00:00", "05/04/2021 17:00:00", None)
    load_file(fresh.store, fresh.home, write_export(tmp_path / "them.csv", [late]), who="t", at=AT + 1)
    again = begin(fresh, "2021-04-09T17:00")
    newest = issues.listed(fresh.store)[0]
    assert (again.issue_id, newest.reason) == (newest.id, "Chốt số liệu cho phiên họp")
    with fresh.store.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(issue_table)) == 3


# The command line -----------------------------------------------------------------------------------------------------


def test_the_terminal_decides_and_lists(fresh: Room) -> None:
    fresh.store.engine.dispose()
    begin(fresh, "2021-04-07T17:00")
    common = ("--home", fresh.home.root, "--campaign", "50-ngay", "--json")
    decided = ("decide", *common, "--as-of", "2021-04-07T17:00", "--due", "2021-04-09")
    made = run_campaign(*decided, "--unit", "syt", "--kpi", "overdue_open", "--value", "20").json()
    assert (made["start"], made["verdict"], made["meeting"]) == (32, "behind", 1)
    task = run_campaign(*decided, "--unit", "stp", "--task", "Họp dân", "--owner", "Giám đốc 0912345678").json()
    assert (task["owner"], task["verdict"], task["kpi"]) == ("Giám đốc •••", "open", None)
    found = run_campaign("decisions", *common, "--as-of", "2021-04-12").json()["decisions"]
    assert [(one["unit"], one["verdict"], one["at_due"], one["now"]) for one in found] == [
        ("syt", "kept", 20, 8), ("stp", "failed", None, None),
    ]  # fmt: skip
    assert run_campaign(*decided, "--unit", "syt", "--kpi", "overdue_open", expect=2).out == ""
