"""What goes wrong and how it is put right: late work, the backlog and its clearing, withdrawals, pauses, channels."""

from __future__ import annotations

import numpy as np

from data.replay import model
from data.replay.model import DAY, NEVER, Bools, Days, campaign_seconds, day, office_seconds
from data.replay.population import Dossiers, Units
from data.replay.procedures import E_CERTIFICATION, Service

WINDOW = (day("2021-04-17") * DAY, (day("2021-05-16") + 1) * DAY)
"""The 30 days of F22–F24."""
KEEP_ONLINE = 0.99
COUNTER, ONLINE, POST = 1, 2, 3


def decide(random: np.random.RandomState, days: Days, units: Units, services: list[Service], d: Dossiers) -> None:
    """Fills finished, returned, channel and status in place; later steps rely on earlier ones."""
    d.status = np.zeros(len(d), dtype=np.int64)
    _late_before(random, days, d)
    waiting = _pauses_for_good(random, d)
    backlog = _choose_backlog(random, units, d, ~waiting)
    _clear(random, days, units, d, backlog)
    _turn_late(random, units, services, d, ~waiting & ~backlog)
    _withdraw(random, d, ~waiting)
    refused = (random.random_sample(len(d)) < 0.0035) & (d.status == 0) & ~backlog
    d.status[refused], d.finished[refused] = 3, NEVER
    _keep_working(random, days, units, d)
    _press_count(random, units, d)
    _channels(random, services, d)
    returns(random, days, d)


def _late_before(random: np.random.RandomState, days: Days, d: Dossiers) -> None:
    """One in sixteen was finished late before the campaign; what would reach into it stays in time."""
    last = days.index(d.due // DAY)
    late_day = days.workdays[last + random.geometric(0.22, len(d))]
    late = (random.random_sample(len(d)) < 0.062) & (late_day <= model.OPENING)
    d.finished = np.where(late, late_day * DAY + office_seconds(random, len(d)), d.finished)


def _pauses_for_good(random: np.random.RandomState, d: Dossiers) -> Bools:
    """Some wait for papers (5), for a payment (6) or are stopped (8) and never finish in the time we see."""
    pool = np.flatnonzero((d.accepted > day("2021-01-15") * DAY) & (d.due - d.accepted > 3 * DAY))
    chosen = random.choice(pool, 210, replace=False)
    d.status[chosen] = np.repeat([5, 6, 8], [120, 62, 28])
    d.finished[chosen] = NEVER
    return d.status > 0


def _choose_backlog(random: np.random.RandomState, units: Units, d: Dossiers, free: Bools) -> Bools:
    """Per unit, dossiers due by 30/3 that are still open when the campaign begins; younger ones more often."""
    due_day = d.due // DAY
    pool = np.flatnonzero(free & (due_day <= model.OPENING))
    age = model.OPENING - due_day[pool]
    odds = np.exp(-age / 75.0) + 0.06
    odds *= np.where(d.online_class[pool], 1.3, 1.0)
    key = random.random_sample(len(pool)) ** (1.0 / odds)
    in_dong_phu = np.array([code == "dong-phu" for code in units.codes])[d.unit[pool]]
    # Đồng Phú: hồ sơ đất đai, phần lớn đã quá hạn từ trước tháng 3 (bài báo 003).
    key = np.where(in_dong_phu & d.online_class[pool], key * 0.25, key)
    key = np.where(in_dong_phu & (age >= 31), key + 0.35, key)
    order = np.lexsort((-key, d.unit[pool]))
    ranked = pool[order]
    first = np.searchsorted(d.unit[ranked], np.arange(len(units.codes)))
    place = np.arange(len(ranked)) - first[d.unit[ranked]]
    backlog = np.zeros(len(d), dtype=np.bool_)
    backlog[ranked[place < units.backlog[d.unit[ranked]]]] = True
    return backlog


def _clear(random: np.random.RandomState, days: Days, units: Units, d: Dossiers, backlog: Bools) -> None:
    """When each dossier of the backlog is finished: an S per unit, weekends and holidays weaker but not idle."""
    every = np.arange(model.START, model.ALL_CLEARED + 1)
    effort = np.where(days.is_working(every), 1.0, np.where((every + 3) % 7 == 5, 0.62, 0.36))
    # The holidays of 30/4 and 1/5 were worked through (bài báo 000, 003).
    effort[(every >= day("2021-04-30")) & (every <= day("2021-05-03"))] = 0.55
    for unit in np.unique(d.unit[backlog]):
        rows = np.flatnonzero(backlog & (d.unit == unit))
        share = np.clip((every - model.START + 0.5) / (units.cleared[unit] - model.START + 1.0), 0, 1)
        early, slow = units.cleared[unit] < day("2021-05-08"), units.cleared[unit] >= day("2021-05-17")
        rise, fall = (0.7, 1.1) if early else (1.0, 0.55) if slow else (0.95, 0.75)
        weight = share**rise * (1 - share) ** fall * effort * random.uniform(0.75, 1.25, len(every))
        weight[0] *= 0.5
        on = np.repeat(every, random.multinomial(len(rows), weight / weight.sum()))
        # The oldest first, but not strictly: what is easy goes quickly.
        order = np.argsort(d.due[rows] + random.normal(0, 25 * DAY, len(rows)))
        d.finished[rows[order]] = on * DAY
        d.finished[rows] += campaign_seconds(random, len(rows))
    last = model.ALL_CLEARED * DAY + int(16.5 * 3600)
    over = backlog & (d.finished > last)
    d.finished[over] = last - random.randint(60, 8 * 3600, over.sum())


def _turn_late(random: np.random.RandomState, units: Units, services: list[Service], d: Dossiers, free: Bools) -> None:
    """Dossiers that turn late during and after the campaign, by the unit's rate; all put right by 18/5."""
    due_day = d.due // DAY
    dong_phu = np.array([tree == "dong-phu" for tree in units.tree])[d.unit]
    quick = np.array([s.procedure.days == 0 or s.procedure.code == E_CERTIFICATION for s in services])[d.service]
    limit = np.where(dong_phu, day("2021-05-13"), model.ALL_CLEARED)
    inside = free & (due_day >= model.START) & (due_day < limit)
    rate = units.late[d.unit] * np.where(quick, 0.15, 1.0) * np.where(due_day > day("2021-05-05"), 0.7, 1.0)
    late = inside & (random.random_sample(len(d)) < rate)
    delay = random.geometric(0.27, len(d))
    moment = np.minimum(due_day + delay, limit) * DAY + campaign_seconds(random, len(d))
    latest = limit * DAY + int(16.4 * 3600)
    moment = np.where(moment > latest, latest - random.randint(0, 7 * 3600, len(d)), moment)
    d.finished = np.where(late, moment, d.finished)
    slips = random.random_sample(len(d)) < units.late[d.unit] * 0.6
    after = free & (due_day > model.END) & (due_day < model.LAST) & slips
    d.finished = np.where(after, (due_day + delay) * DAY + office_seconds(random, len(d)), d.finished)


def _withdraw(random: np.random.RandomState, d: Dossiers, free: Bools) -> None:
    d.status[free & (random.random_sample(len(d)) < 0.003)] = 7


def _keep_working(random: np.random.RandomState, days: Days, units: Units, d: Dossiers) -> None:
    """Every department and district, but the smallest, also finishes something on each day off of the campaign."""
    trees = sorted({tree for tree in units.tree if tree not in model.SMALL})
    number = {tree: n for n, tree in enumerate(trees)}
    group = np.array([number.get(tree, -1) for tree in units.tree])[d.unit]
    off = [on for on in range(day("2021-04-10"), model.END + 1) if not days.is_working(np.array([on]))[0]]
    for on in off:
        begin, end = on * DAY + 7 * 3600, on * DAY + 16 * 3600
        busy = set(group[(d.finished >= begin) & (d.finished <= end)].tolist())
        span = 14 * DAY
        candidates = (d.finished > end) & (d.finished < end + span) & (d.accepted < begin) & (d.status == 0)
        for tree in trees:
            if number[tree] not in busy:
                rows = np.flatnonzero(candidates & (group == number[tree]))
                if len(rows):
                    chosen = rows[np.argmin(d.finished[rows])]
                    d.finished[chosen] = begin + int(random.randint(1800, 8 * 3600))


def overdue(d: Dossiers, moment: int) -> Bools:
    """Open and overdue by day at a moment (local seconds), paused ones aside."""
    known = (d.accepted <= moment) & ~np.isin(d.status, (3, 5, 6, 8))
    return known & (d.finished > moment) & (moment // DAY > d.due // DAY)


def _press_count(random: np.random.RandomState, units: Units, d: Dossiers) -> None:
    """0.21 % at 17:00 on 16/5: shifts the last clearings of the units that lag across that moment."""
    accepted = int(((d.accepted <= model.PRESS) & (d.status != 3)).sum())
    wanted = round(0.0021 * accepted)
    late = overdue(d, model.PRESS)
    slow = (units.cleared >= day("2021-05-17"))[d.unit]
    excess = int(late.sum()) - wanted
    if excess > 0:
        rows = np.flatnonzero(late & slow & (d.status == 0))
        rows = rows[np.argsort(d.finished[rows])][:excess]
        d.finished[rows] = model.PRESS - random.randint(300, 9 * 3600, len(rows))
        return
    today = model.PRESS // DAY
    was_late = (d.due // DAY < d.finished // DAY) & (d.finished // DAY < today) & (d.finished > model.PRESS - 7 * DAY)
    rows = random.permutation(np.flatnonzero(was_late & slow & (d.status == 0)))[:-excess]
    monday = random.random_sample(len(rows)) < 0.72
    shift = np.where(monday, DAY, 2 * DAY) + today * DAY
    clock = np.where(monday, campaign_seconds(random, len(rows)), 7 * 3600 + random.randint(0, 9 * 3600, len(rows)))
    d.finished[rows] = shift + clock


def _channels(random: np.random.RandomState, services: list[Service], d: Dossiers) -> None:
    """Online where the service allows it; in the 30 days before 16/5 99 % of what is finished at level 3 and 4."""
    chance = random.random_sample(len(d))
    online = d.online_class & (chance < np.interp(d.accepted // DAY, *model.ONLINE))
    e_cert = np.array([s.procedure.code == E_CERTIFICATION for s in services])[d.service]
    post = random.random_sample(len(d)) < np.where(d.online_class, 0.15, 0.035)
    d.channel = np.where(online | e_cert, ONLINE, np.where(post, POST, COUNTER)).astype(np.int64)
    counted = d.online_class & (d.finished >= WINDOW[0]) & (d.finished < WINDOW[1]) & (d.status == 0)
    offline = np.flatnonzero(counted & (d.channel != ONLINE))
    allowed = round((1 - KEEP_ONLINE) * int(counted.sum()))
    if len(offline) > allowed:
        d.channel[random.choice(offline, len(offline) - allowed, replace=False)] = ONLINE


def returns(random: np.random.RandomState, days: Days, d: Dossiers) -> None:
    """The result is handed over at once when online, within days at the counter; a few are never collected."""
    done = (d.finished < NEVER) & (d.status != 7)
    at_once = d.finished + random.randint(60, 2400, len(d))
    safe = np.where(done, d.finished, model.OPENING * DAY)
    later_day = days.workdays[days.index(safe // DAY + random.geometric(0.45, len(d)))]
    later = later_day * DAY + office_seconds(random, len(d))
    fast = random.random_sample(len(d)) < np.where(d.channel == ONLINE, 0.9, 0.45)
    never = random.random_sample(len(d)) < 0.025
    d.returned = np.where(done & ~never, np.where(fast, at_once, later), NEVER)
