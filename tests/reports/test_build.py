"""What a report says, counted by hand."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from data.access import ALL, Scope
from data.clock import parse_moment
from data.errors import CallFault
from data.home import Home
from data.locale import use_language
from data.store import Store
from kpi.apologies import desk
from kpi.reports import form06a
from kpi.reports.build import build
from kpi.reports.content import Bars, Paragraph, Report, Table
from kpi.reports.facts import Facts
from loaders.load import load_file
from tests.exports import SECRET
from tests.reports.homes import AS_OF, DESK, DONE, DONG_PHU, OPEN, TOLD, Small, load, make


def built(small: Small, as_of: str = AS_OF, unit: str = "", scope: Scope = ALL, key: str = "50-ngay") -> Report:
    home, store = small
    return build(store, home, home.campaign(key), parse_moment(as_of, home.zone), unit=unit, scope=scope)


def texts(report: Report) -> dict[str, str]:
    parts = [part for one in (*report.sections, *report.annexes) for part in one.parts]
    return {part.key: part.text for part in parts if isinstance(part, Paragraph)}


def table(report: Report, key: str) -> Table:
    parts = [part for one in (*report.sections, *report.annexes) for part in one.parts]
    return next(part for part in parts if isinstance(part, Table) and part.key == key)


def lines(found: Table) -> dict[str, list[str]]:
    """The second cell of each line → the cells after it."""
    return {row[1].text: [cell.text for cell in row[2:]] for row in found.rows}


# Form II.06a ----------------------------------------------------------------------------------------------------------


def test_the_form_counts_every_dossier_once(told_home: Small) -> None:
    form = table(built(told_home), "form06a")
    rows = lines(form)
    #        received: all, online, desk or post, before · resolved: all, before, on, late · in hand: all, in time, late
    assert rows["Huyện Đồng Phú"] == ["10", "4", "4", "2", "6", "4", "1", "1", "4", "1", "3"]
    assert rows["Sở Y tế"] == ["3", "1", "2", "0", "1", "0", "1", "0", "1", "1", "0"]
    assert rows["TỔNG SỐ"] == ["13", "5", "6", "2", "7", "4", "2", "1", "5", "2", "3"]
    assert rows["Sở Tư pháp"] == ["0"] * 11
    assert len(form.columns) == 13 and form.numbered
    notes = " ".join(form.notes)
    assert "lớn hơn tổng cột (7) và cột (11) 1 hồ sơ" in notes  # withdrawn
    assert "Cột (9) có 1 hồ sơ không ghi ngày hẹn trả" in notes
    assert "CẢNH BÁO" not in notes


def test_groups_of_the_form_add_up_to_its_total(told_home: Small) -> None:
    rows = table(built(told_home), "form06a").rows
    groups = [row for row in rows if row[0].text in ("A", "B")]
    assert [row[1].text for row in groups] == ["Các sở, ban, ngành", "Các huyện, thị xã, thành phố"]
    for column in range(2, 13):
        assert sum(float(row[column].raw or 0) for row in groups) == rows[-1][column].raw


def test_a_form_that_says_something_else_than_the_figures_warns(
    told_home: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = form06a.lines

    def lying(*asked: object) -> dict[int, form06a.Line]:
        found = honest(*asked)  # type: ignore[arg-type]
        return {
            unit: form06a.Line(online=line.online + 1, open_late=line.open_late + 1) for unit, line in found.items()
        }

    monkeypatch.setattr(form06a, "lines", lying)
    notes = table(built(told_home), "form06a").notes
    # Columns (4) + (5) and (13) against the figures; and the form does not add up either.
    assert sum("chỉ tiêu tính" in note for note in notes) == 2
    assert sum(note.startswith("CẢNH BÁO") for note in notes) == 3


def test_the_form_of_a_period_carries_over_what_was_open(told_home: Small) -> None:
    """Between the report of 5/4 at 17:00 and that of 6/4: dp-4, done on 6/4; everything open on 5/4 is carried over."""
    home, store = told_home
    facts = Facts.of(store, home, home.campaign("50-ngay"), parse_moment("2021-04-06T17:00", home.zone), "", ALL)
    line = facts.line(facts.form_since, facts.members("binh-phuoc"))
    # Open on 5/4 at 17:00: dp-4 to dp-7, dp-old, yt-1 to yt-3.
    assert (line.online, line.direct, line.carried) == (0, 0, 8)
    assert (line.early, line.on_day, line.late, line.apart, line.in_hand) == (0, 1, 0, 1, 6)


# Words ----------------------------------------------------------------------------------------------------------------


def test_the_report_says_what_was_counted(told_home: Small) -> None:
    report = built(told_home)
    said = texts(report)
    assert said["opening"] == (
        "Thực hiện Kế hoạch 108/KH-UBND (Chiến dịch 50 ngày đêm), Văn phòng Ủy ban nhân dân tỉnh Bình Phước báo cáo tình hình, "
        "kết quả đến 17 giờ 00 ngày 20/4/2021 như sau:"
    )
    # 21/4, 30/4 and 3/5 are days off: 22–23/4, 26–29/4, 4–7/5, 10–14/5, 17–19/5.
    assert "ngày thứ 21/50" in said["situation.time"] and "còn 18 ngày làm việc" in said["situation.time"]
    assert "tiếp nhận 11 hồ sơ (trực tuyến 5 hồ sơ, chiếm 45,5%)" in said["situation.dossiers"]
    assert "giải quyết xong 7 hồ sơ, trong đó 1 hồ sơ trễ hạn" in said["situation.dossiers"]
    assert "hiện đang giải quyết 5 hồ sơ, trong đó 3 hồ sơ đã quá hạn (Phụ lục I)" in said["situation.dossiers"]
    # Of those accepted in the campaign with a due date: dp-1 to dp-4 in time, dp-5 late.
    assert "đạt 80% (4/5 hồ sơ), mục tiêu 100%" in said["targets.on_time_resolved"]
    assert "Số liệu chưa được cập nhật trong kỳ" in said["targets.on_time_resolved"]  # the newest fact is of 19/4, 8:00
    assert "3 hồ sơ, mục tiêu 0" in said["targets.overdue_open"]
    assert "đạt 0% (0/1 hồ sơ)" in said["targets.backlog_cleared"]
    assert said["overdue.now"].startswith("Hiện có 3 hồ sơ quá hạn chưa giải quyết, không đổi so với kỳ trước")
    assert "từ 8 đến 15 ngày 2 hồ sơ và từ 31 đến 90 ngày 1 hồ sơ" in said["overdue.now"]
    assert "không phát sinh hồ sơ quá hạn mới (lũy kế 3)" in said["overdue.now"]
    assert "1 hồ sơ đang tạm dừng" in said["overdue.aside"]
    assert (
        "giải quyết dứt điểm 3 hồ sơ quá hạn" in said["proposals.clear"] and "huyện Đồng Phú" in said["proposals.clear"]
    )
    assert "MÔ PHỎNG" in said["situation.data"] and report.simulated and report.draft
    assert [one.number for one in report.sections if one.level == 1] == ["", "I", "II", "III", "IV", "V"]


def test_the_table_of_targets_says_the_change_since_the_report_before(told_home: Small) -> None:
    """On 7/4 dp-5 is finished late, dp-6 and dp-7 turn overdue: on 6/4 four of four were in time."""
    report = built(told_home, "2021-04-07T17:00")
    rows = lines(table(report, "targets"))
    assert "mục tiêu không còn đạt được" in texts(report)["targets.on_time_resolved"]
    assert "không còn đạt được ở: «hồ sơ giải quyết đúng hạn»" in texts(report)["proposals.lost"]
    assert rows["Hồ sơ giải quyết đúng hạn"] == ["100%", "80%", "4/5", "−20 điểm", "Không còn đạt được"]
    assert rows["Hồ sơ quá hạn chưa giải quyết"][:4] == ["0", "3", "—", "+2"]


def test_the_first_report_has_nothing_to_compare_with(told_home: Small) -> None:
    report = built(told_home, "2021-03-31T17:00")
    assert {row[3] for row in lines(table(report, "targets")).values()} == {"—"}
    assert "chưa có kỳ trước" in " ".join(table(report, "targets").notes)
    assert "Từ kỳ báo cáo trước" not in texts(report)["situation.dossiers"]


def test_nothing_is_said_in_words(tmp_path: Path) -> None:
    clean = tuple(one for one in TOLD if one[0] in ("dp-1", "dp-2"))
    report = built(make(tmp_path, clean))
    said = texts(report)
    assert said["overdue.now"].startswith("Không có hồ sơ quá hạn chưa giải quyết.")
    assert said["list.none"].startswith("Không có hồ sơ quá hạn")
    assert "không phát sinh trường hợp phải xin lỗi" in said["overdue.apologies"]
    assert said["targets.npsp_integration"].endswith(": chưa có số liệu, mục tiêu 100%.")
    assert "Chưa có số liệu «tích hợp" in said["units.department.none"] or "units.department.ends" in said


def test_old_data_are_drawn_by_their_value_and_judged_by_nobody(tmp_path: Path) -> None:
    """Four of four in time, of a file that came on the day after: the bar has reached its target, and that is no verdict."""
    report = built(make(tmp_path, TOLD[:4]))
    (bars,) = (part for place in report.sections for part in place.parts if isinstance(part, Bars))
    assert (bars.labels, bars.values, bars.targets, bars.met) == (("Huyện Đồng Phú",), (1.0,), (1.0,), (True,))
    ends = texts(report)["units.district.ends"]
    assert "Số liệu của 1 đơn vị đã cũ, chưa đánh giá." in ends and "đạt mục tiêu" not in ends
    matrix = table(report, "matrix.district")
    assert lines(matrix)["Huyện Đồng Phú"][-1] == "—"
    assert matrix.notes[1:] == ("Số chỉ tiêu đạt không tính chỉ tiêu có số liệu cũ, chưa đánh giá.",)


def test_before_the_campaign_nothing_is_judged(told_home: Small) -> None:
    report = built(told_home, "2021-03-30T17:00")
    said = texts(report)
    assert "chưa bắt đầu" in said["situation.time"] and "situation.dossiers" not in said
    assert {row[-1] for row in lines(table(report, "targets")).values()} <= {"Chưa bắt đầu", "Chưa có số liệu"}
    assert not any(isinstance(part, Bars) for one in report.sections for part in one.parts)


def test_after_the_end_what_is_not_met_is_failed(small: Small) -> None:
    home, store = small
    load(store, home, (("dp-9", DONG_PHU, "20/05", "26/05", "", OPEN, DESK),), "sau.csv", "2021-05-20T18:00")
    report = built(small, "2021-05-20T17:00")
    assert lines(table(report, "form06a"))["TỔNG SỐ"][0] == "14"  # with yt-after, without what came after the campaign
    assert "đã kết thúc" in texts(report)["situation.time"]
    assert lines(table(report, "targets"))["Hồ sơ giải quyết đúng hạn"][-1] == "Không đạt"
    assert "Đã hết hạn, không đạt mục tiêu" in texts(report)["targets.on_time_resolved"]


# Units, lists, readers ------------------------------------------------------------------------------------------------


def test_a_unit_s_report_speaks_of_that_unit_only(told_home: Small) -> None:
    province, unit = built(told_home), built(told_home, unit="dong-phu")
    assert lines(table(unit, "form06a"))["TỔNG SỐ"] == lines(table(province, "form06a"))["Huyện Đồng Phú"]
    assert unit.unit == "dong-phu" and unit.head.to == ("Huyện Đồng Phú",)
    assert "Y tế" not in json.dumps(asdict(unit), ensure_ascii=False)
    assert "huyện Đồng Phú tiếp nhận 8 hồ sơ" in texts(unit)["situation.dossiers"]
    own = lines(table(unit, "form06a"))["Huyện Đồng Phú (trực tiếp)"]
    assert own[0] == "10"


def test_an_unknown_unit_is_refused(told_home: Small) -> None:
    with pytest.raises(CallFault, match="khong-co"):
        built(told_home, unit="khong-co")


def test_the_list_names_dossiers_and_nobody(told_home: Small) -> None:
    report = built(told_home, "2021-04-07T17:00")
    rows = lines(table(report, "overdue_list"))
    assert list(rows) == ["H10-dp-old", "H10-dp-6", "H10-dp-7", "H10-dp-5"]
    assert rows["H10-dp-5"] == ["01/4/2021", "06/4/2021", "07/4/2021", "Huyện Đồng Phú", "trễ 1 ngày"]
    assert rows["H10-dp-old"] == ["01/3/2021", "10/3/2021", "—", "Huyện Đồng Phú", "quá 28 ngày"]
    assert "3 hồ sơ quá hạn chưa giải quyết và 1 hồ sơ đã giải quyết trễ hạn" in texts(report)["list.about"]
    everything = json.dumps(asdict(report), ensure_ascii=False)
    assert not any(word in everything for word in SECRET.split()[-2:])


def test_a_scope_ends_the_list_and_changes_no_number(told_home: Small) -> None:
    whole, limited = built(told_home), built(told_home, scope=Scope(frozenset({"syt"})))
    assert "H10-dp-6" in json.dumps(asdict(whole)) and "H10-dp" not in json.dumps(asdict(limited))
    assert texts(limited)["list.none"]
    assert limited.sections == whole.sections
    assert table(limited, "form06a") == table(whole, "form06a")


def test_the_language_of_the_reader_does_not_matter(told_home: Small) -> None:
    vietnamese = built(told_home)
    use_language("en")
    try:
        assert built(told_home) == vietnamese
    finally:
        use_language("vi")


def test_the_head_is_the_home_s(small: Small) -> None:
    home, store = small
    path = home.root / "home.toml"
    path.write_text(
        path.read_text(encoding="utf-8")
        + '\n[report]\noffice = "SỞ NỘI VỤ"\nsigner = "Trần B"\nrecipients = ["Lưu: VT."]\n',
        encoding="utf-8",
    )
    changed = Home(home.root)
    report = built((changed, store))
    assert (report.head.office, report.head.signer, report.head.recipients) == ("SỞ NỘI VỤ", "Trần B", ("Lưu: VT.",))
    assert "Sở nội vụ" in texts(report)["opening"]
    assert report.head.date_line == "Bình Phước, ngày 20 tháng 4 năm 2021"


def test_what_presses_is_what_the_desk_counts(told_home: Small) -> None:
    home, store = told_home
    campaign, at = home.campaign("50-ngay"), parse_moment("2021-04-06T12:00", home.zone)
    pressing = Facts.of(store, home, campaign, at, "", ALL).pressing
    with desk(store, home, campaign, None, at, scope=ALL) as found:
        lanes, ages = found.lanes(), found.ages()
    assert (pressing.near, pressing.paused, pressing.undated) == (
        lanes["today"] + lanes["t1"],
        lanes["paused"],
        lanes["no_due_date"],
    )
    assert (pressing.near, pressing.paused, pressing.undated) == (4, 1, 1)
    assert pressing.ages == ages and sum(n for _, _, n in ages) == 1


# Other provinces ------------------------------------------------------------------------------------------------------


def test_a_home_without_targets_levels_and_names_reports_as_well(tmp_path: Path) -> None:
    root = tmp_path / "other"
    (root / "campaigns").mkdir(parents=True)
    (root / "profiles").mkdir()
    (root / "campaigns" / "q.toml").write_text('key = "q"\nstart = 2021-01-01\nend = 2021-01-31\n', encoding="utf-8")
    (root / "profiles" / "p.toml").write_text(
        'key = "p"\nunits = "from-rows"\ndates = ["iso8601"]\n[fields]\ndossier_code = ["id"]\nunit = ["who"]\n'
        'accepted_at = ["from"]\ndue_at = ["due"]\nfinished_at = ["to"]\n',
        encoding="utf-8",
    )
    home = Home(root)
    store = Store.open(home)
    content = b"id,who,from,due,to\na,Desk <1>,2021-01-04,2021-01-08,2021-01-07\nb,Desk <1>,2021-01-05,2021-01-08,\nc,Desk 2,2021-01-05,2021-01-20,\n"
    assert load_file(store, home, content, name="x.csv", who="t", at=1, profile="p").status == "loaded"
    report = build(store, home, home.campaign("q"), parse_moment("2021-01-12T17:00", home.zone), scope=ALL)
    assert "Không có chỉ tiêu nào được giao" in texts(report)["targets.summary"]
    assert lines(table(report, "form06a"))["TỔNG SỐ"] == ["3", "0", "3", "0", "1", "1", "0", "0", "2", "1", "1"]
    assert "CẢNH BÁO" not in " ".join(table(report, "form06a").notes)


def test_later_data_change_the_draft(small: Small) -> None:
    home, store = small
    before = texts(built(small))
    load(store, home, (("dp-6", DONG_PHU, "01/04", "06/04", "19/04", DONE, DESK),), "sua.csv", "2021-04-22T18:00")
    after = texts(built(small))
    assert after["overdue.now"].startswith("Hiện có 2 hồ sơ") and before["overdue.now"] != after["overdue.now"]
