"""What the one-stop software knew when: a dossier's version at each export, with late entries and corrections."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.replay import model
from data.replay.model import DAY, NEVER, Bools, Ints, day
from data.replay.population import Dossiers, Units

CORRECTED_DUE, CORRECTED_FINISH, LATE_ENTRIES, PAUSED_A_WHILE, NO_DUE_DATE = 190, 90, 0.008, 720, 0.0015


@dataclass
class Knowledge:
    """When each fact of a dossier became visible (local seconds, NEVER), and what stood there before a correction."""

    accepted: Ints
    finished: Ints
    returned: Ints
    paused: Ints
    resumed: Ints
    due_fixed: Ints
    first_due: Ints
    """NEVER = blank."""
    finish_fixed: Ints
    first_finish: Ints


def knowledge(random: np.random.RandomState, units: Units, d: Dossiers) -> Knowledge:
    seen = {"accepted": d.accepted.copy(), "finished": d.finished.copy(), "returned": d.returned.copy()}
    tree = np.array(units.tree)[d.unit]
    for name, share in (("finished", LATE_ENTRIES), ("accepted", LATE_ENTRIES / 2)):
        late = (random.random_sample(len(d)) < share) & (seen[name] < NEVER)
        seen[name] = np.where(late, seen[name] + random.randint(DAY, 4 * DAY, len(d)), seen[name])
    # Bù Đốp lost its line on the afternoon of 8/4 and all day on 9/4 (simulated): its rows came on 10/4.
    begin, end = day("2021-04-08") * DAY + 12 * 3600, day("2021-04-10") * DAY + 9 * 3600
    for times in seen.values():
        cut = (tree == "bu-dop") & (times >= begin) & (times < end)
        times[cut] = end
    seen["finished"] = np.where(d.finished < NEVER, np.maximum(seen["finished"], seen["accepted"]), NEVER)
    seen["returned"] = np.where(d.returned < NEVER, np.maximum(seen["returned"], seen["finished"]), NEVER)
    paused, resumed = _pauses(random, d)
    due_fixed, first_due = _wrong_due(random, d)
    finish_fixed, first_finish = _wrong_finish(random, d, seen["finished"])
    known = (seen["accepted"], seen["finished"], seen["returned"])
    return Knowledge(*known, paused, resumed, due_fixed, first_due, finish_fixed, first_finish)


def _pauses(random: np.random.RandomState, d: Dossiers) -> tuple[Ints, Ints]:
    paused, resumed = np.full(len(d), NEVER), np.full(len(d), NEVER)
    for_good = np.isin(d.status, (5, 6, 8))
    paused[for_good] = d.accepted[for_good] + random.randint(DAY, 5 * DAY, int(for_good.sum()))
    pool = np.flatnonzero(
        (d.status == 0) & (d.finished < NEVER) & (d.finished - d.accepted > 4 * DAY) & (d.finished > model.START * DAY)
    )
    chosen = random.choice(pool, PAUSED_A_WHILE, replace=False)
    span = d.finished[chosen] - d.accepted[chosen]
    paused[chosen] = d.accepted[chosen] + (span * random.uniform(0.1, 0.4, len(chosen))).astype(np.int64)
    resumed[chosen] = d.accepted[chosen] + (span * random.uniform(0.55, 0.95, len(chosen))).astype(np.int64)
    return paused, resumed


def _wrong_due(random: np.random.RandomState, d: Dossiers) -> tuple[Ints, Ints]:
    """A due date first entered wrongly or not at all, put right some days later."""
    fixed, first = np.full(len(d), NEVER), d.due.copy()
    recent = (d.accepted > day("2021-03-10") * DAY) & (d.accepted < day("2021-05-12") * DAY)
    pool = np.flatnonzero(recent & (d.status == 0))
    chosen = random.choice(pool, CORRECTED_DUE, replace=False)
    fixed[chosen] = np.maximum(d.accepted[chosen], model.START * DAY) + random.randint(2 * DAY, 9 * DAY, len(chosen))
    wrong = np.maximum(d.due[chosen] + random.choice([-5, -3, -2, 3, 7, 30], len(chosen)) * DAY, d.accepted[chosen])
    first[chosen] = np.where(random.random_sample(len(chosen)) < 0.3, NEVER, wrong)
    # A few never get a due date.
    in_time = (d.status == 0) & (d.finished // DAY <= d.due // DAY) & (fixed >= NEVER)
    first[in_time & (random.random_sample(len(d)) < NO_DUE_DATE)] = NEVER
    return fixed, first


def _wrong_finish(random: np.random.RandomState, d: Dossiers, seen: Ints) -> tuple[Ints, Ints]:
    """A finish first entered a day or two off, put right a few days later."""
    fixed, first = np.full(len(d), NEVER), d.finished.copy()
    inside = (seen > model.START * DAY) & (seen < day("2021-05-19") * DAY) & (d.accepted < model.START * DAY)
    chosen = random.choice(np.flatnonzero(inside & (d.status == 0)), CORRECTED_FINISH, replace=False)
    fixed[chosen] = seen[chosen] + random.randint(DAY, 5 * DAY, len(chosen))
    early = np.maximum(d.finished[chosen] - random.choice([1, 2], len(chosen)) * DAY, d.accepted[chosen] + 600)
    first[chosen] = early
    return fixed, first


@dataclass
class Version:
    """The rows of one export: places in the population and the cells that change in time."""

    rows: Ints
    due: Ints
    finished: Ints
    returned: Ints
    status: Ints


def at(d: Dossiers, k: Knowledge, moment: int, rows: Ints) -> Version:
    """The given dossiers as they were known at a moment."""
    done, handed = k.finished[rows] <= moment, k.returned[rows] <= moment
    end = d.status[rows]
    fresh = moment - d.accepted[rows] < 4 * 3600
    waiting = (k.paused[rows] <= moment) & (k.resumed[rows] > moment) & ~done
    status = np.where(handed, 10, np.where(done, 9, np.where(fresh, 2, 4)))
    status = np.where(waiting, np.where(np.isin(end, (5, 6, 8)), end, 5), status)
    status = np.where(done & (end == 7), 7, np.where(end == 3, 3, status))
    due = np.where(k.due_fixed[rows] <= moment, d.due[rows], k.first_due[rows])
    finished = np.where(k.finish_fixed[rows] <= moment, d.finished[rows], k.first_finish[rows])
    finished = np.where(done, finished, NEVER)
    return Version(rows, due, finished, np.where(handed, d.returned[rows], NEVER), status)


def opening(k: Knowledge, moment: int) -> Ints:
    return np.flatnonzero(k.accepted <= moment)


def changed(k: Knowledge, since: int, until: int) -> Ints:
    """Dossiers that became known or changed in (since, until]."""

    def within(times: Ints) -> Bools:
        return (times > since) & (times <= until)

    touched = within(k.accepted)
    for times in (k.finished, k.returned, k.paused, k.resumed, k.due_fixed, k.finish_fixed):
        touched |= within(times)
    return np.flatnonzero(touched & (k.accepted <= until))
