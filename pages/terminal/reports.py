"""What goes out: reports, five lines for a chat, a pack per unit."""

from __future__ import annotations

import os
from collections import deque
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from data.access import ALL
from data.clock import iso
from data.csvtext import visible
from data.errors import CallFault
from pages.terminal.options import (
    AsOfOption,
    CampaignOption,
    DbOption,
    HomeOption,
    JsonOption,
    UnitOption,
    moment_of,
    now,
    open_store,
    who,
)
from pages.terminal.printing import print_json, table
from pages.terminal.progress import counting_files


def report(
    campaign: CampaignOption,
    as_of: AsOfOption = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Tệp .docx, .xlsx hoặc .pdf.")] = None,
    unit: UnitOption = None,
    draft: Annotated[bool, typer.Option("--draft", help="Bản thảo từ số liệu, kể cả khi đã phát hành.")] = False,
    all_into: Annotated[
        Path | None,
        typer.Option("--all", metavar="DIR", help="Mọi kỳ báo cáo đã có số liệu, mỗi kỳ một tệp trong thư mục này."),
    ] = None,
    form: Annotated[str, typer.Option("--form", help="Dạng tệp của --all: docx, xlsx hoặc pdf.")] = "docx",
    home: HomeOption = None,
    db: DbOption = None,
) -> None:
    """Báo cáo tại một thời điểm: bản đã phát hành, nếu chưa có thì bản thảo lập từ số liệu."""
    from kpi.reports import batch, files, issuing

    opened, store = open_store(home, db)
    found = opened.campaign(campaign)
    if all_into is not None:
        if as_of is not None or output is not None:
            raise CallFault("--all lập mọi kỳ: không đi cùng --as-of và -o.")
        with counting_files("Lập báo cáo") as told:
            written = batch.write_all(store, opened, found, all_into, form, unit=unit or "", draft=draft, tell=told)
        print(f"Đã lập {len(written)} báo cáo trong {all_into}.")
        return
    moment = moment_of(as_of, opened, "--as-of")
    if moment is None or output is None:
        raise CallFault("Cần --as-of THỜI-ĐIỂM và -o TỆP (hoặc --all THƯ-MỤC).")
    ending = batch.ending_of(output.name)
    made = issuing.report(store, opened, found, moment, unit=unit or "", scope=ALL, draft=draft)
    batch.put(output, files.write(store, opened, made, ending, scope=ALL))
    state = "bản thảo" if made.draft else f"bản đã phát hành, số {made.head.number or '—'}"
    print(f"{output}: {state}, số liệu đến {made.as_of_text}.")


def digest(
    campaign: CampaignOption,
    as_of: AsOfOption = None,
    unit: UnitOption = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Hình tóm tắt, tệp .png rộng 1080 điểm.")
    ] = None,
    home: HomeOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Năm dòng để gửi vào nhóm trao đổi, và một hình cho điện thoại."""
    from kpi.engine import default_as_of
    from kpi.query import Query
    from kpi.reports import batch
    from kpi.reports import digest as digests

    opened, store = open_store(home, db)
    found = opened.campaign(campaign)
    if output is not None and output.suffix.lower() != ".png":
        raise CallFault(f"-o: «{output.name}» phải là tệp .png.")
    moment = moment_of(as_of, opened, "--as-of") or default_as_of(store, opened, Query(found))
    made = digests.build(store, opened, found, moment, unit=unit or "")
    if output is not None:
        batch.put(output, digests.picture(made))
    if as_json:
        print_json({"campaign": campaign, "unit": unit or "", "as_of": iso(moment, opened.zone), "lines": made.lines})
    else:
        print(visible(made.text))


def packs(
    campaign: CampaignOption,
    as_of: AsOfOption = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Tệp .zip, mỗi đơn vị một thư mục.")] = None,
    send: Annotated[bool, typer.Option("--send", help="Gửi từng đơn vị gói của mình, theo mail.toml.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Gửi cả cho nơi đã nhận.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Chỉ nêu ai sẽ nhận gì; không ghi, không gửi.")] = False,
    home: HomeOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Một gói cho mỗi thủ trưởng đơn vị: báo cáo, danh sách việc cần làm, tóm tắt của đơn vị; gửi được bằng thư."""
    from data import mail
    from kpi.engine import default_as_of
    from kpi.query import Query
    from kpi.reports import packs as made

    opened, store = open_store(home, db)
    found = opened.campaign(campaign)
    if not (output or send or dry_run):
        raise CallFault("Cần -o TỆP.zip, --send hoặc --dry-run.")
    settings = mail.read(opened) if send or (opened.root / mail.FILE).exists() else None
    to = {} if settings is None else settings.to
    moment = moment_of(as_of, opened, "--as-of") or default_as_of(store, opened, Query(found))
    occasion = made.occasion(opened, found, moment)
    if dry_run:
        planned: list[dict[str, Any]] = [
            {"unit": one.unit, "name": one.name, "to": list(one.to), "subject": one.subject, "sent": mail.sent(store, occasion, one)}
            for one in made.letters(store, opened, found, moment, to)
        ]  # fmt: skip
        if as_json:
            print_json(planned)
        else:
            table(["unit", "name", "to", "sent"], [{**row, "to": ", ".join(row["to"]) or "—", "sent": "đã gửi" if row["sent"] else "chưa gửi"} for row in planned])  # fmt: skip
        return
    with counting_files("Lập gói cho đơn vị") as told:
        written = None if output is None else made.write(store, opened, found, moment, output, tell=told)
        if not send or settings is None:
            deque(written or (), maxlen=0)
            print(f"Đã ghi {output}.")
            return
        letters = made.letters(store, opened, found, moment, to, written)
        outcomes = list(
            mail.deliver(store, settings, letters, what=occasion, who=who(), at=now(), secrets=os.environ, again=again)
        )  # fmt: skip
    rows = [asdict(one) for one in outcomes]
    if as_json:
        print_json(rows)
    else:
        table(["unit", "to", "state", "reason"], [{**row, "to": ", ".join(row["to"]) or "—", "state": _MAIL[row["state"]]} for row in rows])  # fmt: skip
    if any(one.failed for one in outcomes):
        raise typer.Exit(1)


_MAIL = {
    "sent": "đã gửi",
    "already": "đã gửi từ trước",
    "partly": "có nơi không nhận",
    "nobody": "chưa có địa chỉ",
    "unclear": "không rõ đã gửi chưa (--again để gửi lại)",
    "failed": "không gửi được",
}
