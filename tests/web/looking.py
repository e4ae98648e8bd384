"""The pages as somebody: everything on them, the files they offer, and what is in those."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block

from data.errors import AccessFault
from data.people import Viewer
from pages.parts import access
from tests.conftest import ROOT

FRONT = "pages/steering/overview.py"
GROUPS = {"steering", "unit", "meeting", "trust"}
PAGES = {
    path.stem: str(path.relative_to(ROOT))
    for group in GROUPS
    for path in (ROOT / "pages" / group).glob("*.py")
    if path.name != "__init__.py"
}
"""Name in the address → script, of every page there is."""


@dataclass
class Visit:
    """One browser. ``files``: what the page just drawn offers, by name: made when called."""

    app: AppTest
    files: dict[str, Callable[[], bytes]] = field(default_factory=dict)

    def sit_down(self, viewer: Viewer | None, patch: pytest.MonkeyPatch) -> None:
        """From here on this browser is the one that runs."""

        def known() -> Viewer:
            if viewer is None:
                raise AccessFault("Chưa đăng nhập.")
            return viewer

        def kept(label: str, data: Any, name: str, *_rest: Any, **_look: Any) -> bool:
            self.files[name] = data
            return False

        patch.setattr(access, "_viewer", known)
        patch.setattr(access, "_again", lambda _viewer: known())
        patch.setattr("streamlit.download_button", kept)

    def open(self, page: str, **params: str) -> str:
        """Everything in the answer, as text."""
        self.files.clear()
        self.app.query_params.clear()
        for name, value in params.items():
            self.app.query_params[name] = value
        self.app.switch_page(PAGES[page]).run()
        assert not self.app.exception, (page, params, self.app.exception)
        return self.text

    @property
    def text(self) -> str:
        protos = (node.proto for node in _nodes(self.app._tree) if getattr(node, "proto", None) is not None)
        return "\n".join(proto.SerializeToString().decode("utf-8", "replace") for proto in protos)

    @property
    def said(self) -> str:
        """What is drawn in words."""
        return " ".join(element.proto.body for element in self.app.get("html"))

    @property
    def menu(self) -> set[str]:
        return {node.proto.page for node in _nodes(self.app._tree) if getattr(node, "type", "") == "page_link"}


def _nodes(block: Any) -> Iterator[Any]:
    yield block
    if isinstance(block, Block):
        for child in block.children.values():
            yield from _nodes(child)


def visit(home: Path, viewer: Viewer | None, patch: pytest.MonkeyPatch) -> Visit:
    """A first look at the pages by somebody (None: whoever has no account)."""
    patch.setenv("CAMPAIGN_HOME", str(home))
    patch.delenv("CAMPAIGN_DATABASE_URL", raising=False)
    found = Visit(AppTest.from_file(str(ROOT / "app.py"), default_timeout=60))
    found.sit_down(viewer, patch)
    found.app.run()
    assert not found.app.exception, found.app.exception
    return found


def inside(content: bytes) -> str:
    """The texts of a file, whatever its form."""
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return "\n".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())
    if content.startswith(b"%PDF"):
        return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    return content.decode("utf-8", "replace")


def params(text: str) -> Mapping[str, str]:
    """``unit=x&kind=y`` as a mapping."""
    return dict(part.split("=", 1) for part in text.split("&") if part)
