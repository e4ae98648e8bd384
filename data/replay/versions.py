"""What the one-stop software knew when: a dossier's version at each export, with late entries and corrections."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.replay import model
from data.replay.model import DAY, NEVER, Bools, Ints, day
from data.replay.population import Dossiers, Units

LATE_ENTRIES, NO_DUE_DATE = 0.008, 0.0015


@dataclass(frozen=True)
class Slips:
    """How often and when the software was told late or wrongly. Spans are days, moments local seconds."""

    outages: tuple[tuple[str, int, int], ...]
    """District or department, from, until: what happened between became known at its end."""
    paused: int
    paused_after: int
    wrong_due: int
    wrong_due_accepted: tuple[int, int]
    due_fixed_after: int
    wrong_finish: int
    wrong_finish_known: tuple[int, int]
    wrong_finish_accepted_before: int


# Bù Đốp lost its line on the afternoon of 8/4 and all day on 9/4 (simulated): its rows came on 10/4.
IN_2021 = Slips(
    outages=(("bu-dop", day("2021-04-08") * DAY + 12 * 3600, day("2021-04-10") * DAY + 9 * 3600),),
    paused=720,
    paused_after=model.START,
    wrong_due=190,
    wrong_due_accepted=(day("2021-03-10"), day("2021-05-12")),
    due_fixed_after=model.START,
    wrong_finish=90,
    wrong_finish_known=(model.START, day("2021-05-19")),
    wrong_finish_accepted_before=model.START,
)


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


def knowledge(random: np.random.RandomState, units: Units, d: Dossiers, slips: Slips = IN_2021) -> Knowledge:
    seen = {"accepted": d.accepted.copy(), "finished": d.finished.copy(), "returned": d.returned.copy()}
    tree = np.array(units.tree)[d.unit]
    for name, share in (("finished", LATE_ENTRIES), ("accepted", LATE_ENTRIES / 2)):
        late = (random.random_sample(len(d)) < share) & (seen[name] < NEVER)
        seen[name] = np.where(late, seen[name] + random.randint(DAY, 4 * DAY, len(d)), seen[name])
    for place, begin, end in slips.outages:
        for times in seen.values():
            cut = (tree == place) & (times >= begin) & (times < end)
            times[cut] = end
    seen["finished"] = np.where(d.finished < NEVER, np.maximum(seen["finished"], seen["accepted"]), NEVER)
    seen["returned"] = np.where(d.returned < NEVER, np.maximum(seen["returned"], seen["finished"]), NEVER)
    paused, resumed = _pauses(random, d, slips)
    due_fixed, first_due = _wrong_due(random, d, slips)
    finish_fixed, first_finish = _wrong_finish(random, d, seen["finished"], slips)
    known = (seen["accepted"], seen["finished"], seen["returned"])
    return Knowledge(*known, paused, resumed, due_fixed, first_due, finish_fixed, first_finish)


def _pauses(random: np.random.RandomState, d: Dossiers, slips: Slips) -> tuple[Ints, Ints]:
    paused, resumed = np.full(len(d), NEVER), np.full(len(d), NEVER)
    for_good = np.isin(d.status, (5, 6, 8))
    paused[for_good] = d.accepted[for_good] + random.randint(DAY, 5 * DAY, int(for_good.sum()))
    late_enough = d.finished > slips.paused_after * DAY
    pool = np.flatnonzero((d.status == 0) & (d.finished < NEVER) & (d.finished - d.accepted > 4 * DAY) & late_enough)
    chosen = random.choice(pool, slips.paused, replace=False)
    span = d.finished[chosen] - d.accepted[chosen]
    paused[chosen] = d.accepted[chosen] + (span * random.uniform(0.1, 0.4, len(chosen))).astype(np.int64)
    resumed[chosen] = d.accepted[chosen] + (span * random.uniform(0.55, 0.95, len(chosen))).astype(np.int64)
    return paused, resumed


def _wrong_due(random: np.random.RandomState, d: Dossiers, slips: Slips) -> tuple[Ints, Ints]:
    """A due date first entered wrongly or not at all, put right some days later."""
    fixed, first = np.full(len(d), NEVER), d.due.copy()
    since, until = slips.wrong_due_accepted
    recent = (d.accepted > since * DAY) & (d.accepted < until * DAY)
    pool = np.flatnonzero(recent & (d.status == 0))
    chosen = random.choice(pool, slips.wrong_due, replace=False)
    known = np.maximum(d.accepted[chosen], slips.due_fixed_after * DAY)
    fixed[chosen] = known + random.randint(2 * DAY, 9 * DAY, len(chosen))
    wrong = np.maximum(d.due[chosen] + random.choice([-5, -3, -2, 3, 7, 30], len(chosen)) * DAY, d.accepted[chosen])
    first[chosen] = np.where(random.random_sample(len(chosen)) < 0.3, NEVER, wrong)
    # A few never get a due date.
    in_time = (d.status == 0) & (d.finished // DAY <= d.due // DAY) & (fixed >= NEVER)
    first[in_time & (random.random_sample(len(d)) < NO_DUE_DATE)] = NEVER
    return fixed, first


def _wrong_finish(random: np.random.RandomState, d: Dossiers, seen: Ints, slips: Slips) -> tuple[Ints, Ints]:
    """A finish first entered a day or two off, put right a few days later."""
    fixed, first = np.full(len(d), NEVER), d.finished.copy()
    since, until = slips.wrong_finish_known
    before = d.accepted < slips.wrong_finish_accepted_before * DAY
    inside = (seen > since * DAY) & (seen < until * DAY) & before
    chosen = random.choice(np.flatnonzero(inside & (d.status == 0)), slips.wrong_finish, replace=False)
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
    apology: Ints
    new_due: Ints


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
    never = np.full(len(rows), NEVER)
    sent = d.apology[rows] <= moment if len(d.apology) else np.zeros(len(rows), dtype=np.bool_)
    apology = np.where(sent, d.apology[rows], NEVER) if len(d.apology) else never
    new_due = np.where(sent, d.new_due[rows], NEVER) if len(d.apology) else never
    return Version(rows, due, finished, np.where(handed, d.returned[rows], NEVER), status, apology, new_due)


def opening(k: Knowledge, moment: int) -> Ints:
    return np.flatnonzero(k.accepted <= moment)


def changed(d: Dossiers, k: Knowledge, since: int, until: int) -> Ints:
    """Dossiers that became known or changed in (since, until]."""

    def within(times: Ints) -> Bools:
        return (times > since) & (times <= until)

    touched = within(k.accepted)
    for times in (k.finished, k.returned, k.paused, k.resumed, k.due_fixed, k.finish_fixed):
        touched |= within(times)
    if len(d.apology):
        touched |= within(d.apology)
    return np.flatnonzero(touched & (k.accepted <= until))
