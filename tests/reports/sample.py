"""A report made by hand: every part a report can have, small enough to know each number."""

from __future__ import annotations

from kpi.reports.content import Annex, Bars, Cell, Column, Head, Line, Paragraph, Part, Report, Section, Table

HOSTILE = "=1+1 {{ 7*7 }} {% raw %} <b>&amp; \x0b\x00{ PAGE } #evil[$x$] *đ*\u202eúl"
"""What a file could bring: formulas, template tags, markup, control characters, turned reading direction."""
HARMLESS = "=1+1 {{ 7*7 }} {% raw %} <b>&amp; { PAGE } #evil[$x$] *đ*úl"
"""The same as it has to be read."""


def said(*texts: str) -> tuple[Paragraph, ...]:
    return tuple(Paragraph(f"p{place}", text, text) for place, text in enumerate(texts))


TARGETS = Table(
    "targets",
    "Kết quả thực hiện các chỉ tiêu",
    (
        Column("TT", width=0.5),
        Column("Chỉ tiêu", width=4),
        Column("Mục tiêu", right=True),
        Column("Kết quả", right=True),
        Column("Tăng, giảm so với kỳ trước", width=1.3, right=True),
        Column("Đánh giá", width=1.4),
    ),
    (
        (Cell("1"), Cell("Hồ sơ giải quyết đúng hạn"), Cell("100 %", 1.0, "percent"), Cell("97,5 %", 0.975, "percent"), Cell("+1,2 điểm", 0.012, "points"), Cell("Chưa đạt")),
        (Cell("2"), Cell("Hồ sơ xử lý trực tuyến"), Cell("50 %", 0.5, "percent"), Cell("52,31 %", 0.5231, "percent"), Cell("−0,4 điểm", -0.004, "points"), Cell("Đạt", bold=True)),
        (Cell("3"), Cell("Dịch vụ công đã rà soát"), Cell("—"), Cell("1.838", 1838, "count"), Cell("0", 0, "count"), Cell("Không giao chỉ tiêu")),
        (Cell("4"), Cell("Thời gian giải quyết trung bình (ngày làm việc)"), Cell("—"), Cell("5,7", 5.7, "decimal"), Cell("—"), Cell("Không giao chỉ tiêu")),
    ),
    notes=("Ghi chú: so với kỳ báo cáo 17:00 8/7/2022.",),
)  # fmt: skip

FORM = Table(
    "form06a",
    "",
    (
        Column("STT", width=0.5),
        Column("Đơn vị", width=3),
        Column("Tổng số", "Số hồ sơ nhận giải quyết", right=True),
        Column("Trực tuyến", "Số hồ sơ nhận giải quyết", right=True),
        Column("Trực tiếp, dịch vụ bưu chính", "Số hồ sơ nhận giải quyết", 1.2, True),
        Column("Từ kỳ trước", "Số hồ sơ nhận giải quyết", right=True),
        Column("Tổng số", "Số hồ sơ đã giải quyết", right=True),
        Column("Trước hạn", "Số hồ sơ đã giải quyết", right=True),
        Column("Đúng hạn", "Số hồ sơ đã giải quyết", right=True),
        Column("Quá hạn", "Số hồ sơ đã giải quyết", right=True),
        Column("Tổng số", "Số hồ sơ đang giải quyết", right=True),
        Column("Trong hạn", "Số hồ sơ đang giải quyết", right=True),
        Column("Quá hạn", "Số hồ sơ đang giải quyết", right=True),
    ),
    tuple(
        (Cell(str(place)), Cell(name), *(Cell(f"{n:,}".replace(",", "."), n, "count") for n in (1200 + place, 700, 400 + place, 100, 1000 + place, 600, 390 + place, 10, 200, 195, 5)))
        for place, name in enumerate(("Sở Tư pháp", "Sở Y tế", "Huyện Đồng Phú", "Huyện Lộc Ninh", "Thị xã Chơn Thành"), start=1)
    ),
    numbered=True,
)  # fmt: skip


def overdue(rows: int) -> Table:
    return Table(
        "overdue",
        "Hồ sơ quá hạn chưa giải quyết xong",
        (Column("TT", width=0.6), Column("Mã hồ sơ", width=3), Column("Đơn vị", width=2.5), Column("Ngày hẹn trả", width=1.5), Column("Số ngày quá hạn", right=True)),
        tuple(
            (Cell(str(n), n, "count"), Cell(f"000.00.{n:02}.H10-220610-{n:04}"), Cell("Huyện Đồng Phú"), Cell("5/7/2022", "2022-07-05", "day"), Cell("5", 5, "count"))
            for n in range(1, rows + 1)
        ),
    )  # fmt: skip


BARS = Bars(
    "bars", "Tỷ lệ hồ sơ trực tuyến của các huyện", "Huyện Đồng Phú 62 %, Huyện Lộc Ninh 41 %, Huyện Bù Đốp không có số liệu.",
    "percent", ("Huyện Đồng Phú", "Huyện Lộc Ninh", "Huyện Bù Đốp"), (0.62, 0.41, None), ("62 %", "41 %", "—"),
    (0.5, 0.5, 0.5), (True, False, False),
)  # fmt: skip
LINE = Line(
    "line", "Tỷ lệ hồ sơ trực tuyến theo ngày", "Tăng từ 31 % ngày 1/6 lên 52,3 % ngày 10/6.", "percent",
    tuple(f"2022-06-{day:02}" for day in range(1, 11)), (0.31, 0.33, 0.36, None, 0.41, 0.44, 0.46, 0.49, 0.51, 0.523), 0.5,
)  # fmt: skip


def report(
    draft: bool = True,
    simulated: bool = True,
    first: tuple[Part, ...] = (),
    subject: str = "Tiến độ thực hiện Chiến dịch 92 ngày đêm cải cách thủ tục hành chính (từ ngày 01/6/2022 đến 17 giờ 00 ngày 10/7/2022)",
    overdue_rows: int = 3,
) -> Report:
    """``first``: parts that stand before all others."""
    head = Head(
        "UBND TỈNH BÌNH PHƯỚC", "VĂN PHÒNG", "" if draft else "125", "BC-VPUBND", "Bình Phước",
        "Bình Phước, ngày 10 tháng 7 năm 2022", "BÁO CÁO", subject, ("Chủ tịch Ủy ban nhân dân tỉnh",),
        ("Chủ tịch, các Phó Chủ tịch UBND tỉnh", "- Các sở, ban, ngành;", "UBND các huyện, thị xã, thành phố", "Lưu: VT, KSTTHC."),
        "KT. CHÁNH VĂN PHÒNG", "PHÓ CHÁNH VĂN PHÒNG", "" if draft else "Nguyễn Văn A",
    )  # fmt: skip
    sections = (
        Section("state", "I", "Tình hình chung", 1, (*first, *said("Đến 17:00 ngày 10/7/2022, Chiến dịch đã qua 40/92 ngày, còn 38 ngày làm việc. Toàn tỉnh tiếp nhận 45.678 hồ sơ, trong đó 23.894 hồ sơ nộp trực tuyến (52,31 %); đã giải quyết 41.200 hồ sơ, đúng hạn 97,5 %."))),
        Section("targets", "II", "Kết quả theo chỉ tiêu", 1, (TARGETS, LINE)),
        Section("units", "III", "Kết quả theo đơn vị", 1, ()),
        Section("units.districts", "1", "Ủy ban nhân dân cấp huyện", 2, (*said("Một huyện đạt mục tiêu, một huyện chưa đạt. Chi tiết tại Phụ lục I kèm theo."), BARS)),
        Section("asks", "IV", "Kiến nghị", 1, said("Đề nghị Chủ tịch Ủy ban nhân dân tỉnh chỉ đạo Huyện Lộc Ninh khắc phục.", "Văn phòng báo cáo Chủ tịch xem xét, chỉ đạo.")),
    )  # fmt: skip
    annexes = (
        Annex("form06a", "I", "Tình hình, kết quả giải quyết thủ tục hành chính", (FORM,), landscape=True),
        Annex("overdue", "II", "Danh sách hồ sơ quá hạn", (overdue(overdue_rows),)),
    )
    return Report(
        "92-ngay", "", 1657447200000000, "17:00 10/7/2022", 7, "7.0", head, sections, annexes, draft, simulated
    )
