"""How a table fits the page: no number, day or code is torn while smaller letters help, and the room is used up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kpi.reports import tables
from kpi.reports.content import Cell, Column, Table
from tests.reports import sample

TIMES = dict.fromkeys("0123456789", 0.5) | {"/": 0.278, "-": 0.333, ".": 0.25, "H": 0.722}
"""Widths of Times New Roman, in ems."""


def needed(text: str, size: int) -> float:
    return sum(TIMES[letter] for letter in text) * size * 25.4 / 72


def test_codes_and_days_stand_on_one_line() -> None:
    table = sample.overdue(3)
    found = tables.layout(table, 165)
    assert found.size == 12 and round(sum(found.widths), 6) == 165
    for place in (1, 3):
        texts = [row[place].text for row in table.rows]
        assert all(found.widths[place] - 2 * tables.PADDING >= needed(text, 12) for text in texts)


def test_letters_grow_smaller_before_a_number_is_torn() -> None:
    def wide(columns: int) -> Table:
        return Table("t", "", (Column("a"),) * columns, ((Cell("10.369/18.058"),) * columns,))

    sizes = [tables.layout(wide(columns), 165).size for columns in (4, 5, 6, 9)]
    assert sizes == sorted(sizes, reverse=True) and sizes[0] == 12 and sizes[-1] == 10
    for columns in (4, 5):
        found = tables.layout(wide(columns), 165)
        assert min(found.widths) - 2 * tables.PADDING >= needed("10.369/18.058", found.size)


def test_a_form_of_many_columns_begins_with_the_smallest_letters() -> None:
    assert tables.layout(sample.FORM, 252).size == 10


def test_what_a_short_column_does_not_need_goes_to_the_long_one() -> None:
    table = Table("t", "", (Column("Số"), Column("Đơn vị")), ((Cell("0", 0, "count"), Cell("Sở Nông nghiệp và Phát triển nông thôn")),) * 2)  # fmt: skip
    short, long = tables.layout(table, 100).widths
    assert short < 20 and long > 80


def test_sides() -> None:
    assert tables.layout(sample.overdue(2), 165).sides == ("center", "left", "left", "center", "right")


@given(
    st.lists(st.tuples(st.text("ab 1-", max_size=40), st.floats(0.1, 5)), min_size=1, max_size=15),
    st.floats(60, 260),
)
def test_columns_always_fill_the_room(columns: list[tuple[str, float]], room: float) -> None:
    table = Table("t", "", tuple(Column(words, width=width) for words, width in columns), (tuple(Cell(words) for words, _width in columns),))  # fmt: skip
    found = tables.layout(table, room)
    assert abs(sum(found.widths) - room) < 1e-3
    assert min(found.widths) > 0


def test_a_word_no_column_can_hold_is_broken() -> None:
    table = Table("t", "", (Column("Mã"), Column("Tên")), ((Cell("X" * 400), Cell("tên")),))
    assert round(sum(tables.layout(table, 165).widths), 6) == 165
