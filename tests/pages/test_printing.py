"""Paper: every block's words and numbers stand in the PDF, whatever signs they hold."""

from __future__ import annotations

import re
from io import BytesIO
from itertools import pairwise

import pytest
from pypdf import PdfReader

from pages.parts import printing
from pages.parts.blocks import (
    Bar,
    Block,
    Cell,
    Change,
    Changes,
    Column,
    Columns,
    Heading,
    Heat,
    League,
    LeagueLine,
    Mark,
    Matrix,
    Note,
    Picks,
    State,
    Table,
    TargetLine,
    Targets,
    Tile,
    Tiles,
    Verdict,
    as_table,
)
from tests.pages.test_charts import CHARTS

HOSTILE = '#evil[$x$] *đậm* _nghiêng_ "\\ <b>& `raw` @ref // /* \n= tiêu đề'
PAPER = printing.Paper(
    "Tổng quan · Toàn tỉnh", "Toàn tỉnh", "Chiến dịch 50 ngày đêm", "Ngày 47/50, còn 3 ngày làm việc",
    "Số liệu đến 17:00 16/5/2021", "Tổng quan · phiên bản dữ liệu 232.0", "DỮ LIỆU MÔ PHỎNG",
)  # fmt: skip
RISK = Mark("▲", "Có nguy cơ", "warn")
BAR = Bar(0.936, 1.0, "warn", "93,6 %", 0.98, 0.9)
BLOCKS: list[Block] = [
    Verdict("Còn 3 ngày: 2 chỉ tiêu kịp", "Cần **26 dịch vụ mỗi ngày**, bảy ngày qua đạt 22."),
    Tiles([Tile("Hồ sơ giải quyết đúng hạn", RISK, "93,6 %", BAR, "mục tiêu 100 %", (("Còn thiếu", "78 dịch vụ"),))]),
    Columns(
        [Heading("Sáu điểm nghẽn"), Targets([TargetLine("Huyện Bù Đăng", "cần 5,7", "71,2 %", BAR, "17 dịch vụ", RISK)], "Đơn vị", "Còn thiếu")],
        [League([LeagueLine(3, True, "Thị xã Phước Long", "96,1 %", BAR, "5", RISK, -1, True)], "Vạch = 100 %", "Từ 14/5")],
    ),
    Matrix(["Đúng hạn"], [("Huyện Hớn Quản", "", [Heat("97,5 %", "✖", "warn", "Chậm")])]),
    Changes([Change("↑", "44", "dịch vụ được tích hợp, nhiều nhất **Sở Y tế**", "good")]),
    Picks([("Huyện Lộc Ninh", "my_unit?unit=loc-ninh")]),
    State("Chưa có dữ liệu", ("Bảng này **chỉ nói** những gì có.",), (("Nạp tệp", "Nạp tệp xuất:", "campaign load TEP.csv"),)),
    Note("Dấu = là đồng hạng."),
]  # fmt: skip


def text(made: bytes) -> str:
    """Words with single spaces; the places where a long word may break are taken out."""
    pages = PdfReader(BytesIO(made)).pages
    words = " ".join(page.extract_text() for page in pages).replace("\N{ZERO WIDTH SPACE}", "")
    return re.sub(r"\s+", " ", words.replace("\N{NO-BREAK SPACE}", " "))


def test_words_and_numbers_of_every_block_are_on_paper() -> None:
    found = text(printing.pdf(PAPER, BLOCKS))
    for words in (
        "Còn 3 ngày: 2 chỉ tiêu kịp", "Cần 26 dịch vụ mỗi ngày, bảy ngày qua đạt 22.", "Hồ sơ giải quyết đúng hạn", "93,6 %",
        "mục tiêu 100 % · Còn thiếu 78 dịch vụ", "▲ Có nguy cơ", "Sáu điểm nghẽn", "Huyện Bù Đăng", "17 dịch vụ", "3=",
        "Thị xã Phước Long", "ít hồ sơ", "↓ 1", "Huyện Hớn Quản", "97,5 % ✖", "↑ 44", "nhiều nhất Sở Y tế", "Huyện Lộc Ninh",
        "Chưa có dữ liệu", "chỉ nói những gì có", "campaign load TEP.csv", "Dấu = là đồng hạng.",
    ):  # fmt: skip
        assert words in found, words
    for words in (
        "Toàn tỉnh",
        "Ngày 47/50",
        "Số liệu đến 17:00 16/5/2021",
        "phiên bản dữ liệu 232.0",
        "1/1",
        "DỮ LIỆU MÔ PHỎNG",
    ):
        assert words in found, words


def test_data_that_are_real_bear_no_mark() -> None:
    assert "MÔ PHỎNG" not in text(printing.pdf(printing.Paper("a", "b", "c", "d", "e", "f"), BLOCKS[:1]))


@pytest.mark.parametrize("place", ["verdict", "note", "cell", "head", "second", "paper"])
def test_no_value_becomes_markup(place: str) -> None:
    words = {
        name: HOSTILE if name == place else "chữ" for name in ("verdict", "note", "cell", "head", "second", "paper")
    }
    blocks: list[Block] = [
        Verdict(words["verdict"]),
        Note(words["note"]),
        Table([Column(words["head"])], [[Cell(words["cell"], words["second"])]]),
    ]
    found = text(printing.pdf(printing.Paper("a", words["paper"], "c", "d", "e", "f"), blocks))
    assert re.sub(r"\s+", "", HOSTILE) in re.sub(r"\s+", "", found)


def test_all_vietnamese_letters_have_their_marks() -> None:
    letters = "aàảãáạăằẳẵắặâầẩẫấậđeèẻẽéẹêềểễếệiìỉĩíịoòỏõóọôồổỗốộơờởỡớợuùủũúụưừửữứựyỳỷỹýỵ"
    found = text(printing.pdf(PAPER, [Note(letters), Note(letters.upper())])).replace(" ", "")
    assert letters in found and letters.upper() in found


def test_heads_stand_on_each_page_of_a_long_table_and_no_row_is_lost() -> None:
    rows = [[Cell(f"HS-{n:04}"), Cell(str(n), right=True)] for n in range(150)]
    made = printing.pdf(PAPER, [Table([Column("Mã hồ sơ"), Column("Số ngày", True)], rows)])
    pages = [page.extract_text() for page in PdfReader(BytesIO(made)).pages]
    assert len(pages) >= 3
    assert all("Mã hồ sơ" in page and "Số liệu đến" in page for page in pages)
    found = [int(code) for code in re.findall(r"HS-(\d{4})", " ".join(pages))]
    assert found == list(range(150))
    assert all(f"{n}/{len(pages)}" in page for n, page in enumerate(pages, start=1))


def test_a_long_code_stays_on_the_page() -> None:
    code = "X" * 400
    assert code in text(printing.pdf(PAPER, [Table([Column("Mã"), Column("Tên")], [[Cell(code), Cell("tên")]])])).replace(" ", "")  # fmt: skip


def test_a_wide_table_is_printed_across() -> None:
    columns = [Column(f"C{n}") for n in range(printing.MOST_COLUMNS + 1)]
    across = PdfReader(BytesIO(printing.pdf(PAPER, [Table(columns, [[Cell("1")] * len(columns)])]))).pages[0].mediabox
    upright = PdfReader(BytesIO(printing.pdf(PAPER, BLOCKS))).pages[0].mediabox
    assert (round(upright.width), round(upright.height)) == (595, 842)
    assert (round(across.width), round(across.height)) == (842, 595)


def test_every_chart_is_printed_and_made_a_picture() -> None:
    found = text(printing.pdf(PAPER, list(CHARTS.values())))
    assert "Hiện có 1.103" in found, "texts of a drawing stay texts"
    assert "Hạng 47 ngày 31/3" in found
    made = printing.picture(PAPER, CHARTS["slope"])
    assert made.startswith(b"\x89PNG") and len(made) > 10_000


def test_a_block_and_its_plain_table_say_the_same() -> None:
    league = as_table(League([LeagueLine(1, False, "A", "9", None, "", RISK, 2), LeagueLine(None, False, "B", "—", None, "", RISK)], "Vạch", "Từ"))  # fmt: skip
    assert league is not None
    assert [[cell.text for cell in row] for row in league.rows] == [
        ["1", "A", "9", "", "–", "↑ 2", "▲ Có nguy cơ"],
        ["–", "B", "—", "", "–", "–", "▲ Có nguy cơ"],
    ]
    for earlier, later in pairwise(league.rows):
        assert len(earlier) == len(later) == len(league.columns)
