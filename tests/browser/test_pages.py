"""Every page in a real browser: drawn, quiet, nothing from outside, no sideways scrolling on a screen or a phone."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser
from pypdf import PdfReader

from tests.conftest import ROOT, run_campaign
from tests.exports import many, province, write_export
from tests.serving import Visit, chromium, serving

pytestmark = pytest.mark.browser

# A page's address is the name of its script.
PAGES = sorted(
    path.stem for path in (ROOT / "pages").glob("*/*.py") if path.parent.name != "parts" and path.name != "__init__.py"
)
CHOICE = "campaign=50-ngay&as_of=2021-04-20T17:00"
WIDTHS = (1440, 390)

# What sticks out beyond the right edge, except inside something that scrolls by itself.
STICKS_OUT = """() => {
  const scrolls = e => e && e !== document.body
    && (['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(e).overflowX)
        && e.clientWidth <= innerWidth && e.getBoundingClientRect().right <= innerWidth + 1
        || scrolls(e.parentElement));
  const main = document.querySelector('[data-testid="stMain"]');
  const wide = [document.documentElement, main].filter(e => e && e.scrollWidth > e.clientWidth + 1)
    .map(e => `${e.tagName} scrolls: ${e.scrollWidth} > ${e.clientWidth}`);
  for (const e of document.querySelectorAll('[data-testid="stMain"] *')) {
    const box = e.getBoundingClientRect();
    if (box.width > 0 && box.height > 0 && box.right > innerWidth + 1 && !scrolls(e.parentElement)
        && getComputedStyle(e).visibility !== 'hidden')
      wide.push(`${e.tagName}.${e.className}: ${Math.round(box.right)}`);
  }
  return wide.slice(0, 5);
}"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    root = province(folder / "home")
    run_campaign("load", write_export(folder / "ho-so.csv", many()), "--home", root)
    run_campaign("load", root / "series.csv", "--home", root)
    return root


@pytest.fixture(scope="module")
def address(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(home, tmp_path_factory.mktemp("log") / "serve.log") as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


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


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("page", PAGES)
def test_page(page: str, width: int, address: str, browser: Browser) -> None:
    visit = Visit(browser, width)
    for unit in ("", "&unit=dong-phu"):
        visit.open(f"{address}/{page}?{CHOICE}{unit}")
        quiet(visit)
        assert visit.page.evaluate(STICKS_OUT) == []
        assert "mô phỏng" in visit.page.inner_text("body"), "simulated data must say so on every page"
        assert faults(visit) == []
    visit.close()


@pytest.mark.parametrize("page", PAGES)
def test_page_in_english(page: str, address: str, browser: Browser) -> None:
    visit = Visit(browser)
    visit.open(f"{address}/{page}?{CHOICE}&lang=en")
    quiet(visit)
    body = visit.page.inner_text("body")
    assert "Simulated" in body
    assert "Số liệu đến" not in body
    visit.close()


@pytest.mark.parametrize(
    "choice",
    [
        "campaign=50-ngay&as_of=2021-03-01",  # before the start
        "campaign=50-ngay&as_of=2021-07-01",  # after the end
        "campaign=92-ngay&as_of=2022-06-10",  # a campaign with targets of its own, its data yet to come
        "campaign=khong-co&as_of=hom-nay&unit=khong-co&kpi=khong-co",  # a link gone bad
    ],
)
def test_edge_states_are_worded(choice: str, address: str, browser: Browser) -> None:
    visit = Visit(browser, 390)
    for page in PAGES:
        visit.open(f"{address}/{page}?{choice}")
        quiet(visit)
        assert visit.page.evaluate(STICKS_OUT) == []
    visit.close()


def test_without_any_data(tmp_path: Path, browser: Browser) -> None:
    with serving(province(tmp_path / "home"), tmp_path / "serve.log") as empty:
        visit = Visit(browser)
        visit.open(f"{empty}/")
        quiet(visit)
        assert "campaign load" in visit.page.inner_text("body")
        visit.close()


def test_a_choice_is_kept_from_page_to_page(address: str, browser: Browser) -> None:
    visit = Visit(browser)
    visit.open(f"{address}/overview?{CHOICE}&unit=dong-phu")
    visit.page.get_by_role("link", name="Huyện, thị xã").first.click()
    visit.page.wait_for_url("**/districts?**")
    visit.drawn()
    assert "unit=dong-phu" in visit.page.url
    assert "as_of=2021-04-20T17" in visit.page.url
    visit.page.go_back()
    visit.page.wait_for_url("**/overview?**")
    visit.drawn()
    assert "Đồng Phú" in visit.page.inner_text("body")
    quiet(visit)
    visit.close()


def test_the_page_is_printed_and_its_charts_are_files(address: str, browser: Browser) -> None:
    visit = Visit(browser)
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
    visit.close()


def test_the_browsers_own_print_loses_no_text(address: str, browser: Browser) -> None:
    """Charts that live on a canvas or follow the pointer give way to drawings that can be printed."""
    visit = Visit(browser)
    visit.open(f"{address}/rankings?{CHOICE}")
    shown = visit.page.locator(".c h1, .c h2, .c th, .c td").all_inner_texts()
    visit.page.emulate_media(media="print")
    printed = PdfReader(BytesIO(visit.page.pdf(prefer_css_page_size=True)))
    words = "".join("".join(page.extract_text() for page in printed.pages).split())
    lost = [text for text in shown if "".join(text.split()) not in words]
    assert lost == []
    assert all(abs(page.mediabox.width - 595) < 2 for page in printed.pages)
    assert visit.page.locator(".fig.onpaper").first.is_visible()
    visit.close()
