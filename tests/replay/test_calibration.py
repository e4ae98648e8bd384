"""F01–F24 come out of the replay's files when they are counted with csv alone."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

import pytest

from data.home import Home
from tests.replay import plain
from tests.replay.conftest import ROOT
from tests.replay.plain import end_of

PRESS = datetime(2021, 5, 16, 17)
START = datetime(2021, 3, 31)
WINDOW = (datetime(2021, 4, 17), end_of("2021-05-16"))


@pytest.fixture(scope="module")
def published() -> dict[str, float]:
    return {row.id: row.value for row in Home(ROOT).published}


def overdue(dossiers, at, of=lambda unit: True):
    return sum(1 for one in dossiers if of(one.unit) and one.overdue(at))


def accepted(dossiers, at):
    return sum(1 for one in dossiers if one.accepted <= at)


def test_the_services_of_march_2021(catalogues, published):
    services = list(plain.catalogue(catalogues, date(2021, 3, 31)).values())
    assert len(services) == published["F01"] == 1838
    assert sum(s.level <= 2 for s in services) == published["F02"] == 203
    assert sum(s.level == 3 for s in services) == published["F03"] == 482
    assert sum(s.level == 4 for s in services) == published["F04"] == 1153
    integrated = [s for s in services if s.state == "Đã tích hợp"]
    assert len(integrated) == published["F05"] == 137
    rest = [s for s in services if s.level == 4 and s.state != "Đã tích hợp"]
    assert len(rest) == published["F06"] == 1016
    assert {s.state for s in rest} == {"Bị từ chối"}
    reasons = Counter(s.reason for s in rest)
    assert "" not in reasons
    assert len(reasons) >= 6
    assert sum(s.level >= 3 and s.eligible for s in services) == 1635


def test_the_services_at_the_end(catalogues, published):
    services = list(plain.catalogue(catalogues, date(2021, 5, 18)).values())
    wanted = [s for s in services if s.level >= 3 and s.eligible]
    integrated = [s for s in wanted if s.state == "Đã tích hợp"]
    assert len(integrated) == published["F09"] == 1224
    assert sum(s.level == 4 and s.state == "Đã tích hợp" for s in services) == published["F10"] == 777
    assert len(integrated) / len(wanted) == published["F11"] == 1
    assert Counter(s.level for s in services if s.exclusion) == {4: 376, 3: 35}
    assert all(not s.eligible and not s.eligible4 for s in services if s.exclusion)
    assert {s.level for s in services if s.eligible4} == {4}


def test_integration_rises_without_falling_and_slowly_at_first(catalogues):
    days = [
        date(2021, 3, 31),
        date(2021, 4, 9),
        date(2021, 4, 19),
        date(2021, 4, 29),
        date(2021, 5, 9),
        date(2021, 5, 18),
    ]
    counts = [sum(s.state == "Đã tích hợp" for s in plain.catalogue(catalogues, day).values()) for day in days]
    steps = [later - earlier for earlier, later in pairwise(counts)]
    assert all(step > 0 for step in steps)
    assert steps[0] < steps[1] < steps[2]
    assert steps[4] < steps[3]


def test_ranks(published):
    from data.home import read_csv

    rows = read_csv(ROOT / "series.csv")

    def rank(scheme, on):
        return [float(r["value"]) for r in rows if r.get("scheme") == scheme and r["on"] <= on][-1]

    assert rank("national-portal-integration", "2021-03-31") == published["F07"] == 47
    assert rank("national-portal-integration", "2021-05-16") == published["F08"] == 1
    assert rank("e-certification", "2021-05-18") == published["F20"] == 2


def test_how_many(dossiers):
    assert accepted(dossiers, end_of("2021-03-31")) >= 150_000
    assert accepted(dossiers, PRESS) == pytest.approx(172_000, abs=500)


def test_overdue_of_the_province(dossiers, published):
    at = end_of("2021-03-31")
    late = overdue(dossiers, at)
    assert late > published["F12"] == 15000
    assert late / accepted(dossiers, at) == pytest.approx(published["F13"], abs=0.005)
    share = Decimal(overdue(dossiers, PRESS)) / Decimal(accepted(dossiers, PRESS))
    assert float(share.quantize(Decimal("0.0001"), ROUND_HALF_UP)) == published["F14"] == 0.0021
    assert overdue(dossiers, end_of("2021-05-18")) == published["F15"] == 0
    assert overdue(dossiers, end_of("2021-05-19")) == 0
    assert overdue(dossiers, end_of("2021-05-17")) > 0


def test_dong_phu(dossiers, published):
    assert overdue(dossiers, end_of("2021-02-28"), plain.of_dong_phu) > published["F16"] == 500
    for day in range(14, 20):
        assert overdue(dossiers, end_of(f"2021-05-{day}"), plain.of_dong_phu) == published["F17"] == 0
    assert overdue(dossiers, end_of("2021-05-07"), plain.of_dong_phu) > 0


def test_e_certification(dossiers, published):
    mine = [one for one in dossiers if one.procedure == plain.E_CERTIFICATION]
    assert Home(ROOT).file.e_certification == (plain.E_CERTIFICATION,)
    assert all(one.online for one in mine)

    def count(at):
        return sum(one.accepted >= START and one.done(at) for one in mine)

    assert count(end_of("2021-03-31")) == published["F18"] == 0
    assert 1400 == published["F19"] < count(end_of("2021-05-18")) < 1600
    assert count(end_of("2021-04-18")) == 0 < count(end_of("2021-04-25"))


def test_online(dossiers, published):
    at = end_of("2020-12-31")
    done = [one for one in dossiers if one.done(at)]
    assert sum(one.online for one in done) / len(done) == pytest.approx(published["F21"], abs=0.005)
    done = [one for one in dossiers if one.done(WINDOW[1]) and one.finished >= WINDOW[0]]
    assert sum(one.online for one in done) / len(done) == pytest.approx(published["F22"], abs=0.005)
    high = [one for one in done if one.level >= 3]
    assert sum(one.online for one in high) / len(high) == pytest.approx(published["F23"], abs=0.005)
    received = [one for one in dossiers if WINDOW[0] <= one.accepted <= WINDOW[1] and one.level >= 3]
    assert sum(one.online for one in received) / len(received) > published["F24"] == 0.9
    assert not any(one.online for one in dossiers if one.level < 3)


def test_on_time_of_the_campaign_is_high_but_can_no_longer_be_all(dossiers):
    at = end_of("2021-05-19")
    done = [one for one in dossiers if one.accepted >= START and one.done(at) and one.due]
    late = [one for one in done if not one.in_time()]
    assert 200 <= len(late) <= 500
    units = Counter(one.unit for one in done)
    behind = Counter(one.unit for one in late)
    assert behind["Sở TN&MT"] / units["Sở TN&MT"] > 0.05
    assert behind["Sở Kế hoạch và Đầu tư"] == 0
    assert 0 < units["Ban Dân tộc"] < 30
    assert 0 < units["Sở Ngoại vụ"] < 30
