"""Alembic migrations, forward only."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Engine

HEAD = "0008"
"""The newest revision; kept here so that opening a current store needs no Alembic (a test compares them)."""


def upgrade(engine: Engine) -> None:
    """Bring a database to the newest revision in one transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    # Whoever comes second waits, and then finds nothing left to do.
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
