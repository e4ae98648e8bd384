"""The digest: five lines counted by hand, and a picture."""

from __future__ import annotations

import csv
import struct
from dataclasses import replace
from pathlib import Path

import pytest

from data.clock import parse_moment
from data.errors import CallFault
from data.locale import use_language
from kpi.reports import digest
from kpi.reports.digest import Digest
from loaders.load import load_file
from tests.conftest import run_campaign
from tests.exports import SECRET
from tests.pages.conftest import HEADINGS
from tests.reports.homes import AS_OF, OPEN, Small, load


def built(small: Small, as_of: str = AS_OF, unit: str = "", key: str = "50-ngay") -> Digest:
    home, store = small
    return digest.build(store, home, home.campaign(key), parse_moment(as_of, home.zone), unit=unit)


def size(picture: bytes) -> tuple[int, int]:
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    wide, high = struct.unpack(">II", picture[16:24])
    return int(wide), int(high)


def services(small: Small, path: Path) -> None:
    """Sở Tư pháp 2 of 2 integrated, Sở Y tế 1 of 2, Sở Nội vụ 0 of 1."""
    told = [("Sở Tư pháp", 2, 2), ("Sở Y tế", 1, 2), ("Sở Nội vụ", 0, 1)]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        for unit, done, whole in told:
            for n in range(whole):
                state = "Đã tích hợp" if n < done else "Trong danh mục"
                writer.writerow([f"DV-{unit}-{n}", f"1.{n}", f"Dịch vụ {n}", unit, 4, 1, 1, state, "", "01/04/2021"])
    home, store = small
    assert load_file(store, home, path, who="t", at=parse_moment("2021-04-21", home.zone)).status == "loaded"


def test_five_lines_counted_by_hand(told_home: Small) -> None:
    """Day 21 of 50; 21/4 is a holiday. 4 of 5 with a due date in time; dp-6, dp-7, dp-old overdue; none of the old backlog done."""
    stale = "◌ số liệu cũ, chưa đánh giá"
    assert built(told_home).lines == (
        "CHIẾN DỊCH 50 NGÀY ĐÊM – ngày 21/50, còn 18 ngày làm việc (số liệu đến 17 giờ 00 ngày 20/4/2021) [Số liệu mô phỏng]",
        "Đánh giá chung: trong 5 chỉ tiêu có 5 chưa đủ số liệu.",
        f"Kết quả: hồ sơ giải quyết đúng hạn 80% {stale} (mục tiêu 100%, đã có 1 hồ sơ trễ hạn); hồ sơ quá hạn chưa giải quyết 3 {stale} (mục tiêu 0); "
        f"xử lý dứt điểm hồ sơ quá hạn cũ 0% {stale} (mục tiêu 100%, còn thiếu 1 hồ sơ); tích hợp lên Cổng Dịch vụ công quốc gia — ○ chưa có số liệu (mục tiêu 100%); "
        "dịch vụ đủ điều kiện lên mức độ 4 — ○ chưa có số liệu (mục tiêu 100%).",
        "Chưa đủ số liệu để xếp hạng.",
        "Việc cần làm ngay và trong ngày 22/4: giải quyết 3 hồ sơ quá hạn (huyện Đồng Phú 3).",
    )


def test_fresh_data_are_judged(told_home: Small) -> None:
    """On 19/4 dp-8 has just come in: the share in time is lost with dp-5, the overdue ones are behind."""
    found = built(told_home, "2021-04-19T17:00")
    assert found.verdict == "trong 5 chỉ tiêu có 2 phải tăng tốc, 1 không còn đạt được và 2 chưa đủ số liệu"
    assert [(aim.value, aim.shape, aim.tone) for aim in found.aims] == [
        ("80%", "✖", "warn"), ("3", "✖", "warn"), ("0%", "✖", "warn"), ("—", "○", "none"), ("—", "○", "none"),
    ]  # fmt: skip
    # A count has no bar, a share does; the target's tick stands at 100 %.
    assert [(aim.share, aim.target_share) for aim in found.aims] == [(0.8, 1.0), (None, None), (0.0, 1.0), (None, None), (None, None)]  # fmt: skip


def test_a_unit_has_its_own(told_home: Small) -> None:
    found = built(told_home, unit="syt")
    assert found.lines[0].startswith("CHIẾN DỊCH 50 NGÀY ĐÊM – Sở Y tế – ngày 21/50")
    assert "hồ sơ quá hạn chưa giải quyết 0" in found.lines[2]
    assert found.to_do == ("duy trì tiến độ, không để phát sinh hồ sơ quá hạn",)
    with pytest.raises(CallFault):
        built(told_home, unit="nowhere")


def test_who_leads_and_who_is_last(small: Small, tmp_path: Path) -> None:
    services(small, tmp_path / "dv.csv")
    what = "tích hợp lên Cổng Dịch vụ công quốc gia"
    led = f"Các sở, ban, ngành ({what}): dẫn đầu Sở Tư pháp 100%;"
    assert built(small, "2021-04-01T17:00").standing == (f"{led} cần đôn đốc Sở Nội vụ 0% và Sở Y tế 50%",)
    # Three weeks later nothing new has come in: old figures blame nobody.
    assert built(small).standing == (f"{led} thấp nhất Sở Nội vụ 0% và Sở Y tế 50%",)
    assert built(small, unit="syt").standing == (f"Hạng 2 trong 3 sở, ban, ngành có số liệu về {what}; đứng đầu: Sở Tư pháp 100%",)  # fmt: skip
    assert built(small, unit="stp").standing == (f"Hạng 1 trong 3 sở, ban, ngành có số liệu về {what}",)
    assert built(small, unit="snv").standing[0].startswith("Hạng 3 trong 3")


def test_before_and_after_the_campaign(told_home: Small) -> None:
    before = built(told_home, key="92-ngay")
    assert before.when == "còn 407 ngày nữa bắt đầu"
    assert before.standing == ("Chưa xếp hạng: chiến dịch chưa bắt đầu",)
    after = built(told_home, "2021-12-20")
    assert after.when == "đã kết thúc 19/5/2021"
    # dp-6, dp-7, dp-8, dp-old and yt-after; yt-3 is paused.
    assert after.to_do == ("giải quyết 5 hồ sơ quá hạn (huyện Đồng Phú 4, Sở Y tế 1)",)


def test_what_is_due_and_what_letters_must_go(small: Small) -> None:
    """Due on 20/4, on 22/4 (21/4 is a holiday), and later; a letter for the one of 22/4 is late after today."""
    home, store = small
    days = (("n-1", "20/04"), ("n-2", "22/04"), ("n-3", "23/04"))
    load(store, home, tuple((code, "Sở Nội vụ", "19/04", due, "", OPEN, "Trực tiếp") for code, due in days), "sau.csv")
    found = built(small, "2021-04-20T08:00", unit="snv")
    assert found.to_do[:2] == (
        "xử lý xong 2 hồ sơ đến hạn trong hôm nay và ngày làm việc tới",
        "gửi thư xin lỗi ngay hôm nay nếu không kịp hẹn (1 hồ sơ sắp đến hạn chưa có thư)",
    )


def test_it_is_vietnamese_whoever_reads(told_home: Small) -> None:
    wanted = built(told_home).text
    use_language("en")
    try:
        assert built(told_home).text == wanted
    finally:
        use_language("vi")


def test_no_dossier_and_nobody_is_named(told_home: Small) -> None:
    text = "".join(built(told_home, unit=unit).text for unit in ("", "dong-phu", "syt"))
    assert "H10-" not in text and SECRET not in text


def test_the_picture_is_as_wide_as_a_telephone_shows(told_home: Small) -> None:
    found = built(told_home)
    wide, high = size(digest.picture(found))
    assert wide == 1080
    assert 1000 < high < 2400
    more = replace(found, to_do=found.to_do * 6)
    assert size(digest.picture(more))[1] > high, "as high as it takes"


def test_no_word_becomes_markup(told_home: Small) -> None:
    hostile = '#panic("x") $x$ *b* _i_ `c` <l> @r \\ " ]] ${{7*7}}'
    found = built(told_home)
    aims = tuple(replace(aim, name=hostile, value=hostile, status=hostile, missing=hostile) for aim in found.aims)
    shown = replace(
        found, about=hostile, place=hostile, verdict=hostile, aims=aims, standing=(hostile,), to_do=(hostile,)
    )
    assert size(digest.picture(shown))[0] == 1080


def test_the_command_prints_it_and_writes_the_picture(told_home: Small, tmp_path: Path) -> None:
    root = told_home[0].root
    ask = ("digest", "--campaign", "50-ngay", "--as-of", AS_OF, "--home", root)
    path = tmp_path / "tom-tat.png"
    assert run_campaign(*ask, "-o", path).out == built(told_home).text + "\n"
    assert size(path.read_bytes())[0] == 1080
    told = run_campaign(*ask, "--unit", "dong-phu", "--json").json()
    assert (told["unit"], told["as_of"]) == ("dong-phu", "2021-04-20T17:00:00+07:00")
    assert told["lines"] == list(built(told_home, unit="dong-phu").lines)
