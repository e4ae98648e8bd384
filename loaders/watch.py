"""Keeps pulling by schedule and empties the home's inbox, until told to stop.

It asks every few seconds instead of being told by the system of changes: an inbox is often a network share, where such
messages do not come; a file must lie still for a while anyway; and a glance at one folder costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from data.errors import CampaignError
from data.home import Home
from data.locale import _
from data.store import Store
from loaders.pull import Around, Look, Pull, Pulled, pull
from loaders.remote import Listed, Remote
from loaders.seen import LOOK, TAKEN, pending
from loaders.sources import INBOX, Source, next_look, read_sources

POLL_SECONDS = 5.0

Tell = Callable[[Pull], None]
"""Called with every look that has something to say."""


def watch(root: Path, store: Store, around: Around, tell: Tell, *, once: bool = False) -> None:
    """One round after the other; files of the home are read anew in each. ``once``: a single round.

    Raises CampaignError for a fault of the first round; later ones are told once and waited out.
    """
    told = ""
    first = True
    while not around.stopped():
        try:
            look_round(Home(root), store, around, tell)
            told = ""
        except CampaignError as fault:
            if first:
                raise
            if str(fault) != told:
                tell(Pull("", fault=str(fault)))
            told = str(fault)
        first = False
        if once:
            return
        around.wait(POLL_SECONDS)


def look_round(home: Home, store: Store, around: Around, tell: Tell) -> None:
    """The inbox, then every source that is due."""
    store = Store(home, store.engine)
    sources = read_sources(home)
    seen = pending(store)
    _tell(empty_inbox(store, home, around), tell)
    due = [one for one in sources if next_look(one, seen.get(one.key, {}), home) <= around.now()]
    for found in pull(store, home, due, around):
        _tell(found, tell)


def _tell(found: Pull, tell: Tell) -> None:
    if found.fault or any(one.state != "waiting" for one in found.files):
        tell(found)


def empty_inbox(store: Store, home: Home, around: Around) -> Pull:
    """Load what lies in the inbox and delete it; what is refused stays as it is until it changes."""
    folder = home.root.resolve() / INBOX
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as fault:
        return Pull(INBOX, fault=_("Không tạo được {path}: {why}.", path=folder, why=fault.strerror or ""))
    return _Inbox(store, home, Source(key=INBOX, url=str(folder)), around).pull()


class _Inbox(Look):
    """A folder whose files are deleted once they are loaded."""

    def __init__(self, store: Store, home: Home, one: Source, around: Around) -> None:
        super().__init__(store, home, one, around, again=False)
        # What was loaded and deleted is no longer there: a file of the same name is another one.
        self.seen = {path: row for path, row in self.seen.items() if row.state not in TAKEN}

    def _remember_look(self, fault: str) -> None:
        """Not every glance is worth a transaction."""
        before = self.seen.get(LOOK)
        if fault or (before is not None and before.state == "failed"):
            super()._remember_look(fault)

    def _file(self, remote: Remote, listed: Listed) -> Pulled | None:
        path, seen = Path(listed.path), self.seen.get(listed.path)
        patient = seen is not None and seen.state == "failed" and (seen.next_try or 0) > self.around.now()
        if path.is_symlink() or (seen and patient and listed.same_as(seen)):
            return None
        found = super()._file(remote, listed)
        if found is None or found.state not in TAKEN:
            return found
        try:
            # A file put there in the meantime is another one.
            if all(now.same_as(listed) for now in remote.list() if now.path == listed.path):
                path.unlink(missing_ok=True)
        except OSError as fault:
            reason = _("Đã nạp nhưng không xóa được tệp ({why}). Hãy tự xóa.", why=fault.strerror or "")
            self._remember(listed, "refused", reason)
            return Pulled(found.name, found.path, "failed", reason, found.report)
        return found
