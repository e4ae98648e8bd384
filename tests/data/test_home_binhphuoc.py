"""The home of Bình Phước says what the sources say, and its files fit together."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from data.home import Home
from data.units import Tree

ROOT = Path(__file__).parents[2] / "data" / "homes" / "binhphuoc"


@pytest.fixture(scope="module")
def home() -> Home:
    return Home(ROOT)


def test_units_of_the_campaign_years(home):
    tree = Tree(home, date(2021, 5, 16))
    assert tree.root == "binh-phuoc"
    assert len(tree.of_level("department")) == 21
    assert len(tree.of_level("district")) == 11
    communes = tree.of_level("commune")
    assert len(communes) == 111
    assert Counter(tree[code].kind for code in communes) == {"phuong": 15, "thi_tran": 6, "xa": 90}
    assert Counter(tree[code].parent for code in communes)["loc-ninh"] == 16
    assert {tree[code].kind for code in tree.of_level("department")} == {"so", "ban", "trung_tam"}


def test_names_repeat_but_never_inside_one_district_and_kind(home):
    tree = Tree(home, date(2021, 5, 16))
    names = Counter(tree[code].name.split(" ", 1)[1] for code in ("25432", "25195"))
    assert names == {"trấn Chơn Thành": 1, "Tân Phú": 1}
    pairs = [(tree[code].parent, tree[code].name) for code in tree.of_level("commune")]
    assert len(set(pairs)) == len(pairs)


def test_chon_thanh_becomes_a_town_on_1_october_2022(home):
    before, after = Tree(home, date(2022, 9, 30)), Tree(home, date(2022, 10, 1))
    assert (before["chon-thanh"].name, before["chon-thanh"].kind) == ("Huyện Chơn Thành", "huyen")
    assert (after["chon-thanh"].name, after["chon-thanh"].kind) == ("Thị xã Chơn Thành", "thi_xa")
    assert (before["25432"].name, after["25432"].name) == ("Thị trấn Chơn Thành", "Phường Hưng Long")
    assert len(after.of_level("commune")) == 111


def test_no_national_identifier_is_invented(home):
    assert not any(row.npsp_code for row in home.units)


def test_every_alias_leads_to_a_unit_and_none_is_a_unit_name(home):
    codes = {row.code for row in home.units}
    assert set(home.aliases.values()) <= codes
    assert home.aliases["Sở TN&MT"] == "stnmt"
    assert home.aliases["Sở LĐ-TB và XH"] == "sldtbxh"
    assert home.aliases["Sở NN và PTNT"] == "snnptnt"
    assert not set(home.aliases) & {row.name for row in home.units}


def test_working_days_of_both_campaigns(home):
    first, second = home.campaigns["50-ngay"], home.campaigns["92-ngay"]
    assert (first.end - first.start).days + 1 == 50
    assert (second.end - second.start).days + 1 == 92
    assert len(home.calendar.working_days(first.start, first.end)) == 33
    assert len(home.calendar.working_days(second.start, second.end)) == 66
    assert second.last_day == date(2022, 9, 2)


def test_targets_are_the_published_ones(home):
    for row in home.published:
        if row.comparison == "target":
            every = [target for target in home.campaign(row.campaign).target if target.kpi == row.kpi]
            targets = [target for target in every if not target.simulated]
            assert all(target.unit or target.kind or target.level for target in every if target.simulated), row.id
            assert targets, row.id
            assert {target.value for target in targets} == {row.value}, row.id
            assert {target.due.isoformat() for target in targets} == {row.as_of}, row.id


def test_ranks_say_where_they_come_from(home):
    from data.home import read_csv

    rows = read_csv(ROOT / "series.csv")
    assert all(row["source"] == "mô phỏng" or row["source"].startswith("báo chí") for row in rows)
    press = {
        (row["scheme"], row["on"], row["value"]) for row in rows if "scheme" in row and row["source"] != "mô phỏng"
    }
    assert {
        ("national-portal-integration", "2021-03-31", "47"),
        ("national-portal-integration", "2021-05-16", "1"),
        ("e-certification", "2021-05-18", "2"),
        ("services-integrated", "2022-12-31", "3"),
        ("online-fee-payments", "2022-12-31", "5"),
        ("online-land-payments", "2022-12-31", "1"),
    } <= press


def test_profiles_name_no_heading_twice(home):
    assert {profile.kind for profile in home.profiles.values()} == {"dossiers", "services", "series"}
    for profile in home.profiles.values():
        headings = [heading.casefold() for names in profile.fields.values() for heading in names]
        assert [name for name, count in Counter(headings).items() if count > 1] == [], profile.key
        for field, words in profile.values.items():
            every = [word.casefold() for group in words.values() for word in group]
            assert [word for word, count in Counter(every).items() if count > 1] == [], f"{profile.key}.{field}"


def test_status_words_cover_the_ten_national_codes(home):
    for key in ("mot-cua", "dong-bo-quoc-gia"):
        assert set(home.profiles[key].values["status"]) == {str(code) for code in range(1, 11)}
