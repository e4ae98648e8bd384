"""Figures that say how many dossiers there are at T, whatever the window."""

from __future__ import annotations

from kpi.catalog import words as w
from kpi.catalog.figure import Figure, Span, Term
from kpi.catalog.words import text

_OPEN = (Term("open", Span.UP_TO_NOW),)
_OVERDUE = (Term("turned_overdue", Span.UP_TO_NOW), Term("no_longer_overdue", Span.UP_TO_NOW, -1))

STOCKS = (
    Figure(
        key="overdue_open",
        label=text("Hồ sơ quá hạn chưa giải quyết", "Open overdue dossiers"),
        short=text("Quá hạn", "Overdue"),
        numerator_text=w.OVERDUE,
        denominator_text=w.NO_DENOMINATOR,
        exclusions=w.NOT_OVERDUE,
        noun=w.DOSSIERS,
        unit="count",
        direction=-1,
        reads="dossiers",
        legal_basis=w.PLAN_108,
        owner=w.OFFICE,
        reviewed_on=w.REVIEWED,
        numerator=_OVERDUE,
    ),
    Figure(
        key="overdue_share",
        label=text("Tỷ lệ quá hạn trên hồ sơ đã tiếp nhận", "Overdue share of all accepted"),
        short=text("Tỷ lệ quá hạn", "Overdue share"),
        numerator_text=w.OVERDUE,
        denominator_text=text("mọi hồ sơ tiếp nhận từ đầu sổ theo dõi", "all dossiers accepted since the record began"),
        exclusions=text(
            "hồ sơ tiếp nhận trước ngày đầu sổ theo dõi (mẫu số); hồ sơ không có ngày hẹn trả, đang tạm dừng hoặc đã rút (tử số)",
            "dossiers accepted before the record began (denominator); those without a due date, paused or withdrawn "
            "(numerator)",
        ),
        noun=w.DOSSIERS,
        unit="ratio",
        direction=-1,
        reads="dossiers",
        legal_basis=w.SYSTEM,
        owner=w.OFFICE,
        reviewed_on=w.REVIEWED,
        numerator=_OVERDUE,
        denominator=(Term("accepted", Span.SINCE_RECORD_START),),
    ),
    Figure(
        key="overdue_share_open",
        label=text("Tỷ lệ quá hạn trên hồ sơ đang giải quyết", "Overdue share of open dossiers"),
        short=text("Quá hạn/đang giải quyết", "Overdue/open"),
        numerator_text=w.OVERDUE,
        denominator_text=text("hồ sơ đang giải quyết", "open dossiers"),
        exclusions=text(
            "tử số: hồ sơ không có ngày hẹn trả hoặc đang tạm dừng (quy tắc «paused»); mẫu số vẫn tính các hồ sơ này",
            "numerator: dossiers without a due date or paused (rule `paused`); the denominator counts them",
        ),
        noun=w.DOSSIERS,
        unit="ratio",
        direction=-1,
        reads="dossiers",
        legal_basis=w.SYSTEM,
        owner=w.OFFICE,
        reviewed_on=w.REVIEWED,
        numerator=_OVERDUE,
        denominator=_OPEN,
    ),
    Figure(
        key="backlog_cleared",
        label=text("Xử lý dứt điểm hồ sơ quá hạn cũ", "Old backlog cleared"),
        short=text("Quá hạn cũ", "Old backlog"),
        numerator_text=text("trong đó: đã giải quyết xong hoặc đã rút", "of them finished or withdrawn"),
        denominator_text=text(
            "hồ sơ quá hạn lúc 00:00 ngày đầu chiến dịch", "open and overdue at 00:00 of the campaign's first day"
        ),
        exclusions=text(
            "hồ sơ chuyển sang quá hạn từ khi chiến dịch bắt đầu; hồ sơ đang tạm dừng (quy tắc «paused»)",
            "dossiers that turned overdue since the campaign began; paused ones (rule `paused`)",
        ),
        noun=w.DOSSIERS,
        unit="ratio",
        direction=1,
        reads="dossiers",
        legal_basis=w.PLAN_108,
        owner=w.OFFICE,
        reviewed_on=w.REVIEWED,
        numerator=(Term("no_longer_overdue", Span.BACKLOG_LEFT),),
        denominator=(Term("turned_overdue", Span.BACKLOG), Term("no_longer_overdue", Span.BACKLOG, -1)),
    ),
)
