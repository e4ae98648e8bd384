"""Pages of the replay in a headless browser, against an empty Streamlit page with the same theme in the same run.

``BENCH_HOME`` names a home that already holds the replay; otherwise one is built first.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest.mock import patch

from playwright.sync_api import BrowserContext, Page
from streamlit.testing.v1 import AppTest

from tests.bench.measure import Ratio
from tests.conftest import ROOT, clean_environment, run_campaign
from tests.serving import chromium, free_port, serving, wait

ROUNDS = 7
PAGES = sorted(path for path in (ROOT / "pages").glob("*/*.py") if path.parent.name not in ("parts", "terminal", "web") and path.name != "__init__.py")  # fmt: skip
CHOICE = {"campaign": "50-ngay", "as_of": "2021-05-16T17:00"}
QUERY = "&".join(f"{name}={value}" for name, value in CHOICE.items())
UNIT = "dong-phu"
EMPTY = "import streamlit as st\nst.html('<h1 class=\"v\">Trống</h1>')\n"
OVERVIEW, OTHER, FILTER, SCRIPT_MS = 2.0, 2.5, 1.0, 150

# When the page could be read: its first sentence is there and the script has come to its end.
WATCH = """
window.__ready = null;
const look = () => {
  const app = document.querySelector('[data-testid="stApp"]');
  if (app?.dataset.testScriptState === 'notRunning' && document.querySelector('h1.v')) window.__ready = performance.now();
  else requestAnimationFrame(look);
};
look();
"""
READY = """() => new Promise(done => {
  const look = () => window.__ready === null ? requestAnimationFrame(look) : done(window.__ready);
  look();
})"""
# From a click on: the first sentence or the first table is another one and the script has come to its end again.
AGAIN = """before => new Promise(done => {
  const look = () => {
    const app = document.querySelector('[data-testid="stApp"]');
    if (app.dataset.testScriptState === 'notRunning' && document.querySelector('h1.v').innerText !== before)
      done(performance.now() - window.__clicked);
    else requestAnimationFrame(look);
  };
  look();
})"""


def run(folder: Path) -> Iterator[Ratio]:
    given = os.environ.get("BENCH_HOME")
    home = Path(given) if given else folder / "home"
    if not given:
        run_campaign("demo", "--home", home)
    with ExitStack() as stack:
        ours = stack.enter_context(serving(home, folder / "serve.log"))
        bare = stack.enter_context(empty(folder / "empty"))
        context = stack.enter_context(chromium()).new_context(viewport={"width": 1440, "height": 900}, locale="vi-VN")
        context.add_init_script(WATCH)
        yield from _pages(context, ours, bare)
    for name, spent in scripts(home):
        yield Ratio(f"script of {name}, warm, ms", spent, SCRIPT_MS, "in the process, without the browser")


def _pages(context: BrowserContext, ours: str, bare: str) -> Iterator[Ratio]:
    addresses = {path.stem: f"{ours}/{_address(path)}?{QUERY}{_unit(path)}" for path in PAGES}
    page = context.new_page()
    for address in (bare, *addresses.values()):  # once each, so that caches of browser and server are warm
        _loaded(page, address)
    found: dict[str, list[float]] = {name: [] for name in ("", *addresses, "filter: figure", "filter: language")}
    for _round in range(ROUNDS):
        for name, address in {"": bare, **addresses}.items():
            found[name].append(_loaded(page, address))
        _loaded(page, addresses["districts"])
        found["filter: figure"].append(_figure_changed(page))
        found["filter: language"].append(_language_changed(page))
    # The quickest of several: whatever else the machine does only ever adds.
    spent = {name: min(times) for name, times in found.items()}
    for name in (*addresses, "filter: figure", "filter: language"):
        limit = OVERVIEW if name == "overview" else FILTER if name.startswith("filter") else OTHER
        detail = f"{spent[name]:.0f} ms / {spent['']:.0f} ms"
        yield Ratio(f"{name} / empty page, reloaded", spent[name] / spent[""], limit, detail)


def _address(path: Path) -> str:
    """As the menu has it: the overview is the page at the root, without the detour of a deep link."""
    return "" if path.stem == "overview" else path.stem


def _unit(path: Path) -> str:
    return f"&unit={UNIT}" if path.stem == "my_unit" else ""


def _loaded(page: Page, address: str) -> float:
    """Milliseconds from asking for a page until it could be read."""
    page.goto(address)
    return float(page.evaluate(READY))


def _figure_changed(page: Page) -> float:
    page.get_by_role("combobox").first.click()
    return _clicked(page, '[role="option"]:not([aria-selected="true"])')


def _language_changed(page: Page) -> float:
    return _clicked(page, '[data-testid="stButtonGroup"] button:not([aria-checked="true"])')


def _clicked(page: Page, selector: str) -> float:
    before = page.locator("h1.v").inner_text()
    page.wait_for_selector(selector)
    page.evaluate(
        "addEventListener('pointerdown', () => { window.__clicked = performance.now() }, {once: true, capture: true})"
    )
    page.locator(selector).first.click()
    return float(page.evaluate(AGAIN, before))


@contextmanager
def empty(folder: Path) -> Iterator[str]:
    """An empty page with our theme and fonts, served by Streamlit alone."""
    folder.mkdir()
    shutil.copytree(ROOT / ".streamlit", folder / ".streamlit")
    shutil.copytree(ROOT / "static", folder / "static")
    (folder / "empty.py").write_text(EMPTY, encoding="utf-8")
    port, log = free_port(), folder / "empty.log"
    command = [str(Path(sys.executable).with_name("streamlit")), "run", "empty.py", "--server.port", str(port)]
    with log.open("wb") as output:
        server = subprocess.Popen(command, cwd=folder, env=clean_environment(), stdout=output, stderr=output)
        try:
            wait(server, f"http://localhost:{port}/_stcore/health", log)
            yield f"http://localhost:{port}"
        finally:
            server.terminate()
            server.wait()


def scripts(home: Path) -> Iterator[tuple[str, float]]:
    """Each page's name and its quickest run when everything it asks is known already."""
    with patch.dict(os.environ, {"CAMPAIGN_HOME": str(home)}), patch("streamlit.get_option", _option):
        for path in PAGES:
            app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
            for name, value in {**CHOICE, **({"unit": UNIT} if path.stem == "my_unit" else {})}.items():
                app.query_params[name] = value
            app.run().switch_page(str(path.relative_to(ROOT))).run()
            yield path.stem, min(_milliseconds(app) for _round in range(ROUNDS))


def _option(name: str) -> str | None:
    return "127.0.0.1" if name == "server.address" else None


def _milliseconds(app: AppTest) -> float:
    begun = time.perf_counter()
    app.run()
    return 1000 * (time.perf_counter() - begun)
