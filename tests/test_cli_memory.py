"""Undo, held files, issued reports and the correction log, as people use them from a terminal."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import Campaign
from tests.exports import Row, many, province, write_export

ROWS = many(5, 60)
OVERDUE: Row = ("H10-99999", "Sở Y tế", "22/03/2021 08:00:00", "29/03/2021 17:00:00", None)
ASKED = ("--campaign", "50-ngay", "--as-of", "2021-04-12")


def test_a_report_is_issued_kept_and_compared_and_a_load_taken_back(campaign: Campaign, tmp_path: Path) -> None:
    home = province(tmp_path / "home")
    first = write_export(tmp_path / "mot.csv", [*ROWS, OVERDUE])
    second = write_export(tmp_path / "hai.csv", [(*OVERDUE[:4], "11/04/2021 09:00:00")])
    campaign("load", first, "--home", home)
    before = campaign("kpi", *ASKED, "--by", "department", "--format", "json", "--home", home).out

    issued = campaign("issue", *ASKED, "--number", "12/BC-VPUBND", "--home", home, "--json").json()
    assert (issued["id"], issued["as_of"], issued["number"]) == (1, "2021-04-12T23:59:59.999999+07:00", "12/BC-VPUBND")
    kept = {(row["kpi"], row["unit"]): row for row in issued["rows"]}
    for row in campaign("kpi", *ASKED, "--format", "json", "--home", home).json():
        if row["kpi"] != "national_rank":
            mine = kept[row["kpi"], row["unit"]]
            assert [mine[name] for name in ("numerator", "denominator", "value", "target", "gap", "status")] == [
                row[name] for name in ("numerator", "denominator", "value", "target", "gap", "status")
            ]

    campaign("load", second, "--home", home)
    moved = campaign("issues", "1", "--kpi", "overdue_open", "--home", home, "--json").json()
    assert {row["unit"]: (row["reported"], row["then"], row["now"] - row["then"]) for row in moved}["binh-phuoc"][
        2
    ] == -1
    causes = campaign("issues", "1", "--kpi", "overdue_open", "--rows", "--home", home, "--json").json()
    assert [(cause["code"], cause["then"]["file"], cause["now"]) for cause in causes] == [
        ("H10-99999", "mot.csv", None)
    ]

    log = campaign("corrections", "--home", home, "--json").json()
    assert [(line["kind"], line["n"], line["what"], line["file"]) for line in log] == [
        ("late", 1, "finished_at", "hai.csv")
    ]

    stands = campaign("undo", "1", "--home", home, expect=1)
    assert "lần nạp sau đã thay đổi" in stands.err and "(2)" in stands.err
    shown = campaign("undo", "2", "--dry-run", "--home", home, "--json").json()
    assert shown["undone_by"] is None and shown["issues"] == []
    assert "backlog_cleared" in {change["kpi"] for change in shown["changes"]}
    done = campaign("undo", "2", "--home", home)
    assert "ghi là lần nạp 3" in done.out
    after = campaign("kpi", *ASKED, "--by", "department", "--format", "json", "--home", home).out
    assert after == before
    states = {row["id"]: row["state"] for row in campaign("loads", "--home", home, "--json").json()}
    assert states == {1: "loaded", 2: "undone", 3: "loaded"}
    campaign("check", "--home", home)
    assert "nêu lý do" in campaign("issue", *ASKED, "--home", home, expect=2).err


def test_a_file_that_looks_old_waits_for_a_yes(campaign: Campaign, tmp_path: Path) -> None:
    home = province(tmp_path / "home")
    newer = write_export(tmp_path / "ho-so-2021-04-12.csv", [(*OVERDUE[:4], "11/04/2021 09:00:00")])
    older = write_export(tmp_path / "ho-so-2021-04-10.csv", [OVERDUE, *ROWS[:3]])
    campaign("load", newer, "--home", home)
    waits = campaign("load", older, "--home", home, "--json", expect=1).json()[0]
    assert (waits["status"], waits["new"]) == ("held", 3) and "cũ hơn" in waits["reason"]
    assert len(campaign("held", "--home", home, "--json").json()) == 1
    assert campaign("held", str(waits["held"]), "--home", home, expect=2).err.startswith("Cần --yes")
    taken = campaign("held", str(waits["held"]), "--yes", "--home", home, "--json").json()
    assert (taken["status"], taken["new"], taken["changed"]) == ("loaded", 3, 0)
    assert campaign("held", "--home", home, "--json").json() == []
