"""An issued report never changes; what it said can be read back and is checked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from data.access import ALL, Scope
from data.clock import parse_moment
from data.errors import CallFault
from data.home import Campaign, Home
from data.schema import issue_rows
from data.schema import issues as issues_table
from data.schema_meeting import issue_reports
from data.store import Store
from kpi import issues
from kpi.reports import checklist, differences, drafts, issuing, kept
from kpi.reports.facts import Facts
from tests.conftest import run_campaign
from tests.reports.homes import AS_OF, DESK, DONE, DONG_PHU, Small, load

Asked = tuple[Store, Home, Campaign, int]


@pytest.fixture
def asked(small: Small) -> Asked:
    home, store = small
    return store, home, home.campaign("50-ngay"), parse_moment(AS_OF, home.zone)


def issue(asked: Asked, **more: Any) -> issues.Issue:
    store, home, campaign, as_of = asked
    return issuing.issue(store, home, campaign, as_of=as_of, **{"who": "t", "at": 5, **more})


def finish_one(asked: Asked, name: str = "sua.csv") -> None:
    store, home, *_ = asked
    load(store, home, (("dp-6", DONG_PHU, "01/04", "06/04", "19/04", DONE, DESK),), name, "2021-04-22T18:00")


def test_what_was_issued_is_read_back_whatever_comes_after(asked: Asked) -> None:
    store, home, campaign, as_of = asked
    drafts.edit(*asked, {"overdue.now": "Ba hồ sơ.", "overdue.aside": ""}, who="t", at=1)
    expected = drafts.printed(drafts.draft(*asked, scope=ALL))
    made = issue(asked, number="12/BC-UBND", head={"signer": "Trần B", "recipients": "A\nLưu: VT"})
    found = issuing.report_of(store, made.id)
    assert found is not None and found.sections == expected.sections and found.annexes == expected.annexes
    assert (found.head.number, found.head.symbol, found.head.signer) == ("12", "BC-UBND", "Trần B")
    assert found.head.recipients == ("A", "Lưu: VT")
    assert (found.issue, found.draft, found.data_version) == (made.id, False, made.data_version)
    assert found.known_import == made.known_import
    finish_one(asked)
    drafts.edit(*asked, {"overdue.now": "Hai hồ sơ."}, who="t", at=9)
    assert issuing.report_of(store, made.id) == found
    assert issuing.report(store, home, campaign, as_of, scope=ALL) == found
    assert (
        drafts.paragraphs(issuing.report(store, home, campaign, as_of, scope=ALL, draft=True))["overdue.now"].text
        == "Hai hồ sơ."
    )
    assert issuing.faults(store) == [] and issues.faults(store) == []


def test_a_reader_of_part_of_the_province_gets_no_list_of_an_issued_report(asked: Asked) -> None:
    store, home, campaign, as_of = asked
    issue(asked)
    whole = issuing.report(store, home, campaign, as_of, scope=ALL)
    part = issuing.report(store, home, campaign, as_of, scope=Scope(frozenset({"syt"})))
    assert "H10-dp-6" in kept.text_of(whole) and "H10-dp" not in kept.text_of(part)
    assert part.sections == whole.sections


def test_a_report_is_equal_after_being_written_and_read(asked: Asked) -> None:
    report = drafts.draft(*asked, scope=ALL)
    assert kept.report_of(kept.text_of(report)) == report


def test_a_moment_is_issued_again_only_with_a_reason_and_the_first_one_stays(asked: Asked) -> None:
    store, home, campaign, as_of = asked
    first = issue(asked, number="12")
    finish_one(asked)
    with pytest.raises(CallFault, match="nêu lý do"):
        issue(asked, number="13")
    second = issue(asked, number="13", reason="Huyện Đồng Phú gửi bổ sung", at=6)
    before, after = issuing.report_of(store, first.id), issuing.report_of(store, second.id)
    assert before is not None and after is not None
    assert (after.reissue_reason, second.replaces) == ("Huyện Đồng Phú gửi bổ sung", first.id)
    assert issuing.report(store, home, campaign, as_of, scope=ALL) == after
    found = differences.difference(before, after)
    steps = {(one.table, one.line, one.column): (one.then, one.now) for one in found.cells}
    assert steps["Kết quả theo chỉ tiêu", "Hồ sơ quá hạn chưa giải quyết", "Kết quả"] == ("3", "2")
    assert steps[
        "Tình hình, kết quả giải quyết thủ tục hành chính", "Huyện Đồng Phú", "Số hồ sơ đang giải quyết: Quá hạn"
    ] == ("3", "2")
    assert "overdue.now" in {one.key for one in found.texts}
    assert differences.difference(after, after).nothing


def test_the_head_of_the_last_issued_report_is_the_next_one_s(asked: Asked) -> None:
    store, home, campaign, _ = asked
    issue(asked, number="12/BC-UBND", head={"signer": "Trần B", "place": "Đồng Xoài", "recipients": "Lưu: VT"})
    later = parse_moment("2021-04-21T17:00", home.zone)
    head = drafts.draft(store, home, campaign, later, scope=ALL).head
    assert (head.number, head.symbol, head.signer, head.recipients) == ("", "BC-UBND", "Trần B", ("Lưu: VT",))
    assert head.date_line == "Đồng Xoài, ngày 21 tháng 4 năm 2021" and "21/4/2021" in head.subject
    unit = drafts.draft(store, home, campaign, later, unit="dong-phu", scope=ALL).head
    assert (unit.signer, unit.to) == ("Trần B", ("Huyện Đồng Phú",))
    earlier = drafts.draft(store, home, campaign, parse_moment("2021-04-19T17:00", home.zone), scope=ALL).head
    assert earlier.signer == ""


def test_figures_and_words_are_frozen_together_or_not_at_all(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    store = asked[0]

    def broken(text: str) -> str:
        raise RuntimeError("giữa chừng")

    monkeypatch.setattr(kept, "fingerprint", broken)
    with pytest.raises(RuntimeError):
        issue(asked)
    with store.read() as connection:
        assert [
            connection.scalar(sa.select(sa.func.count()).select_from(table))
            for table in (issues_table, issue_rows, issue_reports)
        ] == [0, 0, 0]


def test_a_draft_read_before_new_data_is_not_issued(asked: Asked) -> None:
    store = asked[0]
    seen = drafts.draft(*asked, scope=ALL).data_version
    finish_one(asked)
    with pytest.raises(CallFault, match="vừa thay đổi"):
        issue(asked, expected=seen)
    assert issues.listed(store) == []
    issue(asked, expected=store.data_version())


def test_words_changed_behind_our_back_are_found(asked: Asked) -> None:
    store = asked[0]
    made = issue(asked)
    with store.write(None) as session:
        session.run(
            sa.update(issue_reports).values(content=sa.func.replace(issue_reports.c.content, "3 hồ sơ", "0 hồ sơ"))
        )
    assert issuing.faults(store) == [f"Báo cáo của bản chốt {made.id} đã bị sửa sau khi chốt."]
    with store.write(None) as session:
        session.run(sa.update(issue_reports).values(content="{"))
    assert len(issuing.faults(store)) == 1


def test_figures_frozen_without_a_report_leave_the_draft(asked: Asked) -> None:
    store, home, campaign, as_of = asked
    made = issues.issue(store, home, campaign, as_of=as_of, who="t", at=1)
    assert issuing.report_of(store, made.id) is None
    assert issuing.report(store, home, campaign, as_of, scope=ALL).draft


def test_the_checklist_says_what_is_missing(asked: Asked) -> None:
    store, home, campaign, as_of = asked

    def checked() -> dict[str, tuple[bool, str]]:
        facts = Facts.of(store, home, campaign, as_of, "", ALL)
        items = checklist.checklist(store, home, campaign, facts, drafts.draft(*asked, scope=ALL))
        return {one.key: (one.ok, one.words) for one in items}

    found = checked()
    assert {key: ok for key, (ok, _) in found.items()} == {
        "reached": True, "files": False, "refused": True, "held": True, "definitions": True, "form": True, "edits": True, "head": False,
    }  # fmt: skip
    assert found["head"][1] == "Chưa ghi số và người ký."
    drafts.edit(*asked, {"head.number": "1", "head.signer": "Trần B", "overdue.now": "Ba hồ sơ."}, who="t", at=1)
    finish_one(asked)
    found = checked()
    assert found["head"][0] and not found["edits"][0] and "1 đoạn" in found["edits"][1]
    issue(asked)
    path = home.root / "campaigns" / "50-ngay.toml"
    path.write_text(
        path.read_text(encoding="utf-8").replace(
            'kpi = "level4_share"\nvalue = 1.0', 'kpi = "level4_share"\nvalue = 0.9'
        ),
        encoding="utf-8",
    )
    changed = Home(home.root)
    asked = store, changed, changed.campaign("50-ngay"), as_of
    store, home, campaign, as_of = asked
    assert checked()["definitions"] == (False, "Đã đổi từ bản chốt 1: chỉ tiêu và quy tắc của chiến dịch.")


# The command line -----------------------------------------------------------------------------------------------------


def test_reports_and_issues_from_the_command_line(small: Small, tmp_path: Path) -> None:
    home, store = small
    ask = ("report", "--home", home.root, "--campaign", "50-ngay")
    out = tmp_path / "ra" / "bao-cao.docx"
    done = run_campaign(*ask, "--as-of", AS_OF, "-o", out, "--unit", "syt")
    assert "bản thảo" in done.out and out.read_bytes()[:2] == b"PK"
    assert ".docx, .xlsx, .pdf" in run_campaign(*ask, "--as-of", AS_OF, "-o", tmp_path / "x.txt", expect=2).err

    run_campaign("issue", "--home", home.root, "--campaign", "50-ngay", "--as-of", AS_OF, "--number", "12/BC-VP", "--signer", "Trần B", "--place", "Đồng Xoài")  # fmt: skip
    (made,) = issues.listed(store)
    found = issuing.report_of(store, made.id)
    assert found is not None
    assert (made.number, found.head.signer, found.head.date_line) == (
        "12/BC-VP",
        "Trần B",
        "Đồng Xoài, ngày 20 tháng 4 năm 2021",
    )
    assert "bản đã phát hành, số 12" in run_campaign(*ask, "--as-of", AS_OF, "-o", out).out

    assert run_campaign("check", "--home", home.root).out.strip() == "Không có gì sai."
    with store.write(None) as session:
        session.run(sa.update(issue_reports).values(content="{}"))
    assert "Báo cáo của bản chốt 1 đã bị sửa" in run_campaign("check", "--home", home.root, expect=1).out


def test_every_report_that_the_data_have_reached_in_one_run(small: Small, tmp_path: Path) -> None:
    """Every seventh day from 31/3: the data end on 21/4 at 8:00, before that day's report."""
    home, _ = small
    path = home.root / "campaigns" / "50-ngay.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("every_days = 1", "every_days = 7"), encoding="utf-8")
    ask = ("report", "--home", home.root, "--all", tmp_path / "ra", "--campaign")
    assert "Đã lập 3 báo cáo" in run_campaign(*ask, "50-ngay", "--unit", "syt").out
    days = ("03-31", "04-07", "04-14")
    assert sorted(one.name for one in (tmp_path / "ra").iterdir()) == [
        f"bao-cao-50-ngay-syt-2021-{day}.docx" for day in days
    ]
    assert "chưa đến kỳ báo cáo nào" in run_campaign(*ask, "92-ngay", expect=1).err
