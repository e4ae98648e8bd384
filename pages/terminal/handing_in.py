"""Files that somebody hands in: sample data, exports, files that wait for a yes, profiles of unknown files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from data.clock import iso
from data.errors import CallFault, CampaignError, StoreFault
from data.settings import home_folder
from pages.terminal import keep_to_the_end, outcomes
from pages.terminal.fetching import around
from pages.terminal.options import DbOption, HomeOption, JsonOption, now, open_store, who
from pages.terminal.printing import note, print_json, print_rows
from pages.terminal.progress import counting_files, counting_rows

if TYPE_CHECKING:
    from data.home import Home


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
    opened, store = open_store(folder, db)
    try:
        last = None if until is None else date.fromisoformat(until)
    except ValueError:
        raise CallFault(f"--until: «{until}» không phải ngày dạng 2021-05-25.") from None
    if if_empty and not store.is_empty():
        return
    if finish and not unfinished(store, opened):
        return
    with counting_files("Dựng và nạp dữ liệu mô phỏng") as step:
        totals = fill(store, opened, last, step)
    if as_json:
        print_json(totals)
    else:
        print(
            f"Đã nạp {totals['files']} tệp mô phỏng: {totals['new']} mới, {totals['changed']} thay đổi, {totals['refused']} bị từ chối. Thư mục: {folder}"
        )


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
    from loaders.formats import begin

    begin(Path(paths[0]))  # read while the rest of the program is still coming in
    from loaders.load import load_file
    from loaders.report import LoadReport
    from loaders.sources import is_address

    keep_to_the_end()
    for path in paths:
        if not is_address(path) and not Path(path).exists():
            raise CallFault(f"Không có tệp {path}.")
    opened, store = open_store(home, db)
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
                with counting_rows(name) as progress:
                    report = load_file(
                        store, opened, content, name=name, source=file, profile=chosen, who=who(), at=now(), dry_run=dry_run,
                        accept=accept, progress=progress,
                    )  # fmt: skip
            except StoreFault as fault:
                # What was loaded before is loaded; what comes after would only run into the same.
                stopped = fault
                report = LoadReport(name, "refused", reason=str(fault))
        reports.append(outcomes.as_object(report, file))
    if as_json:
        print_json(reports)
    else:
        for entry in reports:
            outcomes.tell(entry)
    if missing:
        raise typer.Exit(2)
    if any(entry["status"] in ("refused", "held") or entry["refused"] for entry in reports):
        raise typer.Exit(1)


def _contents(paths: list[str], home: Home) -> Iterator[tuple[str, str, Path | bytes | CampaignError]]:
    """What `load` was given, file by file: how it is shown, its name, and where it is or what it holds."""
    from loaders.sources import is_address

    for path in paths:
        if not is_address(path):
            yield path, Path(path).name, Path(path)
            continue
        from loaders.pull import at_address

        try:
            for name, content in at_address(home, path, around()):
                yield path if path.endswith(name) else f"{path.rpartition('/')[0]}/{name}", name, content
        except CampaignError as fault:
            yield path, path, fault


def held(
    number: Annotated[int | None, typer.Argument(metavar="[NUMBER]", help="Số của tệp đang chờ.")] = None,
    yes: Annotated[bool | None, typer.Option("--yes/--no", help="Nạp tệp, hay bỏ tệp.")] = None,
    home: HomeOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Các tệp đang chờ người quyết định (trông như bị cắt, hoặc cũ); --yes nạp, --no bỏ."""
    from loaders.held import decide, waiting

    opened, store = open_store(home, db)
    if number is None:
        rows = [{**asdict(one), "at": iso(one.at, opened.zone)} for one in waiting(store)]
        print_rows(rows, as_json, columns=["id", "at", "file", "read", "refused", "reason"])
        return
    if yes is None:
        raise CallFault("Cần --yes (nạp tệp) hoặc --no (bỏ tệp).")
    report = decide(store, opened, number, yes, who=who(), at=now())
    if as_json:
        print_json({"file": report.file, "status": report.status, "new": report.new, "changed": report.changed, "import": report.import_id})  # fmt: skip
    else:
        print(f"{report.file}: {outcomes.STATUS[report.status]}; mới {report.new}, thay đổi {report.changed}.")


profile_commands = typer.Typer(no_args_is_help=True, help="Hồ sơ nguồn: cách đọc tệp của một phần mềm.")


@profile_commands.command("new")
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
    from data.home import Home
    from loaders.drafts import draft

    if not file.is_file():
        raise CallFault(f"Không có tệp {file}.")
    if output is not None and output.exists():
        raise CallFault(f"Đã có tệp {output}; hãy chọn tên khác.")
    found = draft(Home(home_folder(home)), file.read_bytes(), file.name, key or (output.stem if output else ""))
    if output is None:
        print(found.toml, end="")
    else:
        output.write_text(found.toml, encoding="utf-8")
        note(f"Đã ghi {output}.")
    for remark in found.notes:
        note(remark)
