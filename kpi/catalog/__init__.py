"""Every figure, declared once: what it counts, in which words, on which basis. Semantics: ``docs/definitions.md``."""

from __future__ import annotations

from datetime import date

from data.clock import MICROSECONDS_PER_DAY
from data.errors import CallFault
from data.home import Label
from kpi.catalog.figure import Figure, Span, Term

REVIEWED = date(2026, 11, 22)
_DOSSIERS = Label(vi="hồ sơ", en="dossiers")
_SERVICES = Label(vi="dịch vụ", en="services")
_PLAN_108 = Label(vi="Kế hoạch 108/KH-UBND", en="Plan 108/KH-UBND")
_PLAN_170 = Label(vi="Kế hoạch 170/KH-UBND", en="Plan 170/KH-UBND")
_SYSTEM = Label(vi="Cách tính của hệ thống", en="Computed by this system")
_766 = Label(
    vi="Bộ chỉ số phục vụ người dân, doanh nghiệp (Quyết định 766/QĐ-TTg)", en="Service index of Decision 766/QĐ-TTg"
)


def _text(vi: str, en: str) -> Label:
    return Label(vi=vi, en=en)


_OPEN = (Term("open", Span.UP_TO_NOW),)
_OVERDUE = (Term("turned_overdue", Span.UP_TO_NOW), Term("no_longer_overdue", Span.UP_TO_NOW, -1))
_NO_DENOMINATOR = _text("không có mẫu số: đây là số đếm", "none: a count")
_FINISHED = _text("hồ sơ giải quyết xong trong kỳ", "dossiers finished in the window")
_ACCEPTED = _text("hồ sơ tiếp nhận trong kỳ", "dossiers accepted in the window")

_ALL = [
    Figure(
        "on_time_resolved",
        _text("Hồ sơ giải quyết đúng hạn", "Dossiers finished in time"),
        _text("trong đó: xong trước hạn hoặc đúng hạn", "of them finished by their due date"),
        _text("hồ sơ giải quyết xong trong kỳ, có ngày hẹn trả", "dossiers finished in the window with a due date"),
        _DOSSIERS,
        "ratio",
        1,
        "dossiers",
        _PLAN_108,
        REVIEWED,
        (Term("finished_in_time"),),
        (Term("finished_due"),),
        short=_text("Đúng hạn", "In time"),
    ),
    Figure(
        "on_time_766",
        _text("Tiến độ giải quyết theo Quyết định 766", "Progress by Decision 766"),
        _text(
            "xong đúng hạn trong kỳ và đang giải quyết còn trong hạn",
            "finished in time in the window, or open and not overdue",
        ),
        _text("xong trong kỳ và đang giải quyết, có ngày hẹn trả", "finished in the window or open, with a due date"),
        _DOSSIERS,
        "ratio",
        1,
        "dossiers",
        _766,
        REVIEWED,
        (
            Term("finished_in_time"),
            Term("open_due", Span.UP_TO_NOW),
            Term("turned_overdue", Span.UP_TO_NOW, -1),
            Term("no_longer_overdue", Span.UP_TO_NOW),
        ),
        (Term("finished_due"), Term("open_due", Span.UP_TO_NOW)),
        short=_text("Tiến độ 766", "Progress 766"),
    ),
    Figure(
        "overdue_open",
        _text("Hồ sơ quá hạn chưa giải quyết", "Open overdue dossiers"),
        _text("hồ sơ đang giải quyết đã quá ngày hẹn trả", "open dossiers past their due date"),
        _NO_DENOMINATOR,
        _DOSSIERS,
        "count",
        -1,
        "dossiers",
        _PLAN_108,
        REVIEWED,
        _OVERDUE,
        short=_text("Quá hạn", "Overdue"),
    ),
    Figure(
        "overdue_share",
        _text("Tỷ lệ quá hạn trên hồ sơ đã tiếp nhận", "Overdue share of all accepted"),
        _text("hồ sơ đang giải quyết đã quá ngày hẹn trả", "open dossiers past their due date"),
        _text("mọi hồ sơ tiếp nhận từ đầu sổ theo dõi", "all dossiers accepted since the record began"),
        _DOSSIERS,
        "ratio",
        -1,
        "dossiers",
        _SYSTEM,
        REVIEWED,
        _OVERDUE,
        (Term("accepted", Span.SINCE_RECORD_START),),
        short=_text("Tỷ lệ quá hạn", "Overdue share"),
    ),
    Figure(
        "overdue_share_open",
        _text("Tỷ lệ quá hạn trên hồ sơ đang giải quyết", "Overdue share of open dossiers"),
        _text("hồ sơ đang giải quyết đã quá ngày hẹn trả", "open dossiers past their due date"),
        _text("hồ sơ đang giải quyết", "open dossiers"),
        _DOSSIERS,
        "ratio",
        -1,
        "dossiers",
        _SYSTEM,
        REVIEWED,
        _OVERDUE,
        _OPEN,
        short=_text("Quá hạn/đang giải quyết", "Overdue/open"),
    ),
    Figure(
        "became_overdue",
        _text("Hồ sơ mới quá hạn trong kỳ", "Dossiers that turned overdue"),
        _text("hồ sơ chuyển sang quá hạn trong kỳ", "dossiers that turned overdue in the window"),
        _NO_DENOMINATOR,
        _DOSSIERS,
        "count",
        -1,
        "dossiers",
        _PLAN_170,
        REVIEWED,
        (Term("turned_overdue"),),
        short=_text("Mới quá hạn", "Turned overdue"),
    ),
    Figure(
        "backlog_cleared",
        _text("Xử lý dứt điểm hồ sơ quá hạn cũ", "Old backlog cleared"),
        _text("trong đó: đã giải quyết xong hoặc đã rút", "of them finished or withdrawn"),
        _text("hồ sơ quá hạn lúc 00:00 ngày đầu chiến dịch", "open and overdue at 00:00 of the campaign's first day"),
        _DOSSIERS,
        "ratio",
        1,
        "dossiers",
        _PLAN_108,
        REVIEWED,
        (Term("no_longer_overdue", Span.BACKLOG_LEFT),),
        (Term("turned_overdue", Span.BACKLOG), Term("no_longer_overdue", Span.BACKLOG, -1)),
        short=_text("Quá hạn cũ", "Old backlog"),
    ),
    Figure(
        "online_submit",
        _text("Hồ sơ nộp trực tuyến", "Dossiers submitted online"),
        _text("trong đó: nộp trực tuyến", "of them submitted online"),
        _ACCEPTED,
        _DOSSIERS,
        "ratio",
        1,
        "dossiers",
        _766,
        REVIEWED,
        (Term("accepted_online"),),
        (Term("accepted"),),
        short=_text("Nộp trực tuyến", "Online"),
    ),
    Figure(
        "online_eligible",
        _text("Nộp trực tuyến ở dịch vụ mức 3, 4", "Online among level 3 and 4 services"),
        _text("trong đó: nộp trực tuyến", "of them submitted online"),
        _text(
            "hồ sơ tiếp nhận trong kỳ của dịch vụ mức 3 trở lên",
            "dossiers accepted in the window on services of level 3 or higher",
        ),
        _DOSSIERS,
        "ratio",
        1,
        "dossiers",
        _SYSTEM,
        REVIEWED,
        (Term("accepted_level3_online"),),
        (Term("accepted_level3"),),
        short=_text("Trực tuyến mức 3, 4", "Online, level 3–4"),
    ),
    Figure(
        "processed_online",
        _text("Hồ sơ xử lý trực tuyến", "Dossiers processed online"),
        _text("trong đó: nộp trực tuyến", "of them submitted online"),
        _FINISHED,
        _DOSSIERS,
        "ratio",
        1,
        "dossiers",
        _PLAN_170,
        REVIEWED,
        (Term("finished_online"),),
        (Term("finished"),),
        short=_text("Xử lý trực tuyến", "Processed online"),
    ),
    Figure(
        "digitised",
        _text("Hồ sơ được số hóa", "Digitised dossiers"),
        _text("trong đó: có thành phần số hóa", "of them with digitised parts"),
        _text(
            "hồ sơ tiếp nhận trong kỳ, biết rõ có số hóa hay không",
            "dossiers accepted in the window whose digitisation is known",
        ),
        _DOSSIERS,
        "ratio",
        1,
        "dossiers",
        _PLAN_170,
        REVIEWED,
        (Term("digitised"),),
        (Term("digitised_known"),),
        short=_text("Số hóa", "Digitised"),
    ),
    Figure(
        "online_payment",
        _text("Thanh toán trực tuyến", "Online payment"),
        _text("trong đó: thanh toán trực tuyến", "of them paid online"),
        _text("hồ sơ tiếp nhận trong kỳ phải nộp phí, lệ phí", "dossiers accepted in the window with a payment due"),
        _DOSSIERS,
        "ratio",
        1,
        "dossiers",
        _766,
        REVIEWED,
        (Term("paid_online"),),
        (Term("payment_due"),),
        short=_text("Thanh toán", "Payment"),
    ),
    Figure(
        "no_contact",
        _text("Hồ sơ không phải đến trực tiếp", "Dossiers without a visit"),
        _text(
            "trong đó: nộp trực tuyến và nhận kết quả trực tuyến hoặc qua bưu chính",
            "of them online, the result returned online or by post",
        ),
        _FINISHED,
        _DOSSIERS,
        "ratio",
        1,
        "dossiers",
        _PLAN_108,
        REVIEWED,
        (Term("finished_no_contact"),),
        (Term("finished"),),
        short=_text("Không tiếp xúc", "No contact"),
    ),
    Figure(
        "apology_ok",
        _text("Xin lỗi đúng quy định", "Apologies in due form"),
        _text(
            "trong đó: đã gửi thư xin lỗi trước hạn ít nhất 1 ngày, có ngày hẹn trả mới",
            "of them with a letter at least 1 day before the due date and a new due date",
        ),
        _text("hồ sơ chuyển sang quá hạn trong kỳ", "dossiers that turned overdue in the window"),
        _DOSSIERS,
        "ratio",
        1,
        "dossiers",
        _PLAN_170,
        REVIEWED,
        (Term("turned_overdue_apologised"),),
        (Term("turned_overdue"),),
        short=_text("Thư xin lỗi", "Apologies"),
    ),
    Figure(
        "avg_days",
        _text("Thời gian giải quyết trung bình", "Average time to finish"),
        _text(
            "tổng ngày làm việc từ tiếp nhận đến giải quyết xong", "working days from acceptance to finishing, summed"
        ),
        _FINISHED,
        _text("ngày làm việc", "working days"),
        "days",
        -1,
        "dossiers",
        _766,
        REVIEWED,
        (Term("worked_time"),),
        (Term("finished"),),
        short=_text("Thời gian trung bình", "Average time"),
        scale=MICROSECONDS_PER_DAY,
    ),
    Figure(
        "e_certification",
        _text("Chứng thực điện tử", "Electronic certification"),
        _text("hồ sơ chứng thực điện tử giải quyết xong trong kỳ", "e-certification dossiers finished in the window"),
        _NO_DENOMINATOR,
        _DOSSIERS,
        "count",
        1,
        "dossiers",
        _PLAN_108,
        REVIEWED,
        (Term("finished_e_certification"),),
        short=_text("Chứng thực điện tử", "E-certification"),
    ),
    Figure(
        "services",
        _text("Dịch vụ công trong danh mục", "Services in the catalogue"),
        _text("dịch vụ công có trong danh mục", "services in the catalogue"),
        _NO_DENOMINATOR,
        _SERVICES,
        "count",
        1,
        "services",
        _SYSTEM,
        REVIEWED,
        services="all",
        short=_text("Dịch vụ", "Services"),
    ),
    Figure(
        "npsp_integration",
        _text("Tích hợp lên Cổng Dịch vụ công quốc gia", "Integration into the national portal"),
        _text("trong đó: đã tích hợp lên Cổng Dịch vụ công quốc gia", "of them integrated into the national portal"),
        _text(
            "dịch vụ mức 3 trở lên đủ điều kiện trực tuyến", "services of level 3 or higher that are eligible online"
        ),
        _SERVICES,
        "ratio",
        1,
        "services",
        _PLAN_108,
        REVIEWED,
        services="integrated",
        short=_text("Tích hợp dịch vụ", "Integration"),
    ),
    Figure(
        "level4_share",
        _text("Dịch vụ đủ điều kiện lên mức độ 4", "Eligible services at level 4"),
        _text("trong đó: đã ở mức độ 4 (toàn trình)", "of them at level 4 (fully online)"),
        _text("dịch vụ đủ điều kiện mức độ 4", "services eligible for level 4"),
        _SERVICES,
        "ratio",
        1,
        "services",
        _PLAN_108,
        REVIEWED,
        services="level4",
        short=_text("Mức độ 4", "Level 4"),
    ),
    Figure(
        "services_active",
        _text("Dịch vụ trực tuyến có phát sinh hồ sơ", "Online services in use"),
        _text(
            "trong đó: có ít nhất một hồ sơ trực tuyến tiếp nhận trong kỳ",
            "of them with at least one online dossier accepted in the window",
        ),
        _text("dịch vụ mức 3 trở lên đang công bố", "published services of level 3 or higher"),
        _SERVICES,
        "ratio",
        1,
        "services",
        _PLAN_170,
        REVIEWED,
        services="active",
        short=_text("Có phát sinh", "In use"),
    ),
    Figure(
        "reports_online",
        _text("Báo cáo thực hiện trực tuyến", "Reports made online"),
        _text("báo cáo thực hiện trực tuyến (nhập tay)", "reports made online (entered by hand)"),
        _text("báo cáo phải thực hiện (nhập tay)", "reports due (entered by hand)"),
        _text("báo cáo", "reports"),
        "ratio",
        1,
        "series",
        _PLAN_170,
        REVIEWED,
        short=_text("Báo cáo trực tuyến", "Reports online"),
    ),
    Figure(
        "work_files_online",
        _text("Hồ sơ công việc xử lý trên mạng", "Work files processed online"),
        _text("hồ sơ công việc xử lý trên mạng (nhập tay)", "work files processed online (entered by hand)"),
        _text("hồ sơ công việc (nhập tay)", "work files (entered by hand)"),
        _text("hồ sơ công việc", "work files"),
        "ratio",
        1,
        "series",
        _SYSTEM,
        REVIEWED,
        short=_text("Hồ sơ công việc", "Work files"),
    ),
    Figure(
        "land_payments",
        _text("Thanh toán trực tuyến nghĩa vụ đất đai", "Online payments of land obligations"),
        _text("lượt thanh toán (nhập tay)", "payments (entered by hand)"),
        _NO_DENOMINATOR,
        _text("lượt", "payments"),
        "count",
        1,
        "series",
        _SYSTEM,
        REVIEWED,
        short=_text("Thanh toán đất đai", "Land payments"),
    ),
    Figure(
        "national_rank",
        _text("Thứ hạng toàn quốc", "National rank"),
        _text("thứ hạng mới nhất theo từng cách xếp", "latest rank by scheme"),
        _text("không có mẫu số: đây là thứ hạng", "none: a rank"),
        _text("hạng", "ranks"),
        "rank",
        -1,
        "series",
        _SYSTEM,
        REVIEWED,
        short=_text("Hạng toàn quốc", "National rank"),
    ),
]

FIGURES: dict[str, Figure] = {figure.key: figure for figure in _ALL}


def figure(key: str) -> Figure:
    try:
        return FIGURES[key]
    except KeyError:
        raise CallFault(f"Không có chỉ tiêu «{key}». Các chỉ tiêu: {', '.join(FIGURES)}.") from None


def manual_series(key: str) -> Figure:
    """A series that a home keeps by hand under a name of its own."""
    name = _text(key, key)
    return Figure(key, name, name, _NO_DENOMINATOR, _text("", ""), "count", 1, "series", _SYSTEM, REVIEWED)
