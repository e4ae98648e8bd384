"""Edits stay when the data change, and say so."""

from __future__ import annotations

import pytest

from data.access import ALL
from data.clock import parse_moment
from data.errors import CallFault
from data.home import Campaign, Home
from data.store import Store
from kpi.reports import drafts
from kpi.reports.build import build
from tests.reports.homes import AS_OF, DESK, DONE, DONG_PHU, Small, load

NOW = "overdue.now"
MINE = "Còn ba hồ sơ; huyện Đồng Phú cam kết xong trước 23/4."


@pytest.fixture
def asked(small: Small) -> tuple[Store, Home, Campaign, int]:
    home, store = small
    return store, home, home.campaign("50-ngay"), parse_moment(AS_OF, home.zone)


Asked = tuple[Store, Home, Campaign, int]


def paragraph(asked: Asked, key: str = NOW):
    return drafts.paragraphs(drafts.draft(*asked, scope=ALL))[key]


def finish_one(asked: Asked) -> None:
    store, home, *_ = asked
    load(store, home, (("dp-6", DONG_PHU, "01/04", "06/04", "19/04", DONE, DESK),), "sua.csv", "2021-04-22T18:00")


def test_without_edits_the_draft_is_what_the_data_say(asked: Asked) -> None:
    assert drafts.draft(*asked, scope=ALL) == build(*asked, scope=ALL)


def test_an_edit_stands_and_the_drafted_text_stays_beside_it(asked: Asked) -> None:
    drafted = paragraph(asked).text
    assert drafts.edit(*asked, {NOW: f"  {MINE}\r\n"}, who="t", at=1) == [NOW]
    found = paragraph(asked)
    assert (found.text, found.drafted, found.edited, found.outdated) == (MINE, drafted, True, False)
    assert drafts.edit(*asked, {NOW: MINE}, who="t", at=2) == []


def test_new_data_keep_the_edit_and_mark_it(asked: Asked) -> None:
    drafts.edit(*asked, {NOW: MINE}, who="t", at=1)
    finish_one(asked)
    found = paragraph(asked)
    assert (found.text, found.outdated) == (MINE, True)
    assert found.drafted.startswith("Hiện có 2 hồ sơ")
    other = paragraph(asked, "situation.dossiers")
    assert not other.edited and "trong đó 2 hồ sơ trễ hạn" in other.text
    drafts.confirm(*asked, NOW, who="t", at=2)
    assert paragraph(asked).text == MINE and not paragraph(asked).outdated


def test_an_edit_is_taken_back_by_a_reset_or_by_the_drafted_words(asked: Asked) -> None:
    drafted = paragraph(asked).text
    drafts.edit(*asked, {NOW: MINE}, who="t", at=1)
    drafts.reset(*asked, NOW, who="t", at=2)
    assert paragraph(asked).text == drafted and not paragraph(asked).edited
    drafts.edit(*asked, {NOW: MINE}, who="t", at=3)
    drafts.edit(*asked, {NOW: drafted}, who="t", at=4)
    assert not paragraph(asked).edited and drafts.edits(*asked[::2], asked[3]) == {}


def test_an_emptied_paragraph_is_left_out_of_what_is_printed(asked: Asked) -> None:
    drafts.edit(*asked, {NOW: " \n "}, who="t", at=1)
    assert paragraph(asked).text == ""
    assert NOW not in drafts.paragraphs(drafts.printed(drafts.draft(*asked, scope=ALL)))
    assert (
        len(drafts.paragraphs(drafts.printed(drafts.draft(*asked, scope=ALL))))
        == len(drafts.paragraphs(drafts.draft(*asked, scope=ALL))) - 1
    )


def test_the_head_is_edited_like_the_text(asked: Asked) -> None:
    drafts.edit(
        *asked, {"head.signer": "Trần B", "head.to": "Bí thư\n\n Chủ tịch ", "head.place": "Đồng Xoài"}, who="t", at=1
    )
    head = drafts.draft(*asked, scope=ALL).head
    assert (head.signer, head.to, head.date_line) == (
        "Trần B",
        ("Bí thư", "Chủ tịch"),
        "Đồng Xoài, ngày 20 tháng 4 năm 2021",
    )
    drafts.edit(*asked, {"head.date_line": "Bình Phước, ngày 21 tháng 4 năm 2021"}, who="t", at=2)
    assert drafts.draft(*asked, scope=ALL).head.date_line == "Bình Phước, ngày 21 tháng 4 năm 2021"


def test_the_province_and_each_unit_are_edited_apart(asked: Asked) -> None:
    drafts.edit(*asked, {NOW: MINE}, unit="dong-phu", who="t", at=1)
    assert not paragraph(asked).edited
    assert drafts.paragraphs(drafts.draft(*asked, unit="dong-phu", scope=ALL))[NOW].text == MINE


def test_what_the_report_does_not_have_and_what_is_too_long_is_refused(asked: Asked) -> None:
    for part in ("khong.co", "head.khong_co", "head."):
        with pytest.raises(CallFault, match="không có phần"):
            drafts.edit(*asked, {part: "x"}, who="t", at=1)
    with pytest.raises(CallFault, match="dài quá"):
        drafts.edit(*asked, {NOW: "x" * 4_001}, who="t", at=1)
    with pytest.raises(CallFault, match="chưa được sửa"):
        drafts.confirm(*asked, NOW, who="t", at=1)
    store, _, campaign, as_of = asked
    assert drafts.edits(store, campaign, as_of) == {}


def test_an_edit_of_a_paragraph_that_is_gone_is_kept_aside(asked: Asked) -> None:
    store, home, campaign, as_of = asked
    drafts.edit(*asked, {"overdue.aside": "Hai hồ sơ chờ bổ sung."}, who="t", at=1)
    load(store, home, (("yt-3", "Sở Y tế", "02/04", "09/04", "16/04", DONE, DESK),), "sua.csv", "2021-04-22T18:00")
    report, found = drafts.draft(*asked, scope=ALL), drafts.edits(store, campaign, as_of)
    assert [one.part for one in drafts.left_over(report, found)] == ["overdue.aside"]
    assert "overdue.aside" not in drafts.paragraphs(report)


def test_markup_in_an_edit_is_text(asked: Asked) -> None:
    hostile = "<script>alert(1)</script> {{ x }} =1+1 \x07"
    drafts.edit(*asked, {NOW: hostile}, who="t", at=1)
    assert paragraph(asked).text == hostile.strip()
