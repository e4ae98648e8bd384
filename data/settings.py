"""What the environment says."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHIPPED_HOME = ROOT / "data" / "homes" / "binhphuoc"
LOCAL_HOME = ROOT / "data" / "local" / "binhphuoc"


def home_folder(chosen: Path | None) -> Path:
    """``--home``, else CAMPAIGN_HOME, else a working copy of the shipped home under ``data/local/``."""
    if chosen is not None:
        return chosen
    if os.environ.get("CAMPAIGN_HOME"):
        return Path(os.environ["CAMPAIGN_HOME"])
    if not LOCAL_HOME.exists():
        copy_shipped(LOCAL_HOME)
    return LOCAL_HOME


def copy_shipped(target: Path) -> None:
    """A working copy of the shipped home; files that are there already stay as they are."""
    for source in sorted(SHIPPED_HOME.rglob("*")):
        place = target / source.relative_to(SHIPPED_HOME)
        if source.is_dir():
            place.mkdir(parents=True, exist_ok=True)
        elif not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, place)
