"""Another office programme opens both office forms and shows what the content says: LibreOffice, started once for both."""

from __future__ import annotations

import re
import subprocess
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from kpi.reports import docx, xlsx
from kpi.reports.content import Paragraph
from kpi.reports.typesetting import FONTS
from tests.reports import sample

FONT_RULES = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<dir>{fonts}</dir><cachedir>{cache}</cachedir>
<alias binding="same"><family>Times New Roman</family><accept><family>Liberation Serif</family></accept></alias></fontconfig>"""
"""The letters of the repository, whatever this machine has."""


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> dict[str, PdfReader]:
    folder = tmp_path_factory.mktemp("office")
    report = sample.report(first=(Paragraph("x", sample.HOSTILE, ""),), overdue_rows=70)
    (folder / "word.docx").write_bytes(docx.write(report))
    (folder / "excel.xlsx").write_bytes(xlsx.write(report, date(2022, 7, 10)))
    (folder / "fonts.conf").write_text(FONT_RULES.format(fonts=FONTS, cache=folder / "cache"), encoding="utf-8")
    ran = subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "pdf", "--outdir", folder, folder / "word.docx", folder / "excel.xlsx"],
        capture_output=True, text=True, timeout=120, check=False, env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(folder), "FONTCONFIG_FILE": str(folder / "fonts.conf")},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return {name: PdfReader(BytesIO(Path(folder / f"{name}.pdf").read_bytes())) for name in ("word", "excel")}


def plain(text: str) -> str:
    return re.sub(r"\s", "", text)


def words(reader: PdfReader) -> list[str]:
    return [plain(page.extract_text()) for page in reader.pages]


def test_the_word_document_shows_every_number_in_the_decrees_form(opened: dict[str, PdfReader]) -> None:
    pages = words(opened["word"])
    whole = "".join(pages)
    for table in (sample.TARGETS, sample.FORM, sample.overdue(70)):
        for row in table.rows:
            assert "".join(plain(cell.text) for cell in row) in whole, row
    for said in (sample.HARMLESS, "I. TÌNH HÌNH CHUNG", "chỉ đạo./.", "- Lưu: VT, KSTTHC.", "Phụ lục II"):
        assert plain(said) in whole, said
    assert [(round(page.mediabox.width), round(page.mediabox.height)) for page in opened["word"].pages].count((842, 595)) == 1  # fmt: skip
    annex = next(place for place, text in enumerate(pages) if "PhụlụcII" in text and "(Kèmtheo" in text)
    assert "TTMãhồsơ" in pages[annex] and "TTMãhồsơ" in pages[annex + 1], "the heading is repeated"
    assert pages[1].startswith("2") and pages[annex + 1].startswith("2")
    assert not pages[0].startswith("1") and not pages[annex].startswith("1")
    signed = next(text for text in pages if "Nơinhận:" in text)
    assert "./." in signed, "a signature does not stand alone on a page"


def test_vietnamese_letters_are_there_whatever_the_machine_has(opened: dict[str, PdfReader]) -> None:
    fonts = {
        font.get_object()["/BaseFont"].partition("+")[2].partition("-")[0]
        for page in opened["word"].pages
        for font in page["/Resources"]["/Font"].values()
    }
    assert fonts == {"LiberationSerif"}


def test_the_workbook_shows_numbers_as_the_report_writes_them(opened: dict[str, PdfReader]) -> None:
    whole = "".join(words(opened["excel"]))
    for said in ("1.838", "97,5%", "52,31%", "+1,2%", "-0,4%", "5,7", "1.205", "05/07/2022", sample.HARMLESS):
        assert plain(said) in whole, said
    assert "Err:" not in whole and "###" not in whole and "#NAME" not in whole
    assert all(page.mediabox.width > page.mediabox.height for page in opened["excel"].pages)
