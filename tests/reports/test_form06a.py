"""The form adds up whatever happened to the dossiers, and says what counting them one by one says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kpi.reports import form06a
from kpi.reports.form06a import NEVER, Line, Population, cells_of, faults, lines, table, total

HOME: Any = SimpleNamespace(zone=ZoneInfo("UTC"))
START = datetime(2021, 3, 31, tzinfo=UTC)
DAY = 86_400_000_000
FIRST = int(START.timestamp()) // 86_400

moments = st.integers(-20 * 48, 30 * 48).map(lambda half_hours: (FIRST * 48 + half_hours) * (DAY // 48))
"""UTC microseconds, on half hours."""


@st.composite
def dossiers(draw: st.DrawFn) -> dict[str, Any]:
    """As a clerk would tell it: unit, online, accepted, due, ended, whether withdrawn."""
    accepted = draw(moments)
    due = draw(st.none() | st.integers(0, 20).map(lambda days: accepted + days * DAY))
    how = draw(st.sampled_from(("open", "finished", "withdrawn", "ended, unknown when")))
    ended = accepted + draw(st.integers(-2 * 48, 25 * 48)) * (DAY // 48) if how in ("finished", "withdrawn") else None
    return {"unit": draw(st.integers(1, 3)), "online": draw(st.booleans()), "accepted": accepted, "due": due, "how": how, "ended": ended}  # fmt: skip


def population(told: list[dict[str, Any]]) -> Population:
    """What the store's columns say of them: late by day, paused none."""
    day = [one["accepted"] // DAY for one in told]
    end = [NEVER if one["ended"] is None else one["ended"] for one in told]
    due = [NEVER if one["due"] is None else one["due"] // DAY for one in told]
    stays = [one["how"] == "open" or (one["ended"] is not None and one["ended"] > one["accepted"]) for one in told]
    turns = [
        d < NEVER and (one["how"] == "open" or (e < NEVER and e // DAY > d and e > one["accepted"]))
        for one, d, e in zip(told, due, end, strict=True)
    ]
    whole = np.int64
    return Population(
        version=np.arange(len(told), dtype=whole),
        unit=np.array([one["unit"] for one in told], whole),
        online=np.array([one["online"] for one in told], bool),
        accepted_day=np.array(day, whole),
        accepted_at=np.array([one["accepted"] for one in told], whole),
        end_day=np.array([e // DAY if e < NEVER else NEVER for e in end], whole),
        end_at=np.array(end, whole),
        due_day=np.array(due, whole),
        stays_open=np.array(stays, bool),
        finished=np.array([one["how"] == "finished" for one in told], bool),
        in_time=np.array([e // DAY <= d < NEVER for e, d in zip(end, due, strict=True)], bool),
        runs=np.ones(len(told), bool),
        overdue_day=np.array([d + 1 if t else NEVER for d, t in zip(due, turns, strict=True)], whole),
        overdue_at=np.array([-NEVER if t else NEVER for t in turns], whole),
    )


def counted(told: list[dict[str, Any]], since: int, until: int) -> dict[int, Line]:
    """One by one, in words of the form."""
    found: dict[int, Line] = {}
    for one in told:
        accepted, ended, how = one["accepted"], one["ended"], one["how"]
        new = since < accepted <= until
        ends = None if ended is None else max(ended, accepted)  # nothing happens to it before it is there
        was_open = accepted <= since and (how == "open" or (ended is not None and ended > since and ended > accepted))
        if not new and not was_open:
            continue
        line = Line(online=int(new and one["online"]), direct=int(new and not one["online"]), carried=int(was_open))
        if how == "finished" and ends is not None and since < ends <= until:
            late = one["due"] is not None and ended // DAY > one["due"] // DAY
            early = one["due"] is not None and ended // DAY < one["due"] // DAY
            line += Line(
                early=int(early), late=int(late), on_day=int(not early and not late), undated=int(one["due"] is None)
            )
        elif how == "open" or (ended is not None and ended > until and ended > accepted):
            late = one["due"] is not None and until // DAY > one["due"] // DAY
            line += Line(open_late=int(late), open_in_time=int(not late))
        else:
            line += Line(apart=1)
        found[one["unit"]] = found.get(one["unit"], Line()) + line
    return found


@given(told=st.lists(dossiers(), max_size=40), since=moments, length=st.integers(0, 20 * 48))
def test_the_form_adds_up_and_counts_right(told: list[dict[str, Any]], since: int, length: int) -> None:
    until = since + length * (DAY // 48)
    found = lines(population(told), HOME, since, until)
    assert found == counted(told, since, until)
    for line in (*found.values(), total(found.values())):
        assert faults(line, cells_of(line)) == []
    made = table("t", [("", [(str(unit), line) for unit, line in found.items()])], total(found.values()), ())
    assert not any(note.startswith("CẢNH BÁO") for note in made.notes)


@given(place=st.integers(3, 13), by=st.integers(1, 5))
def test_a_wrong_number_in_any_column_is_found(place: int, by: int) -> None:
    line = Line(5, 4, 3, 2, 4, 1, 2, 2, 1)
    cells = cells_of(line)
    assert faults(line, cells) == []
    assert faults(line, {**cells, place: cells[place] + by})


def test_units_that_do_not_add_up_to_the_total_are_found() -> None:
    line = Line(online=3, early=2, open_in_time=1)
    good = table("t", [("", [("A", line)])], line, ())
    bad = table("t", [("", [("A", line)])], replace(line, online=4, open_in_time=2), ())
    assert good.notes == ()
    assert bad.notes == (
        "CẢNH BÁO: biểu không khớp ở đẳng thức tổng các đơn vị bằng dòng TỔNG SỐ; chưa dùng để báo cáo.",
    )


def test_the_columns_are_those_of_the_form() -> None:
    told = [(column.group, column.heading) for column in form06a.COLUMNS]
    assert len(told) == 13
    assert [group for group, _ in told[2:]] == ["Số hồ sơ nhận giải quyết"] * 4 + ["Số hồ sơ đã giải quyết"] * 4 + ["Số hồ sơ đang giải quyết"] * 3  # fmt: skip


def test_days_are_those_of_the_zone() -> None:
    """20:00 UTC is the next day in Việt Nam: what was due on the day of UTC is overdue there."""
    at = int((START + timedelta(days=5, hours=20)).timestamp()) * 1_000_000
    told = [{"unit": 1, "online": True, "accepted": at - 3 * DAY, "due": at, "how": "open", "ended": None}]
    here: Any = SimpleNamespace(zone=ZoneInfo("Asia/Ho_Chi_Minh"))
    since = at - 10 * DAY
    assert lines(population(told), HOME, since, at)[1].open_late == 0
    assert lines(population(told), here, since, at)[1].open_late == 1
