"""Files damaged at random: each is read or refused in words, and every row is accounted for."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import RefusedFile
from data.home import Home
from loaders.check import Judge
from loaders.formats import open_sheets
from loaders.kinds import check
from loaders.names import Names
from loaders.profiles import chosen, find
from tests.loaders.conftest import AT, HEADINGS, SHIPPED, as_csv, with_cells

HOME = Home(SHIPPED)
NAMES = Names(HOME)
PROFILES = chosen(HOME, None)
FILES = [
    as_csv([HEADINGS, *(with_cells(n) for n in range(5))]),
    json.dumps(
        [{"MaHoSo": f"A{n}", "NgayTiepNhan": "20210401080000", "DonViXuLy": "Sở Tư pháp", "x": [1]} for n in range(4)]
    ).encode(),
    b"kpi,unit,on,value\nnational_rank,binh-phuoc,2021-03-31,47\nnational_rank,,2021-04-01,46\n",
    "Mã dịch vụ,Tên,Đơn vị,Mức độ,Trạng thái,Ngày thay đổi\nD1,a,Sở Tư pháp,4,Đã tích hợp,01/04/2021\n".encode(),
]
PIECES = [
    b'"',
    b",",
    b";",
    b"\n",
    b"\r",
    b"\0",
    b"\xff",
    b"\xc3",
    b"\t",
    b'"\n',
    b"{",
    b"[",
    b"\xef\xbb\xbf",
    b"31/12/9999",
    b"1e999",
    b"0001-01-01",
    b"9" * 30,
]
HARM = st.tuples(st.integers(0, 2000), st.integers(0, 12), st.sampled_from(PIECES) | st.binary(max_size=3))


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(FILES), st.lists(HARM, max_size=6))
def test_damage_is_refused_in_words_and_every_row_is_accounted_for(
    file: bytes, harm: list[tuple[int, int, bytes]]
) -> None:
    data = bytearray(file)
    for place, length, piece in harm:
        at = place % (len(data) + 1)
        data[at : at + length] = piece
    try:
        for match in find(PROFILES, open_sheets(bytes(data), "tep"), "tep"):
            checked = check(Judge(match, HOME, NAMES), AT)
            assert checked.facts.num_rows + checked.refused == checked.read
            assert {one.row for one in checked.refusals}.isdisjoint(checked.facts["row"].to_pylist())
            assert len({one.row for one in checked.refusals}) == checked.refused
    except RefusedFile as fault:
        assert fault.reason


def test_a_series_without_a_unit_column_is_the_provinces() -> None:
    (match,) = find(PROFILES, open_sheets(b"kpi,on,value\nnational_rank,2021-03-31,47\n", "tep"), "tep")
    assert check(Judge(match, HOME, NAMES), AT).facts["unit"].to_pylist() == ["binh-phuoc"]


def test_headings_left_blank_at_the_end_ask_for_no_cells() -> None:
    data = as_csv([[*HEADINGS, "", ""], with_cells(1), [*with_cells(2), "", ""]])
    (match,) = find(PROFILES, open_sheets(data, "tep"), "tep")
    checked = check(Judge(match, HOME, NAMES), AT)
    assert (checked.read, checked.refused) == (2, 0)
