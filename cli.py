"""The `campaign` command: the same questions from a terminal. Results on stdout, notes on stderr.

Exit: 0 done, 1 the data is at fault, 2 the call is at fault.
"""

from __future__ import annotations

import csv
import getpass
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from data.clock import day_number, day_start, iso, parse_moment, to_micros
from data.errors import CallFault, CampaignError
from data.home import Home
from data.settings import home_folder
from data.store import Store

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
    return opened, Store.open(opened, db)


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
    print(text, file=sys.stderr)


def _print_json(value: Any) -> None:
    json.dump(value, sys.stdout, ensure_ascii=False, indent=1, default=str)
    sys.stdout.write("\n")


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
    import tempfile

    from data.replay.build import LAST_DAY, SIMULATOR, build
    from data.settings import LOCAL_HOME, copy_shipped
    from loaders.load import load_file

    folder = home if home is not None else home_folder(None)
    copy_shipped(folder if folder != LOCAL_HOME else LOCAL_HOME)
    opened, store = _open(folder, db)
    try:
        last = None if until is None else date.fromisoformat(until)
    except ValueError:
        raise CallFault(f"--until: «{until}» không phải ngày dạng 2021-05-25.") from None
    if if_empty and not store.is_empty():
        return
    if finish and not _begun_not_finished(store.loads(), SIMULATOR, day_start(day_number(LAST_DAY), opened.zone)):
        return
    totals = {"files": 0, "new": 0, "changed": 0, "unchanged": 0, "refused": 0}
    with (
        tempfile.TemporaryDirectory(prefix="campaign-demo-") as scratch,
        _progress("Dựng và nạp dữ liệu mô phỏng") as step,
    ):
        for file in build(opened.root, Path(scratch), lambda done, total, name: step(done - 1, total, name), last):
            report = load_file(store, opened, file.path, name=file.path.name, profile=None, who=SIMULATOR, at=file.at)
            totals["files"] += 1
            for key in ("new", "changed", "unchanged", "refused"):
                totals[key] += getattr(report, key)
            file.path.unlink(missing_ok=True)
    if as_json:
        _print_json(totals)
    else:
        print(
            f"Đã nạp {totals['files']} tệp mô phỏng: {totals['new']} mới, {totals['changed']} thay đổi, {totals['refused']} bị từ chối. Thư mục: {folder}"
        )


def _begun_not_finished(imports: list[dict[str, Any]], who: str, end: int) -> bool:
    """Whether the store holds the replay, only the replay, and not yet all of it."""
    return bool(imports) and all(row["who"] == who for row in imports) and max(row["at"] for row in imports) < end


@app.command()
def load(
    paths: Annotated[list[Path], typer.Argument(help="Các tệp cần nạp.")],
    profile: Annotated[str | None, typer.Option("--profile", help="Mã hồ sơ nguồn hoặc tệp .toml.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Chỉ kiểm tra, không ghi.")] = False,
    home: HomeOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Nạp tệp xuất; mỗi tệp là một giao dịch. Dòng bị từ chối được liệt kê kèm lý do và cách sửa."""
    from data.errors import RefusedFile
    from loaders.load import load_file

    for path in paths:
        if not path.exists():
            raise CallFault(f"Không có tệp {path}.")
    opened, store = _open(home, db)
    reports: list[dict[str, Any]] = []
    chosen: str | Path | None = Path(profile) if profile and profile.endswith(".toml") else profile
    for path in paths:
        try:
            report = load_file(
                store, opened, path, name=path.name, profile=chosen, who=getpass.getuser(), at=_now(), dry_run=dry_run
            )
        except RefusedFile as fault:
            entry: dict[str, Any] = {
                "file": str(path),
                "status": "refused",
                "read": 0,
                "new": 0,
                "changed": 0,
                "unchanged": 0,
                "refused": 0,
            }
            reports.append({**entry, "reason": f"{fault.reason} {fault.what_to_do}".strip(), "refusals": []})
            continue
        reports.append(
            {
                "file": str(path), "status": report.status, "read": report.read, "new": report.new, "changed": report.changed,
                "unchanged": report.unchanged, "refused": report.refused, "reason": report.reason, "import": report.import_id,
                "merged": report.merged, "skipped": report.skipped, "flags": report.flags,
                "refusals": [{name: getattr(r, name) for name in ("sheet", "row", "heading", "value", "reason", "what_to_do")} for r in report.refusals],
            }
        )  # fmt: skip
    if as_json:
        _print_json(reports)
    else:
        for entry in reports:
            print(f"{entry['file']}: {_STATUS[entry['status']]}; đọc {entry['read']}, mới {entry['new']}, thay đổi {entry['changed']}, "
                  f"không đổi {entry['unchanged']}, từ chối {entry['refused']}" + (f". {entry['reason']}" if entry["reason"] else ""))  # fmt: skip
            for row in entry["refusals"][:MOST_REFUSALS_PRINTED]:
                place = f"trang «{row['sheet']}», " if row["sheet"] else ""
                print(
                    f"  {place}dòng {row['row']}, cột «{row['heading']}», giá trị «{row['value']}»: {row['reason']} {row['what_to_do']}"
                )
            if len(entry["refusals"]) > MOST_REFUSALS_PRINTED:
                print(f"  … và {len(entry['refusals']) - MOST_REFUSALS_PRINTED} dòng nữa; xem đủ bằng --json.")
    if any(entry["status"] == "refused" or entry["refused"] for entry in reports):
        raise typer.Exit(1)


MOST_REFUSALS_PRINTED = 20
_STATUS = {
    "loaded": "đã nạp",
    "unchanged": "đã nạp từ trước, không có gì mới",
    "refused": "bị từ chối",
    "checked": "đã kiểm tra, chưa ghi",
}


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
    from kpi.answers import as_objects, definition
    from kpi.engine import figures
    from kpi.explain import behind

    opened, store = _open(home, db)
    query = _query(opened, campaign, as_of, known_at, by, unit, [kpi], window, filter)
    meaning, values = definition(kpi), as_objects(figures(store, opened, query), opened)
    found = behind(store, opened, query, kpi, limit) if rows else []
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
def published(home: HomeOption = None, db: DbOption = None, as_json: JsonOption = False) -> None:
    """Từng số đã công bố bên cạnh số hệ thống tính được; mã thoát 1 nếu có số không khớp."""
    from kpi.published import check

    opened, store = _open(home, db)
    checked = check(store, opened)
    rows: list[dict[str, Any]] = [
        {"id": c.row.id, "as_of": c.row.as_of, "unit": c.row.unit, "kpi": c.row.kpi, "filter": c.row.filter, "part": c.row.part,
         "comparison": c.row.comparison, "published": c.row.value, "computed": c.computed, "ok": c.ok, "reached": c.reached, "source": c.row.source,
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
def check(home: HomeOption = None, db: DbOption = None, as_json: JsonOption = False) -> None:
    """Kiểm tra thư mục của tỉnh và kho dữ liệu: tệp cấu hình, số đếm lưu sẵn so với đếm lại từ đầu."""
    from data import rollup
    from kpi.answers import home_faults

    opened, store = _open(home, db)
    faults = [
        *home_faults(opened),
        *(f"Số đếm lưu sẵn lệch: {difference}" for difference in rollup.differences(store, opened)),
    ]
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


@app.command()
def serve(
    host: Annotated[
        str, typer.Option("--host", help="Địa chỉ lắng nghe; chưa có đăng nhập nên chỉ nhận máy này.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535)] = 8501,
    home: HomeOption = None,
    db: DbOption = None,
) -> None:
    """Mở các trang tại http://localhost:8501."""
    import server

    server.serve(host, port, home_folder(home), db)


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


def _print_csv(rows: list[dict[str, Any]]) -> None:
    """CSV for people and machines; a text that a spreadsheet program would run as a formula is defused."""
    writer = csv.DictWriter(sys.stdout, list(rows[0]) if rows else ["kpi"], lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow(
            {
                name: f"'{value}" if isinstance(value, str) and value[:1] in FORMULA_STARTS else value
                for name, value in row.items()
            }
        )


FORMULA_STARTS = frozenset("=+-@\t\r")


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
    return "".join(letter if letter.isprintable() else " " for letter in text)[:80]


def main() -> None:
    """Entry of the `campaign` command: errors are caught once, here."""
    try:
        app()
    except CampaignError as fault:
        _note(str(fault))
        sys.exit(fault.exit_code)


if __name__ == "__main__":
    main()
