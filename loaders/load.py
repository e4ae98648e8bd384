"""One file → fingerprint → table → check → store: one transaction, one report."""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from data import rollup
from data.clock import local_day
from data.errors import CallFault, RefusedFile
from data.home import Home
from data.known import Outdated, Told, flags_again
from data.locale import _
from data.store import ImportHead, Store
from loaders import formats
from loaders.apply import apply, loaded_before
from loaders.check import Checked, Judge, one_per_key
from loaders.exported import exported_day
from loaders.formats import NotText, Rows, Sheet, open_large, open_sheets
from loaders.held import Judged
from loaders.kinds import KEYS, check
from loaders.known import Marks, Memory, memory
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
    if _many(data):
        # If that fails it fails again, and is told, where it is needed.
        beside = ThreadPoolExecutor(1)
        beside.submit(rollup.prepare, store)
        beside.shutdown(wait=False)
    name = cut(tidy(name or (Path(path).name if path else "upload")), _LONGEST_NAME)
    load = partial(
        _load, store, home, name, source or path or name, profile, who, at, dry_run, accept, progress or _silent
    )
    try:
        try:
            return load(data)
        except NotText:
            data = Path(path).read_bytes()
            return load(data)
    except Outdated:
        return load(data, afresh=True)
    except RefusedFile as fault:
        return LoadReport(name, "refused", reason=" ".join(filter(None, (fault.reason, fault.what_to_do))))


def _load(
    store: Store,
    home: Home,
    name: str,
    source: str,
    profile: str | Path | None,
    who: str,
    at: int,
    dry_run: bool,
    accept: bool,
    progress: Progress,
    data: bytes | Path,
    *,
    afresh: bool = False,
) -> LoadReport:
    """Raises NotText and Outdated where it has to be done in another way; nothing is kept then."""
    sheets, fingerprint = _opened(data, name)
    with _text_to_the_end(fingerprint):
        found = find(chosen(home, profile), sheets, name)
    kind, keys = _one_kind(found, name)
    if fingerprint.done() and (before := store.already_loaded(fingerprint.result(), keys)) is not None:
        return loaded_before(store, before, name)
    offered = store.procedures_offered() if kind == "dossiers" else frozenset()
    remembered = memory(store, home, found, offered, at, afresh=afresh) if _many(data) else None
    with _text_to_the_end(fingerprint):
        parts = [part for one in found for part in _judged(one, home, at, progress, remembered)]
    if (before := store.already_loaded(fingerprint.result(), keys)) is not None:
        return loaded_before(store, before, name)
    checked, marks = [part[0] for part in parts], [part[1] for part in parts if part[1]]
    facts, repeated = one_per_key(pa.concat_tables([one.facts for one in checked]), KEYS[kind])
    if kind == "dossiers":
        facts = flag_unknown_procedures(facts, offered)
    full = all(one.profile.mode == "full" for one in found)
    mode, speaks_of = "full" if full else "changes", exported_day(found, name, local_day(at, home.zone))
    head = ImportHead(name, fingerprint.result(), source, keys, kind, who, at, mode, speaks_of)
    told = remembered.told(facts, marks) if remembered else None
    judged, reason = refused_whole(home, _together(head, checked, facts, repeated, told))
    report = apply(store, home, judged, accept=accept, dry_run=dry_run)
    progress(judged.read, judged.read)
    return replace(report, reason=reason) if reason and report.status == "refused" else report


def _together(head: ImportHead, checked: list[Checked], facts: pa.Table, repeated: int, told: Told | None) -> Judged:
    """The parts of a file as one, with what its known rows add to the counts."""
    again = flags_again(told)
    flags = sum((Counter(one.flags) for one in checked), again)
    if repeated:
        flags["repeated_in_file"] = repeated
    unknown = flagged(facts["flags"], "unknown_procedure") if "flags" in facts.column_names else 0
    if unknown or again["unknown_procedure"]:
        flags["unknown_procedure"] = unknown + again["unknown_procedure"]
    return Judged(
        head=head,
        facts=facts,
        refusals=[refusal for one in checked for refusal in one.refusals],
        unit_names=_unit_names(checked, facts),
        refused_codes=[code for one in checked for code in one.refused_codes] if head.mode == "full" else [],
        read=sum(one.read for one in checked) + (len(told.again) if told else 0),
        refused=sum(one.refused for one in checked),
        repeated=repeated,
        notes={
            "flags": dict(flags),
            "merged": sum(one.merged for one in checked),
            "skipped": dict(sum((Counter(one.skipped) for one in checked), Counter[str]())),
        },
        told=told,
    )


_LONGEST_NAME = 255
_MANY_ROWS = 1 << 21
"""A file of so many bytes may have so many rows that they are counted apart."""


def _many(data: bytes | Path) -> bool:
    return isinstance(data, Path) or len(data) >= _MANY_ROWS


def _content(path_or_bytes: str | Path | bytes) -> tuple[bytes | Path, str]:
    """What to read, and where it lies: a large file is left there."""
    if isinstance(path_or_bytes, bytes):
        return path_or_bytes, ""
    path = Path(path_or_bytes)
    try:
        return path if path.stat().st_size >= formats.LARGE else path.read_bytes(), str(path)
    except OSError as fault:
        raise CallFault(_("Không mở được {path}: {why}.", path=str(path), why=fault.strerror or str(fault))) from fault


def _opened(data: bytes | Path, name: str) -> tuple[Sequence[Sheet], Future[str]]:
    """The sheets of a file and its SHA-256, which for a large file is made while that is read."""
    if isinstance(data, Path):
        if found := open_large(data, name):
            return found
        data = data.read_bytes()
    made: Future[str] = Future()
    made.set_result(hashlib.sha256(data).hexdigest())
    return open_sheets(data, name), made


@contextmanager
def _text_to_the_end(fingerprint: Future[str]) -> Iterator[None]:
    """Whatever is found wrong with a file matters only if it is read as what it is. Raises NotText."""
    try:
        yield
    except Exception as fault:
        if isinstance(other := fingerprint.exception(), NotText):
            raise other from fault
        raise
    if fingerprint.done():
        fingerprint.result()


def _judged(
    found: Match, home: Home, at: int, progress: Progress, remembered: Memory | None
) -> Iterator[tuple[Checked, Marks | None]]:
    """The rows of a sheet, judged some ten thousand at a time, the next ones while the last are not done."""
    done = 0
    waiting: deque[Future[tuple[Checked, Marks | None]]] = deque()

    def judged(rows: Rows, *, more: bool) -> tuple[Checked, Marks | None]:
        rows, marks = remembered.split(rows) if remembered else (rows, None)
        return check(Judge(found, home, names.result(), rows, more=more), at), marks

    with ThreadPoolExecutor(_TOGETHER) as pool:
        names = pool.submit(_names, home)  # put together while the first rows are read
        for rows, more in formats.parts(
            found.sheet, found.header, found.columns, whole=found.profile.one_row is not None
        ):
            if not more and not waiting:
                yield judged(rows, more=more)
                return
            # The language of the words belongs to the context, and a thread begins without one.
            waiting.append(pool.submit(copy_context().run, partial(judged, rows, more=more)))
            while len(waiting) > _TOGETHER or (waiting and not more):
                one = waiting.popleft().result()
                done += len(one[1].rows) if one[1] else one[0].read
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
