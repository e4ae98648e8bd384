"""A drafted profile is valid, says what it does not know, reads its file, and shows no one's data."""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import RefusedFile
from data.home import Home, Profile, read_profile
from loaders.drafts import Draft, draft
from tests.conftest import SHARED, Campaign, Done
from tests.loaders.books import as_xlsx
from tests.loaders.conftest import SHIPPED, Desk, as_csv

HOME = Home(SHIPPED)
PERSON = "Nguyễn Thị Bí Mật"
PHONE = "0912345678"
HEADINGS = [
    "STT", "SỐ BIÊN NHẬN", "Chủ hồ sơ", "Điện thoại", "Thủ tục hành chính", "Cơ quan giải quyết", "Ngày nhận", "Hạn giải quyết",
    "Ngày có kết quả", "Tình trạng", "Hình thức nhận", "Ghi chú",
]  # fmt: skip
STATUSES = ["Đã trả kết quả", "Đang giải quyết", "Chờ bổ sung hồ sơ", "Đang xác minh thực địa"]
CHANNELS = ["Nộp trực tiếp", "Cổng dịch vụ công", "Trực tuyén"]


def rows(count: int = 12) -> list[list[str]]:
    return [
        [
            str(n), f"HS-{n:04}", f"{PERSON} {n}", PHONE, "Cấp giấy xác nhận", "Sở Tư pháp", f"{n % 28 + 1:02}/04/2021 08:05",
            f"{n % 28 + 1}/5/2021", f"{n % 28 + 1:02}/04/2021 16:00" if n % 4 == 0 else "", STATUSES[n % 4], CHANNELS[n % 3],
            f"gọi {PERSON} {PHONE}",
        ]
        for n in range(count)
    ]  # fmt: skip


TITLES = [["UBND TỈNH BÌNH PHƯỚC"], ["SỔ THEO DÕI HỒ SƠ"], [], ["(Từ ngày 01/04/2021 đến ngày 30/04/2021)"]]


def drafted(data: bytes, name: str = "Sổ theo dõi 2021.csv", home: Home = HOME) -> Draft:
    found = draft(home, data, name)
    Profile.model_validate(tomllib.loads(found.toml))
    return found


def test_an_unknown_export_of_the_one_stop_software() -> None:
    found = drafted(as_csv([*TITLES, HEADINGS, *rows()]))
    profile = Profile.model_validate(tomllib.loads(found.toml))
    assert (found.missing, profile.key, profile.kind, profile.units) == ((), "so-theo-doi", "dossiers", "registry")
    assert {field: words[0] for field, words in profile.fields.items()} == {
        "dossier_code": "SỐ BIÊN NHẬN",
        "procedure_name": "Thủ tục hành chính",
        "unit": "Cơ quan giải quyết",
        "accepted_at": "Ngày nhận",
        "due_at": "Hạn giải quyết",
        "finished_at": "Ngày có kết quả",
        "status": "Tình trạng",
        "channel": "Hình thức nhận",
    }
    assert profile.dates == ("%d/%m/%Y %H:%M", "%d/%m/%Y")
    assert profile.values["status"] == {"4": ("Đang giải quyết",), "5": ("Chờ bổ sung hồ sơ",), "10": ("Đã trả kết quả",)}  # fmt: skip
    assert profile.values["channel"] == {"counter": ("Nộp trực tiếp",), "online": ("Cổng dịch vụ công", "Trực tuyén")}
    assert re.search(r'^# .*\["Đang xác minh thực địa"\]', found.toml, re.M)
    assert any("mode" in note for note in found.notes)
    assert any("[values.status]" in note and "1 từ" in note for note in found.notes)


def test_no_value_of_a_personal_or_unused_column_is_shown() -> None:
    found = drafted(as_csv([HEADINGS, *rows()]))
    told = found.toml + " ".join(found.notes)
    for word in (PERSON, PHONE, "HS-0001", "Cấp giấy xác nhận", "Sở Tư pháp"):
        assert word not in told
    assert "«Chủ hồ sơ»" in found.toml and "«STT»" in found.toml


def test_the_file_loads_with_its_draft_once_it_is_completed(root: Path) -> None:
    (root / "profiles" / "mot-cua-thu.toml").unlink()
    desk = Desk(root)
    data = as_csv([*TITLES, HEADINGS, *rows()])
    assert desk.load(data).status == "refused"
    path = root / "nhap.toml"
    path.write_text(drafted(data, home=desk.home).toml, encoding="utf-8")
    report = desk.load(data, profile=path)
    assert (report.read, report.new) == (12, 9)
    assert {refusal.value for refusal in report.refusals} == {"Đang xác minh thực địa"}
    text = path.read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if "Đang xác minh thực địa" in line)
    # As a person completes it: the word is added to the code it belongs to.
    text = text.replace(line, "").replace('"4" = ["Đang giải quyết"]', '"4" = ["Đang giải quyết", "Đang xác minh thực địa"]')  # fmt: skip
    path.write_text(text, encoding="utf-8")
    again = desk.load(data + b"\n", profile=path)
    assert (again.read, again.refused) == (12, 0)


def test_a_workbook_with_headings_over_two_rows(root: Path) -> None:
    above = ["Mã hồ sơ", "Đơn vị", "Tiếp nhận", "", "Trạng thái"]
    below = ["", "", "Ngày tiếp nhận", "Hình thức tiếp nhận", ""]
    body = [[f"HS{n}", "Sở Tư pháp", f"0{n}/04/2021", "Qua mạng", "Đang xử lý"] for n in range(1, 6)]
    data = as_xlsx({"Sổ": [["SỔ"], above, below, *body]}, merged=[(1, 2, 1, 3, "Tiếp nhận")])
    found = drafted(data, "so.xlsx")
    path = root / "nhap.toml"
    path.write_text(found.toml, encoding="utf-8")
    report = Desk(root).load(data, "so.xlsx", profile=path)
    assert (found.missing, report.new, report.refused) == ((), 5, 0)


def test_dates_are_told_by_what_reads_them_all() -> None:
    def dates(*cells: str) -> tuple[tuple[str, ...], str]:
        found = drafted(
            as_csv([["Mã hồ sơ", "Đơn vị", "Ngày tiếp nhận"], *[[f"H{n}", "A", c] for n, c in enumerate(cells)]])
        )
        return Profile.model_validate(tomllib.loads(found.toml)).dates, " ".join(found.notes)

    assert dates("2021-04-13T08:00:00", "2021-04-14")[0] == ("iso8601",)
    assert dates("20210413080000")[0] == ("%Y%m%d%H%M%S",)
    assert dates("13/04/21")[0] == ("%d/%m/%y",)
    assert dates("44286", "44287.5")[0] == ("excel",)
    assert dates("05/04/2021", "13/04/2021")[0] == ("%d/%m/%Y",)
    forms, notes = dates("04/13/2021", "04/14/2021")
    assert forms == ("%m/%d/%Y",) and "tháng trước ngày" in notes
    forms, notes = dates("13/04/2021", "hôm qua", "Quý 2")
    assert forms == ("%d/%m/%Y",) and "2 cách ghi chưa đọc được" in notes and "hôm qua" not in notes


def test_a_catalogue_and_units_from_rows() -> None:
    head = ["Mã DVC", "Tên dịch vụ công", "Đơn vị thực hiện", "Mức độ", "Trạng thái tích hợp"]
    body = [[f"D{n}", "Tên", "Cơ quan lạ", f"Mức độ {n % 3 + 2}", ["Đã tích hợp", "Đang chờ"][n % 2]] for n in range(6)]
    found = drafted(as_csv([head, *body]))
    profile = Profile.model_validate(tomllib.loads(found.toml))
    assert (profile.kind, profile.mode, profile.units) == ("services", "full", "from-rows")
    assert profile.values["level"] == {"2": ("Mức độ 2",), "3": ("Mức độ 3",), "4": ("Mức độ 4",)}
    assert profile.values["state"] == {"integrated": ("Đã tích hợp",)}


EVENTS = """case:concept:name,case:channel,case:department,case:responsible,case:startdate,case:deadline,concept:name
{}"""


def test_a_log_in_another_language_gets_suggestions_by_shape(root: Path) -> None:
    """No heading is known: what each needed field may be is told by the columns' values."""
    days = "".join(
        f"case-{n // 3},{['Internet', 'Desk'][n // 3 % 2]},{['General', 'Experts'][n // 3 % 2]},Resource{n % 5},"
        f"2011-04-{n % 28 + 1:02}T12:00:00+02:00,2011-06-{n % 28 + 1:02}T12:00:00+02:00,T0{n % 3}\n"
        for n in range(60)
    )
    data = EVENTS.format(days).encode()
    found = drafted(data, "receipt.csv")
    assert found.missing == ("dossier_code", "accepted_at", "unit")
    lines = {line.split()[1]: line for line in found.toml.splitlines() if line.startswith("# ") and "=" in line}
    assert "«case:concept:name»" in lines["dossier_code"]
    assert "«case:startdate»" in lines["accepted_at"] and "«case:channel»" not in lines["accepted_at"]
    assert "«case:department»" in lines["unit"] and "«case:startdate»" not in lines["unit"]
    assert tomllib.loads(found.toml)["dates"] == ["iso8601"]
    # Completed as a person would, it loads.
    fields = 'dossier_code = ["case:concept:name"]\nunit = ["case:department"]\naccepted_at = ["case:startdate"]\n'
    text = found.toml.replace("[fields]\n", "[fields]\n" + fields).replace('"registry"', '"from-rows"')
    path = root / "nhap.toml"
    path.write_text(text + '[one_row]\nper = "dossier_code"\nkeep = "first"\n', encoding="utf-8")
    report = Desk(root).load(data, profile=path)
    assert (report.new, report.refused) == (20, 0)


@pytest.mark.parametrize(
    "data",
    [
        as_csv(rows()),  # people's data without headings
        as_csv([[f"{PERSON} A", "Trần Văn B", "Lê Thị C"], ["Phạm Văn D", "Võ Thị E", "Bùi Văn F"]]),
        b"mot cot\n1\n2\n",
        b"",
        b"%PDF-1.4",
    ],
)
def test_a_file_without_headings_is_refused_and_not_shown(data: bytes) -> None:
    with pytest.raises(RefusedFile) as fault:
        draft(HOME, data, "a.csv")
    assert PERSON not in str(fault.value)


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)


@settings(max_examples=25, deadline=None)
@given(st.lists(CELL, min_size=1, max_size=5, unique=True), st.lists(CELL, min_size=1, max_size=4), st.text(max_size=9))
def test_whatever_the_words_the_draft_is_valid(headings: list[str], words: Sequence[str], name: str) -> None:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["Mã hồ sơ", "Đơn vị", "Ngày tiếp nhận", "Trạng thái", *headings])
    for number, word in enumerate(words):
        writer.writerow([f"H{number}", "A", "01/04/2021", word, *headings])
    try:
        drafted(out.getvalue().encode(), f"{name}.csv")
    except RefusedFile:
        return


def test_the_command(tmp_path: Path, command_here: Campaign) -> None:
    file, target = tmp_path / "so.csv", tmp_path / "so.toml"
    file.write_bytes(as_csv([HEADINGS, *rows()]))

    def new(*more: str | Path, expect: int = 0) -> Done:
        return command_here("profile", "new", file, *more, "--home", SHIPPED, expect=expect)

    assert new("--key", "so-moi", "-o", target).out == ""
    assert read_profile(target).key == "so-moi"
    assert "Đã có tệp" in new("-o", target, expect=2).err
    # Without a key the profile is called what its file is: else «--profile» would not find it.
    new("-o", tmp_path / "so-2021.toml")
    assert read_profile(tmp_path / "so-2021.toml").key == "so-2021"


OTHERS = [
    SHARED / "external" / name for name in ("tthc-catalogue/danh-sach-tthc-BoTuPhap.xlsx", "wabo-receipt/receipt.csv")
]


@pytest.mark.skipif(not all(path.exists() for path in OTHERS), reason="files of others are not part of the project")
def test_files_of_others() -> None:
    catalogue, log = (drafted(path.read_bytes(), path.name) for path in OTHERS)
    assert (catalogue.kind, catalogue.missing) == ("services", ("service_code", "level"))
    assert re.search(r"^# service_code = .*«Mã số»", catalogue.toml, re.M)
    assert 'unit = ["Cơ quan thực hiện"]' in catalogue.toml
    assert log.missing == ("dossier_code", "accepted_at", "unit")
    for field, heading in (("dossier_code", "concept:name"), ("accepted_at", "startdate"), ("unit", "department")):
        assert re.search(rf"^# {field} = .*«case:{heading}»", log.toml, re.M)
