"""Dossiers from 26/5/2021 to the end of 2022: quiet months, the campaign of 92 days, and what came after it.

All invented; calibrated so that F31–F40 and F50 come out by computing. The 92 days miss some of their targets: services
in use, digitisation and apologies come close, overdue dossiers become few but not none.
"""

from __future__ import annotations

import numpy as np

from data.replay.catalogue2022 import Timeline
from data.replay.fates import COUNTER, ONLINE, POST, returns
from data.replay.model import DAY, NEVER, Bools, Days, Floats, Ints, campaign_seconds, day, office_seconds
from data.replay.population import Dossiers, Units, draw, due_dates, normal_finish, streams, weights_of
from data.replay.procedures import E_CERTIFICATION, Service
from data.replay.sheets import Handling, pick
from data.replay.versions import Slips

FIRST, LAST = day("2021-05-26"), day("2022-12-31")
START, END, DUE = day("2022-06-01"), day("2022-08-31"), day("2022-09-02")
NEW_YEAR = day("2022-01-01")
ACCEPTED = 271_660
"""With the 178,340 of the first campaign's record 450,000."""
ONLINE_SHARE, PAID_ONLINE = 0.6, 22_930
"""Of what is finished in 2022 (F37); payments online in 2022 (F33: over 22.800)."""

Points = list[tuple[str, float]]
VOLUME: Points = [
    # Giãn cách xã hội mùa hè 2021, nghỉ Tết, chiến dịch.
    ("2021-05-26", 1.0), ("2021-07-10", 0.95), ("2021-07-20", 0.42), ("2021-09-15", 0.45), ("2021-10-10", 0.85),
    ("2022-01-10", 1.0), ("2022-01-24", 0.7), ("2022-02-10", 0.85), ("2022-03-01", 1.08), ("2022-05-31", 1.02),
    ("2022-06-10", 1.1), ("2022-08-31", 1.14), ("2022-09-10", 1.0), ("2022-12-31", 1.05),
]  # fmt: skip
ONLINE_CLASS: Points = [
    ("2021-05-26", 0.56), ("2021-12-31", 0.58), ("2022-05-31", 0.61), ("2022-08-31", 0.69), ("2022-12-31", 0.71),
]  # fmt: skip
ONLINE_RATE: Points = [
    ("2021-05-26", 0.97), ("2021-07-15", 0.9), ("2021-12-31", 0.86), ("2022-05-31", 0.85), ("2022-08-31", 0.95),
    ("2022-12-31", 0.96),
]  # fmt: skip
LATE: Points = [
    ("2021-05-26", 0.3), ("2021-07-15", 0.9), ("2021-08-20", 2.6), ("2021-10-15", 2.0), ("2021-12-31", 1.3),
    ("2022-03-01", 2.1), ("2022-05-31", 2.3), ("2022-06-20", 1.3), ("2022-07-15", 0.75), ("2022-08-20", 0.35),
    ("2022-12-31", 0.45),
]  # fmt: skip
APOLOGY: Points = [
    ("2021-09-01", 0.04), ("2022-05-31", 0.22), ("2022-06-10", 0.62), ("2022-07-10", 0.9), ("2022-08-25", 1.05),
    ("2022-12-31", 0.9),
]  # fmt: skip
DIGITISED: Points = [
    ("2021-05-26", 0.45), ("2022-05-31", 0.62), ("2022-06-05", 0.7), ("2022-07-15", 0.93), ("2022-12-31", 0.96),
]  # fmt: skip
FAULTLESS = ("skhdt", "stttt", "ttpvhcc", "vpubnd", "stc", "bdt", "sngv", "skhcn")
DIGITISES_ALL = ("ttpvhcc", "dong-xoai", "dong-phu", "phuoc-long")
"""Everything accepted in the campaign is digitised here."""
KEEN = {
    "skhdt": 1.1,
    "stttt": 1.12,
    "dong-phu": 1.08,
    "dong-xoai": 1.06,
    "bu-gia-map": 0.8,
    "bu-dang": 0.84,
    "stnmt": 0.8,
}
"""Online against the province's rate."""

SLIPS = Slips(
    # Mất đường truyền (mô phỏng): Bù Gia Mập, chiều 12/7 và ngày 13/7/2022.
    outages=(("bu-gia-map", day("2022-07-12") * DAY + 13 * 3600, day("2022-07-14") * DAY + 8 * 3600),),
    paused=1400,
    paused_after=day("2022-05-20"),
    wrong_due=260,
    wrong_due_accepted=(day("2022-05-25"), day("2022-08-25")),
    due_fixed_after=START,
    wrong_finish=120,
    wrong_finish_known=(START, END),
    wrong_finish_accepted_before=day("2022-08-01"),
)


def at(points: Points, on: Ints) -> Floats:
    """The curve's value on each day."""
    when, values = zip(*points, strict=True)
    found: Floats = np.interp(on, [day(text) for text in when], values)
    return found


def populate(
    random: np.random.RandomState, days: Days, units: Units, services: list[Service], timeline: Timeline
) -> Dossiers:
    """Every dossier accepted from 26/5/2021 on with all that ever happens to it."""
    accepted = _acceptances(random, days)
    on = accepted // DAY
    three_or_four = random.random_sample(ACCEPTED) < at(ONLINE_CLASS, on)
    weights = weights_of(services)
    everything = np.arange(len(services))
    # Nobody sends anything to what is about to be abolished; e-certification has become common.
    weights[
        ~timeline.eligible_online(everything, np.full(len(services), LAST))
        & (timeline.level(everything, np.full(len(services), FIRST)) >= 3)
    ] = 0.0
    weights[[s.procedure.code == E_CERTIFICATION for s in services]] = 9.0
    unit, service = streams(random, units, services, three_or_four, weights)
    d = Dossiers(unit, service, accepted, accepted, accepted, three_or_four)
    d.status = np.zeros(ACCEPTED, dtype=np.int64)
    _channels(random, units, services, timeline, d)
    kept = _spread(random, units, services, timeline, d)
    allowed = np.array([s.procedure.days for s in services])[d.service]
    d.due, start, last = due_dates(days, accepted, allowed)
    d.finished = normal_finish(random, days, accepted, allowed, start, last, START + 3, END, 0.2)
    _lateness(random, days, units, d, allowed)
    _ends(random, d, kept)
    _share_online(random, services, d, kept)
    _apologise(random, days, units, d)
    returns(random, days, d)
    _submissions(random, d)
    return d


def _acceptances(random: np.random.RandomState, days: Days) -> Ints:
    every = np.arange(FIRST, LAST + 1)
    weekday = (every + 3) % 7
    weight = np.array([1.14, 1.06, 1.0, 0.99, 0.94, 0.04, 0.012])[weekday]
    weight[(weekday < 5) & ~days.is_working(every)] = 0.02
    inside = (every >= START) & (every <= END)
    weight[inside & (weekday >= 5)] *= 3.0
    weight *= at(VOLUME, every) * random.uniform(0.94, 1.06, len(every))
    on = np.repeat(every, random.multinomial(ACCEPTED, weight / weight.sum()))
    return np.sort(on * DAY + office_seconds(random, ACCEPTED))


def _channels(
    random: np.random.RandomState, units: Units, services: list[Service], timeline: Timeline, d: Dossiers
) -> None:
    """Online where the service is offered online on that day, more often in some units than in others."""
    keen = np.array([KEEN.get(tree, 1.0) for tree in units.tree]) * random.uniform(0.93, 1.05, len(units.codes))
    chance = np.clip(at(ONLINE_RATE, d.accepted // DAY) * keen[d.unit], 0, 0.995)
    e_cert = np.array([s.procedure.code == E_CERTIFICATION for s in services])[d.service]
    offered = d.online_class & timeline.eligible_online(d.service, d.accepted // DAY)
    online = offered & ((random.random_sample(len(d)) < chance) | e_cert)
    post = random.random_sample(len(d)) < np.where(d.online_class, 0.16, 0.04)
    d.channel = np.where(online, ONLINE, np.where(post, POST, COUNTER)).astype(np.int64)


def _spread(
    random: np.random.RandomState, units: Units, services: list[Service], timeline: Timeline, d: Dossiers
) -> Bools:
    """Brings services into use, or keeps them out of it, until each unit reaches its share; returns the dossiers that count.

    A dossier of a busy service becomes one of a service never used in the campaign, or the other way round.
    """
    tree_of_unit = np.array(units.tree)
    owner = np.array([s.unit for s in services])
    days_in = np.arange(len(services))
    offered = timeline.eligible_online(days_in, np.full(len(services), DUE - 3)) & (
        timeline.level(days_in, np.full(len(services), DUE)) >= 3
    )
    by_commune = np.array([s.communes for s in services])
    is_commune = np.array([code != tree for code, tree in zip(units.codes, units.tree, strict=True)])
    inside = (d.channel == ONLINE) & (d.accepted >= START * DAY) & (d.accepted < (DUE + 1) * DAY)
    kept = np.zeros(len(d), dtype=np.bool_)
    for tree in sorted(set(units.tree)):
        places = np.flatnonzero((owner == tree) & offered)
        rows = np.flatnonzero(inside & (tree_of_unit[d.unit] == tree))
        wanted = round(len(places) * float(np.clip(random.normal(0.80, 0.08), 0.5, 1.0)))
        count = np.bincount(d.service[rows], minlength=len(services))
        used = places[count[places] > 0]
        if len(used) > wanted:
            seldom = used[np.argsort(count[used], kind="stable")][: len(used) - wanted]
            for group in (False, True):
                moving = rows[np.isin(d.service[rows], seldom) & (by_commune[d.service[rows]] == group)]
                busy = used[by_commune[used] == group]
                if len(busy):
                    d.service[moving] = busy[np.argmax(count[busy])]
        elif len(used) < wanted:
            idle = random.permutation(places[count[places] == 0])[: wanted - len(used)]
            for group in (False, True):
                mine = idle[by_commune[idle] == group]
                busy = count[d.service[rows]] >= 8
                pool = rows[busy & (is_commune[d.unit[rows]] == group)]
                # Ready for online dossiers: the service must have been offered on that day already.
                for place in mine.tolist():
                    able = pool[
                        timeline.eligible_online(np.full(len(pool), place), d.accepted[pool] // DAY) & ~kept[pool]
                    ]
                    if len(able):
                        chosen = able[int(random.randint(0, len(able)))]
                        d.service[chosen], kept[chosen] = place, True
    first = np.unique(d.service[inside], return_index=True)[1]
    kept[np.flatnonzero(inside)[first]] = True
    return kept


def _lateness(random: np.random.RandomState, days: Days, units: Units, d: Dossiers, allowed: Ints) -> None:
    """Some turn late, most in the summer of 2021 and before the campaign, which clears what it finds."""
    rate = units.late * 0.45 + random.exponential(0.004, len(units.codes)) + 0.002
    rate[[code in FAULTLESS for code in units.codes]] = 0.0
    due_day = d.due // DAY
    chance = rate[d.unit] * at(LATE, due_day) * np.where(allowed < 2, 0.12, 1.0)
    late = random.random_sample(len(d)) < chance
    slow = random.random_sample(len(d)) < np.where(due_day < START, 0.5, 0.08)
    delay = random.geometric(0.24, len(d)) + slow * random.randint(8, 75, len(d))
    on = days.workdays[days.index(due_day + 1) + delay - 1]
    found = late & (due_day < START) & (on >= START)
    cleared = np.array([day("2022-07-04") + int(random.randint(0, 57)) for _ in units.codes])[d.unit]
    swept = START + (random.beta(1.3, 1.5, len(d)) * (cleared - START)).astype(np.int64)
    on = np.where(found, swept, on)
    in_campaign = (on >= START) & (on <= END)
    second = np.where(in_campaign, campaign_seconds(random, len(d)), office_seconds(random, len(d)))
    d.finished = np.where(late, on * DAY + second, d.finished)


def _ends(random: np.random.RandomState, d: Dossiers, kept: Bools) -> None:
    """Withdrawn, refused, or waiting for papers, a payment, a decision to the end of what we see."""
    free = ~kept
    d.status[free & (random.random_sample(len(d)) < 0.003)] = 7
    refused = free & (d.status == 0) & (random.random_sample(len(d)) < 0.0035)
    d.status[refused], d.finished[refused] = 3, NEVER
    pool = np.flatnonzero(
        free & (d.status == 0) & (d.accepted > day("2022-05-10") * DAY) & (d.due - d.accepted > 3 * DAY)
    )
    chosen = random.choice(pool, 330, replace=False)
    d.status[chosen] = np.repeat([5, 6, 8], [190, 95, 45])
    d.finished[chosen] = NEVER


def _share_online(random: np.random.RandomState, services: list[Service], d: Dossiers, kept: Bools) -> None:
    """60 % of what is finished in 2022 came online: some dossiers change their channel."""
    done = (d.status == 0) & (d.finished >= NEW_YEAR * DAY) & (d.finished < (LAST + 1) * DAY)
    online = done & (d.channel == ONLINE)
    excess = int(online.sum()) - round(ONLINE_SHARE * int(done.sum()))
    e_cert = np.array([s.procedure.code == E_CERTIFICATION for s in services])[d.service]
    pool = online & ~kept & ~e_cert if excess > 0 else done & d.online_class & (d.channel != ONLINE)
    rows = random.choice(np.flatnonzero(pool), abs(excess), replace=False)
    d.channel[rows] = COUNTER if excess > 0 else ONLINE


def _apologise(random: np.random.RandomState, days: Days, units: Units, d: Dossiers) -> None:
    """Letters for dossiers that turn overdue: in time and with a new date, or too late, or none."""
    late = (d.status == 0) & (d.finished // DAY > d.due // DAY)
    due_day, accepted_day = d.due // DAY, d.accepted // DAY
    manners = random.uniform(0.7, 1.1, len(units.codes))[d.unit]
    chance = random.random_sample(len(d))
    proper = late & (due_day - accepted_day >= 2) & (chance < at(APOLOGY, due_day) * manners)
    tardy = late & ~proper & (chance > 0.55) & (due_day >= day("2021-09-01"))
    before = np.minimum(1 + random.randint(0, 3, len(d)), due_day - accepted_day - 1)
    on = np.where(proper, due_day - before, due_day + random.randint(0, 4, len(d)))
    moment = on * DAY + office_seconds(random, len(d))
    sent = (proper | tardy) & (moment < d.finished)
    new_day = days.workdays[days.index(np.where(late, d.finished // DAY, due_day)) + random.randint(0, 3, len(d))]
    d.apology = np.where(sent, moment, NEVER)
    d.new_due = np.where(sent & (proper | (random.random_sample(len(d)) < 0.8)), new_day * DAY + 17 * 3600, NEVER)


def _submissions(random: np.random.RandomState, d: Dossiers) -> None:
    """Online dossiers wait up to a working day for acceptance; at the counter it takes minutes."""
    online = (random.exponential(4.5, len(d)) * 3600).astype(np.int64).clip(300, 3 * DAY)
    counter = random.randint(60, 1500, len(d))
    post = random.randint(3600, DAY, len(d))
    d.submitted = d.accepted - np.choose(d.channel - 1, (counter, online, post))


def handling(random: np.random.RandomState, units: Units, services: list[Service], d: Dossiers) -> Handling:
    """Return mode, payment and digitisation; exactly ``PAID_ONLINE`` dossiers of 2022 are paid online."""
    online = d.channel == ONLINE
    back = np.where(online, pick(random, len(d), [0.22, 0.3, 0.48]), pick(random, len(d), [0.93, 0.07, 0.0]))
    fee = np.array([s.procedure.fee for s in services])[d.service]
    this_year = fee & online & (d.accepted >= NEW_YEAR * DAY) & (d.status != 3)
    pool = np.flatnonzero(this_year)
    growth = 0.3 + (d.accepted[pool] // DAY - NEW_YEAR) / 365.0
    paid = np.zeros(len(d), dtype=np.bool_)
    paid[pool[np.unique(draw(random, growth, 4 * PAID_ONLINE), return_index=True)[0]]] = True
    rows = np.flatnonzero(paid)
    paid[random.choice(rows, len(rows) - PAID_ONLINE, replace=False)] = False
    earlier = fee & online & (d.accepted < NEW_YEAR * DAY)
    paid |= earlier & (random.random_sample(len(d)) < 0.16)
    pay = np.where(paid, 1 + (random.random_sample(len(d)) < 0.55), np.where(fee, 3, 0))
    own = np.array([code == tree for code, tree in zip(units.codes, units.tree, strict=True)])
    level = np.where(own, 1.0, random.uniform(0.5, 0.85, len(units.codes))) * random.uniform(
        0.9, 1.04, len(units.codes)
    )
    chance = np.clip(at(DIGITISED, d.accepted // DAY) * level[d.unit], 0, 0.997)
    complete = np.array([code in DIGITISES_ALL for code in units.codes])[d.unit] & (d.accepted >= START * DAY)
    digital = (random.random_sample(len(d)) < chance) | complete
    unknown = ~complete & (random.random_sample(len(d)) < np.where(d.accepted < START * DAY, 0.02, 0.004))
    return Handling(back, pay, np.where(unknown, 2, digital))
