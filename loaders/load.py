"""One file → fingerprint → table → check → store: one transaction, one report."""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from data import rollup
from data.errors import CallFault, RefusedFile
from data.home import Home
from data.locale import _
from data.store import ImportHead, Store
from loaders.apply import apply, loaded_before
from loaders.check import Checked, Judge, one_per_key
from loaders.exported import exported_day
from loaders.formats import Sheet, open_large, open_sheets, parts
from loaders.held import Judged
from loaders.kinds import KEYS, check
from loaders.names import Names
from loaders.profiles import Match, chosen, find
from loaders.report import LoadReport as LoadReport
from loaders.text import cut, tidy
from loaders.whole import flag_unknown_procedures, flagged, refused_whole

Progress = Callable[[int, int], None]
"""Called with rows done and rows in all; how many those are is reckoned while a large file is being read."""


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
    data, path = _content(path_or_bytes)
    if isinstance(data, Path) or len(data) >= _MANY_ROWS:
        # If that fails it fails again, and is told, where it is needed.
        beside = ThreadPoolExecutor(1)
        beside.submit(rollup.prepare, home)
        beside.shutdown(wait=False)
    name = cut(tidy(name or (Path(path).name if path else "upload")), _LONGEST_NAME)
    try:
        return _load(
            store, home, data, name, source or path or name, profile, who, at, dry_run, accept, progress or _silent
        )
    except RefusedFile as fault:
        return LoadReport(name, "refused", reason=" ".join(filter(None, (fault.reason, fault.what_to_do))))


def _load(
    store: Store,
    home: Home,
    data: bytes | Path,
    name: str,
    source: str,
    profile: str | Path | None,
    who: str,
    at: int,
    dry_run: bool,
    accept: bool,
    progress: Progress,
) -> LoadReport:
    sheets, print_of_file = _opened(data, name)
    found = find(chosen(home, profile), sheets, name)
    kind, keys = _one_kind(found, name)
    before = store.already_loaded(print_of_file, keys)
    if before is not None:
        return loaded_before(store, before, name)
    checked = [part for one in found for part in _judged(one, home, at, progress)]
    total = sum(one.read for one in checked)
    facts, repeated = one_per_key(pa.concat_tables([one.facts for one in checked]), KEYS[kind])
    if kind == "dossiers":
        facts = flag_unknown_procedures(facts, store.procedures_offered())
    refusals = [refusal for one in checked for refusal in one.refusals]
    refused = sum(one.refused for one in checked)
    flags = sum((Counter(one.flags) for one in checked), Counter[str]())
    if repeated:
        flags["repeated_in_file"] = repeated
    if "flags" in facts.column_names and (unknown := flagged(facts["flags"], "unknown_procedure")):
        flags["unknown_procedure"] = unknown
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
    judged, reason = refused_whole(home, judged)
    report = apply(store, home, judged, accept=accept, dry_run=dry_run)
    progress(total, total)
    return replace(report, reason=reason) if reason and report.status == "refused" else report


_LONGEST_NAME = 255
_MANY_ROWS = 1 << 21
"""A file of so many bytes may have so many rows that they are counted apart."""
_LARGE = 1 << 26
"""A text file of so many bytes is read bit by bit."""


def _content(path_or_bytes: str | Path | bytes) -> tuple[bytes | Path, str]:
    """What to read, and where it lies: a large file is left there."""
    if isinstance(path_or_bytes, bytes):
        return path_or_bytes, ""
    path = Path(path_or_bytes)
    try:
        return path if path.stat().st_size >= _LARGE else path.read_bytes(), str(path)
    except OSError as fault:
        raise CallFault(_("Không mở được {path}: {why}.", path=str(path), why=fault.strerror or str(fault))) from fault


def _opened(data: bytes | Path, name: str) -> tuple[Sequence[Sheet], str]:
    """The sheets of a file and its SHA-256."""
    if isinstance(data, Path):
        if found := open_large(data, name):
            return found
        data = data.read_bytes()
    return open_sheets(data, name), hashlib.sha256(data).hexdigest()


def _judged(found: Match, home: Home, at: int, progress: Progress) -> Iterator[Checked]:
    """The rows of a sheet, judged some ten thousand at a time, the next ones while the last are not done."""
    names, done = _names(home), 0
    waiting: deque[Future[Checked]] = deque()
    with ThreadPoolExecutor(_TOGETHER) as pool:
        for rows, more in parts(found.sheet, found.header, found.columns, whole=found.profile.one_row is not None):
            judge = partial(Judge, found, home, names, rows, more=more)
            if not more and not waiting:
                yield check(judge(), at)
                return
            # The language of the words belongs to the context, and a thread begins without one.
            waiting.append(pool.submit(copy_context().run, lambda judge=judge: check(judge(), at)))
            while len(waiting) > _TOGETHER or (waiting and not more):
                one = waiting.popleft().result()
                done += one.read
                progress(done, round(done / getattr(found.sheet, "share", 1)))
                yield one


_TOGETHER = 2


def _one_kind(found: list[Match], name: str) -> tuple[str, str]:
    """Kind and profile of all sheets together."""
    kinds = {one.profile.kind for one in found}
    if len(kinds) > 1:
        raise RefusedFile(name, _("Tệp có nhiều trang tính khác loại dữ liệu."), _("Hãy tách mỗi loại thành một tệp."))
    return kinds.pop(), "+".join(dict.fromkeys(one.profile.key for one in found))


def _unit_names(checked: list[Checked], facts: pa.Table) -> dict[str, str]:
    """Names of the units that came in from rows and have facts."""
    taken = set(pc.unique(facts["unit"]).to_pylist())
    return {code: name for one in checked for code, name in one.unit_names.items() if code in taken}


@lru_cache(maxsize=8)
def _names(home: Home) -> Names:
    return Names(home)


def _silent(_done: int, _total: int) -> None:
    pass
