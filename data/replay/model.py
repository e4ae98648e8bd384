"""The numbers behind the replay: who is how big, who lags, how the two classes of service grow.

All invented; calibrated so that the published figures F01–F24 come out by computing. Days are days since 1970-01-01,
moments are seconds of local wall-clock time since 1970-01-01 (the province has had one offset, +07:00, since 1975).
"""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt

from data.calendar import WorkCalendar
from data.clock import day_number, day_of

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

DAY = 86_400
NEVER = np.int64(2**62)
SEED = 20210331


def day(text: str) -> int:
    return day_number(date.fromisoformat(text))


RECORD_START = day("2020-05-19")
START = day("2021-03-31")
END = day("2021-05-19")
LAST = day("2021-05-25")
OPENING = day("2021-03-30")
E_CERT_FROM = day("2021-04-19")
PRESS = day("2021-05-16") * DAY + 17 * 3600
"""17:00 on 16/5/2021, when the press counted 0.21 % overdue."""
ALL_CLEARED = day("2021-05-18")

ACCEPTED = {"opening": 150_420, "campaign": 20_760, "after": 4_900}
E_CERT = 2_260
"""Electronic certifications from 19/4 to 25/5."""

# A department: share of all dossiers, backlog at the start, share of new dossiers that turn late, last clearing.
DEPARTMENTS: dict[str, tuple[float, int, float, str]] = {
    "sgtvt": (0.062, 700, 0.012, "2021-05-17"), "skhdt": (0.052, 260, 0.0, "2021-04-29"),
    "stp": (0.052, 380, 0.0, "2021-05-05"), "sldtbxh": (0.034, 420, 0.008, "2021-05-14"),
    "syt": (0.026, 340, 0.006, "2021-05-12"), "sct": (0.026, 110, 0.0, "2021-04-27"),
    "stnmt": (0.034, 1450, 0.170, "2021-05-18"), "sgddt": (0.012, 60, 0.0, "2021-04-23"),
    "svhttdl": (0.010, 70, 0.0, "2021-05-06"), "sxd": (0.012, 210, 0.110, "2021-05-18"),
    "snnptnt": (0.011, 230, 0.024, "2021-05-15"), "stttt": (0.005, 12, 0.0, "2021-04-09"),
    "skhcn": (0.0045, 10, 0.0, "2021-04-14"), "snv": (0.006, 45, 0.0, "2021-05-11"),
    "stc": (0.004, 8, 0.0, "2021-04-12"), "bqlkkt": (0.006, 30, 0.018, "2021-05-13"),
    "vpubnd": (0.004, 14, 0.0, "2021-05-04"), "ttpvhcc": (0.0045, 5, 0.0, "2021-04-07"),
    "ttt": (0.004, 6, 0.0, "2021-05-10"), "bdt": (0.0006, 2, 0.0, "2021-04-26"), "sngv": (0.0011, 0, 0.0, "2021-04-26"),
}  # fmt: skip
# The same of a district's own one-stop office (share within the districts), and the backlog of its communes together.
DISTRICTS: dict[str, tuple[float, int, float, str, int]] = {
    "dong-xoai": (0.16, 1470, 0.060, "2021-05-18", 300), "dong-phu": (0.10, 640, 0.016, "2021-05-13", 60),
    "chon-thanh": (0.12, 1170, 0.052, "2021-05-18", 260), "binh-long": (0.08, 620, 0.008, "2021-05-14", 170),
    "phuoc-long": (0.08, 560, 0.006, "2021-05-12", 130), "loc-ninh": (0.11, 1060, 0.036, "2021-05-18", 330),
    "hon-quan": (0.08, 690, 0.024, "2021-05-17", 250), "bu-dang": (0.11, 1260, 0.092, "2021-05-18", 420),
    "bu-gia-map": (0.05, 330, 0.012, "2021-05-15", 210), "bu-dop": (0.045, 240, 0.004, "2021-05-11", 150),
    "phu-rieng": (0.065, 470, 0.018, "2021-05-16", 240),
}  # fmt: skip
DISTRICT_SHARE, COMMUNE_SHARE = 0.36, 0.27
SMALL = ("bdt", "sngv")
"""So few dossiers that they are neither praised nor blamed; they do not work every day."""

ONLINE_CLASS = (
    [day("2020-05-19"), day("2020-12-31"), OPENING, day("2021-04-17"), LAST],
    [0.315, 0.425, 0.46, 0.52, 0.56],
)
"""Share of services of level 3–4 among new dossiers."""
ONLINE = ([day("2020-05-19"), day("2020-12-31"), OPENING, day("2021-04-16"), LAST], [0.86, 0.93, 0.945, 0.965, 0.99])
"""Share of online submission within them."""


class Days:
    """The working-day calendar as arrays."""

    def __init__(self, calendar: WorkCalendar, last: int = LAST) -> None:
        """``last``: last day of acceptance; deadlines reach some months further."""
        self.first = RECORD_START - 7
        self.working: Bools = np.array([calendar.is_working(day_of(d)) for d in range(self.first, last + 240)])
        self.workdays: Ints = np.flatnonzero(self.working) + self.first

    def index(self, days: Ints) -> Ints:
        """Position of the first working day on or after each day."""
        return np.searchsorted(self.workdays, days).astype(np.int64)

    def is_working(self, days: Ints) -> Bools:
        return self.working[days - self.first]


def office_seconds(random: np.random.RandomState, count: int) -> Ints:
    """Seconds of the day inside office hours: 7:00–11:30 and 13:30–17:00, busier in mid-morning."""
    morning = 7 * 3600 + random.beta(2.0, 2.2, count) * 4.5 * 3600
    afternoon = 13.5 * 3600 + random.beta(1.6, 2.0, count) * 3.5 * 3600
    return np.where(random.random_sample(count) < 0.57, morning, afternoon).astype(np.int64)


def campaign_seconds(random: np.random.RandomState, count: int) -> Ints:
    """Office hours and, for one in six, an evening until 21:30: fifty days and nights."""
    evening = (17.3 + random.beta(1.2, 2.0, count) * 4.2) * 3600
    return np.where(random.random_sample(count) < 1 / 6, evening, office_seconds(random, count)).astype(np.int64)
