"""Numbers as people read them, taken out of what each form of a report shows, and held against the figures.

The rule of rounding, written here a second time on purpose: a number is rounded half up; counts to whole ones; a percentage to
one decimal, to two below 1 % and from 99 %, to more where it would else look like 0 %, 100 % or its target; noughts at the end
are left out.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import docx
import openpyxl
from docx.table import Table as Drawn
from lxml import html
from pypdf import PdfReader

from kpi.catalog import FIGURES
from kpi.reports.content import Paragraph, Report, Table

NUMBER = r"[+−]?\d{1,3}(?:\.\d{3})*(?:,\d+)?"
TOKEN = rf"(?:{NUMBER}/{NUMBER}|{NUMBER} ?(?:%|điểm)?|—)"
LABELS = {declared.label.vi: key for key, declared in FIGURES.items()}
SHORTS = {(declared.short or declared.label).vi: key for key, declared in FIGURES.items()}
PARTS = {"Kết quả": "value", "Mục tiêu": "target"}
BOTH = "Số đã đạt/tổng số"
FEW = " (ít hồ sơ)"


@dataclass(frozen=True)
class Said:
    """One number that a form shows, as it shows it."""

    kpi: str
    unit: str
    part: str
    text: str


@dataclass(frozen=True)
class Grid:
    """A table as a reader sees it: without rows of group headings and of column numbers."""

    title: str
    heads: list[str]
    rows: list[list[str]]


@dataclass(frozen=True)
class Shown:
    """Everything one form says: its tables, and its running text in one line."""

    grids: list[Grid]
    text: str


# Against the figures --------------------------------------------------------------------------------------------------


def read(text: str) -> tuple[Decimal, int, bool]:
    """«1.838» → 1838, 0, False; «0,21%» → 0.21, 2, True."""
    found = re.fullmatch(rf"({NUMBER})\s?(%?)", text.strip())
    assert found, f"no number: {text!r}"
    digits = found[1].replace(".", "").replace(",", ".").replace("−", "-")
    return Decimal(digits), len(digits.partition(".")[2]), found[2] == "%"


def agrees(text: str, exact: float | None, target: float | None, ratio: bool) -> bool:
    """Whether ``text`` is how ``exact`` is to be written."""
    if exact is None or text == "—":
        return exact is None and text == "—"
    said, digits, is_percent = read(text)
    amount = Decimal(repr(exact)) * (100 if ratio else 1)
    least = 0 if not ratio else 2 if abs(amount) < 1 or 99 <= amount < 100 else 1
    limits = [Decimal(0), Decimal(100), *([] if target is None else [Decimal(repr(target)) * 100])] if ratio else []
    needed = least
    while any(rounded(amount, needed) == limit != amount for limit in limits):
        needed += 1
    return is_percent == ratio and digits <= needed and said == rounded(amount, needed)


def rounded(amount: Decimal, digits: int) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def wrong(said: Iterable[Said], rows: Mapping[tuple[str, str], Mapping[str, Any]]) -> list[str]:
    """What a form says otherwise than ``campaign kpi``."""
    found = []
    for one in said:
        row = rows[one.kpi, one.unit]
        exact = row[one.part]
        ratio = FIGURES[one.kpi].is_ratio and one.part in ("value", "target")
        if not agrees(one.text, exact, row["target"] if one.part == "value" else None, ratio):
            found.append(f"{one.kpi} {one.unit} {one.part}: {one.text}, kpi {exact}")
    return found


# What stands in a report -----------------------------------------------------------------------------------------------


def said_in(shown: Shown, root: str, names: Mapping[str, str]) -> list[Said]:
    """Every number of the tables and of the text whose figure and unit are named there. ``names``: unit by name."""
    found = [one for grid in shown.grids for one in _of_grid(grid, root, names)]
    for label, kpi in LABELS.items():
        told = rf"- {re.escape(label)}: (?:đạt )?({NUMBER}%?)(?: \(({NUMBER})/({NUMBER}) [^)]*\)| [^,;.]*), mục tiêu ({NUMBER}%?)"
        for line in re.finditer(told, shown.text):
            parts = zip(("value", "numerator", "denominator", "target"), line.groups(), strict=True)
            found += [Said(kpi, root, part, text) for part, text in parts if text]
    for overdue in re.findall(rf"Hiện có ({NUMBER}) hồ sơ quá hạn chưa giải quyết", shown.text):
        found.append(Said("overdue_open", root, "value", overdue))
    for accepted, online, share in re.findall(
        rf"Từ đầu Chiến dịch, toàn tỉnh tiếp nhận ({NUMBER}) hồ sơ \(trực tuyến ({NUMBER}) hồ sơ, chiếm ({NUMBER}%)\)", shown.text
    ):  # fmt: skip
        parts = {"denominator": accepted, "numerator": online, "value": share}
        found += [Said("online_submit", root, part, text) for part, text in parts.items()]
    for rank in re.findall(rf"Thứ hạng toàn quốc theo cách xếp của Chiến dịch \([^)]*\): hạng ({NUMBER})", shown.text):
        found.append(Said("national_rank", root, "value", rank))
    return found


def _of_grid(grid: Grid, root: str, names: Mapping[str, str]) -> list[Said]:
    found = []
    ranked = next((kpi for label, kpi in LABELS.items() if grid.title.lower().endswith(f" theo {label.lower()}")), "")
    for cells in grid.rows:
        row = dict(zip(grid.heads, cells, strict=True))
        unit = names.get(row.get("Đơn vị", "").removesuffix(FEW).strip(), "")
        if "Chỉ tiêu" in row:
            found += _parts(LABELS[row["Chỉ tiêu"]], root, row)
        elif ranked and unit:
            found += _parts(ranked, unit, row)
        elif "Số chỉ tiêu đạt" in row:
            found += [Said(SHORTS[head], unit, "value", text) for head, text in row.items() if head in SHORTS]
        elif "Đang quá hạn" in row:
            found.append(Said("overdue_open", unit, "value", row["Đang quá hạn"]))
            found.append(Said("became_overdue", unit, "value", row["Phát sinh quá hạn từ đầu Chiến dịch"]))
            found.append(Said("apology_ok", unit, "numerator", row["Đã xin lỗi đúng quy định"]))
            found.append(Said("apology_ok", unit, "value", row["Tỷ lệ"]))
        elif "Từ kỳ trước" in row and (unit or row["Đơn vị"] == "TỔNG SỐ"):
            found.append(Said("online_submit", unit or root, "numerator", row["Trong kỳ: trực tuyến"]))
            found.append(Said("overdue_open", unit or root, "value", cells[-1]))
    return found


def _parts(kpi: str, unit: str, row: Mapping[str, str]) -> list[Said]:
    found = [Said(kpi, unit, part, row[head]) for head, part in PARTS.items() if head in row]
    if "/" in row.get(BOTH, ""):
        up, down = row[BOTH].split("/")
        found += [Said(kpi, unit, "numerator", up), Said(kpi, unit, "denominator", down)]
    return found


def of_digest(text: str, root: str, names: Mapping[str, str]) -> list[Said]:
    found = []
    for label, kpi in LABELS.items():
        short = label[:1].lower() + label[1:]
        aim = rf"[:;] {re.escape(short)} ({NUMBER}%?|—) \S [^(;]*(?:\(mục tiêu ({NUMBER}%?))?"
        for value, target in re.findall(aim, text):
            found += [Said(kpi, root, "value", value), *([Said(kpi, root, "target", target)] if target else [])]
        for ends in re.findall(rf"\({re.escape(short)}\): dẫn đầu ([^.]*)", text):
            found += [Said(kpi, names[unit], "value", value) for unit, value in _named(ends, rf"{NUMBER}%?", names)]
    for total, holders in re.findall(rf"giải quyết ({NUMBER}) hồ sơ quá hạn(?: \(([^)]*)\))?", text):
        found.append(Said("overdue_open", root, "value", total))
        found += [Said("overdue_open", names[unit], "value", held) for unit, held in _named(holders, NUMBER, names)]
    return found


def _named(text: str, number: str, names: Mapping[str, str]) -> list[tuple[str, str]]:
    """Units with a number behind their name; the first word of some is small inside a sentence."""
    pairs = [(name, re.search(rf"{re.escape(name[1:])} ({number})(?=\W|$)", text)) for name in names]
    return [(name, found[1]) for name, found in pairs if found]


# The forms ------------------------------------------------------------------------------------------------------------


def of_report(report: Report) -> Shown:
    """What was issued, read back."""
    parts = [part for place in (*report.sections, *report.annexes) for part in place.parts]
    grids = [
        Grid(part.title, [column.heading for column in part.columns], [[cell.text for cell in row] for row in part.rows])
        for part in parts if isinstance(part, Table)
    ]  # fmt: skip
    return Shown(grids, _line(part.text for part in parts if isinstance(part, Paragraph)))


def of_docx(written: bytes) -> Shown:
    document = docx.Document(io.BytesIO(written))
    grids, last = [], ""
    for element in document.iter_inner_content():
        if not isinstance(element, Drawn):
            last = element.text.strip() or last
            continue
        heads: list[str] = []
        rows = []
        for place, row in enumerate(element._tbl.tr_lst):
            cells = ["".join(node.text or "" for node in cell.iter("{*}t")) for cell in row.tc_lst]
            if row.trPr is not None and row.trPr.find("{*}tblHeader") is not None:
                # A merged heading says its words in every cell that it covers.
                heads = heads if cells[0] == "(1)" else [cell.text for cell in element.rows[place].cells]
            elif len(cells) == len(heads):
                rows.append(cells)
        if rows:
            grids.append(Grid(last, heads, rows))
    return Shown(grids, _line(paragraph.text for paragraph in document.paragraphs))


def of_page(body: str) -> Shown:
    """The preview on the page of reports."""
    tree = html.fromstring(f"<div>{body}</div>")
    grids = []
    for figure in tree.xpath("//figure[.//table]"):
        heads: list[str] = []
        for place, row in enumerate(figure.xpath(".//thead/tr")):
            cells = [
                (cell.text_content().strip(), int(cell.get("colspan", 1)), cell.get("rowspan", "1")) for cell in row
            ]
            if place == 0:
                heads = [
                    text if down != "1" or across == 1 else "" for text, across, down in cells for _ in range(across)
                ]
            elif cells[0][0] != "(1)":
                below = iter(cells)
                heads = [head or next(below)[0] for head in heads]
        rows = [[cell.text_content().strip() for cell in row] for row in figure.xpath(".//tbody/tr")]
        rows = [row for row in rows if row[0] != "(1)" and len(row) == len(heads)]
        if rows:
            grids.append(Grid(figure.findtext("figcaption", "").strip(), heads, rows))
    return Shown(grids, _line(paragraph.text_content() for paragraph in tree.iter("p")))


def of_league(body: str) -> list[Said]:
    """The results of a ranked table: each is a link to what stands behind it."""
    found = []
    for cell in html.fromstring(f"<div>{body}</div>").xpath("//table[contains(@class, 'lg')]//td[@class='val']"):
        for link in cell.iter("a"):
            asked = parse_qs(urlsplit(link.get("href")).query)
            found.append(Said(asked["kpi"][0], asked["unit"][0], "value", link.text_content()))
    return found


def of_pdf(written: bytes, like: Shown) -> Shown:
    """Tables of a PDF are only words in a row: ``like`` says which tables and rows there are to be, never a number."""
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(written)).pages]
    text = _line(re.sub(r"^DỰ THẢO\n|\nDỰ THẢO –[^\n]*|\nSố liệu đến [^\n]*$", "\n", page) for page in pages)
    grids = []
    for grid in like.grids:
        key = "Chỉ tiêu" if "Chỉ tiêu" in grid.heads else "Đơn vị"
        if key not in grid.heads or (place := text.rfind(grid.title)) < 0:
            continue
        name, body = grid.heads.index(key), text[place + len(grid.title) :]
        rows = []
        for cells in grid.rows:
            label = r"\s?".join(map(re.escape, re.split(r"(?<=[\s/])", cells[name])))
            tokens = sum(re.fullmatch(TOKEN, cell) is not None for cell in cells[name + 1 :])
            found = re.search(rf"(?:^| ){label}((?: {TOKEN}){{{tokens}}})(?= |$)", body)
            assert found, f"{grid.title}: {cells[name]} is not in the PDF"
            numbers = iter(re.findall(TOKEN, found[1]))
            told = [next(numbers).strip() if re.fullmatch(TOKEN, cell) else "" for cell in cells[name + 1 :]]
            rows.append([*[""] * name, cells[name], *told])
        grids.append(Grid(grid.title, grid.heads, rows))
    return Shown(grids, text)


def of_xlsx(written: bytes) -> tuple[Shown, dict[str, list[list[Any]]]]:
    """What the sheets of the report show by their number formats, and what every sheet holds."""
    book = openpyxl.load_workbook(io.BytesIO(written))
    grids, texts, held = [], [], {}
    for sheet in book:
        held[sheet.title] = [[cell.value for cell in row] for row in sheet.iter_rows()]
        if sheet.title in ("Số liệu đơn vị", "Định nghĩa", "Nguồn số"):
            continue
        grid = Grid("", [], [])
        for row in sheet.iter_rows():
            cells = [_displayed(cell) for cell in row]
            if not any(cells[1:]):
                grids.append(grid)
                grid = Grid(cells[0], [], [])
                texts.append(cells[0])
            elif not grid.heads:
                grid.heads.extend(cells)
            elif not grid.rows and not cells[0]:
                # Below a heading that reaches down a cell is empty.
                grid.heads[:] = [below or above for above, below in zip(grid.heads, cells, strict=True)]
            elif cells[0] != "(1)":
                grid.rows.append(cells)
        grids.append(grid)
    return Shown([grid for grid in grids if grid.rows], _line(texts)), held


def _displayed(cell: Any) -> str:
    """As a workbook writes a number in Vietnamese."""
    if not isinstance(cell.value, (int, float)) or isinstance(cell.value, bool):
        return "" if cell.value is None else str(cell.value).strip()
    form = cell.number_format.rpartition("]")[2] if ";" not in cell.number_format else cell.number_format.split(";")[0]
    share = form.endswith("%")
    decimals = len(form.rstrip("%").partition(".")[2])
    amount = rounded(Decimal(repr(cell.value)) * (100 if share else 1), decimals)
    return f"{amount:,f}".translate({ord(","): ".", ord("."): ",", ord("-"): "−"}) + "%" * share


def _line(texts: Iterable[str]) -> str:
    return " ".join(" ".join(texts).split())
