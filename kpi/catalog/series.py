"""Figures that people enter by hand, and ranks that others publish."""

from __future__ import annotations

from kpi.catalog import words as w
from kpi.catalog.figure import Figure
from kpi.catalog.words import text

SERIES = (
    Figure(
        key="reports_online",
        label=text("Báo cáo thực hiện trực tuyến", "Reports made online"),
        short=text("Báo cáo trực tuyến", "Reports online"),
        numerator_text=text("báo cáo thực hiện trực tuyến (nhập tay)", "reports made online (entered by hand)"),
        denominator_text=text("báo cáo phải thực hiện (nhập tay)", "reports due (entered by hand)"),
        exclusions=w.BY_HAND,
        noun=text("báo cáo", "reports"),
        unit="ratio",
        direction=1,
        reads="series",
        legal_basis=w.PLAN_170,
        owner=w.OFFICE,
        reviewed_on=w.REVIEWED,
    ),
    Figure(
        key="work_files_online",
        label=text("Hồ sơ công việc xử lý trên mạng", "Work files processed online"),
        short=text("Hồ sơ công việc", "Work files"),
        numerator_text=text(
            "hồ sơ công việc xử lý trên mạng (nhập tay)", "work files processed online (entered by hand)"
        ),
        denominator_text=text("hồ sơ công việc (nhập tay)", "work files (entered by hand)"),
        exclusions=w.BY_HAND,
        noun=text("hồ sơ công việc", "work files"),
        unit="ratio",
        direction=1,
        reads="series",
        legal_basis=w.SYSTEM,
        owner=w.OFFICE,
        reviewed_on=w.REVIEWED,
    ),
    Figure(
        key="land_payments",
        label=text("Thanh toán trực tuyến nghĩa vụ đất đai", "Online payments of land obligations"),
        short=text("Thanh toán đất đai", "Land payments"),
        numerator_text=text("lượt thanh toán (nhập tay)", "payments (entered by hand)"),
        denominator_text=w.NO_DENOMINATOR,
        exclusions=w.BY_HAND,
        noun=text("lượt", "payments"),
        unit="count",
        direction=1,
        reads="series",
        legal_basis=w.SYSTEM,
        owner=w.OFFICE,
        reviewed_on=w.REVIEWED,
    ),
    Figure(
        key="national_rank",
        label=text("Thứ hạng toàn quốc", "National rank"),
        short=text("Hạng toàn quốc", "National rank"),
        numerator_text=text("thứ hạng mới nhất theo từng cách xếp", "latest rank by scheme"),
        denominator_text=text("không có mẫu số: đây là thứ hạng", "none: a rank"),
        exclusions=text(
            "không nối các cách xếp khác nhau thành một chuỗi", "different schemes are never joined into one series"
        ),
        noun=text("hạng", "ranks"),
        unit="rank",
        direction=-1,
        reads="series",
        legal_basis=w.SYSTEM,
        owner=w.OFFICE,
        reviewed_on=w.REVIEWED,
    ),
)


def manual_series(key: str) -> Figure:
    """A series that a home keeps by hand under a name of its own."""
    name = text(key, key)
    return Figure(
        key=key,
        label=name,
        numerator_text=name,
        denominator_text=w.NO_DENOMINATOR,
        exclusions=w.BY_HAND,
        noun=text("", ""),
        unit="count",
        direction=1,
        reads="series",
        legal_basis=w.SYSTEM,
        owner=w.OFFICE,
        reviewed_on=w.REVIEWED,
    )
