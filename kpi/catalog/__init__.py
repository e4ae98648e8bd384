"""Every figure, declared once: what it counts, in which words, on which basis. Semantics: ``docs/definitions.md``."""

from __future__ import annotations

from data.errors import CallFault
from kpi.catalog.figure import Figure
from kpi.catalog.flows import FLOWS
from kpi.catalog.series import SERIES
from kpi.catalog.series import manual_series as manual_series
from kpi.catalog.services import SERVICES
from kpi.catalog.stocks import STOCKS

_FLOWS = {declared.key: declared for declared in FLOWS}
_STOCKS = {declared.key: declared for declared in STOCKS}

# In the order in which pages and reports show them: punctuality, then online, then services, then what is entered by hand.
FIGURES: dict[str, Figure] = {
    **{key: _FLOWS[key] for key in ("on_time_resolved", "on_time_766")},
    **{key: _STOCKS[key] for key in ("overdue_open", "overdue_share", "overdue_share_open")},
    "became_overdue": _FLOWS["became_overdue"],
    **_STOCKS,
    **_FLOWS,
    **{declared.key: declared for declared in (*SERVICES, *SERIES)},
}


def figure(key: str) -> Figure:
    try:
        return FIGURES[key]
    except KeyError:
        raise CallFault(f"Không có chỉ tiêu «{key}». Các chỉ tiêu: {', '.join(FIGURES)}.") from None
