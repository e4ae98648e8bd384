"""Figures from the catalogue of services. One service = one procedure offered by one unit."""

from __future__ import annotations

from kpi.catalog import words as w
from kpi.catalog.figure import Figure
from kpi.catalog.words import text

_WITHDRAWN = text("dịch vụ đã gỡ khỏi danh mục", "services withdrawn from the catalogue")

SERVICES = (
    Figure(
        key="services",
        label=text("Dịch vụ công trong danh mục", "Services in the catalogue"),
        short=text("Dịch vụ", "Services"),
        numerator_text=text("dịch vụ công có trong danh mục", "services in the catalogue"),
        denominator_text=w.NO_DENOMINATOR,
        exclusions=_WITHDRAWN,
        noun=w.SERVICES,
        unit="count",
        direction=1,
        reads="services",
        legal_basis=w.SYSTEM,
        owner=w.DIGITAL,
        reviewed_on=w.REVIEWED,
        services="all",
    ),
    Figure(
        key="npsp_integration",
        label=text("Tích hợp lên Cổng Dịch vụ công quốc gia", "Integration into the national portal"),
        short=text("Tích hợp dịch vụ", "Integration"),
        numerator_text=text(
            "trong đó: đã tích hợp lên Cổng Dịch vụ công quốc gia", "of them integrated into the national portal"
        ),
        denominator_text=text(
            "dịch vụ mức 3 trở lên đủ điều kiện trực tuyến", "services of level 3 or higher that are eligible online"
        ),
        exclusions=text(
            "dịch vụ mức 1, 2; dịch vụ không đủ điều kiện trực tuyến (danh mục nêu lý do); dịch vụ đã gỡ khỏi danh mục",
            "services of level 1 and 2; those not eligible online (the catalogue says why); withdrawn ones",
        ),
        noun=w.SERVICES,
        unit="ratio",
        direction=1,
        reads="services",
        legal_basis=w.PLAN_108,
        owner=w.DIGITAL,
        reviewed_on=w.REVIEWED,
        services="integrated",
    ),
    Figure(
        key="level4_share",
        label=text("Dịch vụ đủ điều kiện lên mức độ 4", "Eligible services at level 4"),
        short=text("Mức độ 4", "Level 4"),
        numerator_text=text("trong đó: đã ở mức độ 4 (toàn trình)", "of them at level 4 (fully online)"),
        denominator_text=text("dịch vụ đủ điều kiện mức độ 4", "services eligible for level 4"),
        exclusions=text(
            "dịch vụ không đủ điều kiện mức độ 4 (danh mục nêu lý do); dịch vụ đã gỡ khỏi danh mục",
            "services not eligible for level 4 (the catalogue says why); withdrawn ones",
        ),
        noun=w.SERVICES,
        unit="ratio",
        direction=1,
        reads="services",
        legal_basis=w.PLAN_108,
        owner=w.DIGITAL,
        reviewed_on=w.REVIEWED,
        services="level4",
    ),
    Figure(
        key="services_active",
        label=text("Dịch vụ trực tuyến có phát sinh hồ sơ", "Online services in use"),
        short=text("Có phát sinh", "In use"),
        numerator_text=text(
            "trong đó: có ít nhất một hồ sơ trực tuyến tiếp nhận trong kỳ",
            "of them with at least one online dossier accepted in the window",
        ),
        denominator_text=text("dịch vụ mức 3 trở lên đang công bố", "published services of level 3 or higher"),
        exclusions=text(
            "dịch vụ mức 1, 2; dịch vụ đã gỡ khỏi danh mục; hồ sơ trực tuyến không ghi mã thủ tục (tử số)",
            "services of level 1 and 2; withdrawn ones; online dossiers without a procedure code (numerator)",
        ),
        noun=w.SERVICES,
        unit="ratio",
        direction=1,
        reads="services",
        legal_basis=w.PLAN_170,
        owner=w.DIGITAL,
        reviewed_on=w.REVIEWED,
        services="active",
    ),
)
