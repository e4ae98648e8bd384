"""Rows that read as in the profile's last file are not judged again: one rule at a time."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from data import known
from data.clock import MICROSECONDS_PER_DAY
from data.schema import FLAGS, STILL_BELIEVED, absent, dossiers, known_rows, procedures
from loaders import known as knowing
from tests.loaders.books import as_xlsx
from tests.loaders.conftest import AT, as_csv
from tests.loaders.twin import (
    CHANGES,
    DOSSIERS,
    FULL,
    HEADINGS,
    LAYOUT,
    ODD,
    Twin,
    catalogue,
    said,
    small_parts,
    text_of,
)

ALL = [said(n) for n in range(DOSSIERS)]
KNOWN = DOSSIERS - 1
"""Of so many rows that say again what they said: the first one of a file is always judged."""


def changed(lines: list[list[str]], **states: str) -> list[list[str]]:
    """``n3="open"``: what the third line says now."""
    return [said(n, states[f"n{n}"]) if f"n{n}" in states else line for n, line in enumerate(lines)]


def test_only_what_reads_otherwise_is_judged(twin: Twin) -> None:
    twin.load(text_of(ALL))
    second = twin.load(text_of([*changed(ALL, n3="open", n4="unknown unit")[:-1], said(50)]))
    assert twin.hits == [0, KNOWN - 3]
    counts = (second.read, second.new, second.changed, second.unchanged, second.refused)
    assert counts == (DOSSIERS, 1, 1, DOSSIERS - 3, 1)
    assert second.flags == {"odd_code": 2, "absent_from_full": 1}
    # What was refused is judged again, and what was new is known.
    third = twin.load(text_of([*changed(ALL, n3="open", n4="unknown unit")[:-1], said(50)], "lần 3"))
    assert (twin.hits[-1], third.refused, third.unchanged) == (KNOWN - 1, 1, KNOWN)


def test_rows_moved_about_and_cells_that_nobody_reads(twin: Twin) -> None:
    twin.load(text_of(ALL))
    report = twin.load(text_of([[*line[:9], "khác"] for line in ALL[::-1]]))
    assert (twin.hits[-1], report.unchanged, report.flags) == (KNOWN, DOSSIERS, {"odd_code": 2})
    assert twin.load(text_of(ALL[::-1], "lần 3")).unchanged == DOSSIERS
    assert twin.hits[-1] == KNOWN


@pytest.mark.parametrize(
    ("place", "more"),
    [(DOSSIERS, said(5)), (0, said(5)), (DOSSIERS, said(5, "open")), (DOSSIERS, ["  " + said(5)[0], *said(5)[1:]])],
)
def test_two_rows_of_one_dossier_are_judged_in_full(place: int, more: list[str], twin: Twin) -> None:
    twin.load(text_of(ALL))
    report = twin.load(text_of([*ALL[:place], more, *ALL[place:]]))
    assert (twin.retried, twin.hits[-1], report.flags["repeated_in_file"]) == (1, 0, 1)
    assert twin.load(text_of(ALL, "lần 3")).status == "loaded"
    assert twin.hits[-1] == KNOWN - 1, "the row was a repeated one, and is so no more"


def test_a_refused_row_beside_one_that_is_known(twin: Twin) -> None:
    twin.load(text_of(ALL))
    report = twin.load(text_of([*ALL, said(5, "bad date")]))
    assert (twin.retried, twin.hits[-1], report.refused) == (0, KNOWN, 1)
    assert "absent_from_full" not in twin.load(text_of(ALL, "lần 3")).flags
    assert twin.load(text_of([*ALL[:5], *ALL[6:]])).flags["absent_from_full"] == 1


def test_an_import_that_comes_in_between_has_everything_judged(twin: Twin) -> None:
    twin.load(text_of(ALL))
    report = twin.load(text_of(changed(ALL, n3="open")), meanwhile=text_of([said(3, "ended"), said(4, "ended")]))
    assert (twin.retried, twin.hits[-1]) == (1, 0)
    assert (report.changed, report.unchanged) == (2, DOSSIERS - 2)


def test_what_another_source_has_said_since_is_judged_again(twin: Twin) -> None:
    twin.load(text_of(ALL))
    twin.load(text_of([*(said(n, "open") for n in range(1, 8)), said(60)]), profile=CHANGES)
    report = twin.load(text_of(ALL, "lần 3"))
    assert (twin.hits[-1], report.changed) == (KNOWN - 7, 7)
    assert twin.kept() == {FULL: 3, CHANGES: 2}
    # By now they lead to the versions of that file, not to those that had been replaced in between.
    for number in range(2):
        assert twin.load(text_of(ALL, f"rồi {number}")).flags == {"odd_code": 2}
        assert twin.hits[-1] == KNOWN


def test_a_rehearsal_keeps_what_was_known(twin: Twin) -> None:
    twin.load(text_of(ALL))
    assert twin.load(text_of(changed(ALL, n3="open")), dry_run=True).changed == 1
    assert (twin.kept(), twin.hits) == ({FULL: 1}, [0, KNOWN - 1])
    twin.load(text_of(changed(ALL, n3="ended")))
    assert twin.hits[-1] == KNOWN - 1


@pytest.mark.parametrize("yes", [True, False])
def test_what_waits_holds_every_row(yes: bool, twin: Twin) -> None:
    twin.load(text_of(ALL), name="ho-so-2021-05-12.csv")
    twin.load(text_of(changed(ALL, n3="open")), name="ho-so-2021-05-14.csv")
    report = twin.load(text_of(changed(ALL, n3="ended")), name="ho-so-2021-05-13.csv")
    assert (report.status, report.read, twin.retried, twin.hits) == ("held", DOSSIERS, 1, [0, KNOWN - 1, 0])
    twin.decide(yes)
    assert twin.kept() == ({} if yes else {FULL: 2})
    twin.load(text_of(changed(ALL, n3="open"), "lần 4"))
    assert twin.hits[-1] == (0 if yes else KNOWN)


def test_a_row_that_a_later_export_contradicts_is_judged_again(twin: Twin) -> None:
    lines = changed(ALL, n3="ended")
    twin.load(text_of(changed(ALL, n3="open")), name="ho-so-2021-05-14.csv")
    for number in range(2):
        report = twin.load(text_of(lines, f"{number}"), name="ho-so-2021-05-13.csv", accept=True)
        assert report.flags["older_than_known"] == 1
    assert twin.hits[-1] == KNOWN - 1
    assert twin.load(text_of(lines, "sau"), name="ho-so-2021-05-15.csv").changed == 1


@pytest.mark.parametrize("back", [0, 1])
def test_nothing_is_known_after_an_undo(back: int, twin: Twin) -> None:
    twin.load(text_of(ALL[:6]))
    twin.load(text_of([said(n) for n in range(6, DOSSIERS)]))
    twin.undo(2 - back)
    twin.load(text_of(ALL))
    assert twin.hits == [0, 0, 0]
    assert twin.load(text_of(ALL, "lần 4")).unchanged == DOSSIERS
    assert twin.hits[-1] == KNOWN


def test_a_file_that_is_not_remembered_makes_the_one_before_forgotten(twin: Twin) -> None:
    for profile in (FULL, CHANGES):
        twin.load(text_of(ALL), profile=profile)
    twin.load(text_of(changed(ALL[:4], n2="open")), small=True)
    assert twin.kept() == {CHANGES: 2}
    assert twin.load(text_of(ALL, "lần 4")).changed == 1
    twin.load(text_of(ALL, "lần 5"), profile=CHANGES)
    # The other source's row has been replaced and put right since, by another version.
    assert twin.hits == [0, 0, 0, 0, KNOWN - 1]


def test_of_a_file_too_large_nothing_is_kept(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "MOST", KNOWN)
    twin.load(text_of(ALL[1:]))
    assert twin.kept() == {FULL: 1}
    twin.load(text_of([*ALL[1:], said(70)]))
    assert (twin.hits, twin.kept()) == ([0, KNOWN - 1], {})


EDITS = {
    "an alias": lambda twin, _patch: twin.edited(1),
    "the registry of units": lambda twin, _patch: twin.edited(2),
    "the profile's clock": lambda twin, _patch: twin.edited(3),
    "the profile's mode": lambda twin, _patch: twin.edited(4),
    "the catalogue": lambda twin, _patch: twin.load(catalogue(["1.009999"]), profile="danh-muc"),
    "the program": lambda _twin, patch: patch.setattr(knowing, "_judges", lambda: "another version"),
}
"""What rows are judged by, beside their cells."""


@pytest.mark.parametrize("what", EDITS)
def test_rows_are_judged_by_what_holds_now(what: str, twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = changed(ALL, n2="unit that goes", n3="unknown unit")
    first = twin.load(text_of(lines))
    EDITS[what](twin, monkeypatch)
    second = twin.load(text_of(lines, "lần 2"))
    third = twin.load(text_of(lines, "lần 3"))
    assert [twin.hits[at] for at in (0, -2, -1)] == [0, 0, len(lines) - third.refused - 1]
    assert first.refused == 1
    assert (second.refused, second.changed, second.flags.get("unknown_procedure", 0)) == {
        "an alias": (0, 0, 0),
        "the registry of units": (2, 0, 0),
        "the profile's clock": (1, DOSSIERS - 1, 0),
        "the catalogue": (1, 0, DOSSIERS - 1),
    }.get(what, (1, 0, 0))


def test_a_catalogue_that_offers_the_same_changes_nothing(twin: Twin) -> None:
    twin.load(catalogue(["1.009999"]), profile="danh-muc")
    twin.load(text_of(ALL))
    twin.load(catalogue(["1.009999"], 2), profile="danh-muc")
    assert twin.load(text_of(ALL, "lần 2")).flags["unknown_procedure"] == DOSSIERS
    assert twin.hits[-1] == KNOWN


def test_other_headings_and_columns_in_another_order(twin: Twin) -> None:
    twin.load(text_of(ALL))
    order = [0, 2, 1, *range(3, 10)]
    report = twin.load(as_csv([[line[at] for at in order] for line in (HEADINGS, *ALL)]))
    assert (twin.hits[-1], report.unchanged) == (0, DOSSIERS)


def test_dates_ahead_are_ahead_of_the_time_a_file_comes(twin: Twin) -> None:
    lines = changed(ALL, n3="ahead", n4="of no date")
    twin.load(text_of(lines))
    later = twin.load(text_of(lines, "lần 2"), at=AT + 5 * MICROSECONDS_PER_DAY)
    assert (twin.hits[-1], later.flags["far_date"]) == (KNOWN - 2, 1)
    earlier = twin.load(text_of(lines, "lần 3"))
    assert (twin.hits[-1], earlier.flags["far_date"]) == (0, 2)


def test_flags_of_known_rows_count(twin: Twin) -> None:
    lines = changed(ALL, n1="no due date", n2="ended before it began", n3="odd procedure", n4="no procedure")
    first = twin.load(text_of(lines))
    again = twin.load(text_of(lines, "lần 2"))
    assert twin.hits[-1] == KNOWN
    assert again.flags == first.flags
    assert first.flags == {"no_due_date": 1, "finish_before_accept": 1, "unknown_procedure": 2, "odd_code": 2}
    # A row that another one replaces bears no flag that counts, whether further ones are known or not.
    report = twin.load(text_of([*lines, said(50, "odd procedure"), said(50)], "lần 3"))
    assert (twin.hits[-1], report.flags["unknown_procedure"]) == (KNOWN, 2)


def test_the_latest_moment_of_known_rows(twin: Twin) -> None:
    twin.load(text_of(changed(ALL, n3="ended")))
    twin.load(text_of(changed(ALL, n3="ended", n4="open")))
    latest = [row["latest"] for row in twin.knowing.loads()]
    assert latest[0] == latest[1]


# Found by ``test_whatever_comes…``, or looked for where its plans seldom lead -------------------------------------------


def test_layout_below_known_rows(twin: Twin) -> None:
    end = [LAYOUT["total"], LAYOUT["signature"], LAYOUT["name below it"]]
    lines = [LAYOUT["group"], *ALL[:6], LAYOUT["headings"], LAYOUT["signature"], *ALL[6:], *end]
    first = twin.load(text_of(lines))
    again = twin.load(text_of(lines, "lần 2"))
    assert twin.hits[-1] == DOSSIERS
    assert first.skipped == again.skipped == {"groups": 1, "headings": 1, "totals": 1, "signatures": 2}
    assert first.refused == again.refused == 1, "no file is signed in its middle"
    cut = twin.load(text_of([*lines[:-4], LAYOUT["name below it"]], "lần 3"))
    assert cut.refused == 2


def test_a_row_of_numbers_is_one_of_headings_only_where_a_sheet_begins(twin: Twin) -> None:
    twin.load(text_of(ALL))
    below = twin.load(text_of([*ALL[:3], LAYOUT["column numbers"], *ALL[3:]]))
    assert (twin.hits[-1], below.refused, below.skipped) == (KNOWN, 1, {})
    on_top = twin.load(text_of([LAYOUT["column numbers"], *ALL]))
    assert (twin.hits[-1], on_top.refused, on_top.skipped) == (DOSSIERS, 0, {"column_numbers": 1})


def test_a_dossier_that_is_new_again_is_not_absent(twin: Twin) -> None:
    twin.load(text_of(ALL[:3]))
    assert twin.load(text_of(ALL[3:6])).flags["absent_from_full"] == 3
    twin.undo(1)
    assert "absent_from_full" not in twin.load(text_of(ALL)).flags
    assert "absent_from_full" not in twin.load(text_of(ALL, "lần 4")).flags
    assert twin.hits[-1] == KNOWN
    with twin.knowing.read() as connection:
        assert connection.scalars(sa.select(absent.c.to_import).distinct()).all() == [4]


def test_procedures_are_renamed_by_what_is_new(twin: Twin) -> None:
    def names() -> list[tuple[str, str]]:
        with twin.knowing.read() as connection:
            return [tuple(row) for row in connection.execute(sa.select(procedures.c.code, procedures.c.name))]

    twin.load(text_of(ALL))
    twin.load(text_of([said(60, "renamed procedure")]), profile=CHANGES)
    assert names() == [("1.003003", "Cấp thẻ (sửa đổi)")]
    twin.load(text_of(changed(ALL, n3="another procedure"), "lần 3"))
    assert names() == [("1.003003", "Cấp thẻ (sửa đổi)"), ("1.009999", "Thủ tục khác")]
    twin.load(text_of(changed(ALL, n3="another procedure", n4="open"), "lần 4"))
    assert dict(names())["1.003003"] == "Cấp thẻ"


def test_a_workbook_whose_dates_are_written_otherwise(twin: Twin) -> None:
    """Whether a text of digits is a date depends on the numbers in its column."""
    lines: list[list[Any]] = [list(line) for line in changed(ALL, n4="ended")]
    lines[4][4], lines[5][4] = 44_292, "44292"
    first = twin.load(as_xlsx([HEADINGS, *lines]), name="so.xlsx")
    lines[4][4] = "06/04/2021"
    second = twin.load(as_xlsx([HEADINGS, *lines]), name="so.xlsx")
    assert (first.refused, second.refused, twin.hits[-1]) == (0, 1, 0)
    lines[6][4] = ""
    assert twin.load(as_xlsx([HEADINGS, *lines]), name="so.xlsx").refused == 1
    assert twin.hits[-1] == KNOWN - 2


def test_known_rows_of_a_file_read_in_parts(twin: Twin) -> None:
    path = twin.folder / "ho-so.csv"
    with small_parts():
        path.write_bytes(text_of([*ALL, LAYOUT["total"]]))
        twin.load(path)
        path.write_bytes(text_of([*changed(ALL, n6="open", n8="bad date"), LAYOUT["total"], LAYOUT["signature"]]))
        report = twin.load(path)
    # Of every part the first row is judged.
    assert 0 < twin.hits[-1] < KNOWN - 2
    assert (report.changed, report.refused, report.skipped) == (1, 1, {"totals": 1, "signatures": 1})


def test_nothing_is_known_of_what_is_no_list_of_dossiers(twin: Twin) -> None:
    twin.load(catalogue(["1.003003"]), profile="danh-muc")
    twin.load(as_xlsx({"Tháng 4": [HEADINGS, *ALL[:6]], "Tháng 5": [HEADINGS, *ALL[6:]]}), name="so.xlsx")
    assert twin.kept() == {}


def test_what_is_kept_of_several_files_together(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every believed dossier of the last file with its flags, however many files have told what was new."""
    monkeypatch.setattr(known, "_FILES", 3)
    lines, files = ALL, []
    for number, state in enumerate(("open", "no due date", "ahead", "ended", "plain", "bad date", "plain")):
        lines = [*changed(lines, **{f"n{number % 3}": state, "n5": state}), said(50 + number)]
        twin.load(text_of(lines[number:], f"lần {number}"))
        with twin.knowing.read() as connection:
            stamps = connection.scalars(sa.select(known_rows.c.stamp)).all()
            believed = sa.select(dossiers.c.id).where(dossiers.c.to_import == STILL_BELIEVED)
            missing = sa.select(absent.c.code).where(absent.c.to_import == STILL_BELIEVED)
            wanted = set(connection.scalars(believed.where(dossiers.c.code.not_in(missing))))
        found = known.recall(twin.knowing, FULL, stamps[0], AT)
        assert found is not None
        assert set(found.ids.tolist()) == wanted
        files.append(len(stamps))
    assert max(files) == 3 and len(set(files)) > 1
    odd = (found.flags & FLAGS["odd_code"] != 0).sum()
    assert odd == len(ODD)
