"""Whatever files come, knowing the rows of the last one changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from data.clock import MICROSECONDS_PER_DAY
from data.home import Home
from tests.loaders.conftest import AT
from tests.loaders.twin import (
    CHANGES,
    CODELESS,
    DOSSIERS,
    FULL,
    HOUR,
    LAYOUT,
    POOL,
    STATES,
    Twin,
    catalogue,
    said,
    small_parts,
    text_of,
    twin_of,
)


@dataclass(frozen=True)
class Edit:
    """What is different in a file from the one before. ``how``: the state of a dossier, or the kind of layout."""

    what: str
    place: int
    how: str = ""
    dossier: int = 0


@dataclass(frozen=True)
class File:
    edits: list[Edit]
    profile: str
    day: int | None
    at: int
    how: str


@dataclass(frozen=True)
class EditHome:
    """Somebody edits a file of the home: from now on it is another of ``homes``."""

    home: int


@dataclass(frozen=True)
class Catalogue:
    procedures: list[str]


@dataclass(frozen=True)
class Undo:
    """``back``: how many imports before the latest one."""

    back: int


@dataclass(frozen=True)
class Decide:
    yes: bool


Step = File | EditHome | Catalogue | Undo | Decide


def plan_of(dice: Random) -> list[Step]:
    """Some files of one source after each other, seldom something else; drawn so that there mostly is something to know."""
    plan: list[Step] = [random_file(dice), random_file(dice)]
    for _ in range(dice.randint(1, 4)):
        others = (
            EditHome(dice.randint(0, 4)),
            Catalogue(dice.sample(("1.003003", "1.009999"), dice.randint(0, 2))),
            Undo(dice.randint(0, 2)),
            Decide(dice.random() < 0.5),
        )
        plan.append(random_file(dice) if dice.random() < 0.7 else dice.choice(others))
    return plan


def random_file(dice: Random) -> File:
    return File(
        [random_edit(dice) for _ in range(dice.randint(0, 4))],
        profile=dice.choices((FULL, CHANGES), (5, 1))[0],
        day=dice.choice((None, None, None, 12, 14, 16)),
        at=AT + dice.choices((0, HOUR, 5 * MICROSECONDS_PER_DAY), (8, 1, 1))[0],
        how=dice.choices(("", "accept", "dry_run"), (6, 1, 1))[0],
    )


def random_edit(dice: Random) -> Edit:
    what = dice.choices(("say", "drop", "move", "double", "insert"), (8, 4, 2, 2, 4))[0]
    place, dossier = dice.randint(0, DOSSIERS), dice.choice(POOL)
    if what == "insert":
        return Edit(what, place, dice.choice(list(LAYOUT)))
    state = "plain" if dice.random() < 0.4 else dice.choice([*STATES, CODELESS])
    return Edit(what, place, state, dossier)


Lines = dict[int | str, list[list[str]]]
"""What a file says, in its order: of a dossier, or the layout at some place."""


def edited(lines: Lines, edit: Edit) -> Lines:
    """The lines of a file after an edit."""
    if edit.what == "insert":
        of: int | str = f"layout {len(lines)} {edit.place}"
        row = LAYOUT[edit.how]
    else:
        of, row = edit.dossier, said(edit.dossier, edit.how or "plain")
    left = {key: rows for key, rows in lines.items() if key != of}
    mine = lines.get(of, [])
    if edit.what == "drop":
        return left
    if edit.what == "say" and mine:
        return {**lines, of: [row]}
    if edit.what == "double":
        return {**left, of: [*mine, row]}
    # What is moved, or comes anew.
    keys = list(left)
    keys.insert(edit.place, of)
    return {key: left.get(key, mine or [row]) for key in keys}


def run(twin: Twin, plan: list[Step], in_parts: bool) -> None:
    lines: Lines = {n: [said(n)] for n in range(DOSSIERS) if n != POOL[0]}
    for number, step in enumerate(plan):
        if isinstance(step, File):
            for edit in step.edits:
                lines = edited(lines, edit)
            day = "" if step.day is None else f"-2021-05-{step.day:02}"
            path = twin.folder / f"ho-so-{number}{day}.csv"
            path.write_bytes(text_of([row for rows in lines.values() for row in rows], f"BÁO CÁO lần {number}"))
            options = {step.how: True} if step.how else {}
            data = path if in_parts else path.read_bytes()
            twin.load(data, name=f"ho-so{day}.csv", profile=step.profile, at=step.at, **options)
            # A file in which a dossier stands twice is judged in full; the next one may be known again.
            lines = {of: rows[-1:] for of, rows in lines.items()}
        elif isinstance(step, EditHome):
            twin.edited(step.home)
        elif isinstance(step, Catalogue):
            twin.load(catalogue(step.procedures, number), name=f"danh-muc-{number}.csv", profile="danh-muc")
        elif isinstance(step, Undo):
            loaded = [row["id"] for row in twin.judging.loads() if row["state"] == "loaded"]
            if loaded:
                twin.undo(loaded[step.back % len(loaded)], at=AT + number)
        else:
            twin.decide(step.yes)


_PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""A plan that fails is told as it was found: a smaller number makes no smaller plan."""


@pytest.mark.parametrize(("in_parts", "examples"), [(False, 12), (True, 5)])
def test_whatever_comes_knowing_rows_changes_nothing(in_parts: bool, examples: int, homes: list[Home]) -> None:
    hits = 0

    @settings(max_examples=examples, deadline=None, phases=_PHASES, suppress_health_check=[HealthCheck.too_slow])
    @given(st.integers(0, 2**32))
    def alike(seed: int) -> None:
        nonlocal hits
        plan = plan_of(Random(f"{seed} {in_parts}"))
        note(str(plan))
        with twin_of(homes) as twin:
            if in_parts:
                with small_parts():
                    run(twin, plan, in_parts)
            else:
                run(twin, plan, in_parts)
            hits += sum(twin.hits)

    alike()
    assert hits > DOSSIERS * examples / 2
