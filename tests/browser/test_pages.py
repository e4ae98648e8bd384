"""Every page in a real browser: drawn, quiet, readable by all, no sideways scrolling; links, drill, numbers, keyboard.

By default in Vietnamese, light, at 1440 and 390 px; ``WALK=all`` (``make walk``) adds English, dark and 1024 px.
``PICTURES=DIR`` keeps what was seen there instead of in pytest's own folder.
"""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Iterator
from io import BytesIO
from itertools import product
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser
from pypdf import PdfReader

from tests.conftest import ROOT, run_campaign
from tests.exports import many, province, write_export
from tests.pages.conftest import write_catalogue
from tests.serving import Visit, chromium, serving

pytestmark = pytest.mark.browser

# A page's address is the name of its script.
PAGES = sorted(
    path.stem
    for path in (ROOT / "pages").glob("*/*.py")
    if path.parent.name not in ("parts", "terminal", "web") and path.name != "__init__.py"
)
CAMPAIGN, MOMENT = "50-ngay", "2021-04-20T17:00"
CHOICE = f"campaign={CAMPAIGN}&as_of={MOMENT}"
WALK = os.environ.get("WALK") == "all"
LOOKS = [
    (width, language, theme)
    for width, language, theme in product((1440, 1024, 390), ("vi", "en"), ("light", "dark"))
    if WALK or (width != 1024 and language == "vi" and theme == "light")
]
PLACES = ("", "dong-phu")

# What sticks out beyond the right edge, except inside something that scrolls by itself.
STICKS_OUT = """() => {
  const scrolls = e => e && e !== document.body
    && (['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(e).overflowX)
        && e.clientWidth <= innerWidth && e.getBoundingClientRect().right <= innerWidth + 1
        || scrolls(e.parentElement));
  const main = document.querySelector('[data-testid="stMain"]');
  const wide = [document.documentElement, main].filter(e => e && e.scrollWidth > e.clientWidth)
    .map(e => `${e.tagName} scrolls: ${e.scrollWidth} > ${e.clientWidth}`);
  for (const e of document.querySelectorAll('[data-testid="stMain"] *')) {
    const box = e.getBoundingClientRect();
    if (box.width > 0 && box.height > 0 && box.right > innerWidth + 1 && !scrolls(e.parentElement)
        && getComputedStyle(e).visibility !== 'hidden')
      wide.push(`${e.tagName}.${e.className}: ${Math.round(box.right)}`);
  }
  return wide.slice(0, 5);
}"""
# How many cells show a value, and which of them are no link to their source.
WITHOUT_SOURCE = """cell => {
  const shown = [...document.querySelectorAll(cell)].filter(e => /[0-9]/.test(e.innerText));
  const linked = e => e.querySelector('a')?.getAttribute('href').startsWith('source?');
  return [shown.length, shown.filter(e => !linked(e)).map(e => e.innerText)];
}"""
# What has the focus: its words, and whether it shows.
FOCUSED = """() => {
  const e = document.activeElement, style = getComputedStyle(e);
  const seen = style.outlineStyle !== 'none' || style.boxShadow !== 'none' || style.textDecorationLine !== 'none'
    || [e.parentElement, e.firstElementChild].some(o => o && getComputedStyle(o).boxShadow !== 'none');
  return [e.innerText || e.getAttribute('aria-label') || '', seen || e === document.body];
}"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    root = province(folder / "home")
    files = [write_export(folder / "ho-so.csv", many()), write_catalogue(folder / "danh-muc.csv")]
    run_campaign("load", *files, root / "series.csv", "--home", root)
    return root


@pytest.fixture(scope="module")
def address(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(home, tmp_path_factory.mktemp("log") / "serve.log") as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def visit(browser: Browser) -> Iterator[Visit]:
    """One wide window for everything that does not ask for another."""
    found = Visit(browser)
    yield found
    found.close()


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(os.environ["PICTURES"]) if os.environ.get("PICTURES") else tmp_path_factory.mktemp("pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def quiet(visit: Visit) -> None:
    """No dialog, no traceback, no error in the console, nothing asked from outside."""
    assert visit.page.locator('[role="dialog"]').count() == 0, visit.page.locator('[role="dialog"]').inner_text()
    assert visit.page.locator('[data-testid="stException"]').count() == 0
    assert "Page not found" not in visit.page.inner_text("body")
    assert visit.errors == []
    assert visit.outside == []


def faults(visit: Visit) -> list[str]:
    """Serious and critical faults of access, by the rules of axe."""
    found = Axe().run(visit.page).response["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("page", ["overview", "my_unit"])
def test_the_first_visitor_may_come_by_a_deep_link(page: str, home: Path, tmp_path: Path, browser: Browser) -> None:
    with serving(home, tmp_path / "serve.log") as fresh:
        visit = Visit(browser)
        visit.open(f"{fresh}/{page}?{CHOICE}&unit=dong-phu")
        quiet(visit)
        assert visit.page.url == f"{fresh}/{page}?{CHOICE}&unit=dong-phu"
        assert "Đồng Phú" in visit.page.inner_text("body")
        visit.close()


@pytest.mark.parametrize(("width", "language", "theme"), LOOKS)
def test_every_page(width: int, language: str, theme: str, address: str, browser: Browser, pictures: Path) -> None:
    """The whole province where there is room, one unit on a phone; ``make walk`` looks at both everywhere."""
    visit = Visit(browser, width, theme=theme)
    for page, unit in product(PAGES, PLACES if WALK else (PLACES[width < 1000],)):
        place = f"{page}-{unit or 'tinh'}-{width}-{language}-{theme}"
        visit.open(f"{address}/{page}?{CHOICE}&unit={unit}&lang={language}")
        quiet(visit)
        body = visit.page.inner_text("body")
        assert ("Simulated data" if language == "en" else "Dữ liệu mô phỏng") in body, place
        assert language == "vi" or "Số liệu đến" not in body, place
        assert visit.page.evaluate(STICKS_OUT) == [], place
        assert faults(visit) == [], place
        visit.picture(pictures / f"{place}.png")
    visit.close()


@pytest.mark.skipif(not WALK, reason="make walk; the pages' own tests look at every edge state without a browser")
@pytest.mark.parametrize(
    "choice",
    [
        "campaign=50-ngay&as_of=2021-03-01",  # before the start
        "campaign=50-ngay&as_of=2021-07-01",  # after the end
        "campaign=92-ngay&as_of=2022-06-10",  # a campaign with targets of its own, its data yet to come
        "campaign=khong-co&as_of=hom-nay&unit=khong-co&kpi=khong-co",  # a link gone bad
    ],
)
def test_edge_states_fit_a_phone(choice: str, address: str, browser: Browser) -> None:
    visit = Visit(browser, 390)
    for page in PAGES:
        visit.open(f"{address}/{page}?{choice}")
        quiet(visit)
        assert visit.page.evaluate(STICKS_OUT) == [], page
    visit.close()


def test_a_projector_gets_larger_type(address: str, browser: Browser) -> None:
    visit = Visit(browser, 1920, 1080)
    visit.open(f"{address}/overview?{CHOICE}")
    size = "e => parseFloat(getComputedStyle(document.querySelector(e)).fontSize)"
    assert visit.page.evaluate(size, "h1.v") == pytest.approx(1.25 * 28)
    assert visit.page.evaluate("getComputedStyle(document.querySelector('.fig')).zoom") == "1.25"
    assert visit.page.evaluate(STICKS_OUT) == []
    visit.close()


def test_without_any_data(tmp_path: Path, browser: Browser) -> None:
    with serving(province(tmp_path / "home"), tmp_path / "serve.log") as empty:
        visit = Visit(browser)
        visit.open(f"{empty}/")
        quiet(visit)
        assert "campaign load" in visit.page.inner_text("body")
        visit.close()


# Links ----------------------------------------------------------------------------------------------------------------


def test_a_choice_is_kept_from_page_to_page(address: str, visit: Visit) -> None:
    visit.open(f"{address}/overview?{CHOICE}&unit=dong-phu")
    visit.page.get_by_role("link", name="Huyện, thị xã").first.click()
    visit.page.wait_for_url("**/districts?**")
    visit.drawn()
    assert asked(visit) == {"campaign": CAMPAIGN, "as_of": MOMENT, "unit": "dong-phu"}
    visit.page.go_back()
    visit.page.wait_for_url("**/overview?**")
    visit.drawn()
    assert "Đồng Phú" in visit.page.inner_text("body")
    visit.page.go_forward()
    visit.page.wait_for_url("**/districts?**")
    visit.drawn()
    assert asked(visit)["unit"] == "dong-phu"
    quiet(visit)


def settled(visit: Visit) -> str:
    """The page's words once two looks, half a second apart, find the same: a change redraws piece by piece."""
    before = None
    for _look in range(40):
        words = visit.page.inner_text(".stMain")
        if words == before:
            break
        before = words
        visit.page.wait_for_timeout(500)
    return before or ""


def test_every_choice_is_in_the_link_and_a_colleague_sees_the_same(
    address: str, visit: Visit, browser: Browser
) -> None:
    """Campaign, day, unit, figure, day of comparison, part of the page, language: chosen by hand, then copied."""
    visit.open(f"{address}/rankings?campaign={CAMPAIGN}&as_of={MOMENT}")
    choose(visit, "Chỉ tiêu", "Hồ sơ giải quyết đúng hạn")
    expect_link(visit, kpi="on_time_resolved")
    choose(visit, "Tăng giảm từ ngày", "5/4/2021")
    expect_link(visit, since="2021-04-05")
    visit.page.get_by_role("radio", name="Khoảng cách giữa các hạng").click()
    expect_link(visit, part="full")
    visit.page.get_by_role("radio", name="EN", exact=True).click()
    expect_link(visit, lang="en")
    wanted = {
        "campaign": CAMPAIGN, "as_of": MOMENT, "kpi": "on_time_resolved", "since": "2021-04-05", "part": "full", "lang": "en",
    }  # fmt: skip
    assert asked(visit) == wanted
    mine = settled(visit)
    assert "Since 5 Apr" in mine
    colleague = Visit(browser)
    colleague.open(visit.page.url)
    assert settled(colleague) == mine
    colleague.close()
    quiet(visit)


def test_bad_values_in_a_link_are_ignored(address: str, visit: Visit) -> None:
    visit.open(f"{address}/rankings?{CHOICE}")
    good = settled(visit)
    visit.open(f"{address}/rankings?{CHOICE}&unit=<b>&kpi=../x&since=hom-qua&part=1&lang=xx&sheet=-1&la=gi")
    assert settled(visit) == good
    quiet(visit)


def choose(visit: Visit, label: str, option: str) -> None:
    visit.page.get_by_role("combobox", name=re.compile(re.escape(label))).click()
    visit.page.get_by_role("option", name=option, exact=True).click()


def expect_link(visit: Visit, **wanted: str) -> None:
    for name, value in wanted.items():
        visit.page.wait_for_url(lambda url, pair=(name, value): parse_qs(urlsplit(url).query).get(pair[0]) == [pair[1]])
    visit.drawn()


def asked(visit: Visit) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(visit.page.url).query).items()}


# Numbers --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def known(home: Path) -> dict[tuple[str, str], dict[str, float | str | None]]:
    """What the command line says, by figure and name of unit."""
    ask = ("kpi", "--home", home, "--campaign", CAMPAIGN, "--as-of", MOMENT, "--format", "json")
    rows = [row for level in ((), ("--by", "district")) for row in json.loads(run_campaign(*ask, *level).out)]
    return {(row["kpi"], row["name"]): row for row in rows}


TILES = {
    "Hồ sơ giải quyết đúng hạn": "on_time_resolved",
    "Hồ sơ quá hạn chưa giải quyết": "overdue_open",
    "Xử lý dứt điểm hồ sơ quá hạn cũ": "backlog_cleared",
    "Tích hợp lên Cổng Dịch vụ công quốc gia": "npsp_integration",
    "Dịch vụ đủ điều kiện lên mức độ 4": "level4_share",
}


def test_the_overview_shows_what_the_command_line_says(address: str, visit: Visit, known: dict) -> None:
    visit.open(f"{address}/overview?{CHOICE}")
    shown = {}
    for tile in visit.page.locator(".tile").all():
        shown[tile.locator("h2").inner_text()] = tile.locator(".n").inner_text()
    assert sorted(shown) == sorted(TILES)
    for name, kpi in TILES.items():
        assert says(shown[name], known[kpi, "Tỉnh Bình Phước"]["value"]), (name, shown[name])


def test_the_districts_show_what_the_command_line_says(address: str, visit: Visit, known: dict) -> None:
    visit.open(f"{address}/districts?{CHOICE}&kpi=on_time_resolved")
    rows = visit.page.locator("table.lg tbody tr").all()
    assert len(rows) == 11
    for row in rows:
        name, shown = row.locator("th").inner_text().split("\n")[0], row.locator("td.val").inner_text()
        name = name.removesuffix("ít hồ sơ").strip()
        assert says(shown, known["on_time_resolved", name]["value"]), (name, shown)
    assert any(known["on_time_resolved", row.locator("th").inner_text().strip()]["value"] for row in rows[:1])


def says(shown: str, value: float | None) -> bool:
    """Whether a number as written (Vietnamese) is the value, rounded where it was written."""
    if value is None:
        return shown.strip() == "—"
    digits = re.search(r"-?[\d.]+(,\d+)?", shown)
    assert digits, shown
    number = digits.group().replace(".", "").replace(",", ".")
    scale = 100 if "%" in shown else 1
    half = 0.5 * 10 ** -len(number.partition(".")[2])
    return abs(float(number) - scale * value) <= half + 1e-9


# Drill ----------------------------------------------------------------------------------------------------------------


def test_from_a_number_to_the_row_of_its_file(address: str, home: Path, visit: Visit, known: dict) -> None:
    """Two clicks from the overview's value to a dossier; what stands there is in the file, on that row."""
    visit.open(f"{address}/overview?{CHOICE}")
    tile = visit.page.locator(".tile").filter(has_text="Hồ sơ quá hạn chưa giải quyết")
    follow(visit, tile.locator(".n a"), "source")
    total = known["overdue_open", "Tỉnh Bình Phước"]["value"]
    assert asked(visit)["kpi"] == "overdue_open"
    assert f"{total:.0f}" in visit.page.locator("h1.v").inner_text()
    listed = visit.page.locator("table.tb").last.locator("tbody tr")
    assert listed.count() == min(total, 25)
    code = listed.first.locator("th b").inner_text()
    follow(visit, listed.first.locator("th a"), "source")
    assert asked(visit)["entry"] == code
    place = visit.page.locator("table.tb tbody tr").first.inner_text()
    found = re.search(r"ho-so\.csv.*?dòng ([\d.]+)", place, re.DOTALL)
    assert found, place
    with (home.parent / "ho-so.csv").open(encoding="utf-8-sig", newline="") as file:
        row = list(csv.reader(file))[int(found[1].replace(".", "")) - 1]
    assert row[0] == code
    quiet(visit)


def test_every_value_leads_to_its_source(address: str, visit: Visit) -> None:
    """Tiles, cells, leagues and heat tables: each value is a link to the page that says where it comes from."""
    for page, cells in (
        ("overview", (".tile .n", ".tg td.val")),
        ("districts", (".lg td.val", ".heat td")),
        ("rankings", (".lg td.val",)),
        ("my_unit", (".tg td.val", ".lg td.val")),
    ):
        visit.open(f"{address}/{page}?{CHOICE}&unit={'dong-phu' if page == 'my_unit' else ''}")
        for cell in cells:
            values, missing = visit.page.evaluate(WITHOUT_SOURCE, cell)
            assert values and missing == [], (page, cell)


def follow(visit: Visit, link: object, page: str) -> None:
    link.click()  # type: ignore[attr-defined]
    visit.page.wait_for_url(f"**/{page}?**")
    visit.drawn()


# Keyboard, paper ------------------------------------------------------------------------------------------------------


def test_the_keyboard_reaches_menu_choices_and_values_and_shows_where_it_is(address: str, visit: Visit) -> None:
    visit.open(f"{address}/overview?{CHOICE}")
    seen = []
    for _step in range(24):
        visit.page.keyboard.press("Tab")
        words, shows = visit.page.evaluate(FOCUSED)
        assert shows, words
        seen.append(words.strip())
    for wanted in ("Đơn vị", "Tin cậy", "Tiến độ & dự báo", "Xếp hạng", "Đổi lựa chọn", "In trang này", "%"):
        assert any(wanted in words for words in seen), (wanted, seen)
    visit.page.get_by_role("button", name="Tin cậy").focus()
    visit.page.keyboard.press("Enter")
    visit.page.get_by_role("link", name="Số đã công bố").focus()
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_url("**/published?**")
    visit.drawn()
    quiet(visit)


def test_the_page_is_printed_and_its_charts_are_files(address: str, visit: Visit) -> None:
    visit.open(f"{address}/rankings?{CHOICE}")
    kept = {}
    for label in ("In trang này", "Tải hình (PNG)", "Tải số liệu (XLSX)", "Tải mọi bảng của trang (XLSX)"):
        with visit.page.expect_download() as waiting:
            visit.page.get_by_role("button", name=label).first.click()
        kept[label] = Path(waiting.value.path()).read_bytes()
        assert waiting.value.suggested_filename.endswith((".pdf", ".png", ".xlsx"))
    words = "".join(page.extract_text() for page in PdfReader(BytesIO(kept["In trang này"])).pages)
    title = visit.page.locator("h1.v").inner_text()
    assert "".join(title.split()) in "".join(words.split())
    assert kept["Tải hình (PNG)"].startswith(b"\x89PNG")
    assert kept["Tải số liệu (XLSX)"].startswith(b"PK") and kept["Tải mọi bảng của trang (XLSX)"].startswith(b"PK")
    quiet(visit)


def test_the_browsers_own_print_loses_no_text(address: str, visit: Visit) -> None:
    """Charts that live on a canvas or follow the pointer give way to drawings that can be printed."""
    visit.open(f"{address}/progress?{CHOICE}")
    assert visit.page.locator(".js-plotly-plot").count() == 0, "it is drawn for those who ask for it"
    visit.page.get_by_text("Chỉ vào từng ngày").first.click()
    visit.page.locator(".js-plotly-plot").first.wait_for()
    shown = visit.page.locator(".c h1, .c h2, .c th, .c td").all_inner_texts()
    visit.page.emulate_media(media="print")
    printed = PdfReader(BytesIO(visit.page.pdf(prefer_css_page_size=True)))
    words = "".join("".join(page.extract_text() for page in printed.pages).split())
    lost = [text for text in shown if "".join(text.split()) not in words]
    assert lost == []
    assert all(abs(page.mediabox.width - 595) < 2 for page in printed.pages)
    assert visit.page.locator(".fig.onpaper").first.is_visible()
    visit.page.emulate_media(media="screen")
