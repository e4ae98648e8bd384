"""The link is the only truth of a choice; what it says wrongly is ignored."""

from __future__ import annotations

import pytest

from data.addresses import is_loopback
from data.clock import parse_moment
from data.home import Home
from data.settings import SHIPPED_HOME
from pages.parts import links


@pytest.fixture(scope="module")
def home() -> Home:
    return Home(SHIPPED_HOME)


def at(text: str, home: Home) -> int:
    return parse_moment(text, home.zone)


def test_good_values_are_taken(home: Home) -> None:
    params = {
        "campaign": "50-ngay",
        "as_of": "2021-05-16T17:00",
        "unit": "dong-phu",
        "lang": "en",
        "kpi": "overdue_open",
    }
    choice = links.read(params, home, None)
    assert choice.campaign is home.campaigns["50-ngay"]
    assert choice.as_of == at("2021-05-16T17:00", home)
    assert (choice.unit, choice.kpi, choice.language) == ("dong-phu", "overdue_open", "en")
    assert dict(choice.kept) == {key: value for key, value in params.items() if key != "kpi"}


@pytest.mark.parametrize(
    "as_of",
    [
        "hom-nay",
        "9999-12-31",
        "0001-01-01",
        "2021-13-40",
        "2021-05-16T99:00",
        "1e9",
        "",
        "2019-01-01",
        "２０２１-05-16T",
    ],
)
def test_a_bad_moment_is_ignored(as_of: str, home: Home) -> None:
    choice = links.read({"campaign": "50-ngay", "as_of": as_of}, home, None)
    assert choice.as_of is None
    assert "as_of" not in dict(choice.kept)


def test_bad_campaign_and_language_are_ignored(home: Home) -> None:
    choice = links.read({"campaign": "<script>", "lang": "xx", "other": "1"}, home, at("2021-05-16", home))
    assert choice.campaign is home.campaigns["50-ngay"]
    assert (choice.language, choice.kept) == ("vi", ())


def test_the_campaign_of_a_plain_link_is_the_last_one_that_the_data_have_reached(home: Home) -> None:
    for latest, key in (
        (None, "50-ngay"),
        ("2021-05-20", "50-ngay"),
        ("2022-06-01", "92-ngay"),
        ("2020-01-01", "50-ngay"),
    ):
        choice = links.read({}, home, None if latest is None else at(latest, home))
        assert choice.campaign is home.campaigns[key]


def test_addresses_keep_choices_and_drop_empty_ones() -> None:
    kept = {"campaign": "50-ngay", "unit": "dong-phu"}
    assert links.href("my_unit", kept, unit="bù đăng") == "my_unit?campaign=50-ngay&unit=b%C3%B9+%C4%91%C4%83ng"
    assert links.href("overview", kept, unit="", campaign="") == "overview"


def test_the_same_time_on_another_day(home: Home) -> None:
    from datetime import date

    assert links.same_time_on(at("2021-05-16T17:00", home), date(2021, 5, 14), home) == at("2021-05-14T17:00", home)
    assert links.same_time_on(at("2021-05-16", home), date(2021, 5, 14), home) == at("2021-05-14", home)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.8.9.1", "localhost", "LOCALHOST", "::1", "[::1]", "::ffff:127.0.0.1"]
)
def test_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", [None, "", "0.0.0.0", "::", "192.168.1.5", "example.com", "127.0.0.1.example.com", "::ffff:10.0.0.1"]
)
def test_anything_else_is_not(host: str | None) -> None:
    assert not is_loopback(host)
