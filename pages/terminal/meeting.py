"""Decisions of the meetings: how they stand, and making one."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from data.clock import from_micros, iso
from data.errors import CallFault
from pages.terminal.options import (
    AsOfOption,
    CampaignOption,
    DbOption,
    HomeOption,
    JsonOption,
    moment_of,
    now,
    open_store,
    who,
)
from pages.terminal.printing import note, print_json, table


def decisions(
    campaign: CampaignOption,
    as_of: AsOfOption = None,
    unit: Annotated[str | None, typer.Option("--unit", help="Chỉ đơn vị này và các đơn vị bên dưới.")] = None,
    home: HomeOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Kết luận các cuộc họp: việc gì, giao ai, hạn nào, nay ra sao; chỉ tiêu do chính số liệu đánh giá."""
    from kpi import decisions as kept
    from kpi.engine import default_as_of
    from kpi.query import Query

    opened, store = open_store(home, db)
    found = opened.campaign(campaign)
    at = moment_of(as_of, opened, "--as-of") or default_as_of(store, opened, Query(found))
    units = None if unit is None else store.tree(from_micros(at, opened.zone).date()).below(unit)
    rows = [
        kept.as_object(one, opened) for one in kept.judge(store, opened, kept.listed(store, campaign, at, units), at)
    ]
    if as_json:
        print_json({"campaign": campaign, "as_of": iso(at, opened.zone), "decisions": rows})
    elif rows:
        table(["id", "unit", "kpi", "task", "value", "due", "owner", "start", "now", "verdict"], rows)
    else:
        note("Chưa có kết luận nào.")


def decide(
    campaign: CampaignOption,
    unit: Annotated[str, typer.Option("--unit", help="Mã đơn vị được giao.")],
    due: Annotated[str, typer.Option("--due", help="Hạn, đến hết ngày, ví dụ 2021-05-12.")],
    kpi: Annotated[str | None, typer.Option("--kpi", help="Mã chỉ tiêu; số liệu tự đánh giá.")] = None,
    task: Annotated[str, typer.Option("--task", help="Việc phải làm; không có --kpi thì người ghi kết quả.")] = "",
    value: Annotated[
        float | None, typer.Option("--value", help="Mức phải đạt; tỷ lệ viết phân số của 1 (0.95).")
    ] = None,
    owner: Annotated[str, typer.Option("--owner", help="Chức danh người chịu trách nhiệm, không ghi họ tên.")] = "",
    as_of: AsOfOption = None,
    home: HomeOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ghi một kết luận; thuộc phiên họp đang mở ở thời điểm ấy nếu có."""
    from kpi import decisions as kept
    from kpi import meeting
    from kpi.engine import default_as_of
    from kpi.query import Query
    from loaders.text import kept as without_numbers

    opened, store = open_store(home, db)
    found = opened.campaign(campaign)
    at = moment_of(as_of, opened, "--as-of") or default_as_of(store, opened, Query(found))
    try:
        last = date.fromisoformat(due)
    except ValueError:
        raise CallFault(f"--due: «{due}» không phải ngày dạng 2021-05-12.") from None
    here = meeting.at_moment(store, campaign, at)
    made = kept.decide(
        store, opened, found, unit=unit, kpi=kpi, task=without_numbers(task), value=value, due=last, owner=without_numbers(owner),
        as_of=at, who=who(), at=now(), meeting_id=here.id if here is not None and here.is_open else None,
    )  # fmt: skip
    entry = kept.as_object(kept.judge(store, opened, [made], at)[0], opened)
    if as_json:
        print_json(entry)
    else:
        print(f"Đã ghi kết luận {made.id}.")
