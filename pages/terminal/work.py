"""What to do tomorrow, and what it would bring."""

from __future__ import annotations

from typing import Annotated

import typer

from data.access import ALL
from data.clock import iso
from data.errors import CallFault
from pages.terminal.options import (
    AsOfOption,
    CampaignOption,
    DbOption,
    FormatOption,
    HomeOption,
    JsonOption,
    KpiOption,
    LimitOption,
    OffsetOption,
    UnitOption,
    moment_of,
    now,
    open_store,
    who,
)
from pages.terminal.printing import Format, cell, is_json, note, print_json, print_rows


def worklist(
    kpi: KpiOption,
    unit: Annotated[str, typer.Option("--unit", help="Mã đơn vị, kể cả các đơn vị bên dưới.")],
    campaign: CampaignOption,
    as_of: AsOfOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Nhiều nhất bấy nhiêu việc.")] = 50,
    format: FormatOption = Format.table,
    home: HomeOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Việc cần làm của một đơn vị cho một chỉ tiêu, kèm giá trị và thứ hạng sau từng việc."""
    from kpi.worklist import as_object, as_rows, work

    opened, store = open_store(home, db)
    moment = moment_of(as_of, opened, "--as-of")
    found = work(store, opened, opened.campaign(campaign), kpi, unit, moment, limit, scope=ALL)
    rows = as_rows(found)
    if is_json(as_json, format):
        print_json(as_object(found, opened))
        return
    columns = ["n", "code", "unit", "what", "reason", "due", "days_left", "numerator", "denominator", "value", "rank"]
    if rows or format is Format.csv:
        print_rows(rows, as_json, format, columns=columns)
    start = found.after[0]
    note(
        f"Hiện tại: {cell(start.numerator)}/{cell(start.denominator)} = {cell(start.value)}, hạng {cell(start.rank)}; {found.total} việc."
    )
    if found.nothing is not None:
        note(found.nothing.vi)


def apologies(
    campaign: CampaignOption,
    unit: UnitOption = None,
    as_of: AsOfOption = None,
    show: Annotated[
        str | None,
        typer.Option(
            "--show",
            help="overdue, today, t1, t2, t3, t7, later, no_due_date, paused; send (phải gửi hôm nay), sent (sổ thư), ages.",
        ),
    ] = None,
    search: Annotated[str | None, typer.Option("--search", help="Tìm theo một phần mã hồ sơ.")] = None,
    limit: LimitOption = 50,
    offset: OffsetOption = 0,
    format: FormatOption = Format.table,
    home: HomeOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hồ sơ sắp đến hạn, quá hạn và thư xin lỗi: đã gửi, phải gửi, hạn cuối được gửi."""
    from kpi.apologies import as_rows, desk
    from kpi.urgency import LANES

    opened, store = open_store(home, db)
    known = (None, "send", "sent", "ages", *LANES)
    if show not in known:
        raise CallFault(f"--show: không có «{show}» (có: {', '.join(name for name in known if name)}).")
    asked = opened.campaign(campaign)
    with desk(store, opened, asked, unit, moment_of(as_of, opened, "--as-of"), scope=ALL) as letters:
        if search is not None:
            rows = as_rows(letters.search(search, limit, offset))
        elif show is None:
            rows = [{"lane": name, "count": n} for name, n in letters.lanes().items()]
            rows += [{"lane": "send", "count": letters.to_send(1)[1]}]
            rows += [{"lane": f"sent:{name}", "count": n} for name, n in letters.register_counts().items()]
        elif show == "ages":
            rows = [{"from": low, "to": high, "count": n} for low, high, n in letters.ages()]
        elif show == "send":
            rows = as_rows(letters.to_send(limit, offset)[0])
        elif show == "sent":
            rows = as_rows(letters.register(limit, offset))
        else:
            rows = as_rows(letters.in_lane(show, limit, offset))
    print_rows(rows, as_json, format, without=("name",))


def whatif(
    campaign: CampaignOption,
    steps: Annotated[
        list[str] | None,
        typer.Argument(help="ĐƠN_VỊ:clear=N, finish=N, integrate=N, raise=N hoặc pace=P (nhịp mỗi ngày làm việc)."),
    ] = None,
    kpi: Annotated[
        list[str] | None, typer.Option("--kpi", help="Mã chỉ tiêu; mặc định các chỉ tiêu của chiến dịch.")
    ] = None,
    as_of: AsOfOption = None,
    save: Annotated[str | None, typer.Option("--save", help="Lưu kịch bản dưới tên này.")] = None,
    show: Annotated[str | None, typer.Option("--show", help="Tính lại kịch bản đã lưu có tên này.")] = None,
    listed: Annotated[bool, typer.Option("--list", help="Liệt kê các kịch bản đã lưu.")] = False,
    delete: Annotated[int | None, typer.Option("--delete", help="Xóa kịch bản có số này.")] = None,
    format: FormatOption = Format.table,
    home: HomeOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Nếu đơn vị làm thêm từng ấy việc: giá trị, thứ hạng và ngày về đích đổi ra sao. Không ghi gì vào số liệu."""
    from kpi import whatif as scenario

    opened, store = open_store(home, db)
    asked = opened.campaign(campaign)
    if delete is not None:
        scenario.delete(store, delete)
        return
    if listed:
        rows = [
            {"id": one.id, "name": one.name, "at": iso(one.at, opened.zone), "who": one.who, "steps": "; ".join(map(str, one.steps)),
             "as_of": None if one.as_of is None else iso(one.as_of, opened.zone)}
            for one in scenario.kept(store, campaign)
        ]  # fmt: skip
        print_rows(rows, as_json, format)
        return
    moment, wanted = moment_of(as_of, opened, "--as-of"), [scenario.parse(step) for step in steps or []]
    if show is not None:
        known = next((one for one in scenario.kept(store, campaign) if one.name == show), None)
        if known is None:
            raise CallFault(f"Không có kịch bản «{show}».")
        wanted, moment = [*known.steps, *wanted], known.as_of if moment is None else moment
    if not wanted:
        raise CallFault("Cần ít nhất một bước, ví dụ dong-phu:clear=300.")
    found = scenario.what_if(store, opened, asked, wanted, kpi or (), moment, scope=ALL)
    if save is not None:
        scenario.save(store, campaign, save, wanted, who=who(), at=now(), as_of=moment)
    print_rows(scenario.as_rows(found), as_json, format, without=("name", "due", "by_due_now", "by_due_then"))
    for step, done in zip(found.steps, found.done, strict=True):
        if done < step.amount:
            note(f"{step}: chỉ có {done:g}.")
