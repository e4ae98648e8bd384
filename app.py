"""Who is looking → which pages → frame → run. Started by ``campaign serve`` (``server.py``)."""

from __future__ import annotations

from itertools import chain

import streamlit as st

from data.errors import CampaignError
from data.locale import _, use_language
from data.settings import ROOT
from pages.parts import frame

use_language(st.query_params.get("lang", "vi"))


def _page(path: str, title: str, address: str = "", default: bool = False) -> st.Page:
    return st.Page(f"pages/{path}.py", title=title, url_path=address or path.split("/")[1], default=default)


# The default page answers only at "/": it is there twice, so that /overview is an address too.
menu = {
    _("Điều hành"): [
        _page("steering/overview", _("Tổng quan"), "home", default=True),
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
    _("Tin cậy"): [
        _page("trust/imports", _("Dữ liệu")),
        _page("trust/targets", _("Chỉ tiêu & định nghĩa")),
        _page("trust/as_reported", _("Theo thời điểm")),
        _page("trust/published", _("Số đã công bố")),
    ],
}
hidden = st.Page("pages/steering/overview.py", title=_("Tổng quan"), url_path="overview", visibility="hidden")
current = st.navigation([*chain(*menu.values()), hidden], position="hidden")
st.set_page_config(
    page_title=f"{current.title} · {_('Chiến dịch cải cách hành chính')}",
    page_icon=str(ROOT / "static" / "icon.png"),
    layout="wide",
)
frame.style()
try:
    frame.draw(current, menu)
    current.run()
    frame.foot()
except CampaignError as fault:
    frame.fault(fault)
