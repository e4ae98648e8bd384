"""The home of this process and its store, opened once and again only when a file of the home has changed."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock

from data.home import Home
from data.settings import home_folder
from data.store import Store


@dataclass(frozen=True)
class Opened:
    """``version`` changes whenever an answer may: with the data, and with the files of the home."""

    home: Home
    store: Store
    version: str


_opening = Lock()


def opened() -> Opened:
    """Raises CampaignError when home or store cannot be opened."""
    folder = home_folder(None).resolve()
    stamp, url = _stamp(folder), os.environ.get("CAMPAIGN_DATABASE_URL", "")
    with _opening:  # two first visitors at once would open and migrate it twice
        store = _store(folder, stamp, url)
    return Opened(store.home, store, f"{folder}|{stamp}|{url}|{store.data_version()}")


def _stamp(folder: Path) -> str:
    """Changes with every file of the home; files that come and go while it looks are seen at the next look."""
    found = []
    for file in sorted([*folder.glob("*.csv"), *folder.glob("*.toml"), *folder.glob("*/*.toml")]):
        with suppress(FileNotFoundError):
            told = file.stat()
            found.append((str(file), told.st_mtime_ns, told.st_size))
    return hashlib.sha256(repr(found).encode()).hexdigest()[:16]


@lru_cache(maxsize=2)
def _store(folder: Path, stamp: str, url: str) -> Store:
    return Store.open(Home(folder))
