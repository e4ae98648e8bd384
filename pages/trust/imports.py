"""Dữ liệu: what was loaded, when, by whom, and which rows were refused and why."""

from data.locale import _
from data.locale.formats import moment, number
from pages.parts import frame, html, trust_words
from pages.parts.html import Cell, Column

MOST_LOADS, MOST_REFUSALS = 40, 100

view = frame.guard()
loads = [load for load in view.store.loads() if load["at"] <= view.as_of] or view.store.loads()
refusals = view.store.refusals()

frame.show(html.verdict(*trust_words.imports_verdict(loads, refusals, view)))
columns = [Column(_("Tệp")), Column(_("Nhận lúc")), Column(_("Đọc"), True), Column(_("Mới"), True), Column(_("Thay đổi"), True), Column(_("Từ chối"), True)]  # fmt: skip
lines = [
    [
        Cell(load["file"], f"{load['profile']} · {load['who']} · {load['sha256'][:12]}"),
        Cell(moment(load["at"], view.home.zone)),
        *(
            Cell(number(load[name]), label=words)
            for name, words in (("read", _("đọc")), ("new", _("mới")), ("changed", _("thay đổi")))
        ),
        Cell(
            number(load["refused"]),
            label=_("từ chối"),
            bold=load["refused"] > 0,
            tone="warn" if load["refused"] else "",
        ),
    ]
    for load in loads[:MOST_LOADS]
]
frame.show(html.title(_("Các lần nạp, mới nhất trước")), html.table(columns, lines))

shown = refusals[-MOST_REFUSALS:][::-1]
frame.show(html.title(trust_words.refusals_title(len(refusals), len(shown))))
if shown:
    heads = [Column(_("Tệp, dòng")), Column(_("Cột")), Column(_("Giá trị")), Column(_("Lý do")), Column(_("Cách sửa"))]
    rows = [
        [
            Cell(row["file"], trust_words.place(row["sheet"], row["row"])),
            Cell(row["heading"], label=_("cột")),
            Cell(row["value"], label=_("giá trị")),
            Cell(row["reason"]),
            Cell(row["what_to_do"]),
        ]
        for row in shown
    ]
    frame.show(html.table(heads, rows))
