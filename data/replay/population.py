"""The dossiers: which unit, which procedure, when accepted, when due, when finished if nothing goes wrong."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from data.home import Home
from data.replay import model
from data.replay.model import DAY, Bools, Days, Floats, Ints, campaign_seconds, day, office_seconds
from data.replay.procedures import E_CERTIFICATION, Service


@dataclass
class Units:
    """Units with dossiers: departments, districts, communes, in this order."""

    codes: list[str]
    tree: list[str]
    """The department or district a unit belongs to."""
    share: Floats
    late: Floats
    backlog: Ints
    cleared: Ints
    """Day of the last clearing of the backlog."""


@dataclass
class Dossiers:
    """One entry per dossier and column; ``*_at`` in local seconds, NEVER when it does not happen."""

    unit: Ints
    service: Ints
    accepted: Ints
    due: Ints
    finished: Ints
    online_class: Bools
    returned: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    channel: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    status: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    """What the dossier ends as: 0 follows the dates, else 3, 5, 6, 7 or 8."""
    submitted: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    apology: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    new_due: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    """These three stay empty where the exports have no such columns."""

    def __len__(self) -> int:
        return len(self.unit)


def units_of(home: Home, random: np.random.RandomState) -> Units:
    communes: dict[str, str] = {row.code: row.parent for row in home.units if row.level == "commune"}
    departments = model.DEPARTMENTS
    codes, tree = list(departments), list(departments)
    share, late = [d[0] for d in departments.values()], [d[2] for d in departments.values()]
    backlog, cleared = [d[1] for d in departments.values()], [day(d[3]) for d in departments.values()]
    for code, (part, owed, rate, until, _) in model.DISTRICTS.items():
        codes.append(code)
        tree.append(code)
        share.append(part * model.DISTRICT_SHARE)
        late.append(rate)
        backlog.append(owed)
        cleared.append(day(until))
    for district, (part, _, rate, until, owed) in model.DISTRICTS.items():
        below = [code for code, parent in communes.items() if parent == district]
        sizes = random.lognormal(0.0, 0.35, len(below))
        owes = random.multinomial(owed, random.dirichlet(np.full(len(below), 1.2)))
        for code, size, debt in zip(below, sizes / sizes.sum(), owes, strict=True):
            codes.append(code)
            tree.append(district)
            share.append(part * model.COMMUNE_SHARE * size)
            late.append(rate * 0.5)
            backlog.append(int(debt))
            cleared.append(min(day(until), model.END - 1 - int(random.randint(0, 6))))
    return Units(codes, tree, np.array(share), np.array(late), np.array(backlog), np.array(cleared))


def populate(random: np.random.RandomState, days: Days, units: Units, services: list[Service]) -> Dossiers:
    accepted = _acceptances(random, days)
    dates = accepted // DAY
    three_or_four = random.random_sample(len(accepted)) < np.interp(dates, *model.ONLINE_CLASS)
    unit, service = streams(random, units, services, three_or_four, weights_of(services))
    extra = _e_certification(random, units, services)
    accepted = np.concatenate([accepted, extra[2]])
    unit, service = np.concatenate([unit, extra[0]]), np.concatenate([service, extra[1]])
    three_or_four = np.concatenate([three_or_four, np.ones(len(extra[0]), dtype=np.bool_)])
    order = np.argsort(accepted, kind="stable")
    accepted, unit, service, three_or_four = accepted[order], unit[order], service[order], three_or_four[order]
    allowed = np.array([s.procedure.days for s in services])[service]
    due, start, last = due_dates(days, accepted, allowed)
    finished = normal_finish(random, days, accepted, allowed, start, last, model.START + 3)
    return Dossiers(unit, service, accepted, due, finished, three_or_four)


def _acceptances(random: np.random.RandomState, days: Days) -> Ints:
    """Moments of acceptance: weekday rhythm, holidays, quiet before Tết and rush after it, campaign weekends."""
    parts = []
    spans = {
        "opening": (model.RECORD_START, model.OPENING),
        "campaign": (model.START, day("2021-05-16")),
        "after": (day("2021-05-17"), model.LAST),
    }
    for name, (first, last) in spans.items():
        every = np.arange(first, last + 1)
        weekday = (every + 3) % 7
        weight = np.array([1.14, 1.07, 1.0, 0.99, 0.93, 0.05, 0.015])[weekday]
        weight[(weekday < 5) & ~days.is_working(every)] = 0.03
        if name != "opening":
            weight[weekday >= 5] *= 3.2
        weight *= 0.92 + 0.16 * (every - model.RECORD_START) / (model.END - model.RECORD_START)
        weight[(every >= day("2021-02-03")) & (every <= day("2021-02-09"))] *= 0.7
        weight[(every >= day("2021-02-17")) & (every <= day("2021-03-12"))] *= 1.14
        weight *= random.uniform(0.94, 1.06, len(every))
        count = model.ACCEPTED[name]
        on = np.repeat(every, random.multinomial(count, weight / weight.sum()))
        parts.append(on * DAY + office_seconds(random, count))
    return np.concatenate(parts)


def weights_of(services: list[Service]) -> Floats:
    return np.array([service.procedure.weight for service in services])


def streams(
    random: np.random.RandomState, units: Units, services: list[Service], three_or_four: Bools, weights_in: Floats
) -> tuple[Ints, Ints]:
    """Draws unit and service of each dossier, in proportion to the unit's share and the service's weight."""
    of_unit: dict[str, list[int]] = {}
    for place, service in enumerate(services):
        key = f"{service.unit}/communes" if service.communes else service.unit
        of_unit.setdefault(key, []).append(place)
    unit_list, service_list, weights = [], [], []
    for number, (code, tree) in enumerate(zip(units.codes, units.tree, strict=True)):
        places = of_unit[code if code == tree else f"{tree}/communes"]
        weight = weights_in[places]
        weight *= random.lognormal(0, 0.2, len(places))
        unit_list += [number] * len(places)
        service_list += places
        weights.append(units.share[number] * weight / weight.sum())
    unit_of, service_of, weight_of = np.array(unit_list), np.array(service_list), np.concatenate(weights)
    high = np.array([s.procedure.level >= 3 for s in services])[service_of]
    chosen = np.empty(len(three_or_four), dtype=np.int64)
    for wanted in (False, True):
        pool, rows = np.flatnonzero(high == wanted), np.flatnonzero(three_or_four == wanted)
        chosen[rows] = pool[draw(random, weight_of[pool], len(rows))]
    return unit_of[chosen], service_of[chosen]


def _e_certification(random: np.random.RandomState, units: Units, services: list[Service]) -> tuple[Ints, Ints, Ints]:
    """Unit, service and acceptance of the electronic certifications: none before 19/4, then ever more."""
    place = {s.unit: n for n, s in enumerate(services) if s.procedure.code == E_CERTIFICATION}
    offers = np.array([tree in place for tree in units.tree])
    own = np.array([code == tree for code, tree in zip(units.codes, units.tree, strict=True)])
    joins = np.where(own, 2.0, random.random_sample(len(offers)) < 0.6)
    odds = units.share * offers * joins
    unit = draw(random, odds, model.E_CERT)
    every = np.arange(model.E_CERT_FROM, model.LAST + 1)
    weekday = (every + 3) % 7
    weight = np.array([1, 1, 1, 1, 0.9, 0.3, 0.15])[weekday] / (1 + np.exp(-(every - day("2021-05-02")) / 4.0))
    on = every[draw(random, weight, model.E_CERT)]
    service = np.array([place.get(tree, -1) for tree in units.tree])[unit]
    return unit, service, on * DAY + office_seconds(random, model.E_CERT)


def due_dates(days: Days, accepted: Ints, allowed: Ints) -> tuple[Ints, Ints, Ints]:
    """Due moment, and the positions of the first and the last working day allowed.

    The day of acceptance does not count; what is due the same day and comes after 15:00 is due the next working day.
    """
    on, second = accepted // DAY, accepted % DAY
    start = days.index(on)
    weekend = ~days.is_working(on)
    last = start + allowed - (weekend & (allowed > 0))
    late_in_day = (allowed == 0) & ~weekend & (second > 15 * 3600)
    last = last + late_in_day
    clock = np.where((allowed == 0) | weekend, 17 * 3600, np.minimum(second, 17 * 3600))
    return days.workdays[last] * DAY + clock, start, last


def normal_finish(
    random: np.random.RandomState,
    days: Days,
    accepted: Ints,
    allowed: Ints,
    start: Ints,
    last: Ints,
    weekends_from: int,
    weekends_to: int = int(model.NEVER),
    share: float = 0.34,
) -> Ints:
    """Finished within the time allowed; in the campaign a share of Monday's work is done at the weekend."""
    count = len(accepted)
    fraction = random.beta(2.4, 1.3, count)
    place = np.minimum(start + (fraction * (last - start + 1)).astype(np.int64), last)
    on = accepted // DAY
    evening = (days.workdays[place] == on) & (accepted % DAY > 15.5 * 3600)
    place = np.where(evening, np.minimum(place + 1, last), place)
    finish_day = days.workdays[place]
    same = finish_day == on
    hours = random.exponential(1.1, count)
    worked = np.minimum(accepted + (hours * 3600 + 300).astype(np.int64), on * DAY + int(17.6 * 3600))
    finished = np.where(same, np.maximum(worked, accepted + 240), finish_day * DAY + office_seconds(random, count))
    before = finish_day - 1
    free = (before >= weekends_from) & (before <= weekends_to) & ~same & (before > on) & ~days.is_working(before)
    move = free & (random.random_sample(count) < share)
    back = before - (random.random_sample(count) < 0.6) * (~days.is_working(before - 1) & (before - 1 > on))
    return np.where(move, back * DAY + campaign_seconds(random, count), finished)


def draw(random: np.random.RandomState, weight: Floats, count: int) -> Ints:
    cumulative = np.cumsum(weight)
    drawn = random.random_sample(count) * cumulative[-1] * (1 - 1e-12)
    found: Ints = np.searchsorted(cumulative, drawn, side="right").astype(np.int64)
    return found
