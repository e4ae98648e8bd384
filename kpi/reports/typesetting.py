"""Paper without a browser: a template (``report.typ``, ``digest.typ``) sets what it is handed as JSON, so that no value can become markup."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Literal

from data.settings import ROOT

FONTS = ROOT / "data" / "fonts"
"""As wide as Times New Roman, letter by letter, with all Vietnamese signs; free to be handed on."""
HERE = Path(__file__).parent
PIXELS_PER_INCH = 240


def typeset(
    page: dict[str, Any],
    form: Literal["pdf", "png"],
    *,
    template: str = "report.typ",
    fonts: Path = FONTS,
    pixels_per_inch: float = PIXELS_PER_INCH,
) -> bytes:
    """``template``: a file beside this one, set with the letters of the folder ``fonts`` alone."""
    import typst  # only who prints pays for it

    compiler = typst.Compiler(str(HERE / template), root=str(HERE), font_paths=_fonts(fonts), ignore_system_fonts=True)
    said = json.dumps(page, ensure_ascii=False)
    made = compiler.compile(format=form, ppi=pixels_per_inch, sys_inputs={"page": said})
    if not isinstance(made, bytes):
        raise TypeError("a drawing takes one page")
    return made


@cache
def _fonts(folder: Path) -> Any:
    import typst

    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder)])
