"""Reports written to files: one, or every one of a campaign's rhythm that the data have reached."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from data.access import ALL
from data.clock import from_micros
from data.errors import CallFault, DataFault
from data.home import Campaign, Home
from data.store import Store
from kpi.reports import files, issuing, rhythm


def ending_of(name: str) -> str:
    """«docx» of «bao-cao.docx», «.docx» or «docx». Raises CallFault for what no report can be written as."""
    found = name.lower().rpartition(".")[2]
    if found not in files.ENDINGS:
        known = ", ".join(f".{ending}" for ending in files.ENDINGS)
        raise CallFault(f"Không có dạng tệp «{name}» cho báo cáo. Chọn một trong: {known}.")
    return found


def write_all(
    store: Store,
    home: Home,
    campaign: Campaign,
    folder: Path,
    form: str,
    *,
    unit: str = "",
    draft: bool = False,
    tell: Callable[[int, int, str], None] = lambda done, total, name: None,
) -> list[Path]:
    """A file for each moment of the rhythm, issued ones as they were issued. ``tell``: done, of how many, the file.

    Raises DataFault where the data have reached none of them.
    """
    ending, latest = ending_of(form), store.latest_moment(store.import_at(None))
    due = [moment for moment in rhythm.moments(home, campaign) if latest is not None and moment <= latest]
    if not due:
        raise DataFault(f"Dữ liệu chưa đến kỳ báo cáo nào của {campaign.key}.")
    written = []
    for done, moment in enumerate(due):
        path = folder / f"{name(home, campaign, moment, unit)}.{ending}"
        tell(done, len(due), path.name)
        report = issuing.report(store, home, campaign, moment, unit=unit, scope=ALL, draft=draft)
        put(path, files.write(store, home, report, ending, scope=ALL))
        written.append(path)
    tell(len(due), len(due), "")
    return written


def name(home: Home, campaign: Campaign, as_of: int, unit: str = "") -> str:
    """«bao-cao-92-ngay-2022-07-10», of a unit «bao-cao-92-ngay-dong-phu-2022-07-10»."""
    day = from_micros(as_of, home.zone).date().isoformat()
    parts = ("bao-cao", campaign.key, unit, day)
    return "-".join(
        "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in part) for part in parts if part
    )


def put(path: Path, content: bytes) -> None:
    """Write a file whole or not at all. Raises CallFault where it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f".{path.name}.part")
        aside.write_bytes(content)
        aside.replace(path)
    except OSError as fault:
        raise CallFault(f"{path}: không ghi được ({fault.strerror}).") from fault
