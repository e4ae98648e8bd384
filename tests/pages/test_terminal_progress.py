"""The bar of a load in a terminal: how fast it goes and how long it takes, also while the number of rows is a guess."""

from __future__ import annotations

import io

from pages.terminal.progress import counting_rows


class _Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def _shown(calls: list[tuple[float, int, int]]) -> str:
    """What stands on the screen after calls of (second, rows done, rows in all)."""
    seconds = iter([0.0, *(second for second, _, _ in calls)])
    screen = _Screen()
    with counting_rows("so.csv", screen, lambda: next(seconds)) as progress:
        assert progress is not None
        for _, done, total in calls:
            progress(done, total)
    return screen.getvalue()


def test_rate_and_time_left_while_the_number_of_rows_is_a_guess() -> None:
    shown = _shown([(1, 20_000, 90_000), (2, 40_000, 110_000), (4, 80_000, 100_000)])
    assert "80,000 dòng, 20,000 dòng/s, còn 0:00:01" in shown


def test_when_all_rows_are_judged_they_are_being_written() -> None:
    shown = _shown([(1, 20_000, 90_000), (4, 100_000, 100_000)])
    assert "100,000 dòng, 25,000 dòng/s, đang ghi" in shown
    assert "0:00:00, đang ghi" not in shown


def test_nothing_where_nobody_looks() -> None:
    screen = io.StringIO()
    with counting_rows("so.csv", screen) as progress:
        assert progress is None
    assert screen.getvalue() == ""
