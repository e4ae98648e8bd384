"""Dates against Python's own datetime and zoneinfo, and against Arrow's reading of the zone rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.clock import from_micros, to_micros
from loaders.clean import VIETNAMESE, moments
from loaders.zones import to_utc

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
FORMS = [
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%d-%m-%Y %H:%M:%S",
    "%Y%m%d%H%M%S",
    "%H:%M %d/%m/%Y",
    "%y.%m.%d %H:%M:%S",
]
CLOCKS = st.datetimes(datetime(1975, 7, 1), datetime(2068, 12, 31))


def read(
    text: str | None, forms: tuple[str, ...] = (), zone: ZoneInfo = HANOI, *, end: bool = False
) -> datetime | None:
    found = moments(pa.array([text], pa.string()), forms, zone, end_of_day=end)
    return from_micros(int(found.utc[0]), zone).replace(tzinfo=None) if found.valid[0] else None


@settings(deadline=None)
@given(st.lists(CLOCKS, min_size=1, max_size=30), st.sampled_from(FORMS))
def test_forms_read_what_strptime_reads(clocks: list[datetime], form: str) -> None:
    texts = [clock.strftime(form) for clock in clocks]
    found = moments(pa.array(texts), [form], HANOI)
    expected = [to_micros(datetime.strptime(text, form).replace(tzinfo=HANOI)) for text in texts]
    assert found.valid.all()
    assert found.utc.tolist() == expected


@settings(deadline=None)
@given(
    CLOCKS,
    st.sampled_from([0, 60, 120, -210, 330, 420]),
    st.sampled_from(["seconds", "milliseconds", "microseconds"]),
    st.booleans(),
)
def test_iso_with_offsets_and_fractions(clock: datetime, minutes: int, precision: str, blank: bool) -> None:
    text = clock.replace(tzinfo=timezone(timedelta(minutes=minutes))).isoformat(" " if blank else "T", precision)
    found = moments(pa.array([text]), ["iso8601"], AMSTERDAM)
    assert found.valid[0]
    assert int(found.utc[0]) == to_micros(datetime.fromisoformat(text))
    assert not found.ambiguous[0]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.datetimes(datetime(1990, 1, 1), datetime(2037, 1, 1)), min_size=1, max_size=40))
def test_local_times_become_utc_as_arrow_does_it(clocks: list[datetime]) -> None:
    clocks += [
        datetime(2021, 10, 31, 2, 30),
        datetime(2021, 10, 31, 2),
        datetime(2021, 10, 31, 3),
        datetime(2021, 3, 28, 2, 30),
    ]
    local = np.array([to_micros(clock.replace(tzinfo=UTC)) for clock in clocks])
    utc, ambiguous, missing = to_utc(local, AMSTERDAM)
    naive = pa.array(local).cast(pa.timestamp("us"))
    expected = pc.assume_timezone(naive, "Europe/Amsterdam", ambiguous="earliest", nonexistent="latest").cast(
        pa.int64()
    )
    later = pc.assume_timezone(naive, "Europe/Amsterdam", ambiguous="latest", nonexistent="latest").cast(pa.int64())
    assert utc.tolist() == expected.to_pylist()
    assert ambiguous.tolist() == [a != b for a, b in zip(expected.to_pylist(), later.to_pylist(), strict=True)]
    assert missing.tolist() == [
        clock != clock.replace(tzinfo=AMSTERDAM).astimezone(UTC).astimezone(AMSTERDAM).replace(tzinfo=None)
        for clock in clocks
    ]


def test_the_hour_that_occurs_twice_and_the_one_that_does_not() -> None:
    found = moments(
        pa.array(["2021-10-31 02:30:00", "2021-03-28 02:30:00", "2021-06-01 02:30:00"]), ["iso8601"], AMSTERDAM
    )
    assert [from_micros(int(m), AMSTERDAM).isoformat() for m in found.utc] == [
        "2021-10-31T02:30:00+02:00",
        "2021-03-28T03:00:00+02:00",
        "2021-06-01T02:30:00+02:00",
    ]
    assert found.ambiguous.tolist() == [True, False, False]
    assert found.missing.tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("31/03/2021", datetime(2021, 3, 31)),
        ("1/4/2021", datetime(2021, 4, 1)),
        ("1/4/2021 8:05", datetime(2021, 4, 1, 8, 5)),
        (" 1.4.2021\u00a0", datetime(2021, 4, 1)),
        ("04/03/2021", datetime(2021, 3, 4)),
        ("31/03/2021 24:00", datetime(2021, 4, 1)),
        ("31/12/2021 24:00:00", datetime(2022, 1, 1)),
        ("29/02/2020", datetime(2020, 2, 29)),
        ("2021-4-5 8:05", datetime(2021, 4, 5, 8, 5)),
        ("5.4.21 08:05", datetime(2021, 4, 5, 8, 5)),
        ("2021-03-31 08:05:00 +07:00", datetime(2021, 3, 31, 8, 5)),
        ("2021-03-31T08:05:00+0700", datetime(2021, 3, 31, 8, 5)),
        ("20210331080500", datetime(2021, 3, 31, 8, 5)),
        ("2021-03-31", datetime(2021, 3, 31)),
        ("2021-03-31T01:05:00Z", datetime(2021, 3, 31, 8, 5)),
        ("08:05 31/03/2021", datetime(2021, 3, 31, 8, 5)),
    ],
)
def test_the_usual_vietnamese_ways(text: str, expected: datetime) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "31/02/2021",
        "29/02/2021",
        "32/01/2021",
        "01/13/2021",
        "31/03/2021 24:01",
        "31/03/2021 08:60",
        "01/04/1",
        "44286",
        "hôm qua",
        "2021-13-01",
        "0",
        "31/03/2021x",
    ],
)
def test_what_is_no_date_is_never_guessed(text: str) -> None:
    found = moments(pa.array([text]), VIETNAMESE, HANOI)
    assert found.unreadable.tolist() == [True]
    assert found.valid.tolist() == [False]


@pytest.mark.parametrize("text", [None, "", "  ", "\u00a0"])
def test_blank_is_nothing(text: str | None) -> None:
    found = moments(pa.array([text], pa.string()), (), HANOI)
    assert not found.valid[0]
    assert not found.unreadable[0]


def test_a_due_date_without_a_clock_lasts_until_the_end_of_its_day() -> None:
    last = datetime(2021, 3, 31, 23, 59, 59, 999_999)
    assert read("31/03/2021", end=True) == last
    assert read("31/03/2021 24:00", end=True) == last
    assert read("31/03/2021 11:00", end=True) == datetime(2021, 3, 31, 11)
    assert read("44286", ("excel",), end=True) == last


def test_excel_serials_when_declared() -> None:
    assert read("44286", ("excel",)) == datetime(2021, 3, 31)
    assert read("44286.3368055556", ("excel",)) == datetime(2021, 3, 31, 8, 5)
    assert read("31/03/2021", ("excel", "%d/%m/%Y")) == datetime(2021, 3, 31)


@pytest.mark.parametrize("forms", [("%d/%m/%y",), VIETNAMESE])
def test_two_digit_years(forms: tuple[str, ...]) -> None:
    assert read("01/04/21", forms) == datetime(2021, 4, 1)
    assert read("1/4/21", forms) == datetime(2021, 4, 1)
    assert read("01/04/75", forms) == datetime(1975, 4, 1)


def test_forms_are_tried_in_order() -> None:
    assert read("03/04/2021", ("%d/%m/%Y", "%m/%d/%Y")) == datetime(2021, 4, 3)
    assert read("03/04/2021", ("%m/%d/%Y", "%d/%m/%Y")) == datetime(2021, 3, 4)
    assert read("03/31/2021", ("%d/%m/%Y", "%m/%d/%Y")) == datetime(2021, 3, 31)


def test_forms_with_words_are_left_to_strptime() -> None:
    assert read("31 Mar 2021 08:05 PM", ("%d %b %Y %I:%M %p",)) == datetime(2021, 3, 31, 20, 5)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00", "01/01/0001", "0000-00-00 00:00:00"])
def test_a_programs_way_of_writing_none(text: str) -> None:
    found = moments(pa.array([text]), VIETNAMESE, HANOI)
    assert found.empty_date[0]
    assert not found.valid[0]
    assert not found.unreadable[0]


def test_the_end_of_time_is_loaded() -> None:
    assert read("31/12/9999", end=True, zone=ZoneInfo("America/New_York")) == datetime(9999, 12, 30)
