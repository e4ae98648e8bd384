"""What most commands are given, and what they make of it: a store, a moment, who is asking."""

from __future__ import annotations

import getpass
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from data.clock import parse_moment, to_micros
from data.errors import CallFault
from data.settings import home_folder
from pages.terminal.printing import Format

if TYPE_CHECKING:
    from data.home import Home
    from data.people import Viewer
    from data.store import Store

HomeOption = Annotated[Path | None, typer.Option("--home", help="Thư mục của tỉnh (mặc định: CAMPAIGN_HOME).")]
DbOption = Annotated[
    str | None, typer.Option("--db", help="Địa chỉ cơ sở dữ liệu (mặc định: campaign.db trong thư mục của tỉnh).")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Kết quả dạng JSON cho máy đọc.")]
FormatOption = Annotated[Format, typer.Option("--format", help="Dạng kết quả.")]
CampaignOption = Annotated[str, typer.Option("--campaign", help="Mã chiến dịch.")]
AnyCampaignOption = Annotated[str | None, typer.Option("--campaign", help="Mã chiến dịch.")]
KpiOption = Annotated[str, typer.Option("--kpi", help="Mã chỉ tiêu.")]
KpisOption = Annotated[list[str] | None, typer.Option("--kpi", help="Mã chỉ tiêu; lặp lại được.")]
AsOfOption = Annotated[
    str | None, typer.Option("--as-of", help="Tính đến thời điểm này (ngày không giờ: hết ngày đó).")
]
KnownAtOption = Annotated[str | None, typer.Option("--known-at", help="Theo những gì đã biết vào thời điểm này.")]
ByOption = Annotated[str | None, typer.Option("--by", help="province, department, district, commune hoặc unit.")]
UnitOption = Annotated[str | None, typer.Option("--unit", help="Mã đơn vị.")]
WindowOption = Annotated[str | None, typer.Option("--window", help="campaign, day, week, month, all hoặc TỪ..ĐẾN.")]
FilterOption = Annotated[str, typer.Option("--filter", help="Điều kiện, ví dụ level>=3;state!=integrated.")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, help="Nhiều nhất bấy nhiêu dòng.")]
AnyLimitOption = Annotated[int | None, typer.Option("--limit", min=1, help="Nhiều nhất bấy nhiêu dòng.")]
OffsetOption = Annotated[int, typer.Option("--offset", min=0, help="Bỏ qua bấy nhiêu dòng đầu.")]


def open_store(home: Path | None, db: str | None) -> tuple[Home, Store]:
    """The home and its store; from here on the audit log says who sits at this machine."""
    from data import audit
    from data.home import Home
    from data.store import Store

    opened = Home(home_folder(home))
    audit.act_as(me())
    store = Store.open(opened, db)
    _opened.append(store)
    return opened, store


_opened: list[Store] = []


def close_stores() -> None:
    """Leave the databases at rest: what SQLite keeps beside them is written into them, and gone."""
    while _opened:
        _opened.pop().engine.dispose()


def me() -> Viewer:
    """Whoever sits at this machine, by their account here."""
    from data.people import LOCAL

    return replace(LOCAL, name=who(), identity="cli")


def who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number without an account
        return f"uid {os.getuid()}"


def moment_of(text: str | None, home: Home, option: str) -> int | None:
    """What was given to ``option``, in µs; CallFault when it is no moment."""
    if text is None:
        return None
    try:
        return parse_moment(text, home.zone)
    except ValueError:
        raise CallFault(f"{option}: «{text}» không phải thời điểm. Ví dụ: 2021-05-16 hoặc 2021-05-16T17:00.") from None


def now() -> int:
    """The one place where a command looks at the clock, µs."""
    return to_micros(datetime.now(UTC))
