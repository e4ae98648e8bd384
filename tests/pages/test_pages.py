"""Every page through Streamlit's own test runner: with data, without, by bad links, in English, before, after."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from pypdf import PdfReader
from streamlit.testing.v1 import AppTest

from data.access import ALL
from data.clock import parse_moment
from data.home import Home
from data.locale import use_language
from data.locale.formats import decimal, percent
from data.store import Store
from kpi.apologies import desk
from kpi.engine import figures
from kpi.query import Query
from kpi.ranking import league
from kpi.scores import scores
from pages.parts import frame, messages, printing
from pages.parts.blocks import Block
from pages.parts.html import block as block_html
from tests.conftest import ROOT

PAGES = sorted(
    str(path.relative_to(ROOT))
    for path in (ROOT / "pages").glob("*/*.py")
    if path.parent.name not in ("parts", "terminal", "web") and path.name != "__init__.py"
)
MOMENT = "2021-04-20T17:00"
Open = Callable[..., AppTest]


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch) -> Open:
    def visit(home: Path, page: str = "pages/steering/overview.py", **params: str) -> AppTest:
        monkeypatch.setenv("CAMPAIGN_HOME", str(home))
        monkeypatch.delenv("CAMPAIGN_DATABASE_URL", raising=False)
        monkeypatch.setattr("streamlit.get_option", lambda name: "127.0.0.1" if name == "server.address" else None)
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        for name, value in params.items():
            app.query_params[name] = value
        return app.run().switch_page(page).run()

    return visit


def body(app: AppTest) -> str:
    assert not app.exception, app.exception
    parts = [element.proto.body for element in app.get("html")]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r"<style>.*?</style>", "", " ".join(parts), flags=re.S)))


@pytest.mark.parametrize("page", PAGES)
def test_every_page_says_where_it_stands(page: str, filled: Path, visit: Open) -> None:
    text = body(visit(filled, page, as_of=MOMENT))
    assert "Ngày 21/50" in text
    assert "17:00 20/4/2021" in text
    assert "Dữ liệu mô phỏng" in text
    assert "Toàn tỉnh" in text


@pytest.mark.parametrize("page", PAGES)
def test_every_page_for_a_unit_in_english(page: str, filled: Path, visit: Open) -> None:
    text = body(visit(filled, page, as_of=MOMENT, unit="dong-phu", lang="en"))
    assert "Simulated data" in text and "Day 21 of 50" in text and "Huyện Đồng Phú" in text
    assert "Số liệu" not in text and "chỉ tiêu" not in text


@pytest.mark.parametrize("page", PAGES)
def test_without_data_every_page_says_what_to_do(page: str, empty: Path, visit: Open) -> None:
    text = body(visit(empty, page))
    assert "Chưa có dữ liệu" in text
    for command in ("campaign demo", "campaign load TEP.csv", "--profile TEN"):
        assert command in text


@pytest.mark.parametrize("page", PAGES)
def test_a_bad_link_is_no_error(page: str, filled: Path, visit: Open) -> None:
    text = body(visit(filled, page, campaign="<b>", as_of="9999-12-31", unit="' OR 1=1", kpi="../x", lang="xx"))
    assert "Toàn tỉnh" in text and "Chiến dịch 50 ngày đêm" in text


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("params", [{"as_of": "2021-03-01"}, {"as_of": "2021-07-01"}, {"campaign": "92-ngay"}])
def test_before_and_after(page: str, params: dict[str, str], filled: Path, visit: Open) -> None:
    for unit in ("", "dong-phu", "snv"):
        visit_params = {**params, **({"unit": unit} if unit else {})}
        assert body(visit(filled, page, **visit_params))


def test_before_the_start_nothing_is_judged(filled: Path, visit: Open) -> None:
    text = body(visit(filled, as_of="2021-03-29"))
    assert "Chiến dịch chưa bắt đầu: còn 2 ngày" in text
    assert "Chậm" not in text and "✖" not in text


def test_after_the_end_being_behind_is_final(filled: Path, visit: Open) -> None:
    text = body(visit(filled, as_of="2021-05-19"))
    assert "Đã kết thúc ngày 19/5/2021" in text
    assert "Chiến dịch đã kết thúc" in text


def test_the_overview_shows_the_engines_numbers(filled: Path, visit: Open) -> None:
    home = Home(filled)
    query = Query(home.campaign("50-ngay"), ("npsp_integration", "overdue_open"), unit=None, as_of=1618912800000000)
    integration, overdue = figures(Store.open(home), home, query)
    assert (integration.numerator, integration.denominator) == (24, 40)
    text = body(visit(filled, as_of=MOMENT))
    assert "60 %" in text
    assert f"{overdue.value:.0f} hồ sơ" in text


def test_no_denominator_is_neither_nought_nor_full(filled: Path, visit: Open) -> None:
    text = body(visit(filled, "pages/unit/my_unit.py", as_of=MOMENT, unit="sngv"))
    assert "Sở Ngoại vụ: chưa có hồ sơ hay dịch vụ nào" in text
    targets = text[text.index("Chỉ tiêu của đơn vị") : text.index("Việc cần làm")]
    ratios = [line for line in targets.split("Chưa có dữ liệu") if "%" in line]
    assert ratios == []


def test_the_work_list_names_rejected_services_first(filled: Path, visit: Open) -> None:
    text = body(visit(filled, "pages/unit/my_unit.py", as_of=MOMENT, unit="syt"))
    work = text[text.index("Việc cần làm") :]
    assert work.index("Thiếu mã phí") < work.index("Chưa rà soát")


def test_the_national_rank_stays_in_its_scheme(filled: Path, visit: Open) -> None:
    app = visit(filled, "pages/steering/rankings.py", as_of="2021-05-16T17:00")
    text = body(app)
    assert "từ hạng 47 lên hạng 1 toàn quốc" in text
    assert "Hạng toàn quốc: 47 → 1, từ 16/5" in text


def test_distances_between_ranks_are_counted_in_dossiers(filled: Path, visit: Open) -> None:
    """The next rank, the interval and the change since a day of the link, as the engine has them."""
    params = {"as_of": MOMENT, "kpi": "on_time_resolved", "part": "full", "since": "2021-04-05"}
    text = body(visit(filled, "pages/steering/rankings.py", **params))
    assert "Từ 5/4" in text and "Khoảng tin cậy 95 %" in text
    home = Home(filled)
    query = Query(home.campaign("50-ngay"), ("on_time_resolved",), as_of=1618912800000000, by="district")
    store = Store.open(home)
    then = replace(query, as_of=parse_moment("2021-04-05T17:00", home.zone))
    for entry in league(figures(store, home, query), figures(store, home, then)):
        if entry.rank is None:
            continue
        found = re.search(rf"{entry.row.name} (ít hồ sơ )?hạng {entry.rank} .{{160}}", text)
        assert found, entry.row.name
        line = found.group()
        assert entry.interval is not None
        low, high = entry.interval
        assert f"{percent(low)} – {percent(high)}".replace("\xa0", " ") in line
        if entry.ahead is not None:
            assert f"{entry.ahead.to_pass} hồ sơ" in line
        if entry.change:
            assert f"{abs(entry.change)} bậc" in line


@pytest.mark.parametrize("part", ["full", "points"])
def test_every_part_of_rankings_in_english(part: str, filled: Path, visit: Open) -> None:
    text = body(
        visit(
            filled,
            "pages/steering/rankings.py",
            as_of=MOMENT,
            unit="dong-phu",
            lang="en",
            part=part,
            kpi="on_time_resolved",
        )
    )
    assert {"full": "95% interval", "points": "not an official score"}[part] in text
    for words in ("hạng", "điểm", "Đơn vị", "hồ sơ"):
        assert words not in text, words


def test_the_composite_stands_beside_the_order_only_with_weights(filled: Path, visit: Open) -> None:
    params = {"as_of": MOMENT, "part": "full"}
    assert "Điểm tổng hợp" not in body(visit(filled, "pages/steering/rankings.py", **params))
    campaign = filled / "campaigns" / "50-ngay.toml"
    before = campaign.read_text(encoding="utf-8")
    try:
        campaign.write_text(f"{before}\n[composite]\nnpsp_integration = 2\non_time_resolved = 1\n", encoding="utf-8")
        text = body(visit(filled, "pages/steering/rankings.py", **params))
    finally:
        campaign.write_text(before, encoding="utf-8")
    assert "Điểm tổng hợp" in text and "yếu nhất: đúng hạn" in text
    assert "tích hợp dịch vụ 2; đúng hạn 1" in text


def test_points_by_decision_766_say_what_they_leave_out(filled: Path, visit: Open) -> None:
    text = body(visit(filled, "pages/steering/rankings.py", as_of=MOMENT, part="points"))
    assert "không phải điểm chính thức" in text
    home = Home(filled)
    query = Query(home.campaign("50-ngay"), as_of=1618912800000000, by="district")
    found = [one for one in scores(Store.open(home), home, query) if one.points is not None]
    assert found
    for one in found:
        assert f"{decimal(one.points, 1)}/{decimal(one.most, 0)}" in text[text.index(one.name) :]


def test_the_work_list_says_where_the_unit_stands_after_each_task(filled: Path, visit: Open) -> None:
    """Đồng Phú: four of ten services are missing, so each task is ten points."""
    text = body(visit(filled, "pages/unit/my_unit.py", as_of=MOMENT, unit="dong-phu"))
    work = text[text.index("Sau việc này") :]
    after = re.findall(r"(\d+) % hạng (\d)", work)
    assert [int(value) for value, _rank in after] == [70, 80, 90, 100]


def test_my_unit_counts_what_is_due_as_the_desk_does(filled: Path, visit: Open) -> None:
    home = Home(filled)
    with desk(Store.open(home), home, home.campaign("50-ngay"), "dong-phu", 1618912800000000, scope=ALL) as found:
        lanes, letters = found.lanes(), found.to_send_count()
    text = body(visit(filled, "pages/unit/my_unit.py", as_of=MOMENT, unit="dong-phu"))
    assert letters and f"{letters} thư xin lỗi phải gửi hôm nay" in text
    for words, name in (("Quá hạn", "overdue"), ("Hẹn trả hôm nay", "today"), ("Hẹn trả ngày làm việc tới", "t1")):
        assert f"{words} {lanes[name]}" in text


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("params", [{}, {"unit": "dong-phu", "lang": "en"}])
def test_every_page_prints_what_it_shows(page: str, params: dict[str, str], filled: Path, visit: Open) -> None:
    app = visit(filled, page, as_of=MOMENT, **params)
    assert next(button.proto.label for button in app.get("download_button")) in ("In trang này", "Print this page")
    use_language(params.get("lang", "vi"))
    made = printing.pdf(app.session_state["paper"], app.session_state["blocks"])
    use_language("vi")
    found = dense("".join(page.extract_text() for page in PdfReader(BytesIO(made)).pages))
    drawn = " ".join(element.proto.body for element in app.get("html"))
    drawn = re.sub(r"<details.*?</details>", "", drawn)  # the numbers of a drawing, which is on paper itself
    shown = [words for _tag, words in re.findall(r"<(h1|h2|h3|th|td|dd)[^>]*>([^<]+)</", drawn)]
    assert shown
    assert [words for words in shown if dense(unescape(words)) not in found] == []


def dense(text: str) -> str:
    """Without spaces and places where a line may end: paper breaks lines elsewhere."""
    return re.sub(r"[\s\u200b]+", "", text)


def test_charts_offer_their_files(filled: Path, visit: Open) -> None:
    app = visit(filled, "pages/steering/rankings.py", as_of="2021-05-16T17:00")
    labels = [button.proto.label for button in app.get("download_button")]
    assert labels.count("Tải hình (PNG)") == labels.count("Tải số liệu (XLSX)") == 2
    assert labels[-1] == "Tải mọi bảng của trang (XLSX)"
    assert body(app).count("Xem dạng bảng") == 2 and "Nguồn số: tệp đã nạp, số liệu đến 17:00 16/5/2021" in body(app)


def test_a_line_is_pointed_at_by_those_who_ask(filled: Path, visit: Open) -> None:
    app = visit(filled, "pages/steering/progress.py", as_of=MOMENT, kpi="overdue_open")
    assert len(app.get("plotly_chart")) == 0
    app.toggle(key="pointing_course").set_value(True).run()
    assert len(app.get("plotly_chart")) == 1


def test_choices_go_into_the_link(filled: Path, visit: Open) -> None:
    app = visit(filled, as_of=MOMENT)
    app.selectbox(key="choice_unit").select("dong-phu").run()
    assert app.query_params["unit"] == "dong-phu"
    assert "Huyện Đồng Phú" in body(app)
    app.selectbox(key="as_of_day").select("2021-04-19").run()
    assert app.query_params["as_of"] == "2021-04-19T17:00"
    assert "17:00 19/4/2021" in body(app)
    app.radio(key="as_of_time").set_value("").run()
    assert app.query_params["as_of"] == "2021-04-19"
    app.selectbox(key="choice_unit").select("binh-phuoc").run()
    assert "unit" not in app.query_params


def test_figure_of_a_league_goes_into_the_link(filled: Path, visit: Open) -> None:
    app = visit(filled, "pages/steering/districts.py", as_of=MOMENT, kpi="on_time_resolved")
    assert app.selectbox(key="choice_kpi").value == "on_time_resolved"
    app.selectbox(key="choice_kpi").select("overdue_open").run()
    assert app.query_params["kpi"] == "overdue_open"


def test_a_broken_home_is_said_in_words(tmp_path: Path, visit: Open) -> None:
    (tmp_path / "campaigns").mkdir()
    (tmp_path / "campaigns" / "x.toml").write_text("key = ", encoding="utf-8")
    assert "Dữ liệu có lỗi" in body(visit(tmp_path))


def test_a_home_without_campaigns_is_said_in_words(tmp_path: Path, visit: Open) -> None:
    assert "Chưa có chiến dịch nào" in body(visit(tmp_path))


def test_beyond_this_machine_nothing_is_shown(filled: Path, visit: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMPAIGN_HOME", str(filled))
    monkeypatch.setattr("streamlit.get_option", lambda name: "0.0.0.0")
    monkeypatch.setattr("pages.web.door._door", None)  # as `streamlit run app.py` starts: without the gates
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    text = body(app)
    assert "campaign serve" in text and "Toàn tỉnh" not in text


def test_a_page_run_by_itself_shows_nothing(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMPAIGN_HOME", str(filled))
    app = AppTest.from_file(str(ROOT / "pages" / "unit" / "my_unit.py"), default_timeout=60).run()
    assert not app.exception and not app.get("html")


def test_the_example_of_the_docs_is_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / "docs" / "add-a-page.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    shown: list[Block] = []
    monkeypatch.setattr(frame, "guard", lambda: SimpleNamespace(href=lambda page, **choice: page))
    monkeypatch.setattr(frame, "show", lambda *blocks: shown.extend(blocks))
    monkeypatch.setattr(messages, "source", lambda view, kpi="": "Nguồn số: …")
    exec(compile(example, "add-a-page.md", "exec"), {})
    assert shown and printing.pdf(printing.Paper("a", "b", "c", "d", "e", "f"), shown).startswith(b"%PDF")
    for block in shown:
        assert block_html(block)
