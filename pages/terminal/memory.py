"""What the store remembers: loads and undoing one, frozen figures, corrections."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from data.access import ALL
from data.clock import iso
from data.errors import CallFault
from pages.terminal.options import (
    AsOfOption,
    CampaignOption,
    DbOption,
    HomeOption,
    JsonOption,
    KpisOption,
    UnitOption,
    moment_of,
    now,
    open_store,
    who,
)
from pages.terminal.printing import print_json, print_rows, table

if TYPE_CHECKING:
    from data.home import Home
    from kpi.issues import Issue


def loads(home: HomeOption = None, db: DbOption = None, as_json: JsonOption = False) -> None:
    """Các lần nạp, mới nhất trước."""
    opened, store = open_store(home, db)
    rows = [
        {
            **row,
            "at": iso(row["at"], opened.zone),
            "latest": None if row["latest"] is None else iso(row["latest"], opened.zone),
        }
        for row in store.loads()
    ]
    columns = ["id", "at", "file", "profile", "read", "new", "changed", "unchanged", "refused", "who"]
    print_rows(rows, as_json, columns=columns)


def undo(
    number: Annotated[int, typer.Argument(metavar="IMPORT", help="Số của lần nạp, xem «campaign loads».")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Chỉ nêu số liệu sẽ đổi, không hoàn tác.")] = False,
    home: HomeOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hoàn tác một lần nạp; nêu trước những số liệu đang hiển thị sẽ đổi và các bản chốt đã dùng nó."""
    from kpi import issues
    from kpi.changes import preview

    opened, store = open_store(home, db)
    found = preview(store, opened, lambda tried: tried.undo(number, who=who(), at=now()))
    based = [one.id for one in issues.listed(store) if one.known_import >= number]
    made = None if dry_run else store.undo(number, who=who(), at=now())
    rows = [
        {
            "campaign": one.campaign, "kpi": one.kpi, "unit": one.unit, "name": one.name,
            "before": None if one.before is None else one.before.value, "after": None if one.after is None else one.after.value,
        }
        for one in found
    ]  # fmt: skip
    if as_json:
        print_json({"import": number, "undone_by": made, "changes": rows, "issues": based})
        return
    table(["campaign", "kpi", "unit", "name", "before", "after"], rows)
    if based:
        print(f"Các bản chốt số liệu đã dùng lần nạp này (không đổi): {', '.join(map(str, based))}.")
    print(
        "Chưa hoàn tác (chỉ xem trước)." if made is None else f"Đã hoàn tác lần nạp {number} (ghi là lần nạp {made})."
    )


def issue(
    campaign: CampaignOption,
    as_of: AsOfOption = None,
    number: Annotated[str, typer.Option("--number", help="Số, ký hiệu văn bản.")] = "",
    reason: Annotated[str, typer.Option("--reason", help="Lý do, khi chốt lại một thời điểm đã chốt.")] = "",
    signer: Annotated[str, typer.Option("--signer", help="Người ký.")] = "",
    sign_title: Annotated[str, typer.Option("--sign-title", help="Chức vụ người ký.")] = "",
    place: Annotated[str, typer.Option("--place", help="Nơi ban hành.")] = "",
    recipient: Annotated[list[str] | None, typer.Option("--recipient", help="Nơi nhận; lặp lại được.")] = None,
    home: HomeOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Chốt mọi số liệu và báo cáo của chiến dịch tại một thời điểm; bản chốt không bao giờ đổi."""
    from kpi import issues
    from kpi.reports import issuing

    opened, store = open_store(home, db)
    given = {"signer": signer, "sign_title": sign_title, "place": place, "recipients": "\n".join(recipient or ())}
    made = issuing.issue(
        store, opened, opened.campaign(campaign), as_of=moment_of(as_of, opened, "--as-of"), who=who(), at=now(),
        number=number, reason=reason, head={name: text for name, text in given.items() if text},
    )  # fmt: skip
    entry = _issue_entry(made, opened)
    if as_json:
        print_json({**entry, "rows": [issues.content(row) for row in issues.rows_of(store, made)]})
    else:
        print(f"Đã chốt số liệu {campaign} lúc {entry['as_of']}: bản {made.id}.")


def issues(
    number: Annotated[int | None, typer.Argument(metavar="[NUMBER]", help="Số của bản chốt.")] = None,
    kpi: KpisOption = None,
    unit: UnitOption = None,
    all_rows: Annotated[bool, typer.Option("--all", help="Cả những số không lệch.")] = False,
    rows: Annotated[
        bool, typer.Option("--rows", help="Những hồ sơ, dịch vụ gây ra chênh lệch (cần một --kpi).")
    ] = False,
    home: HomeOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Các bản chốt số liệu; với NUMBER: số đã chốt, số theo hiểu biết khi đó và số theo hiểu biết hiện nay."""
    from kpi import issues as kept

    opened, store = open_store(home, db)
    if number is None:
        entries = [_issue_entry(one, opened) for one in kept.listed(store)]
        columns = ["id", "campaign", "as_of", "at", "who", "number", "reason", "replaces"]
        print_rows(entries, as_json, columns=columns)
        return
    one = kept.get(store, number)
    if rows:
        if len(kpi or ()) != 1:
            raise CallFault("--rows cần đúng một --kpi.")
        causes = [asdict(cause) for cause in kept.causes(store, opened, one, (kpi or [""])[0], unit, scope=ALL)]
        if as_json:
            print_json(causes)
        else:
            table(["code", "then", "now"], [{"code": c["code"], **{side: _place(c[side]) for side in ("then", "now")}} for c in causes])  # fmt: skip
        return
    told = kept.compare(store, opened, one, kpi or (), (unit,) if unit else ())
    found = [
        {
            "kpi": line.any.kpi, "unit": line.any.unit, "name": line.any.name, "scheme": line.any.scheme,
            **{side: None if row is None else row.value for side, row in (("reported", line.reported), ("then", line.then), ("now", line.now))},
        }
        for line in told
        if all_rows or line.differs
    ]  # fmt: skip
    print_rows(found, as_json, columns=["kpi", "unit", "name", "reported", "then", "now"])


def _issue_entry(one: Issue, home: Home) -> dict[str, Any]:
    return {**asdict(one), "as_of": iso(one.as_of, home.zone), "at": iso(one.at, home.zone)}


def _place(entry: dict[str, Any] | None) -> str:
    """Where a dossier of a difference is found, and how it counted."""
    if entry is None:
        return "không tính"
    counted = "/".join(str(entry[side]) for side in ("numerator", "denominator") if entry.get(side) is not None)
    return f"{counted} · {entry.get('file')}, dòng {entry.get('row')}"


def corrections(
    limit: Annotated[int, typer.Option("--limit", min=1)] = 50,
    unit: UnitOption = None,
    number: Annotated[int | None, typer.Option("--id", help="Ghi lý do cho dòng này.")] = None,
    reason: Annotated[str, typer.Option("--reason", help="Lý do đính chính.")] = "",
    home: HomeOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Nhật ký đính chính: điều gì đã làm đổi số liệu của những ngày đã báo cáo."""
    from data.clock import day_of
    from kpi import corrections as kept

    opened, store = open_store(home, db)
    if number is not None:
        kept.explain(store, number, reason, who=who(), at=now())
    rows = [
        {
            **asdict(one), "at": iso(one.at, opened.zone),
            **{day: None if getattr(one, day) is None else day_of(getattr(one, day)).isoformat() for day in ("first_day", "last_day")},
        }
        for one in kept.log(store, limit=limit, unit=unit)
    ]  # fmt: skip
    print_rows(rows, as_json, columns=["id", "at", "kind", "unit", "first_day", "n", "what", "file", "reason"])
