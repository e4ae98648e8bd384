"""Who is looking → which pages → frame → run. Started by ``campaign serve`` (``server.py``)."""

from __future__ import annotations

from itertools import chain

import streamlit as st

from data.errors import CampaignError
from data.locale import _, use_language
from data.settings import ROOT
from pages.parts import access, doors, frame, states
from pages.web import metrics

use_language(st.query_params.get("lang", "vi"))


try:
    viewer = access.viewer()
except CampaignError as fault:
    # No st.navigation: it would drop the path that is to be opened after logging in.
    frame.style()
    frame.stop(states.nobody(fault, can_log_in=access.has_login()))


def _page(path: str, title: str) -> st.Page | None:
    """A page of the menu; None for one that is closed to whoever looks: its address then says so (``frame.draw``)."""
    name, script = path.split("/")[1], f"pages/{path}.py"
    if doors.is_open(viewer, name) and name != doors.landing(viewer):
        return st.Page(script, title=title, url_path=name)
    # The default page answers only at "/": it is there twice, so that its own name is an address too.
    hidden.append(st.Page(script, title=title, url_path=name, visibility="hidden"))
    return st.Page(script, title=title, url_path=doors.HOME, default=True) if name == doors.landing(viewer) else None


hidden: list[st.Page] = []
menu = {
    _("Điều hành"): [
        _page("steering/overview", _("Tổng quan")),
        _page("steering/progress", _("Tiến độ & dự báo")),
        _page("steering/departments", _("Sở, ngành")),
        _page("steering/districts", _("Huyện, thị xã")),
        _page("steering/rankings", _("Xếp hạng")),
        _page("steering/compare", _("So sánh")),
    ],
    _("Đơn vị"): [
        _page("unit/my_unit", _("Đơn vị của tôi")),
        _page("unit/dossiers", _("Hồ sơ & thư xin lỗi")),
        _page("unit/services", _("Dịch vụ công & tích hợp")),
        _page("unit/source", _("Nguồn số")),
    ],
    _("Họp & báo cáo"): [
        _page("meeting/room", _("Phòng họp")),
        _page("meeting/reports", _("Báo cáo")),
    ],
    _("Tin cậy"): [
        _page("trust/imports", _("Dữ liệu")),
        _page("trust/targets", _("Chỉ tiêu & định nghĩa")),
        _page("trust/as_reported", _("Theo thời điểm")),
        _page("trust/published", _("Số đã công bố")),
        _page("trust/people", _("Người dùng & quyền")),
        _page("trust/audit", _("Nhật ký")),
    ],
}
menu = {group: open_ for group, pages in menu.items() if (open_ := [page for page in pages if page is not None])}
current = st.navigation([*chain(*menu.values()), *hidden], position="hidden")
st.set_page_config(
    page_title=f"{current.title} · {_('Chiến dịch cải cách hành chính')}",
    page_icon=str(ROOT / "static" / "icon.png"),
    layout="wide",
)
frame.style()
try:
    frame.draw(current, menu, viewer)
    with metrics.page(current.url_path or "home"):
        current.run()
    frame.foot()
except CampaignError as fault:
    frame.fault(fault)
