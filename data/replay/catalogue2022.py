"""The catalogue from June 2021 to the end of 2022: services that return, services given up, toàn trình and một phần."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from data.replay.catalogue import EXCLUSIONS, REASONS, State
from data.replay.model import SEED, Bools, Days, Ints, day
from data.replay.sheets import NEW_LEVELS

INTEGRATED = 1506
"""Integrated at the end of 2022 (bài báo 001)."""
GIVEN_UP = 129
"""Of the 411 services reviewed out in 2021, abolished by their ministries; the other 282 return."""
RAISED = 246
"""Services of một phần that the review of 15/8/2022 finds fit for toàn trình; all have risen by 20/12/2022."""
ABOLISHED = EXCLUSIONS[1][0]
# Cumulative number integrated at the end of the day.
CURVE = (
    ("2021-06-30", 1224), ("2021-12-31", 1248), ("2022-05-31", 1276), ("2022-07-15", 1338), ("2022-08-31", 1402),
    ("2022-10-31", 1446), ("2022-12-28", INTEGRATED),
)  # fmt: skip


def continued(services: int, before: list[list[State]], days: Days) -> list[list[State]]:
    """The histories of 2021 with what followed; ``before`` is left as it is."""
    random = np.random.RandomState(SEED + 22)
    histories = [list(states) for states in before]
    left_out = np.array([n for n in range(services) if histories[n][-1].exclusion])
    abolished = np.array([histories[n][-1].exclusion == ABOLISHED for n in left_out])
    order = left_out[np.argsort(~abolished + 0.9 * random.random_sample(len(left_out)), kind="stable")]
    for n in order[:GIVEN_UP].tolist():
        on = _workday(days, int(random.randint(day("2021-07-05"), day("2022-11-25"))))
        histories[n].append(replace(histories[n][-1], on=on, state="withdrawn", exclusion=ABOLISHED))
    returning = random.permutation(order[GIVEN_UP:])
    for n, done in zip(returning.tolist(), _return_days(days, len(returning)).tolist(), strict=True):
        _return(random, histories[n], done)
    _new_levels(random, days, histories)
    return histories


def _return(random: np.random.RandomState, path: list[State], done: int) -> None:
    """Reworked and sent in again, one in three refused once more, then integrated on the day ``done``."""
    sent = max(path[-1].on + 1, done - int(random.randint(9, 30)))
    level = path[-1].level
    fit = replace(path[-1], on=sent, state="submitted", exclusion="", eligible_online=True, eligible_level4=level == 4)
    path.append(fit)
    if random.random_sample() < 0.34 and done - sent > 5:
        reason = REASONS[int(random.randint(0, 6))][0]
        path.append(replace(fit, on=sent + 2, state="rejected", reason=reason))
        path.append(replace(fit, on=done - 2))
    path.append(replace(fit, on=done, state="integrated"))


def _new_levels(random: np.random.RandomState, days: Days, histories: list[list[State]]) -> None:
    """15/8/2022: level 1 and 2 become one; of một phần some are found fit for toàn trình and rise later."""
    settled = [
        n for n, path in enumerate(histories) if path[-1].state == "integrated" and path[-1].on < day("2021-06-01")
    ]
    partial = [n for n in settled if histories[n][-1].level == 3]
    for path in histories:
        if path[-1].level == 1:
            path.append(replace(path[-1], on=NEW_LEVELS, level=2))
    for n in random.choice(partial, RAISED, replace=False).tolist():
        found = replace(histories[n][-1], on=NEW_LEVELS, eligible_level4=True)
        span = day("2022-12-20") - day("2022-08-17")
        on = _workday(days, day("2022-08-17") + int(span * random.beta(0.9, 1.2)))
        histories[n] += [found, replace(found, on=on, level=4)]


def _return_days(days: Days, count: int) -> Ints:
    when, counts = zip(*[(day(text), number) for text, number in CURVE], strict=True)
    every = days.workdays[(days.workdays >= when[0]) & (days.workdays <= when[-1])]
    cumulative = np.interp(every, when, counts).round().astype(np.int64)
    found: Ints = np.repeat(every, np.diff(cumulative, prepend=counts[0]))
    if len(found) != count:
        raise ValueError(f"{len(found)} days for {count} services")
    return found


def _workday(days: Days, on: int) -> int:
    return int(days.workdays[days.index(np.array([on]))[0]])


class Timeline:
    """All histories as arrays: level and eligibility of many services on many days at once."""

    def __init__(self, histories: list[list[State]]) -> None:
        rows = [
            (n * 100_000 + state.on, state.level, state.eligible_online)
            for n, path in enumerate(histories)
            for state in path
        ]
        self.keys = np.array([row[0] for row in rows])
        self.levels = np.array([row[1] for row in rows], dtype=np.int64)
        self.eligible = np.array([row[2] for row in rows])
        if not (np.diff(self.keys) > 0).all():
            raise ValueError("two states of a service on one day")

    def _at(self, service: Ints, on: Ints) -> Ints:
        found: Ints = np.searchsorted(self.keys, service * 100_000 + on, side="right") - 1
        return found

    def level(self, service: Ints, on: Ints) -> Ints:
        found: Ints = self.levels[self._at(service, on)]
        return found

    def eligible_online(self, service: Ints, on: Ints) -> Bools:
        found: Bools = self.eligible[self._at(service, on)]
        return found
