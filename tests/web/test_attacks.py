"""Words that attack, planted in unit names and file names and sent in every parameter: shown as words, and nothing changes."""

from __future__ import annotations

import re
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.applications import Starlette

from data.home import Home
from data.store import Store
from loaders.load import load_file
from pages.web import feeds
from tests.conftest import ROOT
from tests.web.asking import Asking
from tests.web.looking import PAGES, Visit, visit
from tests.web.planted import CAMPAIGN, HEADINGS, ISSUED, MOMENT, plant, viewers

SCRIPT, IMAGE = "<script>alert(1)</script>", '"><img src=x onerror=alert(2)>'
SQL, FORMULA = "'; DROP TABLE dossier_version; --", "=HYPERLINK(\"http://x\",\"y\")"  # fmt: skip
UNITS = {"Sở Bravo": FORMULA, "Huyện Delta": SCRIPT, "Xã Echo": SQL, "Xã Foxtrot": "{{ 7777*7777 }} **x** `y`"}
SENT = (SCRIPT, SQL, "../../etc/passwd\x00" + "9" * 400)
PARAMETERS = ("campaign", "as_of", "unit", "lang", "kpi", "part", "entry", "kind", "sheet", "steps", "with", "since", "step", "full", "who", "what", "action", "outcome", "period")  # fmt: skip
FEED_PARAMETERS = ("campaign", "as_of", "known_at", "by", "unit", "kpi", "window", "filter", "level", "limit", "format")


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The units are called by attacks only once everything is loaded: the names in the files are decent."""
    root = plant(tmp_path_factory.mktemp("attacks") / "home")
    home = Home(root)
    line = [
        "H-1",
        "1.000001",
        SCRIPT,
        "Sở Alpha",
        "02/04/2021",
        "09/04/2021",
        "",
        "Đang xử lý",
        "Trực tuyến",
        "",
        "",
        "",
    ]
    content = "\n".join(",".join(f'"{cell}"' for cell in cells) for cells in (HEADINGS, line)).encode()
    load_file(Store.open(home), home, content, name=f"{IMAGE}.csv", who=SCRIPT, at=int(ISSUED.timestamp() * 1e6) + 99)
    path = root / "units.csv"
    text = path.read_text(encoding="utf-8")
    for name, attack in UNITS.items():
        text = text.replace(name, '"' + attack.replace('"', '""') + '"')
    path.write_text(text, encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def browser(planted: Path) -> Iterator[Visit]:
    with pytest.MonkeyPatch.context() as patch:
        yield visit(planted, viewers(planted)["administrator"], patch)


def rows(root: Path) -> dict[str, int]:
    """Table → rows; looking is written into the audit log, and into nothing else."""
    with closing(sqlite3.connect(root / "campaign.db")) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return {
            name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
            for name in names
            if name not in ("audit", "setting")
        }


def harmless(browser: Visit) -> None:
    """What reaches the browser as markup holds none of the words as markup."""
    markup = browser.said + "".join(one.proto.body for one in browser.app.markdown if one.proto.allow_html)
    for attack in ("<script>alert", "<img src=x"):
        assert attack not in markup
    assert "60481729" not in markup


def formulas(content: bytes) -> list[str]:
    """Cells of a workbook that a spreadsheet would compute, and links it would follow."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        parts = [archive.read(name).decode() for name in archive.namelist() if name.startswith("xl/worksheets/")]
    return [found for part in parts for found in re.findall(r"<f>.*?</f>|<hyperlink .*?>", part)]


def test_planted_words_are_shown_as_words(planted: Path, browser: Visit) -> None:
    before, shown = rows(planted), ""
    for page in PAGES:
        for unit in ("tinh", "huyen-d") if page in ("my_unit", "dossiers", "compare") else ("tinh",):
            browser.open(page, as_of=MOMENT, unit=unit)
            harmless(browser)
            shown += browser.said
            for name, make in browser.files.items():
                if name.endswith(".xlsx") and unit == "tinh":
                    assert formulas(make()) == [], (page, name)
    browser.open("imports", part="history")
    harmless(browser)
    # They were there to be seen.
    assert "&lt;script&gt;alert(1)" in shown and "DROP TABLE" in shown and "HYPERLINK" in shown
    assert "&lt;img src=x" in browser.said
    assert rows(planted) == before


@pytest.mark.parametrize("attack", SENT)
def test_no_parameter_of_a_page_is_a_way_in(attack: str, planted: Path, browser: Visit) -> None:
    before = rows(planted)
    for page in PAGES:
        browser.open(page, **dict.fromkeys(PARAMETERS, attack))
        harmless(browser)
    for page, part in (("dossiers", "search"), ("progress", "whatif"), ("as_reported", "log"), ("imports", "refused")):
        rest = [name for name in PARAMETERS if name not in ("part", "as_of", "campaign")]
        browser.open(page, part=part, as_of=MOMENT, **dict.fromkeys(rest, attack))
        harmless(browser)
    assert rows(planted) == before


def test_the_parameters_are_all_that_pages_read() -> None:
    """A page that begins to read another one has to be attacked by it as well."""
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "pages").rglob("*.py") if "web" not in path.parts]
    forms = (
        r'query_params(?:\.get\(|\.pop\(|\[)"(\w+)"',
        r'\blinked\("(\w+)"',
        r'choose\.(?:one|part)\([^\n]*, "(\w+)"(?:, \w+)?\)',
    )
    read = {name for source in sources for form in forms for name in re.findall(form, source)}
    assert {"entry", "part", "step", "with"} - {"part"} <= read
    assert read <= {*PARAMETERS}


@pytest.mark.parametrize("attack", [*SENT, FORMULA])
def test_no_parameter_of_a_feed_is_a_way_in(attack: str, planted: Path) -> None:
    before = rows(planted)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CAMPAIGN_HOME", str(planted))
        asking = Asking(Starlette(routes=feeds.routes()), viewers(planted)["administrator"])
        for address in ("kpi", "units", "worklist"):
            good = {"campaign": CAMPAIGN, "as_of": MOMENT, "kpi": "overdue_open", "unit": "huyen-d"}
            good = {name: value for name, value in good.items() if address != "units" or name in ("as_of", "unit")}
            for name in FEED_PARAMETERS:
                asked = {**good, name: attack}
                answer = asking.ask(f"/api/v1/{address}?" + "&".join(f"{k}={quote(v)}" for k, v in asked.items()))
                assert answer.status == 400, (address, name)
                assert "json" in answer.headers["content-type"] and "Traceback" not in answer.text
    assert rows(planted) == before
