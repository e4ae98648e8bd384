"""One file → fingerprint → table → check → store: one transaction, one report."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from data.errors import CallFault, RefusedFile
from data.home import Home
from data.locale import _
from data.store import ImportHead, Refusal, Store
from loaders.check import Checked, Judge, one_per_key
from loaders.formats import open_sheets
from loaders.kinds import KEYS, check
from loaders.names import Names
from loaders.profiles import Match, chosen, find

Progress = Callable[[int, int], None]
"""Called with rows done and rows in all."""


@dataclass(frozen=True)
class LoadReport:
    """What became of a file. ``read`` = new + changed + unchanged + refused, in rows; ``merged`` rows were folded before.

    ``skipped``: headings, column_numbers, groups, totals, signatures → rows that are no records and not in ``read``.

    ``status``: loaded, unchanged (this very file was loaded before) or refused (nothing of it could be taken).
    """

    file: str
    status: str
    read: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    reason: str = ""
    import_id: int | None = None
    refusals: list[Refusal] = field(default_factory=list)
    flags: dict[str, int] = field(default_factory=dict)
    merged: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    profile: str = ""
    kind: str = ""


class _DryRun(Exception):
    """Leaves the writer so that nothing is kept."""


def load_file(
    store: Store,
    home: Home,
    path_or_bytes: str | Path | bytes,
    *,
    name: str = "",
    profile: str | Path | None = None,
    who: str,
    at: int,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> LoadReport:
    """Load one file. ``at``: when it came, UTC microseconds; ``dry_run``: say what would happen, keep nothing.

    A file that cannot be taken at all gives a report with status «refused» and the reason. Raises CallFault for a path
    or profile that does not exist, DataFault for a broken profile or store.
    """
    data, source = _bytes(path_or_bytes)
    name = name or (Path(source).name if source else "upload")
    try:
        return _load(store, home, data, name, source or name, profile, who, at, dry_run, progress or _silent)
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
    import_id: int | None = None
    head = ImportHead(name, print_of_file, source, keys, kind, who, at)
    try:
        with store.writer(head) as writer:
            writer.add_units(_unit_names(checked, facts))
            if facts.num_rows:
                {"dossiers": writer.apply_dossiers, "services": writer.apply_services, "series": writer.apply_series}[
                    kind
                ](facts)
            writer.refuse(refusals)
            counts = writer.finish(read=total, refused=refused, unchanged=repeated)
            import_id = writer.import_id
            if dry_run:
                raise _DryRun
    except _DryRun:
        import_id = None
    progress(total, total)
    nothing = total > 0 and refused == total
    return LoadReport(
        file=name,
        status="refused" if nothing else "loaded",
        read=total,
        new=counts.new,
        changed=counts.changed,
        unchanged=counts.unchanged,
        refused=refused,
        reason=_("Mọi dòng đều bị từ chối.") if nothing else "",
        import_id=import_id,
        refusals=refusals,
        flags=dict(flags),
        merged=sum(one.merged for one in checked),
        skipped=dict(sum((Counter(one.skipped) for one in checked), Counter[str]())),
        profile=keys,
        kind=kind,
    )


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
