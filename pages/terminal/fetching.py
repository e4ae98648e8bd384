"""Files that are fetched: one look, or for as long as the process lives; and how the sources are doing."""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from data.clock import iso
from pages.terminal import outcomes
from pages.terminal.options import DbOption, HomeOption, JsonOption, now, open_store, who
from pages.terminal.printing import note, print_json, table

if TYPE_CHECKING:
    from loaders.pull import Around, Pull


def around(stopped: Callable[[], bool] = lambda: False, wait: Callable[[float], object] | None = None) -> Around:
    """Clock, waiting and chance for pulling."""
    import random
    import time

    from loaders.pull import Around

    return Around(who(), now, wait or time.sleep, random.random, stopped)


def pull(
    source: Annotated[
        list[str] | None, typer.Option("--source", help="Khóa của nguồn; lặp lại được. Mặc định: mọi nguồn.")
    ] = None,
    retry: Annotated[bool, typer.Option("--retry", help="Xét lại cả những tệp đã bị từ chối.")] = False,
    home: HomeOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Lấy tệp mới ở các nguồn khai trong sources.toml và nạp; mỗi tệp chỉ một lần."""
    from loaders.pull import chosen_sources
    from loaders.pull import pull as pull_sources

    opened, store = open_store(home, db)
    chosen = chosen_sources(opened, source or ())
    if not chosen:
        note(f"Chưa khai nguồn nào trong {opened.root / 'sources.toml'} (docs/add-a-source.md).")
    entries = []
    failed = False
    for found in pull_sources(store, opened, chosen, around(), again=retry):
        failed |= found.failed
        entries.append(_pull_entry(found))
        if not as_json:
            _print_pull(entries[-1])
    if as_json:
        print_json(entries)
    if failed:
        raise typer.Exit(1)


def watch(
    once: Annotated[bool, typer.Option("--once", help="Chỉ một vòng: hộp thư đến và các nguồn đã đến giờ.")] = False,
    home: HomeOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Lấy tệp theo lịch của sources.toml và nạp tệp đặt vào inbox/, cho đến khi được bảo dừng."""
    from loaders.watch import watch as keep_watching

    opened, store = open_store(home, db)
    stop = threading.Event()
    failed = False

    def end(number: int, _frame: object) -> None:
        """The first time between two files; the second time at once."""
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    def tell(found: Pull) -> None:
        nonlocal failed
        failed |= found.failed
        entry = {"at": iso(now(), opened.zone), **_pull_entry(found)}
        if as_json:
            print(json.dumps(entry, ensure_ascii=False, default=str))
        else:
            print(entry["at"], end=" ")
            _print_pull(entry)
        sys.stdout.flush()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    if not once:
        note(f"Đang theo dõi {opened.root / 'inbox'} và các nguồn trong sources.toml; Ctrl+C để dừng.")
    keep_watching(opened.root, store, around(stop.is_set, stop.wait), tell, once=once)
    if once and failed:
        raise typer.Exit(1)


def sources(home: HomeOption = None, db: DbOption = None, as_json: JsonOption = False) -> None:
    """Các nguồn: lần xem gần nhất, tệp gần nhất, lỗi gần nhất."""
    from loaders.sources import overview

    opened, store = open_store(home, db)
    rows = [asdict(one) for one in overview(store, opened)]
    for row in rows:
        for name in ("last_look", "next_look", "last_file_at"):
            row[name] = iso(row[name], opened.zone) if row[name] else None
    if as_json:
        print_json(rows)
        return
    table(["key", "url", "schedule", "last_look", "last_file", "last_state", "fault"], rows)
    for row in rows:
        for name, reason in row["refused"]:
            print(f"{row['key']}:{name}: bị từ chối. {reason}")


def _pull_entry(found: Pull) -> dict[str, Any]:
    from loaders.report import LoadReport

    files = [
        {
            **outcomes.as_object(one.report or LoadReport(one.name, one.state, reason=one.reason), one.name),
            "status": one.state,
        }
        for one in found.files
    ]
    return {"source": found.source, "known": found.known, "fault": found.fault, "files": files}


def _print_pull(entry: dict[str, Any]) -> None:
    if entry["fault"]:
        print(f"{entry['source']}: {entry['fault']}" if entry["source"] else entry["fault"])
    elif not entry["files"]:
        print(f"{entry['source']}: không có gì mới ({entry['known']} tệp đã biết).")
    for file in entry["files"]:
        outcomes.tell({**file, "file": f"{entry['source']}:{file['file']}"})
