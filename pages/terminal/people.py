"""Who may do what: people and access tokens of machines."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from data.access import Action, Role
from data.clock import iso
from pages.terminal.options import DbOption, HomeOption, JsonOption, me, now, open_store
from pages.terminal.printing import note, print_rows

people_commands = typer.Typer(
    no_args_is_help=True, help="Người dùng và vai trò. Việc làm tại máy này không chờ người thứ hai."
)


PersonArgument = Annotated[int, typer.Argument(help="Số của người dùng (campaign people list).")]


@people_commands.command("list")
def people_list(home: HomeOption = None, db: DbOption = None, as_json: JsonOption = False) -> None:
    """Ai được làm gì, và những đề nghị đang chờ xác nhận."""
    from data import roll

    opened, store = open_store(home, db)
    roll.take_file(store, now())
    rows: list[dict[str, Any]] = [
        {"id": one.id, **asdict(one.is_), "state": one.state, "made_by": one.made_by, "made_at": iso(one.made_at, opened.zone)}
        for one in roll.everybody(store)
    ]  # fmt: skip
    print_rows(rows, as_json, columns=["id", "name", "role", "unit", "state", "email", "subject", "made_by"])
    for change in roll.waiting(store):
        note(f"Đề nghị {change.id}, của {change.proposed_by}: {change.to.name}, {change.to.role} {change.to.unit}".rstrip())  # fmt: skip
    for fault in roll.from_file(opened)[1]:
        note(fault)


@people_commands.command("invite")
def people_invite(
    email: Annotated[str, typer.Argument(help="Thư điện tử đã xác thực ở nơi đăng nhập.")],
    role: Annotated[Role, typer.Option("--role", help="Vai trò.")],
    name: Annotated[str, typer.Option("--name", help="Họ tên; mặc định: thư điện tử.")] = "",
    unit: Annotated[str, typer.Option("--unit", help="Mã đơn vị của người ấy.")] = "",
    home: HomeOption = None,
    db: DbOption = None,
) -> None:
    """Mời một người; lần đăng nhập đầu tiên gắn tài khoản của họ vào lời mời."""
    from data import roll

    _, store = open_store(home, db)
    roll.propose(store, me(), roll.Wanted(name or email, role, unit, email), now())
    print(f"Đã mời {email}: {role.value} {unit}".rstrip())


@people_commands.command("remove")
def people_remove(number: PersonArgument, home: HomeOption = None, db: DbOption = None) -> None:
    """Cho một người ra khỏi danh sách, có hiệu lực ngay ở mọi nơi đang đăng nhập."""
    from data import roll

    _, store = open_store(home, db)
    roll.remove(store, me(), number, now())
    print(f"Đã bỏ người dùng {number}.")


@people_commands.command("logout")
def people_logout(number: PersonArgument, home: HomeOption = None, db: DbOption = None) -> None:
    """Kết thúc mọi phiên đăng nhập của một người."""
    from data import roll

    _, store = open_store(home, db)
    roll.end_sessions(store, me(), number, now())
    print(f"Đã kết thúc mọi phiên của người dùng {number}.")


token_commands = typer.Typer(no_args_is_help=True, help="Mã truy cập cho máy: mỗi mã chỉ làm được những việc đã ghi.")


@token_commands.command("make")
def token_make(
    name: Annotated[str, typer.Argument(help="Máy hoặc hệ thống nào dùng mã này.")],
    action: Annotated[list[Action] | None, typer.Option("--action", help="Việc được làm; lặp lại được.")] = None,
    unit: Annotated[str, typer.Option("--unit", help="Chỉ cho đơn vị này và cấp dưới; mặc định: toàn tỉnh.")] = "",
    days: Annotated[int, typer.Option("--days", help="Hiệu lực bao nhiêu ngày.")] = 180,
    home: HomeOption = None,
    db: DbOption = None,
) -> None:
    """Cấp một mã truy cập. Mã chỉ hiện một lần, ở đây."""
    from data import tokens

    _, store = open_store(home, db)
    number, secret = tokens.make(store, me(), name, action or [Action.figures], unit, days, now())
    note(f"Mã truy cập {number}, hiệu lực {days} ngày. Hãy cất ngay: mã không được lưu và không xem lại được.")
    print(secret)


@token_commands.command("list")
def token_list(home: HomeOption = None, db: DbOption = None, as_json: JsonOption = False) -> None:
    """Các mã truy cập đã cấp (không có mã)."""
    from data import tokens

    opened, store = open_store(home, db)
    moment = now()
    rows = []
    for one in tokens.listed(store):
        moments = {name: getattr(one, name) for name in ("made_at", "expires", "revoked_at", "last_used")}
        row = {"id": one.id, "name": one.name, "actions": [action.value for action in one.actions], "unit": one.unit}
        rows.append(
            row
            | {"live": one.is_live(moment), "made_by": one.made_by}
            | {name: None if at is None else iso(at, opened.zone) for name, at in moments.items()}
        )
    print_rows(rows, as_json, columns=["id", "name", "live", "actions", "unit", "expires", "last_used", "made_by"])


@token_commands.command("revoke")
def token_revoke(
    number: Annotated[int, typer.Argument(help="Số của mã (campaign token list).")],
    home: HomeOption = None,
    db: DbOption = None,
) -> None:
    """Thu hồi một mã truy cập, có hiệu lực ngay."""
    from data import tokens

    _, store = open_store(home, db)
    tokens.revoke(store, me(), number, now())
    print(f"Đã thu hồi mã truy cập {number}.")
