"""The catalogue of services through the campaign: refused, resubmitted, integrated, reviewed out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from data.replay.model import OPENING, SEED, START, Bools, Floats, Ints, day
from data.replay.procedures import E_CERTIFICATION, Service

AT_START, AT_END, AT_END_LEVEL4 = 137, 1224, 777
LEFT_OUT = {4: 376, 3: 35}
SWAPPED = 120
"""Services raised from level 3 to 4 and, by the same review, as many set back from 4 to 3."""

REASONS = (
    ("Chưa khớp mã thủ tục với cơ sở dữ liệu quốc gia", 0.31),
    ("Thiếu cấu hình thanh toán trực tuyến", 0.22),
    ("Biểu mẫu điện tử chưa đúng quy định", 0.16),
    ("Chưa tích hợp đăng nhập một lần", 0.11),
    ("Đường dẫn nộp hồ sơ không truy cập được", 0.08),
    ("Thông tin phí, lệ phí chưa thống nhất", 0.06),
    ("Thủ tục đã bị bãi bỏ hoặc thay thế", 0.04),
    ("Thành phần hồ sơ không khớp quyết định công bố", 0.02),
)
EXCLUSIONS = (
    ("Không phát sinh hồ sơ trong ba năm", 0.34),
    ("Thủ tục đã bị bãi bỏ hoặc thay thế", 0.24),
    ("Phải kiểm tra thực tế, chưa thể thực hiện trực tuyến", 0.18),
    ("Bộ, ngành đã cung cấp trên hệ thống riêng", 0.16),
    ("Yêu cầu nộp bản chính để đối chiếu", 0.08),
)
REVIEWS = ((day("2021-04-16"), 190), (day("2021-04-27"), 130), (day("2021-05-06"), 91))
# Cumulative number integrated at the end of the day.
CURVE = (
    ("2021-03-31", 137), ("2021-04-05", 148), ("2021-04-09", 172), ("2021-04-14", 228), ("2021-04-19", 318),
    ("2021-04-23", 426), ("2021-04-28", 610), ("2021-05-04", 812), ("2021-05-07", 948), ("2021-05-10", 1050),
    ("2021-05-13", 1144), ("2021-05-15", 1192), ("2021-05-16", 1203), ("2021-05-17", 1219), ("2021-05-18", 1224),
)  # fmt: skip
# Positive = later than the others.
LAG = {
    "skhdt": -0.5, "stttt": -0.55, "stp": -0.3, "sgddt": -0.3, "dong-phu": -0.3, "sct": -0.2, "ttpvhcc": -0.6,
    "stnmt": 0.4, "sxd": 0.3, "bu-dang": 0.35, "bqlkkt": 0.3, "loc-ninh": 0.2, "chon-thanh": 0.15, "bdt": 0.2,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class State:
    """A service from ``on`` (day) until its next state."""

    on: int
    level: int
    state: str
    reason: str = ""
    eligible_online: bool = True
    eligible_level4: bool = False
    exclusion: str = ""


def histories(services: list[Service]) -> list[list[State]]:
    """Per service its states in order of time; the first ones lie before the campaign."""
    random = np.random.RandomState(SEED + 1)
    level = np.array([s.procedure.level for s in services])
    weight = np.array([s.procedure.weight for s in services])
    four, three = np.flatnonzero(level == 4), np.flatnonzero(level == 3)
    seldom = weight < 0.2
    e_cert = np.array([s.procedure.code == E_CERTIFICATION for s in services])
    integrated = _draw(random, four, AT_START, np.where(seldom, 0.3, 1.0) * ~e_cert)
    rejected = np.setdiff1d(four, integrated)
    out4 = _draw(random, rejected, LEFT_OUT[4], np.where(seldom, 1.0, 0.06) * ~e_cert)
    out3 = _draw(random, three, LEFT_OUT[3], np.where(seldom, 1.0, 0.03))
    raised = _draw(random, np.setdiff1d(three, out3), SWAPPED, np.ones(len(services)))
    lowered = _draw(random, np.setdiff1d(rejected, out4), SWAPPED, 1.0 * ~e_cert)
    left_out = np.concatenate([out4, out3])
    going = np.setdiff1d(np.concatenate([rejected, three]), left_out)
    when = dict(zip(going.tolist(), _integration_days(random, services, going, e_cert).tolist(), strict=True))
    waves = [on for on, count in REVIEWS for _ in range(count)]
    review_day = dict(zip(random.permutation(left_out).tolist(), waves, strict=True))
    before, swapped = set(integrated.tolist()), set(raised.tolist()) | set(lowered.tolist())
    return [
        _history(random, service, place in before, place in swapped, when.get(place), review_day.get(place))
        for place, service in enumerate(services)
    ]


def _history(
    random: np.random.RandomState, service: Service, before: bool, swapped: bool, done: int | None, out: int | None
) -> list[State]:
    """``before``: integrated before the campaign; ``done``: day of integration; ``out``: day it was reviewed out."""
    level = service.procedure.level
    listed = State(day("2020-05-19"), level, "listed", eligible_online=level >= 3, eligible_level4=level == 4)
    if level < 3:
        return [listed]
    path = [replace(listed, eligible_level4=level == 4 or swapped)]

    def then(on: int, state: str, reason: str = "", swap: bool = False) -> None:
        last = path[-1]
        new = replace(last, on=max(on, last.on + 1), state=state, reason=reason)
        path.append(replace(new, level=7 - level, eligible_level4=level == 3) if swap else new)

    if before:
        then(int(random.randint(day("2020-09-01"), day("2021-03-20"))), "integrated")
        return path
    if level == 4:
        sent = int(random.randint(day("2020-11-01"), day("2021-03-10")))
        then(sent, "submitted")
        then(sent + 3 + int(random.randint(0, 12)), "rejected", _pick(random, REASONS))
    if out is not None:
        then(out, "reviewed")
        why = _pick(random, EXCLUSIONS)
        path[-1] = replace(path[-1], eligible_online=False, eligible_level4=False, exclusion=why)
        return path
    if done is None:
        raise ValueError(f"{service.code} has no day of integration")
    sent = done - int(random.randint(1, 7))
    if level == 3 or swapped:
        then(max(START + 1, sent - int(random.randint(2, 12))), "reviewed", swap=swapped)
    again = random.random_sample() < (0.2 if level == 4 else 0.14) and sent - 4 > max(START, path[-1].on)
    if again:
        then(max(START + 1, sent - 4), "submitted")
        then(sent - 2, "rejected", _pick(random, REASONS))
    if path[-1].on + 1 < done:
        then(max(START + 1, min(sent, done - 1)), "submitted")
    if path[-1].on >= done:
        path = [state for state in path if state.on < done]
    then(done, "integrated", swap=swapped and path[-1].level == level)
    return path


def _integration_days(random: np.random.RandomState, services: list[Service], going: Ints, e_cert: Bools) -> Ints:
    """The S-curve: how many a day is fixed, which ones follows from the unit's lag and chance."""
    lag = np.array([LAG.get(services[one].unit, 0.0) for one in going])
    place = random.random_sample(len(going)) + lag
    # E-certification opens on 19/4: its services go in shortly before.
    place = np.where(e_cert[going], np.quantile(place, 0.11), place)
    order = np.argsort(place, kind="stable")
    days, counts = zip(*[(day(text), count) for text, count in CURVE], strict=True)
    every = np.arange(START, days[-1] + 1)
    rhythm = np.array([0.25 if (d + 3) % 7 == 6 else 0.6 if (d + 3) % 7 == 5 else 1.0 for d in every])
    effort = np.concatenate([[0.0], np.cumsum(rhythm[1:])])
    cumulative = np.interp(effort, effort[np.array(days) - START], counts).round().astype(np.int64)
    slots: Ints = np.repeat(every, np.diff(cumulative, prepend=AT_START))
    found = np.empty(len(going), dtype=np.int64)
    found[order] = slots
    return found


def _draw(random: np.random.RandomState, pool: Ints, count: int, weight: Floats) -> Ints:
    odds = weight[pool].astype(np.float64)
    return np.sort(random.choice(pool, count, replace=False, p=odds / odds.sum()))


def _pick(random: np.random.RandomState, choices: tuple[tuple[str, float], ...]) -> str:
    words, odds = zip(*choices, strict=True)
    return str(words[int(np.searchsorted(np.cumsum(odds), random.random_sample() * sum(odds) * 0.999999))])


def change_days(history: list[list[State]]) -> list[int]:
    """The days of the campaign on which a state changed: there is an export on each of them."""
    return sorted({state.on for states in history for state in states if state.on > OPENING})


def as_of(states: list[State], on: int) -> State:
    """The state at the end of a day."""
    return next(state for state in reversed(states) if state.on <= on)


def level_changes(history: list[list[State]]) -> tuple[Ints, Ints]:
    """Per service the day of its change of level (far future if none) and the level after it."""
    far = day("2100-01-01")
    when = np.full(len(history), far, dtype=np.int64)
    after = np.array([states[-1].level for states in history], dtype=np.int64)
    for place, states in enumerate(history):
        for earlier, later in pairwise(states):
            if earlier.level != later.level:
                when[place] = later.on
    return when, after
