"""F25–F40 and F50 counted from the files of both campaigns by plain readers, and the shape of those files."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta

import pytest

from data.home import Home, read_csv
from data.replay.build import build
from tests.replay import plain
from tests.replay.conftest import FIRST_CAMPAIGN, ROOT
from tests.replay.plain import end_of

START = datetime(2022, 6, 1)
DUE = end_of("2022-09-02")
NEW_YEAR = datetime(2022, 1, 1)
LAST = end_of("2022-12-31")


@pytest.fixture(scope="module")
def published() -> dict[str, float]:
    return {row.id: row.value for row in Home(ROOT).published}


def received(file):
    return datetime.fromtimestamp(file.at / 1e6, UTC).replace(tzinfo=None) + timedelta(hours=7)


def tree_of(unit: str) -> str:
    """The department or district of a unit as the files write it."""
    written = {"Sở TN&MT": "Sở Tài nguyên và Môi trường", "TX. Bình Long": "Thị xã Bình Long"}
    name = unit.split(" - ")[-1].removeprefix("UBND ")
    name = written.get(name, name).replace("TP. ", "Thành phố ").replace("thị xã Chơn Thành", "huyện Chơn Thành")
    return name[0].upper() + name[1:]


# Counting ---------------------------------------------------------------------------------------------------------------


def test_about_450_000_dossiers(all_dossiers):
    # Refused ones, one in three hundred, are left out by the plain count.
    assert 447_500 <= len(all_dossiers) <= 449_500


def test_services_at_the_end_of_2022(all_catalogues, published):
    services = list(plain.catalogue(all_catalogues, date(2022, 12, 31)).values())
    assert sum(s.state == "Đã tích hợp" for s in services) == published["F31"] == 1506
    fit = [s for s in services if s.eligible4]
    assert sum(s.level == 4 for s in fit) / len(fit) == published["F50"] == 1
    assert len(services) == 1838
    assert {s.level for s in services} == {2, 3, 4}


def test_levels_change_on_15_august(all_catalogues):
    before, after = (plain.catalogue(all_catalogues, day) for day in (date(2022, 8, 14), date(2022, 8, 15)))
    assert 1 in {s.level for s in before.values()}
    assert 1 not in {s.level for s in after.values()}
    assert sum(s.eligible4 for s in after.values()) > sum(s.eligible4 for s in before.values()) + 200
    assert {s.level for s in after.values() if s.eligible4} == {3, 4}
    for path in all_catalogues:
        words = {row["Mức độ"] for row in plain.rows(path)}
        new = path.stem[-10:] >= "2022-08-15"
        assert words <= {"Toàn trình", "Một phần", "Cung cấp thông tin trực tuyến"} if new else words <= set("1234")


def test_online_in_2022(all_dossiers, published):
    done = [one for one in all_dossiers if one.done(LAST) and one.finished >= NEW_YEAR]
    assert sum(one.online for one in done) / len(done) == pytest.approx(published["F37"], abs=0.005)
    paid = [one for one in all_dossiers if one.accepted >= NEW_YEAR and one.payment in plain.PAID_ONLINE]
    assert published["F33"] == 22_800 < len(paid) < 23_000
    assert all(one.online for one in paid)
    assert not any(one.online for one in all_dossiers if one.level < 3)


def test_manual_series_and_ranks(published):
    rows = read_csv(ROOT / "series.csv")

    def last(kpi, **wanted):
        found = [r for r in rows if r["kpi"] == kpi and all(r.get(name, "") == value for name, value in wanted.items())]
        return max(found, key=lambda r: r["on"])

    for figure, scheme in (
        ("F32", "services-integrated"),
        ("F34", "online-fee-payments"),
        ("F36", "online-land-payments"),
    ):
        assert float(last("national_rank", scheme=scheme)["value"]) == published[figure]
    assert float(last("land_payments")["value"]) > published["F35"] == 76_000
    for figure, level in (("F38", "province"), ("F39", "district"), ("F40", "commune")):
        row = last("work_files_online", level=level)
        assert row["on"] == "2022-12-31"
        assert float(row["numerator"]) / float(row["denominator"]) == published[figure]
    reports = [r for r in rows if r["kpi"] == "reports_online"]
    assert {r["unit"] for r in reports} == {
        u.code for u in Home(ROOT).units if u.level in ("province", "department", "district")
    }
    for on in {r["on"] for r in reports}:
        for part in ("numerator", "denominator"):
            parts = [float(r[part]) for r in reports if r["on"] == on and r["unit"] != "binh-phuoc"]
            assert sum(parts) == next(float(r[part]) for r in reports if r["on"] == on and r["unit"] == "binh-phuoc")


def test_the_92_days_meet_some_targets_and_miss_others(all_dossiers, all_catalogues):
    accepted = [one for one in all_dossiers if START <= one.accepted <= DUE]
    done = [one for one in accepted if one.done(DUE)]
    assert sum(one.online for one in done) / len(done) > 0.5
    in_time = sum(one.in_time() for one in done if one.due) / sum(1 for one in done if one.due)
    assert 0.98 < in_time < 0.999

    def turned(one):
        if (
            one.due is None
            or one.status in (5, 6, 8)
            or not START.date() <= one.due.date() + timedelta(days=1) <= DUE.date()
        ):
            return False
        return one.finished is None or one.finished.date() > one.due.date()

    late = [one for one in all_dossiers if turned(one)]
    proper = [one for one in late if one.new_due and one.apology and one.apology.date() < one.due.date()]
    assert 300 < len(late) < 1200
    assert 0.5 < len(proper) / len(late) < 0.9
    used = {(tree_of(one.unit), one.procedure) for one in accepted if one.online}
    offered = [
        s for s in plain.catalogue(all_catalogues, date(2022, 9, 2)).values() if s.level >= 3 and s.state != "Đã gỡ bỏ"
    ]
    active = sum((s.unit.replace("Thị xã Chơn Thành", "Huyện Chơn Thành"), s.procedure) in used for s in offered)
    assert 0.75 < active / len(offered) < 0.8


def test_digitisation_of_the_units_that_have_the_target(all_dossiers):
    known, yes = Counter(), Counter()
    for one in all_dossiers:
        if START <= one.accepted <= DUE and one.digitised:
            unit = one.unit.replace("thị xã Chơn Thành", "huyện Chơn Thành")
            known[unit] += 1
            yes[unit] += one.digitised == "Có"
    assert yes["Trung tâm Phục vụ hành chính công tỉnh"] == known["Trung tâm Phục vụ hành chính công tỉnh"] > 200
    districts = [
        unit for unit in known if unit.startswith("UBND") and " - " not in unit and "xã" not in unit.split()[1:2]
    ]
    shares = sorted(yes[unit] / known[unit] for unit in districts)
    assert len(shares) == 11
    assert shares[-3:] == [1, 1, 1]
    assert 0.7 < shares[0] < 0.95
    assert shares[-4] < 1


def test_overdue_falls_through_the_campaign(all_dossiers):
    counts = [
        sum(one.overdue(end_of(day)) for one in all_dossiers)
        for day in ("2022-05-31", "2022-07-01", "2022-08-01", "2022-08-31")
    ]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > 400
    assert 0 < counts[-1] < 100


# Shape ------------------------------------------------------------------------------------------------------------------


def test_the_first_campaign_comes_first_and_is_the_same(whole, replay):
    for one, other in zip(replay, whole, strict=False):
        assert (one.path.name, one.at, one.kind) == (other.path.name, other.at, other.kind)
        assert one.path.read_bytes() == other.path.read_bytes()
    assert all(received(file).date() > FIRST_CAMPAIGN for file in whole[len(replay) :])


def test_rhythm_of_the_exports(whole):
    assert [file.at for file in whole] == sorted({file.at for file in whole})
    days = [
        received(file).date() for file in whole if file.kind == "dossiers" and received(file).date() > FIRST_CAMPAIGN
    ]
    daily = [date(2022, 6, 1) + timedelta(days=n) for n in range(95)]
    ends = [d for d in (date(2021, 6, 1) + timedelta(days=n) for n in range(579)) if (d + timedelta(days=1)).day == 1]
    assert days == sorted(set(daily) | set(ends))


def test_forms_are_mixed(whole):
    campaign = [file for file in whole if date(2022, 6, 1) <= received(file).date() <= date(2022, 9, 3)]
    forms = Counter(file.path.suffix for file in campaign if file.kind == "dossiers")
    assert all(forms[form] >= 28 for form in (".csv", ".xlsx", ".json"))
    assert sum(forms.values()) == 95
    for file in campaign:
        if file.path.suffix == ".csv":
            assert file.path.read_bytes().startswith(b"\xef\xbb\xbf")


def test_workbooks_look_like_the_register(whole):
    for file in whole:
        if file.path.suffix != ".xlsx":
            continue
        cells = plain.sheet(file.path)
        on = received(file).strftime("%d/%m/%Y")
        assert cells[0][0] == "UBND TỈNH BÌNH PHƯỚC"
        assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in cells[0]
        assert cells[4][0] == f"(Từ ngày {on} đến ngày {on})"
        upper, lower = cells[7], cells[8]
        assert upper[1] == "Mã hồ sơ"
        assert lower[1] == ""
        assert lower[upper.index("Xin lỗi, hẹn lại")] == "Ngày xin lỗi"
        rows = list(plain.rows(file.path))
        assert 0 < len(rows) <= 2000
        tail = [str(cell) for row in cells[10 + len(rows) :] for cell in row if cell]
        assert tail[0] == f"Tổng cộng: {len(rows):,} hồ sơ".replace(",", ".")
        assert "NGƯỜI LẬP BIỂU" in tail


def test_every_row_is_marked_consistent_and_not_younger_than_its_file(whole):
    dates = ("Ngày nộp hồ sơ", "Ngày tiếp nhận", "Ngày kết thúc xử lý", "Ngày trả kết quả", "Ngày xin lỗi")
    for file in whole:
        if file.kind != "dossiers" or received(file) < START:
            continue
        for row in plain.rows(file.path):
            assert row["Ghi chú"] == "Dữ liệu mô phỏng"
            assert row["Chủ hồ sơ"].endswith("(mô phỏng)")
            at = [plain.moment(row[name]) for name in dates]
            assert all(one is None or one <= received(file) for one in at), (file.path.name, row)
            if at[0]:
                assert at[0] < at[1]
    statuses = Counter()
    for row in plain.rows(next(f.path for f in whole if f.path.suffix == ".json")):
        statuses[row["Trạng thái hồ sơ"]] += 1
        assert re.fullmatch(r"\d\.\d{6}\.000\.00\.00\.H10", row["Mã TTHC"])
    assert len(statuses) >= 4


def test_chon_thanh_is_written_as_a_town_from_october_on(whole):
    names = defaultdict(set)
    for file in whole:
        if file.path.name.startswith("ho-so-thang-2022"):
            names[file.path.stem[-7:]].update(r["Đơn vị giải quyết"] for r in plain.rows(file.path))
    assert "UBND huyện Chơn Thành" in names["2022-09"]
    assert "UBND thị xã Chơn Thành" in names["2022-10"]
    assert not any("huyện Chơn Thành" in name for name in names["2022-12"])


def test_built_again_every_form_is_the_same(whole, tmp_path):
    told = []
    again = list(build(ROOT, tmp_path, lambda *step: told.append(step), until=date(2022, 6, 3)))
    for one, other in zip(again, whole, strict=False):
        assert (one.path.name, one.at) == (other.path.name, other.at)
        assert one.path.read_bytes() == other.path.read_bytes()
    assert {file.path.suffix for file in again} == {".csv", ".xlsx", ".json"}
    assert [done for done, _, _ in told] == list(range(1, len(again) + 1))
    assert {total for _, total, _ in told} == {len(again)}
