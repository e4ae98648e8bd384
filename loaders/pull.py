"""Fetches what is new at the home's sources, once, and loads it: oldest first, one file after the other.

Bytes go from the source through memory into the store; no copy of a file is ever kept. Time, waiting and chance are
handed in by the caller, so that tests neither sleep nor throw dice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

from data.errors import CallFault, CampaignError, StoreFault
from data.home import Home
from data.locale import _
from data.store import Store
from loaders.load import load_file
from loaders.remote import Listed, Remote, opened
from loaders.report import LoadReport
from loaders.seen import LOOK, TAKEN, Seen, remember, remembered
from loaders.sources import MINUTE, NotWhole, Source, SourceFault, for_address, read_sources

TRIES = 3
"""How often one look asks before it gives up."""
_FIRST_WAIT = 1.0
_LONGEST_WAIT = 360 * MINUTE
"""A source that fails is looked at again at the latest then."""

T = TypeVar("T")


@dataclass(frozen=True)
class Around:
    """What pulling needs of the world. ``now``: UTC microseconds; ``wait``: seconds; ``chance``: 0 to 1;
    ``stopped``: whether to end before the next file."""

    who: str
    now: Callable[[], int]
    wait: Callable[[float], object]
    chance: Callable[[], float]
    stopped: Callable[[], bool] = lambda: False


@dataclass(frozen=True)
class Pulled:
    """What became of one file. ``state``: as in ``Seen``; ``report``: where it was judged."""

    name: str
    path: str
    state: str
    reason: str = ""
    report: LoadReport | None = None

    @property
    def failed(self) -> bool:
        """Whether it, or a row of it, was not taken."""
        return self.state in ("refused", "held", "failed") or bool(self.report and self.report.refused)


@dataclass(frozen=True)
class Pull:
    """One look at a source. ``known``: files that are as they were; ``fault``: why the look failed."""

    source: str
    files: Sequence[Pulled] = field(default=())
    known: int = 0
    fault: str = ""

    @property
    def failed(self) -> bool:
        return bool(self.fault) or any(one.failed for one in self.files)


def chosen_sources(home: Home, keys: Iterable[str] = ()) -> list[Source]:
    """The sources named, all of them for none. Raises CallFault for an unknown key."""
    found = {one.key: one for one in read_sources(home)}
    wanted = list(dict.fromkeys(keys)) or list(found)
    for key in wanted:
        if key not in found:
            listed = ", ".join(found) or _("chưa khai nguồn nào trong sources.toml")
            raise CallFault(_("Không có nguồn «{key}» (có: {known}).", key=key, known=listed))
    return [found[key] for key in wanted]


def pull(store: Store, home: Home, sources: Iterable[Source], around: Around, *, again: bool = False) -> Iterator[Pull]:
    """Look at each source in turn. A source that fails does not stop the others; a store that fails does.

    ``again``: also judge files anew that were refused and have not changed since.
    """
    for one in sources:
        if around.stopped():
            return
        yield Look(store, home, one, around, again).pull()


class Look:
    """One look at one source."""

    def __init__(self, store: Store, home: Home, one: Source, around: Around, again: bool) -> None:
        self.store, self.home, self.source, self.around, self.again = store, home, one, around, again
        self.seen = remembered(store, one.key).get(one.key, {})

    def pull(self) -> Pull:
        files: list[Pulled] = []
        known = 0
        fault = ""
        try:
            with ExitStack() as stack:
                remote = _asked(lambda: stack.enter_context(opened(self.source, self.home)), self.around)
                for listed in sorted(_asked(remote.list, self.around), key=_oldest_first):
                    if self.around.stopped():
                        break
                    found = self._file(remote, listed)
                    files += [found] if found else []
                    known += found is None
        except SourceFault as caught:
            fault = str(caught)
        self._remember_look(fault)
        return Pull(self.source.key, files, known, fault)

    def _remember_look(self, fault: str) -> None:
        before, now = self.seen.get(LOOK), self.around.now()
        look = Seen(self.source.key, LOOK, "looked", now)
        if fault:
            tries = (before.tries if before else 0) + 1
            look = replace(look, state="failed", tries=tries, next_try=self._later(MINUTE, tries), reason=fault)
        remember(self.store, look)

    def _later(self, first: int, tries: int) -> int:
        """When to try again: after waits that double, a little apart from others that failed at the same moment."""
        wait = min(first * 2 ** min(tries - 1, 20), _LONGEST_WAIT)
        return self.around.now() + int(wait * (1 + self.around.chance() / 2))

    def _file(self, remote: Remote, listed: Listed) -> Pulled | None:
        """What became of a file; None when it is known."""
        seen = self.seen.get(listed.path)
        judged = seen is not None and (seen.state in TAKEN or (seen.state == "refused" and not self.again))
        if seen and judged and listed.told and listed.same_as(seen):
            return None
        if not listed.whole and not self._settled(listed, seen):
            return self._wait(listed, seen)
        try:
            fetched = _asked(lambda: remote.fetch(listed, seen if judged else None), self.around)
        except NotWhole:
            return self._wait(listed, seen, changed=True)
        except SourceFault as fault:
            return self._failed(listed, seen, str(fault))
        if fetched is None:
            return None
        found, data = fetched
        if found.young and not self._still(found, seen):
            return self._wait(found, seen)
        sha256 = hashlib.sha256(data).hexdigest()
        if seen and judged and seen.state in TAKEN and seen.sha256 == sha256:
            remember(self.store, replace(seen, at=self.around.now(), etag=found.etag, size=found.size, modified=found.modified))  # fmt: skip
            return None
        return self._load(found, data, sha256, seen)

    def _load(self, listed: Listed, data: bytes, sha256: str, seen: Seen | None) -> Pulled:
        one = self.source
        try:
            report = load_file(
                self.store,
                self.home,
                data,
                name=listed.name,
                source=f"{one.key}:{listed.name}",
                profile=one.profile or None,
                who=self.around.who,
                at=self.around.now(),
            )
        except StoreFault:
            raise
        except CampaignError as fault:
            return self._failed(listed, seen, str(fault))
        self._remember(listed, report.status, report.reason, sha256=sha256, import_id=report.import_id)
        return Pulled(listed.name, listed.path, report.status, report.reason, report)

    def _settled(self, listed: Listed, seen: Seen | None) -> bool:
        """Whether a file has lain still long enough to be whole: by its own time, or since an earlier look."""
        if listed.modified is not None and self.around.now() - listed.modified >= self.source.settle * 1_000_000:
            return True
        return self._still(listed, seen)

    def _still(self, listed: Listed, seen: Seen | None) -> bool:
        """Whether a file is as it was when it was first left waiting, long enough ago."""
        if seen is None or seen.state != "waiting" or seen.next_try is None:
            return False
        return self.around.now() >= seen.next_try and listed.same_as(seen)

    def _wait(self, listed: Listed, seen: Seen | None, *, changed: bool = False) -> Pulled:
        """Leave a file until it is whole. ``changed``: it was seen to change just now."""
        reason = str(NotWhole())
        waited = seen.tries if seen and seen.state == "waiting" else 0
        if changed or not (seen and waited and listed.same_as(seen)):
            next_try = self._later(self.source.settle * 1_000_000, waited + 1)
            self._remember(listed, "waiting", reason, tries=waited + 1, next_try=next_try)
        return Pulled(listed.name, listed.path, "waiting", reason)

    def _failed(self, listed: Listed, seen: Seen | None, reason: str) -> Pulled:
        tries = (seen.tries if seen and seen.state == "failed" else 0) + 1
        self._remember(listed, "failed", reason, tries=tries, next_try=self._later(MINUTE, tries))
        return Pulled(listed.name, listed.path, "failed", reason)

    def _remember(
        self,
        listed: Listed,
        state: str,
        reason: str,
        *,
        sha256: str = "",
        tries: int = 0,
        next_try: int | None = None,
        import_id: int | None = None,
    ) -> None:
        seen = Seen(
            source=self.source.key,
            path=listed.path,
            state=state,
            at=self.around.now(),
            etag=listed.etag,
            size=listed.size,
            modified=listed.modified,
            sha256=sha256,
            tries=tries,
            next_try=next_try,
            reason=reason,
            import_id=import_id,
        )
        remember(self.store, seen)


def _asked(ask: Callable[[], T], around: Around) -> T:
    """An answer, asked for again after growing waits where that may help. Raises SourceFault."""
    for turn in range(TRIES):
        try:
            return ask()
        except SourceFault as fault:
            if not fault.again or turn == TRIES - 1 or around.stopped():
                raise
            around.wait(_FIRST_WAIT * 4**turn * (1 + around.chance()))
    raise AssertionError("a last try either answers or raises")


def _oldest_first(one: Listed) -> tuple[int, str]:
    """By the time of the file, then by its name; files without a time last, by name (names often hold the day)."""
    return (one.modified if one.modified is not None else 1 << 62, one.name)


def at_address(home: Home, address: str, around: Around) -> Iterator[tuple[str, bytes | SourceFault]]:
    """The files at an address given on the command line, oldest first: name and bytes, or why it could not be fetched.

    Raises CallFault where nothing is there, SourceFault where the address cannot be reached.
    """
    one = for_address(home, address)
    try:
        with ExitStack() as stack:
            remote = _asked(lambda: stack.enter_context(opened(one, home)), around)
            for listed in sorted(_asked(remote.list, around), key=_oldest_first):
                try:
                    found = _asked(partial(remote.fetch, listed, None), around)
                except SourceFault as fault:
                    if fault.missing:
                        raise
                    yield listed.name, fault
                else:
                    yield listed.name, found[1] if found else b""
    except SourceFault as fault:
        if fault.missing:
            raise CallFault(str(fault)) from None
        raise
