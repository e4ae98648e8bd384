"""One file → fingerprint → table → check → store: one transaction, one report."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from data.errors import CallFault, RefusedFile
from data.home import Home
from data.locale import _
from data.store import ImportHead, Store
from loaders.apply import apply
from loaders.check import Checked, Judge, one_per_key
from loaders.exported import exported_day
from loaders.formats import open_sheets
from loaders.held import Judged
from loaders.kinds import KEYS, check
from loaders.names import Names
from loaders.profiles import Match, chosen, find
from loaders.report import LoadReport as LoadReport

Progress = Callable[[int, int], None]
"""Called with rows done and rows in all."""


def load_file(
    store: Store,
    home: Home,
    path_or_bytes: str | Path | bytes,
    *,
    name: str = "",
    source: str = "",
    profile: str | Path | None = None,
    who: str,
    at: int,
    dry_run: bool = False,
    accept: bool = False,
    progress: Progress | None = None,
) -> LoadReport:
    """Load one file. ``source``: where it came from, its path by default; ``at``: when it came, UTC microseconds;
    ``dry_run``: say what would happen, keep nothing;
    ``accept``: also when it looks cut off or older than what is known, for which it would otherwise be held.

    A file that cannot be taken at all gives a report with status «refused» and the reason. Raises CallFault for a path
    or profile that does not exist, DataFault for a broken profile or store.
    """
    data, path = _bytes(path_or_bytes)
    name = name or (Path(path).name if path else "upload")
    try:
        return _load(store, home, data, name, source or path or name, profile, who, at, dry_run, accept, progress or _silent)
    except RefusedFile as fault:
        return LoadReport(name, "refused", reason=" ".join(filter(None, (fault.reason, fault.what_to_do))))


def _load(
    store: Store,
    home: Home,
    data: bytes,
    name: str,
    source: str,
    profile: str | Path | None,
    who: str,
    at: int,
    dry_run: bool,
    accept: bool,
    progress: Progress,
) -> LoadReport:
    found = find(chosen(home, profile), open_sheets(data, name), name)
    kind, keys = _one_kind(found, name)
    print_of_file = hashlib.sha256(data).hexdigest()
    before = store.already_loaded(print_of_file, keys)
    if before is not None and (known := _again(store, before, name, keys, kind)):
        return known
    names = _names(home)
    checked = [check(Judge(one, home, names), at) for one in found]
    total = sum(one.read for one in checked)
    progress(0, total)
    facts, repeated = one_per_key(pa.concat_tables([one.facts for one in checked]), KEYS[kind])
    refusals = [refusal for one in checked for refusal in one.refusals]
    refused = sum(one.refused for one in checked)
    flags = sum((Counter(one.flags) for one in checked), Counter[str]())
    if repeated:
        flags["repeated_in_file"] = repeated
    full = all(one.profile.mode == "full" for one in found)
    head = ImportHead(
        name, print_of_file, source, keys, kind, who, at, "full" if full else "changes", exported_day(found, name)
    )
    judged = Judged(
        head,
        facts,
        refusals,
        _unit_names(checked, facts),
        [code for one in checked for code in one.refused_codes] if full else [],
        total,
        refused,
        repeated,
        {
            "flags": dict(flags),
            "merged": sum(one.merged for one in checked),
            "skipped": dict(sum((Counter(one.skipped) for one in checked), Counter[str]())),
        },
    )
    report = apply(store, home, judged, accept=accept, dry_run=dry_run)
    progress(total, total)
    return report


def _bytes(path_or_bytes: str | Path | bytes) -> tuple[bytes, str]:
    if isinstance(path_or_bytes, bytes):
        return path_or_bytes, ""
    path = Path(path_or_bytes)
    try:
        return path.read_bytes(), str(path)
    except OSError as fault:
        raise CallFault(_("Không mở được {path}: {why}.", path=str(path), why=fault.strerror or str(fault))) from fault


def _one_kind(found: list[Match], name: str) -> tuple[str, str]:
    """Kind and profile of all sheets together."""
    kinds = {one.profile.kind for one in found}
    if len(kinds) > 1:
        raise RefusedFile(name, _("Tệp có nhiều trang tính khác loại dữ liệu."), _("Hãy tách mỗi loại thành một tệp."))
    return kinds.pop(), "+".join(dict.fromkeys(one.profile.key for one in found))


def _again(store: Store, before: int, name: str, profile: str, kind: str) -> LoadReport | None:
    """The report for a file loaded before; None when that import had taken none of its rows."""
    past = next((one for one in store.loads() if one["id"] == before), None)
    if past is None or (past["read"] and past["read"] == past["refused"]):
        return None
    reason = _("Tệp này đã được nạp (lần nạp {number}).", number=before)
    if past["refused"]:
        reason += " " + _(
            "Khi đó {rows} dòng bị từ chối; muốn nạp lại sau khi sửa danh mục thì hoàn tác lần nạp đó trước.",
            rows=past["refused"],
        )
    rows = past["read"] - past["refused"]
    return LoadReport(
        name,
        "unchanged",
        past["read"],
        unchanged=rows,
        refused=past["refused"],
        reason=reason,
        import_id=before,
        profile=profile,
        kind=kind,
    )


def _unit_names(checked: list[Checked], facts: pa.Table) -> dict[str, str]:
    """Names of the units that came in from rows and have facts."""
    taken = set(pc.unique(facts["unit"]).to_pylist())
    return {code: name for one in checked for code, name in one.unit_names.items() if code in taken}


@lru_cache(maxsize=8)
def _names(home: Home) -> Names:
    return Names(home)


def _silent(_done: int, _total: int) -> None:
    pass
