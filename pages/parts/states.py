"""Worded states: what is so, why, and what can be done about it. No streamlit, no HTML."""

from __future__ import annotations

from data.errors import AccessFault, CallFault, CampaignError
from data.locale import _
from pages.parts.blocks import State


def no_data() -> State:
    return State(
        _("Chưa có dữ liệu"),
        (_("Bảng này chỉ nói những gì có trong tệp xuất của phần mềm một cửa, nên chưa có tệp thì chưa có số nào."),),
        (
            (_("Xem thử"), _("Dựng hai chiến dịch của Bình Phước bằng dữ liệu mô phỏng:"), "campaign demo"),
            (_("Nạp tệp"), _("Nạp tệp xuất hồ sơ hoặc danh mục dịch vụ công:"), "campaign load TEP.csv"),
            (
                _("Khai báo nguồn"),
                _("Tệp có tên cột khác: mô tả một lần trong profiles/TEN.toml của thư mục dữ liệu, rồi nạp với:"),
                "campaign load TEP.csv --profile TEN",
            ),
        ),
    )


def not_begun() -> State:
    return State(_("Chiến dịch chưa bắt đầu"), (_("Từ ngày đầu của chiến dịch, mỗi ngày có một cột ở đây."),))


def no_issues() -> State:
    return State(
        _("Chưa chốt số liệu lần nào"),
        (
            _(
                "Chốt số liệu là đóng băng mọi số của chiến dịch ở một thời điểm, để sau này đối chiếu từng số với những gì biết thêm."
            ),
        ),
        ((_("Chốt"), _("Chạy trên máy chủ:"), "campaign issue --campaign 50-ngay --as-of 2021-05-16T17:00"),),
    )


def no_services() -> State:
    return State(
        _("Chưa có dịch vụ nào để tính"),
        (_("Nạp danh mục dịch vụ công, hoặc chọn đơn vị và ngày khác: trước lần xuất danh mục đầu tiên thì chưa biết gì về dịch vụ."),),
    )  # fmt: skip


def no_sources() -> State:
    return State(
        _("Chưa khai báo nguồn nào"),
        (
            _("Mỗi nguồn là một thư mục hoặc địa chỉ http, sftp, s3 mà hệ thống tự lấy tệp mới theo lịch."),
            _("Ghi nguồn vào **sources.toml** của thư mục dữ liệu, hoặc thả tệp vào thư mục **inbox**, rồi chạy:"),
        ),
        ((_("Lấy một lần"), "", "campaign pull"), (_("Lấy mãi"), "", "campaign watch")),
    )


def no_campaign() -> State:
    return State(
        _("Chưa có chiến dịch nào"),
        (
            _(
                "Mỗi chiến dịch là một tệp trong thư mục **campaigns** của tỉnh: ngày bắt đầu, ngày kết thúc và chỉ tiêu."
            ),
        ),
    )


def nobody(why: CampaignError, can_log_in: bool) -> State:
    """Nobody is known to look: a login that is over, or pages started without the gates."""
    if not isinstance(why, AccessFault):
        return fault(why)
    way = (_("Tải lại trang này để đăng nhập; các lựa chọn vẫn được giữ."),) if can_log_in else ()
    return State(_("Chưa mở được trang"), (str(why), *way))


def closed() -> State:
    return State(
        _("Trang này không thuộc phần việc của bạn"),
        (
            _("Vai trò của tài khoản bạn đang dùng không mở trang này."),
            _("Nếu việc được giao cần đến, hãy đề nghị người quản trị hệ thống cấp quyền."),
        ),
    )


def not_yours(unit: str) -> State:
    """Dossiers of a unit beyond the viewer's reach; says nothing about whether there are any."""
    return State(
        _("Bạn không xem được hồ sơ của {unit}", unit=unit),
        (
            _("Hồ sơ chỉ mở cho người phụ trách đơn vị đó; kết quả, thứ hạng của mọi đơn vị thì ai cũng xem được."),
            _("Hãy chọn đơn vị của bạn ở **Đổi lựa chọn**."),
        ),
    )


def not_found(code: str) -> State:
    """The same words for a code nobody knows and for a dossier of somebody else's."""
    return State(
        _("Không có hồ sơ, dịch vụ nào mang mã «{code}»", code=code),
        (_("Mã có thể sai, hoặc hồ sơ thuộc đơn vị khác mà bạn không được xem."),),
    )


def fault(error: CampaignError) -> State:
    """A fault that a person can act on, in its own words."""
    title = _("Đường dẫn hoặc lựa chọn chưa đúng") if isinstance(error, CallFault) else _("Dữ liệu có lỗi")
    if isinstance(error, AccessFault):
        title = _("Không có quyền")
    return State(title, (str(error).replace("**", ""),))


def no_units(level: str) -> State:
    return State(_("Không có {level} nào", level=level), (_("Danh sách đơn vị lấy từ units.csv của thư mục dữ liệu."),))


def nothing_to_do(why: str = "") -> State:
    return State(
        _("Không còn việc nào trong danh sách"),
        (why or _("Với chỉ tiêu này, đơn vị không còn hồ sơ hay dịch vụ nào phải xử lý thêm ở thời điểm đang xem."),),
    )


def no_published() -> State:
    return State(
        _("Chưa có số đã công bố để đối chiếu"),
        (
            _(
                "Ghi các số đã công bố vào published.csv của thư mục dữ liệu; mỗi số sẽ được tính lại tại đúng thời điểm của nó."
            ),
        ),
    )
