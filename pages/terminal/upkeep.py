"""Looking after a home: checks, counting again, the audit log, backup and restore."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from data.clock import iso
from data.errors import CallFault
from pages.terminal.options import (
    DbOption,
    FormatOption,
    HomeOption,
    JsonOption,
    LimitOption,
    OffsetOption,
    me,
    moment_of,
    now,
    open_store,
    who,
)
from pages.terminal.printing import Format, note, print_json, print_rows


def check(home: HomeOption = None, db: DbOption = None, as_json: JsonOption = False) -> None:
    """Kiểm tra thư mục của tỉnh và kho dữ liệu: tệp cấu hình, tệp cơ sở dữ liệu, số đếm lưu sẵn so với đếm lại từ đầu."""
    from data import audit as trail
    from data import roll, rollup
    from kpi import definitions, issues
    from kpi.answers import home_faults
    from kpi.reports import issuing

    opened, store = open_store(home, db)
    damage = store.damage()
    faults = [*home_faults(opened), *roll.from_file(opened)[1]]
    faults += [f"Tệp cơ sở dữ liệu hỏng: {words}" for words in damage]
    if not damage:
        faults += [f"Số đếm lưu sẵn lệch: {difference}" for difference in rollup.differences(store, opened)]
        faults += [*issues.faults(store), *issuing.faults(store)]
        faults += trail.verify(store)
        for change in definitions.note(store, opened, who=who(), at=now()):
            note(f"Định nghĩa đã đổi từ lần ghi trước (đã ghi vào nhật ký đính chính): {change}")
    if as_json:
        print_json({"ok": not faults, "faults": faults})
    else:
        print("\n".join(faults) if faults else "Không có gì sai.")
    if faults:
        raise typer.Exit(1)


def rebuild(home: HomeOption = None, db: DbOption = None) -> None:
    """Đếm lại từ đầu các số đếm lưu sẵn."""
    _, store = open_store(home, db)
    store.rebuild()
    print("Đã đếm lại.")


def audit(
    who: Annotated[str, typer.Option("--who", help="Một phần tên hoặc tài khoản.")] = "",
    action: Annotated[str, typer.Option("--action", help="load, undo, issue, people, login, dossiers …")] = "",
    what: Annotated[str, typer.Option("--what", help="Một phần của nội dung.")] = "",
    unit: Annotated[str, typer.Option("--unit", help="Mã đơn vị.")] = "",
    outcome: Annotated[str, typer.Option("--outcome", help="done, refused hoặc failed.")] = "",
    since: Annotated[str | None, typer.Option("--from", help="Từ thời điểm này.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Đến thời điểm này.")] = None,
    limit: LimitOption = 100,
    offset: OffsetOption = 0,
    head: Annotated[
        bool, typer.Option("--head", help="Chỉ in số và mã băm của mục mới nhất, để ghi lại ở nơi khác.")
    ] = False,
    holds: Annotated[
        str | None, typer.Option("--holds", help="Kiểm tra nhật ký còn đúng với số và mã băm đã ghi lại.")
    ] = None,
    format: FormatOption = Format.table,
    home: HomeOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Nhật ký: ai đã làm gì, lúc nào, kết quả ra sao. Mới nhất trước."""
    from data import audit as trail

    opened, store = open_store(home, db)
    if head:
        print(trail.head(store))
        return
    if holds is not None:
        faults = trail.verify(store)
        if not trail.holds(store, holds):
            faults.append("Nhật ký không còn là nhật ký đã ghi lại: mục ấy đã đổi hoặc không còn.")
        print("\n".join(faults) or "Nhật ký còn nguyên.")
        if faults:
            raise typer.Exit(1)
        return
    moments = {"since": moment_of(since, opened, "--from"), "until": moment_of(until, opened, "--to")}
    lines, total = trail.search(
        store, who=who, action=action, what=what, unit=unit, outcome=outcome, limit=limit, offset=offset, **moments
    )
    rows = [{**asdict(line), "at": iso(line.at, opened.zone)} for line in lines]
    print_rows(rows, as_json, format, without=("before", "hash"))
    if len(rows) < total:
        note(f"{len(rows)} trong {total} mục; xem tiếp bằng --offset.")


ForceOption = Annotated[bool, typer.Option("--force", help="Thay cái đang có.")]


def backup(
    file: Annotated[Path, typer.Argument(help="Tệp .zip sẽ ghi.")],
    force: ForceOption = False,
    home: HomeOption = None,
    db: DbOption = None,
) -> None:
    """Sao lưu cơ sở dữ liệu và các tệp của tỉnh vào một tệp; làm được cả khi đang chạy."""
    from data.backup import backup as write

    _, store = open_store(home, db)
    made = write(store, file, who=me(), at=now(), force=force)
    print(f"{file}: {len(made.files)} tệp, {file.stat().st_size:,} byte. Nhật ký đến {made.audit_head or '—'}.")


def restore(
    file: Annotated[Path, typer.Argument(help="Tệp do campaign backup ghi.")],
    home: Annotated[Path, typer.Option("--home", help="Thư mục mới của tỉnh.")],
    force: ForceOption = False,
    db: DbOption = None,
) -> None:
    """Dựng lại thư mục của tỉnh từ một bản sao lưu. Mọi phiên đăng nhập đều kết thúc."""
    from data.backup import restore as read
    from data.home import Home

    if db is not None:
        raise CallFault("Phục hồi luôn dựng campaign.db trong thư mục mới; bỏ --db. PostgreSQL: dùng pg_restore.")
    done = read(file, home, who=me(), at=now(), force=force)
    made_at = iso(done.manifest.made_at, Home(home).zone)
    print(f"Đã phục hồi {done.manifest.home} vào {home}, theo bản sao lưu lúc {made_at}.")
    if done.set_aside is not None:
        note(f"Thư mục cũ nay là {done.set_aside}.")
    if done.tokens:
        note(f"{done.tokens} mã truy cập có hiệu lực như lúc sao lưu: hãy thu hồi những mã đã thu hồi sau đó (campaign token list).")  # fmt: skip
    note("Người dùng và quyền cũng như lúc sao lưu: hãy xem lại (campaign people list).")
    for fault in done.faults:
        note(fault)
    if done.faults:
        raise typer.Exit(1)
