"""The `campaign` command: the same questions from a terminal. Results on stdout, notes on stderr.

Exit: 0 done, 1 the data is at fault, 2 the call is at fault.
"""

from __future__ import annotations

import getpass
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from data import audit
from data.access import ALL, Action, Role
from data.clock import from_micros, iso, parse_moment, to_micros
from data.csvtext import as_csv, visible
from data.errors import CallFault, CampaignError, StoreFault
from data.home import Home
from data.people import LOCAL, Viewer
from data.settings import home_folder
from data.store import Store

if TYPE_CHECKING:
    from loaders.pull import Around, Pull
    from loaders.report import LoadReport

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Bảng điều hành chiến dịch cải cách thủ tục hành chính.",
)

HomeOption = Annotated[Path | None, typer.Option("--home", help="Thư mục của tỉnh (mặc định: CAMPAIGN_HOME).")]
DbOption = Annotated[
    str | None, typer.Option("--db", help="Địa chỉ cơ sở dữ liệu (mặc định: campaign.db trong thư mục của tỉnh).")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Kết quả dạng JSON cho máy đọc.")]
CampaignOption = Annotated[str | None, typer.Option("--campaign", help="Mã chiến dịch.")]
AsOfOption = Annotated[
    str | None, typer.Option("--as-of", help="Tính đến thời điểm này (ngày không giờ: hết ngày đó).")
]
KnownAtOption = Annotated[str | None, typer.Option("--known-at", help="Theo những gì đã biết vào thời điểm này.")]
ByOption = Annotated[str | None, typer.Option("--by", help="province, department, district, commune hoặc unit.")]
UnitOption = Annotated[str | None, typer.Option("--unit", help="Mã đơn vị.")]
WindowOption = Annotated[str | None, typer.Option("--window", help="campaign, day, week, month, all hoặc TỪ..ĐẾN.")]
FilterOption = Annotated[str, typer.Option("--filter", help="Điều kiện, ví dụ level>=3;state!=integrated.")]


class Format(StrEnum):
    table = "table"
    csv = "csv"
    json = "json"


def _open(home: Path | None, db: str | None) -> tuple[Home, Store]:
    opened = Home(home_folder(home))
    audit.act_as(_me())
    return opened, Store.open(opened, db)


def _me() -> Viewer:
    """Whoever sits at this machine, by their account here."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number without an account
        name = f"uid {os.getuid()}"
    return replace(LOCAL, name=name, identity="cli")


def _moment(text: str | None, home: Home, option: str) -> int | None:
    if text is None:
        return None
    try:
        return parse_moment(text, home.zone)
    except ValueError:
        raise CallFault(f"{option}: «{text}» không phải thời điểm. Ví dụ: 2021-05-16 hoặc 2021-05-16T17:00.") from None


def _now() -> int:
    return to_micros(datetime.now(UTC))


def _note(text: str) -> None:
    print(visible(text), file=sys.stderr)


def _print_json(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=1, default=str)
    # Below U+0020 JSON escapes by itself; the rest a terminal would obey.
    sys.stdout.write(OBEYED.sub(lambda found: json.dumps(found[0])[1:-1], text) + "\n")


OBEYED = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
"""Characters beyond ASCII that steer a terminal or the direction of writing."""


@app.command()
def demo(
    if_empty: Annotated[bool, typer.Option("--if-empty", help="Không làm gì khi kho đã có dữ liệu.")] = False,
    until: Annotated[str | None, typer.Option("--until", help="Chỉ đến tệp của ngày này, ví dụ 2021-05-25.")] = None,
    finish: Annotated[
        bool, typer.Option("--finish", help="Nạp nốt phần còn lại của dữ liệu mẫu đã dựng dở; không làm gì khác.")
    ] = False,
    home: HomeOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Dựng dữ liệu mẫu: hai chiến dịch của Bình Phước dưới dạng tệp xuất, nạp qua bộ nạp thật."""
    from data.settings import LOCAL_HOME, copy_shipped
    from loaders.demo import fill, unfinished

    folder = home if home is not None else home_folder(None)
    copy_shipped(folder if folder != LOCAL_HOME else LOCAL_HOME)
    opened, store = _open(folder, db)
    try:
        last = None if until is None else date.fromisoformat(until)
    except ValueError:
        raise CallFault(f"--until: «{until}» không phải ngày dạng 2021-05-25.") from None
    if if_empty and not store.is_empty():
        return
    if finish and not unfinished(store, opened):
        return
    with _progress("Dựng và nạp dữ liệu mô phỏng") as step:
        totals = fill(store, opened, last, step)
    if as_json:
        _print_json(totals)
    else:
        print(
            f"Đã nạp {totals['files']} tệp mô phỏng: {totals['new']} mới, {totals['changed']} thay đổi, {totals['refused']} bị từ chối. Thư mục: {folder}"
        )


@app.command()
def load(
    paths: Annotated[list[str], typer.Argument(help="Các tệp cần nạp, hoặc địa chỉ http(s)://, sftp://, s3://.")],
    profile: Annotated[str | None, typer.Option("--profile", help="Mã hồ sơ nguồn hoặc tệp .toml.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Chỉ kiểm tra, không ghi.")] = False,
    accept: Annotated[
        bool, typer.Option("--accept", help="Nạp cả khi tệp trông như bị cắt hoặc cũ hơn số liệu đang có.")
    ] = False,
    home: HomeOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Nạp tệp xuất; mỗi tệp là một giao dịch. Dòng bị từ chối được liệt kê kèm lý do và cách sửa."""
    from loaders.load import load_file
    from loaders.report import LoadReport
    from loaders.sources import is_address

    for path in paths:
        if not is_address(path) and not Path(path).exists():
            raise CallFault(f"Không có tệp {path}.")
    opened, store = _open(home, db)
    reports: list[dict[str, Any]] = []
    chosen: str | Path | None = Path(profile) if profile and profile.endswith(".toml") else profile
    stopped: StoreFault | None = None
    missing = False
    for file, name, content in _contents(paths, opened):
        missing |= isinstance(content, CallFault)
        if stopped is not None or isinstance(content, CampaignError):
            report = LoadReport(name, "refused", reason=str(stopped or content))
        else:
            try:
                with _row_progress(name) as progress:
                    report = load_file(
                        store, opened, content, name=name, source=file, profile=chosen, who=getpass.getuser(), at=_now(), dry_run=dry_run,
                        accept=accept, progress=progress,
                    )  # fmt: skip
            except StoreFault as fault:
                # What was loaded before is loaded; what comes after would only run into the same.
                stopped = fault
                report = LoadReport(name, "refused", reason=str(fault))
        reports.append(_entry(report, file))
    if as_json:
        _print_json(reports)
    else:
        for entry in reports:
            _print_entry(entry)
    if missing:
        raise typer.Exit(2)
    if any(entry["status"] in ("refused", "held") or entry["refused"] for entry in reports):
        raise typer.Exit(1)


def _contents(paths: list[str], home: Home) -> Iterator[tuple[str, str, Path | bytes | CampaignError]]:
    """What `load` was given, file by file: how it is shown, its name, and where it is or what it holds."""
    from loaders.pull import at_address
    from loaders.sources import is_address

    for path in paths:
        if not is_address(path):
            yield path, Path(path).name, Path(path)
            continue
        try:
            for name, content in at_address(home, path, _around()):
                yield path if path.endswith(name) else f"{path.rpartition('/')[0]}/{name}", name, content
        except CampaignError as fault:
            yield path, path, fault


def _entry(report: LoadReport, file: str) -> dict[str, Any]:
    return {
        "file": file, "status": report.status, "read": report.read, "new": report.new, "changed": report.changed,
        "unchanged": report.unchanged, "refused": report.refused, "reason": report.reason, "import": report.import_id,
        "held": report.held_id, "merged": report.merged, "skipped": report.skipped, "flags": report.flags,
        "refusals": [{name: getattr(r, name) for name in ("sheet", "row", "heading", "value", "reason", "what_to_do")} for r in report.refusals],
    }  # fmt: skip


def _print_entry(entry: dict[str, Any]) -> None:
    told = (f"{entry['file']}: {_STATUS[entry['status']]}; đọc {entry['read']}, mới {entry['new']}, thay đổi {entry['changed']}, "
            f"không đổi {entry['unchanged']}, từ chối {entry['refused']}" + (f". {entry['reason']}" if entry["reason"] else ""))  # fmt: skip
    print(visible(told))
    for row in entry["refusals"][:MOST_REFUSALS_PRINTED]:
        place = f"trang «{row['sheet']}», " if row["sheet"] else ""
        where = f"  {place}dòng {row['row']}, cột «{row['heading']}», giá trị «{row['value']}»"
        print(visible(f"{where}: {row['reason']} {row['what_to_do']}"))
    if len(entry["refusals"]) > MOST_REFUSALS_PRINTED:
        print(f"  … và {len(entry['refusals']) - MOST_REFUSALS_PRINTED} dòng nữa; xem đủ bằng --json.")


MOST_REFUSALS_PRINTED = 20
_STATUS = {
    "loaded": "đã nạp",
    "unchanged": "đã nạp từ trước, không có gì mới",
    "refused": "bị từ chối",
    "held": "đang chờ quyết định (campaign held)",
    "checked": "đã kiểm tra, chưa ghi",
    "waiting": "chưa ghi xong, để lần sau",
    "failed": "không lấy hoặc không nạp được",
}


def _around(stopped: Callable[[], bool] = lambda: False, wait: Callable[[float], object] | None = None) -> Around:
    """Clock, waiting and chance for pulling."""
    import random
    import time

    from loaders.pull import Around

    return Around(getpass.getuser(), _now, wait or time.sleep, random.random, stopped)


def _pull_entry(found: Pull) -> dict[str, Any]:
    from loaders.report import LoadReport

    files = [
        {**_entry(one.report or LoadReport(one.name, one.state, reason=one.reason), one.name), "status": one.state}
        for one in found.files
    ]
    return {"source": found.source, "known": found.known, "fault": found.fault, "files": files}


def _print_pull(entry: dict[str, Any]) -> None:
    if entry["fault"]:
        print(f"{entry['source']}: {entry['fault']}" if entry["source"] else entry["fault"])
    elif not entry["files"]:
        print(f"{entry['source']}: không có gì mới ({entry['known']} tệp đã biết).")
    for file in entry["files"]:
        _print_entry({**file, "file": f"{entry['source']}:{file['file']}"})


@app.command()
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

    opened, store = _open(home, db)
    chosen = chosen_sources(opened, source or ())
    if not chosen:
        _note(f"Chưa khai nguồn nào trong {opened.root / 'sources.toml'} (docs/add-a-source.md).")
    entries = []
    failed = False
    for found in pull_sources(store, opened, chosen, _around(), again=retry):
        failed |= found.failed
        entries.append(_pull_entry(found))
        if not as_json:
            _print_pull(entries[-1])
    if as_json:
        _print_json(entries)
    if failed:
        raise typer.Exit(1)


@app.command()
def watch(
    once: Annotated[bool, typer.Option("--once", help="Chỉ một vòng: hộp thư đến và các nguồn đã đến giờ.")] = False,
    home: HomeOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Lấy tệp theo lịch của sources.toml và nạp tệp đặt vào inbox/, cho đến khi được bảo dừng."""
    import signal
    import threading

    from loaders.watch import watch as keep_watching

    opened, store = _open(home, db)
    stop = threading.Event()
    failed = False

    def end(number: int, _frame: object) -> None:
        """The first time between two files; the second time at once."""
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    def tell(found: Pull) -> None:
        nonlocal failed
        failed |= found.failed
        entry = {"at": iso(_now(), opened.zone), **_pull_entry(found)}
        if as_json:
            print(json.dumps(entry, ensure_ascii=False, default=str))
        else:
            print(entry["at"], end=" ")
            _print_pull(entry)
        sys.stdout.flush()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    if not once:
        _note(f"Đang theo dõi {opened.root / 'inbox'} và các nguồn trong sources.toml; Ctrl+C để dừng.")
    keep_watching(opened.root, store, _around(stop.is_set, stop.wait), tell, once=once)
    if once and failed:
        raise typer.Exit(1)


@app.command()
def sources(home: HomeOption = None, db: DbOption = None, as_json: JsonOption = False) -> None:
    """Các nguồn: lần xem gần nhất, tệp gần nhất, lỗi gần nhất."""
    from loaders.sources import overview

    opened, store = _open(home, db)
    rows = [asdict(one) for one in overview(store, opened)]
    for row in rows:
        for name in ("last_look", "next_look", "last_file_at"):
            row[name] = iso(row[name], opened.zone) if row[name] else None
    if as_json:
        _print_json(rows)
        return
    _table(["key", "url", "schedule", "last_look", "last_file", "last_state", "fault"], rows)
    for row in rows:
        for name, reason in row["refused"]:
            print(f"{row['key']}:{name}: bị từ chối. {reason}")


profiles = typer.Typer(no_args_is_help=True, help="Hồ sơ nguồn: cách đọc tệp của một phần mềm.")
app.add_typer(profiles, name="profile")


@profiles.command("new")
def profile_new(
    file: Annotated[Path, typer.Argument(help="Tệp chưa có hồ sơ nguồn nào đọc được.")],
    key: Annotated[str, typer.Option("--key", help="Khóa của hồ sơ nguồn; mặc định theo tên tệp.")] = "",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Ghi vào tệp .toml này; mặc định: in ra.")
    ] = None,
    home: HomeOption = None,
    db: DbOption = None,
) -> None:
    """Soạn bản nháp hồ sơ nguồn từ một tệp lạ, để người dùng bổ sung."""
    from loaders.drafts import draft

    if not file.is_file():
        raise CallFault(f"Không có tệp {file}.")
    if output is not None and output.exists():
        raise CallFault(f"Đã có tệp {output}; hãy chọn tên khác.")
    found = draft(Home(home_folder(home)), file.read_bytes(), file.name, key)
    if output is None:
        print(found.toml, end="")
    else:
        output.write_text(found.toml, encoding="utf-8")
        _note(f"Đã ghi {output}.")
    for note in found.notes:
        _note(note)


@app.command()
def loads(home: HomeOption = None, db: DbOption = None, as_json: JsonOption = False) -> None:
    """Các lần nạp, mới nhất trước."""
    opened, store = _open(home, db)
    rows = [
        {
            **row,
            "at": iso(row["at"], opened.zone),
            "latest": None if row["latest"] is None else iso(row["latest"], opened.zone),
        }
        for row in store.loads()
    ]
    if as_json:
        _print_json(rows)
    else:
        _table(["id", "at", "file", "profile", "read", "new", "changed", "unchanged", "refused", "who"], rows)


@app.command()
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

    opened, store = _open(home, db)
    found = preview(store, opened, lambda tried: tried.undo(number, who=getpass.getuser(), at=_now()))
    based = [one.id for one in issues.listed(store) if one.known_import >= number]
    made = None if dry_run else store.undo(number, who=getpass.getuser(), at=_now())
    rows = [
        {
            "campaign": one.campaign, "kpi": one.kpi, "unit": one.unit, "name": one.name,
            "before": None if one.before is None else one.before.value, "after": None if one.after is None else one.after.value,
        }
        for one in found
    ]  # fmt: skip
    if as_json:
        _print_json({"import": number, "undone_by": made, "changes": rows, "issues": based})
        return
    _table(["campaign", "kpi", "unit", "name", "before", "after"], rows)
    if based:
        print(f"Các bản chốt số liệu đã dùng lần nạp này (không đổi): {', '.join(map(str, based))}.")
    print(
        "Chưa hoàn tác (chỉ xem trước)." if made is None else f"Đã hoàn tác lần nạp {number} (ghi là lần nạp {made})."
    )


@app.command()
def held(
    number: Annotated[int | None, typer.Argument(metavar="[NUMBER]", help="Số của tệp đang chờ.")] = None,
    yes: Annotated[bool | None, typer.Option("--yes/--no", help="Nạp tệp, hay bỏ tệp.")] = None,
    home: HomeOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Các tệp đang chờ người quyết định (trông như bị cắt, hoặc cũ); --yes nạp, --no bỏ."""
    from loaders.held import decide, waiting

    opened, store = _open(home, db)
    if number is None:
        rows = [{**asdict(one), "at": iso(one.at, opened.zone)} for one in waiting(store)]
        if as_json:
            _print_json(rows)
        else:
            _table(["id", "at", "file", "read", "refused", "reason"], rows)
        return
    if yes is None:
        raise CallFault("Cần --yes (nạp tệp) hoặc --no (bỏ tệp).")
    report = decide(store, opened, number, yes, who=getpass.getuser(), at=_now())
    if as_json:
        _print_json({"file": report.file, "status": report.status, "new": report.new, "changed": report.changed, "import": report.import_id})  # fmt: skip
    else:
        print(f"{report.file}: {_STATUS[report.status]}; mới {report.new}, thay đổi {report.changed}.")


@app.command()
def report(
    campaign: Annotated[str, typer.Option("--campaign", help="Mã chiến dịch.")],
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

    opened, store = _open(home, db)
    found = opened.campaign(campaign)
    if all_into is not None:
        if as_of is not None or output is not None:
            raise CallFault("--all lập mọi kỳ: không đi cùng --as-of và -o.")
        with _progress("Lập báo cáo") as told:
            written = batch.write_all(store, opened, found, all_into, form, unit=unit or "", draft=draft, tell=told)
        print(f"Đã lập {len(written)} báo cáo trong {all_into}.")
        return
    moment = _moment(as_of, opened, "--as-of")
    if moment is None or output is None:
        raise CallFault("Cần --as-of THỜI-ĐIỂM và -o TỆP (hoặc --all THƯ-MỤC).")
    ending = batch.ending_of(output.name)
    made = issuing.report(store, opened, found, moment, unit=unit or "", scope=ALL, draft=draft)
    batch.put(output, files.write(store, opened, made, ending, scope=ALL))
    state = "bản thảo" if made.draft else f"bản đã phát hành, số {made.head.number or '—'}"
    print(f"{output}: {state}, số liệu đến {made.as_of_text}.")


@app.command()
def digest(
    campaign: Annotated[str, typer.Option("--campaign", help="Mã chiến dịch.")],
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

    opened, store = _open(home, db)
    found = opened.campaign(campaign)
    if output is not None and output.suffix.lower() != ".png":
        raise CallFault(f"-o: «{output.name}» phải là tệp .png.")
    moment = _moment(as_of, opened, "--as-of") or default_as_of(store, opened, Query(found))
    made = digests.build(store, opened, found, moment, unit=unit or "")
    if output is not None:
        batch.put(output, digests.picture(made))
    if as_json:
        _print_json({"campaign": campaign, "unit": unit or "", "as_of": iso(moment, opened.zone), "lines": made.lines})
    else:
        print(visible(made.text))


@app.command()
def packs(
    campaign: Annotated[str, typer.Option("--campaign", help="Mã chiến dịch.")],
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
    from collections import deque

    from data import mail
    from kpi.engine import default_as_of
    from kpi.query import Query
    from kpi.reports import packs as made

    opened, store = _open(home, db)
    found = opened.campaign(campaign)
    if not (output or send or dry_run):
        raise CallFault("Cần -o TỆP.zip, --send hoặc --dry-run.")
    settings = mail.read(opened) if send or (opened.root / mail.FILE).exists() else None
    to = {} if settings is None else settings.to
    moment = _moment(as_of, opened, "--as-of") or default_as_of(store, opened, Query(found))
    occasion = made.occasion(opened, found, moment)
    if dry_run:
        planned: list[dict[str, Any]] = [
            {"unit": one.unit, "name": one.name, "to": list(one.to), "subject": one.subject, "sent": mail.sent(store, occasion, one)}
            for one in made.letters(store, opened, found, moment, to)
        ]  # fmt: skip
        if as_json:
            _print_json(planned)
        else:
            _table(["unit", "name", "to", "sent"], [{**row, "to": ", ".join(row["to"]) or "—", "sent": "đã gửi" if row["sent"] else "chưa gửi"} for row in planned])  # fmt: skip
        return
    with _progress("Lập gói cho đơn vị") as told:
        written = None if output is None else made.write(store, opened, found, moment, output, tell=told)
        if not send or settings is None:
            deque(written or (), maxlen=0)
            print(f"Đã ghi {output}.")
            return
        letters = made.letters(store, opened, found, moment, to, written)
        outcomes = list(
            mail.deliver(store, settings, letters, what=occasion, who=getpass.getuser(), at=_now(), secrets=os.environ, again=again)
        )  # fmt: skip
    rows = [asdict(one) for one in outcomes]
    if as_json:
        _print_json(rows)
    else:
        _table(["unit", "to", "state", "reason"], [{**row, "to": ", ".join(row["to"]) or "—", "state": _MAIL[row["state"]]} for row in rows])  # fmt: skip
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


@app.command()
def issue(
    campaign: Annotated[str, typer.Option("--campaign", help="Mã chiến dịch.")],
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

    opened, store = _open(home, db)
    given = {"signer": signer, "sign_title": sign_title, "place": place, "recipients": "\n".join(recipient or ())}
    made = issuing.issue(
        store, opened, opened.campaign(campaign), as_of=_moment(as_of, opened, "--as-of"), who=getpass.getuser(), at=_now(),
        number=number, reason=reason, head={name: text for name, text in given.items() if text},
    )  # fmt: skip
    entry = _issue_entry(made, opened)
    if as_json:
        _print_json({**entry, "rows": [issues.content(row) for row in issues.rows_of(store, made)]})
    else:
        print(f"Đã chốt số liệu {campaign} lúc {entry['as_of']}: bản {made.id}.")


def _issue_entry(one: Any, home: Home) -> dict[str, Any]:
    return {**asdict(one), "as_of": iso(one.as_of, home.zone), "at": iso(one.at, home.zone)}


@app.command()
def issues(
    number: Annotated[int | None, typer.Argument(metavar="[NUMBER]", help="Số của bản chốt.")] = None,
    kpi: Annotated[list[str] | None, typer.Option("--kpi", help="Mã chỉ tiêu; lặp lại được.")] = None,
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

    opened, store = _open(home, db)
    if number is None:
        entries = [_issue_entry(one, opened) for one in kept.listed(store)]
        if as_json:
            _print_json(entries)
        else:
            _table(["id", "campaign", "as_of", "at", "who", "number", "reason", "replaces"], entries)
        return
    one = kept.get(store, number)
    if rows:
        if len(kpi or ()) != 1:
            raise CallFault("--rows cần đúng một --kpi.")
        causes = [asdict(cause) for cause in kept.causes(store, opened, one, (kpi or [""])[0], unit, scope=ALL)]
        if as_json:
            _print_json(causes)
        else:
            _table(["code", "then", "now"], [{"code": c["code"], **{side: _place(c[side]) for side in ("then", "now")}} for c in causes])  # fmt: skip
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
    if as_json:
        _print_json(found)
    else:
        _table(["kpi", "unit", "name", "reported", "then", "now"], found)


def _place(entry: dict[str, Any] | None) -> str:
    """Where a dossier of a difference is found, and how it counted."""
    if entry is None:
        return "không tính"
    counted = "/".join(str(entry[side]) for side in ("numerator", "denominator") if entry.get(side) is not None)
    return f"{counted} · {entry.get('file')}, dòng {entry.get('row')}"


@app.command()
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

    opened, store = _open(home, db)
    if number is not None:
        kept.explain(store, number, reason, who=getpass.getuser(), at=_now())
    rows = [
        {
            **asdict(one), "at": iso(one.at, opened.zone),
            **{day: None if getattr(one, day) is None else day_of(getattr(one, day)).isoformat() for day in ("first_day", "last_day")},
        }
        for one in kept.log(store, limit=limit, unit=unit)
    ]  # fmt: skip
    if as_json:
        _print_json(rows)
    else:
        _table(["id", "at", "kind", "unit", "first_day", "n", "what", "file", "reason"], rows)


@app.command()
def kpi(
    campaign: CampaignOption = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    by: ByOption = None,
    unit: UnitOption = None,
    kpi: Annotated[list[str] | None, typer.Option("--kpi", help="Mã chỉ tiêu; lặp lại được.")] = None,
    window: WindowOption = None,
    filter: FilterOption = "",
    format: Annotated[Format, typer.Option("--format", help="Dạng kết quả.")] = Format.table,
    home: HomeOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Các chỉ tiêu của một đơn vị hoặc một cấp, tính đến một thời điểm."""
    from kpi.answers import as_objects
    from kpi.engine import figures

    opened, store = _open(home, db)
    query = _query(opened, campaign, as_of, known_at, by, unit, kpi, window, filter)
    rows = as_objects(figures(store, opened, query), opened)
    if as_json or format is Format.json:
        _print_json(rows)
    elif format is Format.csv:
        _print_csv(rows)
    else:
        _table(["kpi", "unit", "name", "numerator", "denominator", "value", "target", "gap", "status"], rows)


@app.command()
def explain(
    kpi: Annotated[str, typer.Argument(help="Mã chỉ tiêu.")],
    rows: Annotated[bool, typer.Option("--rows", help="Kèm từng hồ sơ, dịch vụ với tệp và dòng.")] = False,
    campaign: CampaignOption = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    by: ByOption = None,
    unit: UnitOption = None,
    window: WindowOption = None,
    filter: FilterOption = "",
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Nhiều nhất bấy nhiêu dòng.")] = None,
    format: Annotated[Format, typer.Option("--format", help="Dạng kết quả.")] = Format.table,
    home: HomeOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Một chỉ tiêu nghĩa là gì và gồm những hồ sơ nào, đến tận tệp và dòng."""
    from kpi.answers import as_objects
    from kpi.engine import figures
    from kpi.explain import behind
    from kpi.meaning import definition

    opened, store = _open(home, db)
    query = _query(opened, campaign, as_of, known_at, by, unit, [kpi], window, filter)
    meaning, values = definition(kpi), as_objects(figures(store, opened, query), opened)
    found = behind(store, opened, query, kpi, limit, scope=ALL) if rows else []
    if as_json or format is Format.json:
        _print_json({"definition": meaning, "figures": values, **({"rows": found} if rows else {})})
        return
    if format is Format.csv:
        _print_csv(found if rows else values)
        return
    for name, text in meaning.items():
        print(f"{name}: {text}")
    _table(["unit", "name", "numerator", "denominator", "value"], values)
    if found:
        _table(list(found[0]), found)


@app.command()
def forecast(
    campaign: Annotated[str, typer.Option("--campaign", help="Mã chiến dịch.")],
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    by: ByOption = None,
    unit: UnitOption = None,
    kpi: Annotated[
        list[str] | None, typer.Option("--kpi", help="Mã chỉ tiêu; lặp lại được (mặc định: mọi chỉ tiêu được giao).")
    ] = None,
    format: Annotated[Format, typer.Option("--format", help="Dạng kết quả.")] = Format.table,
    home: HomeOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Nếu cứ như 14 ngày làm việc qua: đến hạn được bao nhiêu, ngày nào về đích, từ bao giờ không thể đạt."""
    from kpi import forecast as forecasting

    opened, store = _open(home, db)
    found = opened.campaign(campaign)
    at, known = _moment(as_of, opened, "--as-of"), _moment(known_at, opened, "--known-at")
    rows = [
        forecasting.as_object(one)
        for key in kpi or forecasting.figures_of(found)
        for one in forecasting.forecast(store, opened, found, key, by=by, unit=unit, as_of=at, known_at=known)
    ]
    _print_rows(rows, format, as_json, ("level", "today", "target", "based_on", "since", "sentence"))


@app.command()
def rank(
    kpi: Annotated[str, typer.Option("--kpi", help="Mã chỉ tiêu.")],
    by: Annotated[str, typer.Option("--by", help="department, district, commune …")],
    campaign: Annotated[str, typer.Option("--campaign", help="Mã chiến dịch.")],
    since: Annotated[str | None, typer.Option("--since", help="Thay đổi thứ hạng từ thời điểm này.")] = None,
    kinds: Annotated[bool, typer.Option("--kinds", help="Mỗi loại đơn vị một bảng: sở riêng, ban riêng.")] = False,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    unit: UnitOption = None,
    format: Annotated[Format, typer.Option("--format", help="Dạng kết quả.")] = Format.table,
    home: HomeOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bảng xếp hạng của một cấp: đồng hạng, tăng giảm, còn cách hạng trên bao nhiêu, khoảng tin cậy."""
    from kpi.ranking import standings

    opened, store = _open(home, db)
    query = _query(opened, campaign, as_of, known_at, by, unit, [kpi], None, "")
    rows = standings(store, opened, query, _moment(since, opened, "--since"), kinds=kinds)
    _print_rows(rows, format, as_json, ("name", "missing"))


@app.command()
def compare(
    kpi: Annotated[str, typer.Option("--kpi", help="Mã chỉ tiêu.")],
    campaign: Annotated[str, typer.Option("--campaign", help="Mã chiến dịch.")],
    beside: Annotated[
        str, typer.Option("--with", help="last-session, một thời điểm, hoặc mã chiến dịch khác (cùng ngày thứ mấy).")
    ] = "last-session",
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    by: ByOption = None,
    unit: UnitOption = None,
    format: Annotated[Format, typer.Option("--format", help="Dạng kết quả.")] = Format.table,
    home: HomeOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Một chỉ tiêu bên cạnh chính nó lúc khác: thay đổi bao nhiêu, vì khối lượng hay vì tốc độ."""
    from kpi import compare as comparing

    opened, store = _open(home, db)
    query = _query(opened, campaign, as_of, known_at, by, unit, [kpi], None, "")
    chosen = comparing.beside(store, opened, query, beside, lambda text: _moment(text, opened, "--with"))
    found = comparing.compare(store, opened, query, chosen)
    if found and all(one.reasons for one in found):
        raise CallFault(comparing.sentence(found[0]))
    rows = [comparing.as_object(one, opened) for one in found]
    _print_rows(rows, format, as_json, ("kpi", "as_of", "then", "period", "period_then", "comparable", "sentence"))


@app.command()
def published(home: HomeOption = None, db: DbOption = None, as_json: JsonOption = False) -> None:
    """Từng số đã công bố bên cạnh số hệ thống tính được; mã thoát 1 nếu có số không khớp."""
    from kpi.published import check

    opened, store = _open(home, db)
    checked = check(store, opened)
    rows: list[dict[str, Any]] = [
        {"id": c.row.id, "as_of": c.row.as_of, "unit": c.row.unit, "kpi": c.row.kpi, "filter": c.row.filter, "part": c.row.part,
"comparison": c.row.comparison,
         "published": c.row.value, "computed": c.computed, "known_then": c.known_then, "ok": c.ok, "reached": c.reached, "source": c.row.source,
         "reading": c.row.reading, "text": c.row.text}
        for c in checked
    ]  # fmt: skip
    if as_json:
        _print_json(rows)
    else:
        words = {True: "khớp", False: "KHÔNG KHỚP", None: "chỉ nêu"}
        _table(
            ["id", "as_of", "kpi", "comparison", "published", "computed", "ok", "text"],
            [{**row, "ok": words[row["ok"]] if row["reached"] else "dữ liệu chưa đến ngày này"} for row in rows],
        )
    missed = [c for c in checked if c.ok is False]
    _note(
        f"{sum(c.ok is True for c in checked)} số khớp, {len(missed)} không khớp, "
        f"{sum(c.ok is None for c in checked)} chỉ nêu hoặc chưa có dữ liệu."
    )
    if missed:
        raise typer.Exit(1)


@app.command()
def worklist(
    kpi: Annotated[str, typer.Option("--kpi", help="Mã chỉ tiêu.")],
    unit: Annotated[str, typer.Option("--unit", help="Mã đơn vị, kể cả các đơn vị bên dưới.")],
    campaign: Annotated[str, typer.Option("--campaign", help="Mã chiến dịch.")],
    as_of: AsOfOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Nhiều nhất bấy nhiêu việc.")] = 50,
    format: Annotated[Format, typer.Option("--format", help="Dạng kết quả.")] = Format.table,
    home: HomeOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Việc cần làm của một đơn vị cho một chỉ tiêu, kèm giá trị và thứ hạng sau từng việc."""
    from kpi.worklist import as_object, as_rows, work

    opened, store = _open(home, db)
    moment = _moment(as_of, opened, "--as-of")
    found = work(store, opened, opened.campaign(campaign), kpi, unit, moment, limit, scope=ALL)
    rows = as_rows(found)
    if as_json or format is Format.json:
        _print_json(as_object(found, opened))
        return
    if format is Format.csv:
        _print_csv(rows)
    elif rows:
        _table(
            ["n", "code", "unit", "what", "reason", "due", "days_left", "numerator", "denominator", "value", "rank"],
            rows,
        )
    now_ = found.after[0]
    _note(
        f"Hiện tại: {_cell(now_.numerator)}/{_cell(now_.denominator)} = {_cell(now_.value)}, hạng {_cell(now_.rank)}; {found.total} việc."
    )
    if found.nothing is not None:
        _note(found.nothing.vi)


@app.command()
def decisions(
    campaign: Annotated[str, typer.Option("--campaign", help="Mã chiến dịch.")],
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

    opened, store = _open(home, db)
    found = opened.campaign(campaign)
    at = _moment(as_of, opened, "--as-of") or default_as_of(store, opened, Query(found))
    units = None if unit is None else store.tree(from_micros(at, opened.zone).date()).below(unit)
    rows = [
        kept.as_object(one, opened) for one in kept.judge(store, opened, kept.listed(store, campaign, at, units), at)
    ]
    if as_json:
        _print_json({"campaign": campaign, "as_of": iso(at, opened.zone), "decisions": rows})
    elif rows:
        _table(["id", "unit", "kpi", "task", "value", "due", "owner", "start", "now", "verdict"], rows)
    else:
        _note("Chưa có kết luận nào.")


@app.command()
def decide(
    campaign: Annotated[str, typer.Option("--campaign", help="Mã chiến dịch.")],
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

    opened, store = _open(home, db)
    found = opened.campaign(campaign)
    at = _moment(as_of, opened, "--as-of") or default_as_of(store, opened, Query(found))
    try:
        last = date.fromisoformat(due)
    except ValueError:
        raise CallFault(f"--due: «{due}» không phải ngày dạng 2021-05-12.") from None
    here = meeting.at_moment(store, campaign, at)
    made = kept.decide(
        store, opened, found, unit=unit, kpi=kpi, task=without_numbers(task), value=value, due=last, owner=without_numbers(owner),
        as_of=at, who=getpass.getuser(), at=_now(), meeting_id=here.id if here is not None and here.is_open else None,
    )  # fmt: skip
    entry = kept.as_object(kept.judge(store, opened, [made], at)[0], opened)
    if as_json:
        _print_json(entry)
    else:
        print(f"Đã ghi kết luận {made.id}.")


@app.command()
def apologies(
    campaign: Annotated[str, typer.Option("--campaign", help="Mã chiến dịch.")],
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
    limit: Annotated[int, typer.Option("--limit", min=1, help="Nhiều nhất bấy nhiêu dòng.")] = 50,
    offset: Annotated[int, typer.Option("--offset", min=0, help="Bỏ qua bấy nhiêu dòng đầu.")] = 0,
    format: Annotated[Format, typer.Option("--format", help="Dạng kết quả.")] = Format.table,
    home: HomeOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hồ sơ sắp đến hạn, quá hạn và thư xin lỗi: đã gửi, phải gửi, hạn cuối được gửi."""
    from kpi.apologies import as_rows, desk
    from kpi.urgency import LANES

    opened, store = _open(home, db)
    known = (None, "send", "sent", "ages", *LANES)
    if show not in known:
        raise CallFault(f"--show: không có «{show}» (có: {', '.join(name for name in known if name)}).")
    asked = opened.campaign(campaign)
    with desk(store, opened, asked, unit, _moment(as_of, opened, "--as-of"), scope=ALL) as letters:
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
    _print_rows(rows, format, as_json, without=("name",))


@app.command()
def whatif(
    campaign: Annotated[str, typer.Option("--campaign", help="Mã chiến dịch.")],
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
    format: Annotated[Format, typer.Option("--format", help="Dạng kết quả.")] = Format.table,
    home: HomeOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Nếu đơn vị làm thêm từng ấy việc: giá trị, thứ hạng và ngày về đích đổi ra sao. Không ghi gì vào số liệu."""
    from kpi import whatif as scenario

    opened, store = _open(home, db)
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
        _print_rows(rows, format, as_json)
        return
    moment, wanted = _moment(as_of, opened, "--as-of"), [scenario.parse(step) for step in steps or []]
    if show is not None:
        known = next((one for one in scenario.kept(store, campaign) if one.name == show), None)
        if known is None:
            raise CallFault(f"Không có kịch bản «{show}».")
        wanted, moment = [*known.steps, *wanted], known.as_of if moment is None else moment
    if not wanted:
        raise CallFault("Cần ít nhất một bước, ví dụ dong-phu:clear=300.")
    found = scenario.what_if(store, opened, asked, wanted, kpi or (), moment, scope=ALL)
    if save is not None:
        scenario.save(store, campaign, save, wanted, who=getpass.getuser(), at=_now(), as_of=moment)
    _print_rows(scenario.as_rows(found), format, as_json, without=("name", "due", "by_due_now", "by_due_then"))
    for step, done in zip(found.steps, found.done, strict=True):
        if done < step.amount:
            _note(f"{step}: chỉ có {done:g}.")


@app.command()
def variants(
    kpi: Annotated[str, typer.Argument(help="Mã chỉ tiêu.")],
    left_out: Annotated[
        bool, typer.Option("--left-out", help="Kèm danh sách những gì mỗi mẫu số bỏ ra ngoài.")
    ] = False,
    campaign: CampaignOption = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    unit: UnitOption = None,
    window: WindowOption = None,
    format: Annotated[Format, typer.Option("--format", help="Dạng kết quả.")] = Format.table,
    home: HomeOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Một chỉ tiêu theo từng cách lấy mẫu số, đặt cạnh nhau, và những gì mỗi cách bỏ ra ngoài."""
    from kpi.variants import as_objects, variants

    opened, store = _open(home, db)
    query = _query(opened, campaign, as_of, known_at, None, unit, [kpi], window, "")
    found = as_objects(variants(store, opened, query, kpi), left_out=left_out)
    if left_out and not (as_json or format is Format.json):
        _print_rows([{"variant": one["variant"], **line} for one in found for line in one["left_out"]], format, as_json)
        return
    _print_rows(found, format, as_json)


@app.command()
def scores(
    campaign: CampaignOption = None,
    as_of: AsOfOption = None,
    by: ByOption = None,
    unit: UnitOption = None,
    window: WindowOption = None,
    format: Annotated[Format, typer.Option("--format", help="Dạng kết quả.")] = Format.table,
    home: HomeOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Điểm theo Quyết định 766 cho các nhóm tính được: do hệ thống tự tính, chưa đầy đủ."""
    from kpi.scores import MARK, as_objects, as_rows, scores

    opened, store = _open(home, db)
    found = scores(store, opened, _query(opened, campaign, as_of, None, by, unit, None, window, ""))
    if as_json or format is Format.json:
        _print_json(as_objects(found))
        return
    _print_rows(as_rows(found), format, as_json, without=("mark",))
    missing = "; ".join(f"{one['label']}: {one['missing']}" for one in as_objects(found)["missing"] if one["group"])
    _note(f"Điểm {MARK.vi}. Còn thiếu: {missing}; và các nhóm công khai, minh bạch, mức độ hài lòng.")


class DefinitionFormat(StrEnum):
    md = "md"
    json = "json"


@app.command()
def definitions(
    format: Annotated[
        DefinitionFormat, typer.Option("--format", help="md (docs/definitions.md) hoặc json.")
    ] = DefinitionFormat.md,
    home: HomeOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Định nghĩa mọi chỉ tiêu: tử số, mẫu số, phần không tính, căn cứ, phụ trách, phiên bản."""
    from kpi.meaning import as_markdown, as_objects

    del home, db  # the same everywhere
    if as_json or format is DefinitionFormat.json:
        _print_json(as_objects())
    else:
        print(as_markdown(), end="")


@app.command()
def check(home: HomeOption = None, db: DbOption = None, as_json: JsonOption = False) -> None:
    """Kiểm tra thư mục của tỉnh và kho dữ liệu: tệp cấu hình, tệp cơ sở dữ liệu, số đếm lưu sẵn so với đếm lại từ đầu."""
    from data import roll, rollup
    from kpi import definitions, issues
    from kpi.answers import home_faults
    from kpi.reports import issuing

    opened, store = _open(home, db)
    damage = store.damage()
    faults = [*home_faults(opened), *roll.from_file(opened)[1]]
    faults += [f"Tệp cơ sở dữ liệu hỏng: {words}" for words in damage]
    if not damage:
        faults += [f"Số đếm lưu sẵn lệch: {difference}" for difference in rollup.differences(store, opened)]
        faults += [*issues.faults(store), *issuing.faults(store)]
        faults += audit.verify(store)
        for change in definitions.note(store, opened, who=getpass.getuser(), at=_now()):
            _note(f"Định nghĩa đã đổi từ lần ghi trước (đã ghi vào nhật ký đính chính): {change}")
    if as_json:
        _print_json({"ok": not faults, "faults": faults})
    else:
        print("\n".join(faults) if faults else "Không có gì sai.")
    if faults:
        raise typer.Exit(1)


@app.command()
def rebuild(home: HomeOption = None, db: DbOption = None) -> None:
    """Đếm lại từ đầu các số đếm lưu sẵn."""
    _, store = _open(home, db)
    store.rebuild()
    print("Đã đếm lại.")


# People, tokens, audit, backup ----------------------------------------------------------------------------------------

people = typer.Typer(no_args_is_help=True, help="Người dùng và vai trò. Việc làm tại máy này không chờ người thứ hai.")
app.add_typer(people, name="people")
PersonArgument = Annotated[int, typer.Argument(help="Số của người dùng (campaign people list).")]


@people.command("list")
def people_list(home: HomeOption = None, db: DbOption = None, as_json: JsonOption = False) -> None:
    """Ai được làm gì, và những đề nghị đang chờ xác nhận."""
    from data import roll

    opened, store = _open(home, db)
    roll.take_file(store, _now())
    rows: list[dict[str, Any]] = [
        {"id": one.id, **asdict(one.is_), "state": one.state, "made_by": one.made_by, "made_at": iso(one.made_at, opened.zone)}
        for one in roll.everybody(store)
    ]  # fmt: skip
    if as_json:
        _print_json(rows)
    else:
        _table(["id", "name", "role", "unit", "state", "email", "subject", "made_by"], rows)
    for change in roll.waiting(store):
        _note(f"Đề nghị {change.id}, của {change.proposed_by}: {change.to.name}, {change.to.role} {change.to.unit}".rstrip())  # fmt: skip
    for fault in roll.from_file(opened)[1]:
        _note(fault)


@people.command("invite")
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

    _, store = _open(home, db)
    roll.propose(store, _me(), roll.Wanted(name or email, role, unit, email), _now())
    print(f"Đã mời {email}: {role.value} {unit}".rstrip())


@people.command("remove")
def people_remove(number: PersonArgument, home: HomeOption = None, db: DbOption = None) -> None:
    """Cho một người ra khỏi danh sách, có hiệu lực ngay ở mọi nơi đang đăng nhập."""
    from data import roll

    _, store = _open(home, db)
    roll.remove(store, _me(), number, _now())
    print(f"Đã bỏ người dùng {number}.")


@people.command("logout")
def people_logout(number: PersonArgument, home: HomeOption = None, db: DbOption = None) -> None:
    """Kết thúc mọi phiên đăng nhập của một người."""
    from data import roll

    _, store = _open(home, db)
    roll.end_sessions(store, _me(), number, _now())
    print(f"Đã kết thúc mọi phiên của người dùng {number}.")


token = typer.Typer(no_args_is_help=True, help="Mã truy cập cho máy: mỗi mã chỉ làm được những việc đã ghi.")
app.add_typer(token, name="token")


@token.command("make")
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

    _, store = _open(home, db)
    number, secret = tokens.make(store, _me(), name, action or [Action.figures], unit, days, _now())
    _note(f"Mã truy cập {number}, hiệu lực {days} ngày. Hãy cất ngay: mã không được lưu và không xem lại được.")
    print(secret)


@token.command("list")
def token_list(home: HomeOption = None, db: DbOption = None, as_json: JsonOption = False) -> None:
    """Các mã truy cập đã cấp (không có mã)."""
    from data import tokens

    opened, store = _open(home, db)
    now = _now()
    rows = []
    for one in tokens.listed(store):
        moments = {name: getattr(one, name) for name in ("made_at", "expires", "revoked_at", "last_used")}
        row = {"id": one.id, "name": one.name, "actions": [action.value for action in one.actions], "unit": one.unit}
        rows.append(
            row
            | {"live": one.is_live(now), "made_by": one.made_by}
            | {name: None if at is None else iso(at, opened.zone) for name, at in moments.items()}
        )
    if as_json:
        _print_json(rows)
    else:
        _table(["id", "name", "live", "actions", "unit", "expires", "last_used", "made_by"], rows)


@token.command("revoke")
def token_revoke(
    number: Annotated[int, typer.Argument(help="Số của mã (campaign token list).")],
    home: HomeOption = None,
    db: DbOption = None,
) -> None:
    """Thu hồi một mã truy cập, có hiệu lực ngay."""
    from data import tokens

    _, store = _open(home, db)
    tokens.revoke(store, _me(), number, _now())
    print(f"Đã thu hồi mã truy cập {number}.")


@app.command("audit")
def audit_log(
    who: Annotated[str, typer.Option("--who", help="Một phần tên hoặc tài khoản.")] = "",
    action: Annotated[str, typer.Option("--action", help="load, undo, issue, people, login, dossiers …")] = "",
    what: Annotated[str, typer.Option("--what", help="Một phần của nội dung.")] = "",
    unit: Annotated[str, typer.Option("--unit", help="Mã đơn vị.")] = "",
    outcome: Annotated[str, typer.Option("--outcome", help="done, refused hoặc failed.")] = "",
    since: Annotated[str | None, typer.Option("--from", help="Từ thời điểm này.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Đến thời điểm này.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Nhiều nhất bấy nhiêu dòng.")] = 100,
    offset: Annotated[int, typer.Option("--offset", min=0, help="Bỏ qua bấy nhiêu dòng đầu.")] = 0,
    head: Annotated[
        bool, typer.Option("--head", help="Chỉ in số và mã băm của mục mới nhất, để ghi lại ở nơi khác.")
    ] = False,
    holds: Annotated[
        str | None, typer.Option("--holds", help="Kiểm tra nhật ký còn đúng với số và mã băm đã ghi lại.")
    ] = None,
    format: Annotated[Format, typer.Option("--format", help="Dạng kết quả.")] = Format.table,
    home: HomeOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Nhật ký: ai đã làm gì, lúc nào, kết quả ra sao. Mới nhất trước."""
    opened, store = _open(home, db)
    if head:
        print(audit.head(store))
        return
    if holds is not None:
        faults = audit.verify(store)
        if not audit.holds(store, holds):
            faults.append("Nhật ký không còn là nhật ký đã ghi lại: mục ấy đã đổi hoặc không còn.")
        print("\n".join(faults) or "Nhật ký còn nguyên.")
        if faults:
            raise typer.Exit(1)
        return
    moments = {"since": _moment(since, opened, "--from"), "until": _moment(until, opened, "--to")}
    lines, total = audit.search(
        store, who=who, action=action, what=what, unit=unit, outcome=outcome, limit=limit, offset=offset, **moments
    )
    rows = [{**asdict(line), "at": iso(line.at, opened.zone)} for line in lines]
    _print_rows(rows, format, as_json, without=("before", "hash"))
    if len(rows) < total:
        _note(f"{len(rows)} trong {total} mục; xem tiếp bằng --offset.")


ForceOption = Annotated[bool, typer.Option("--force", help="Thay cái đang có.")]


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Tệp .zip sẽ ghi.")],
    force: ForceOption = False,
    home: HomeOption = None,
    db: DbOption = None,
) -> None:
    """Sao lưu cơ sở dữ liệu và các tệp của tỉnh vào một tệp; làm được cả khi đang chạy."""
    from data.backup import backup as write

    _, store = _open(home, db)
    made = write(store, file, who=_me(), at=_now(), force=force)
    print(f"{file}: {len(made.files)} tệp, {file.stat().st_size:,} byte. Nhật ký đến {made.audit_head or '—'}.")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="Tệp do campaign backup ghi.")],
    home: Annotated[Path, typer.Option("--home", help="Thư mục mới của tỉnh.")],
    force: ForceOption = False,
    db: DbOption = None,
) -> None:
    """Dựng lại thư mục của tỉnh từ một bản sao lưu. Mọi phiên đăng nhập đều kết thúc."""
    from data.backup import restore as read

    if db is not None:
        raise CallFault("Phục hồi luôn dựng campaign.db trong thư mục mới; bỏ --db. PostgreSQL: dùng pg_restore.")
    done = read(file, home, who=_me(), at=_now(), force=force)
    made_at = iso(done.manifest.made_at, Home(home).zone)
    print(f"Đã phục hồi {done.manifest.home} vào {home}, theo bản sao lưu lúc {made_at}.")
    if done.set_aside is not None:
        _note(f"Thư mục cũ nay là {done.set_aside}.")
    if done.tokens:
        _note(f"{done.tokens} mã truy cập có hiệu lực như lúc sao lưu: hãy thu hồi những mã đã thu hồi sau đó (campaign token list).")  # fmt: skip
    _note("Người dùng và quyền cũng như lúc sao lưu: hãy xem lại (campaign people list).")
    for fault in done.faults:
        _note(fault)
    if done.faults:
        raise typer.Exit(1)


@app.command()
def serve(
    host: Annotated[
        str, typer.Option("--host", help="Địa chỉ lắng nghe; chưa khai báo đăng nhập thì chỉ nhận máy này.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535)] = 8501,
    home: HomeOption = None,
    db: DbOption = None,
) -> None:
    """Mở các trang tại http://localhost:8501."""
    # The server reads how it lets people in when it is imported.
    os.environ["CAMPAIGN_HOME"] = str(home_folder(home).resolve())
    if db:
        os.environ["CAMPAIGN_DATABASE_URL"] = db
    import server

    server.serve(host, port)


def _query(
    home: Home, campaign: str | None, as_of: str | None, known_at: str | None, by: str | None, unit: str | None, kpis: list[str] | None,
    window: str | None, filter: str,
) -> Any:  # fmt: skip
    from kpi.query import Query

    if campaign is None and window is None:
        raise CallFault("Cần --campaign hoặc --window (day, week, month, all, TỪ..ĐẾN).")
    return Query(
        campaign=home.campaign(campaign) if campaign else None,
        kpis=tuple(kpis or ()),
        as_of=_moment(as_of, home, "--as-of"),
        known_at=_moment(known_at, home, "--known-at"),
        by=by,
        unit=unit,
        window=window or "campaign",
        filter=filter,
    )


def _print_rows(rows: list[dict[str, Any]], format: Format, as_json: bool, without: tuple[str, ...] = ()) -> None:
    """Rows as asked; ``without``: columns that only machines get."""
    if as_json or format is Format.json:
        _print_json(rows)
    elif format is Format.csv:
        _print_csv(rows)
    elif rows:
        _table([name for name in rows[0] if name not in without], rows)


def _print_csv(rows: list[dict[str, Any]]) -> None:
    sys.stdout.write(as_csv(rows, () if rows else ("kpi",)))


@contextmanager
def _row_progress(name: str) -> Iterator[Callable[[int, int], None] | None]:
    """Rows judged of a file with their rate and the time left, on stderr where somebody sits in front of it."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} dòng"),
        TaskProgressColumn(show_speed=True),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int, str], None]]:
    """A bar on stderr: told how many files of how many are done, and which one is being loaded."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total} tệp"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[name]}"),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(what, total=None, name="")
        yield lambda done, total, name: progress.update(task, completed=done, total=total, name=name)


def _table(columns: list[str], rows: list[dict[str, Any]]) -> None:
    """Plain columns, the same on a screen and in a pipe."""
    cells = [[_cell(row.get(name)) for name in columns] for row in rows]
    widths = [max([len(name), *(len(line[n]) for line in cells)]) for n, name in enumerate(columns)]
    for line in [columns, *cells]:
        print("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def _cell(value: Any) -> str:
    if value is None:
        return "—"
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return visible(text[:80]).replace("\n", " ")


class _WithoutPandas:
    """Arrow imports pandas where there is one: a third of a second, and a load has no use for it."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name=name)


def main() -> None:
    """Entry of the `campaign` command: errors are caught once, here."""
    alone = Path(getattr(sys.modules["__main__"], "__file__", None) or "").stem == "campaign"
    if alone and sys.argv[1:2] == ["load"]:
        sys.meta_path.insert(0, _WithoutPandas)
    try:
        app()
    except CampaignError as fault:
        _note(str(fault))
        sys.exit(fault.exit_code)


if __name__ == "__main__":
    main()
