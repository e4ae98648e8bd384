"""Words that several figures share."""

from __future__ import annotations

from datetime import date

from data.home import Label

REVIEWED = date(2026, 11, 22)


def text(vi: str, en: str) -> Label:
    return Label(vi=vi, en=en)


DOSSIERS = text("hồ sơ", "dossiers")
SERVICES = text("dịch vụ", "services")

PLAN_108 = text("Kế hoạch 108/KH-UBND", "Plan 108/KH-UBND")
PLAN_170 = text("Kế hoạch 170/KH-UBND", "Plan 170/KH-UBND")
SYSTEM = text("Cách tính của hệ thống", "Computed by this system")
DECISION_766 = text(
    "Bộ chỉ số phục vụ người dân, doanh nghiệp (Quyết định 766/QĐ-TTg)", "Service index of Decision 766/QĐ-TTg"
)

OFFICE = text("Văn phòng UBND tỉnh (kiểm soát thủ tục hành chính)", "Provincial office (control of procedures)")
DIGITAL = text("Sở Thông tin và Truyền thông", "Department of Information and Communications")

NO_DENOMINATOR = text("không có mẫu số: đây là số đếm", "none: a count")
FINISHED = text("hồ sơ giải quyết xong trong kỳ", "dossiers finished in the window")
ACCEPTED = text("hồ sơ tiếp nhận trong kỳ", "dossiers accepted in the window")
OVERDUE = text("hồ sơ đang giải quyết đã quá ngày hẹn trả", "open dossiers past their due date")

NOT_ACCEPTED = text("hồ sơ mới đăng ký hoặc không được tiếp nhận", "dossiers not yet accepted or refused at acceptance")
NOT_FINISHED = text(
    "hồ sơ đã rút (theo quy tắc «withdrawn»); với quy tắc period = accept, cả hồ sơ tiếp nhận trước kỳ",
    "withdrawn dossiers (rule `withdrawn`); with period = accept also those accepted before the window",
)
NOT_PUNCTUAL = text(
    "hồ sơ không có ngày hẹn trả (quy tắc «no_due_date»), hồ sơ đã rút (quy tắc «withdrawn»); với quy tắc period = accept, "
    "cả hồ sơ tiếp nhận trước kỳ",
    "dossiers without a due date (rule `no_due_date`), withdrawn ones (rule `withdrawn`); with period = accept also those "
    "accepted before the window",
)
NOT_OVERDUE = text(
    "hồ sơ không có ngày hẹn trả; hồ sơ đang tạm dừng (quy tắc «paused»); hồ sơ đã rút",
    "dossiers without a due date, paused ones (rule `paused`), withdrawn ones",
)
BY_HAND = text("số liệu đơn vị không nhập", "what units have not entered")

SCHEMES = {
    "national-portal-integration": text(
        "tích hợp dịch vụ lên Cổng Dịch vụ công quốc gia", "services integrated into the national portal"
    ),
    "e-certification": text("chứng thực bản sao điện tử", "electronic certification of copies"),
    "services-integrated": text("số dịch vụ đã tích hợp", "number of integrated services"),
    "online-fee-payments": text("thanh toán phí, lệ phí trực tuyến", "online payment of fees"),
    "online-land-payments": text("thanh toán nghĩa vụ đất đai trực tuyến", "online payment of land obligations"),
}
"""How national ranks are made."""
