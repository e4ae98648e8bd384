"""Tables of the store. Facts are kept in two times.

When something happened (accepted, due, finished …) is a moment in UTC microseconds beside its local day; when we
believed it is the span of imports ``from_import <= n < to_import``. Nothing is overwritten: "as known then" is a filter.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)

STILL_BELIEVED = 2_147_483_647
"""``to_import`` of a version that no later import has replaced."""

REPLACED = f"to_import < {STILL_BELIEVED}"
"""Says that a version has been replaced, in the words of the index over those."""

CHANNELS = {"other": 0, "counter": 1, "online": 2, "post": 3}
RETURN_MODES = {"counter": 0, "post": 1, "online": 2}
FLAGS = {
    "no_due_date": 1,
    "finish_before_accept": 2,
    "due_before_accept": 4,
    "far_date": 8,
    "odd_code": 16,
    "status_clash": 32,
    "ambiguous_time": 64,
    "nonexistent_time": 128,
    "unknown_procedure": 256,
    "repeated_in_file": 512,
}
SERVICE_STATES = ("listed", "reviewed", "submitted", "rejected", "integrated", "withdrawn")

metadata = MetaData()

imports = Table(
    "import",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("file", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("source", Text, nullable=False),
    Column("profile", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("who", Text, nullable=False),
    Column("at", BigInteger, nullable=False, comment="when it became known, UTC microseconds"),
    Column("read", Integer, nullable=False, default=0),
    Column("new", Integer, nullable=False, default=0),
    Column("changed", Integer, nullable=False, default=0),
    Column("unchanged", Integer, nullable=False, default=0),
    Column("refused", Integer, nullable=False, default=0),
    Column("latest", BigInteger, comment="latest moment among its facts, far-away dates left out"),
    Column("state", String(16), nullable=False, default="loaded"),
    Index("import_sha256", "sha256", "profile"),
)

refusals = Table(
    "refusal",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("import_id", Integer, nullable=False, index=True),
    Column("sheet", Text, nullable=False, default=""),
    Column("row", Integer, nullable=False),
    Column("heading", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("what_to_do", Text, nullable=False),
)

units = Table(
    "unit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False, comment="as first seen; names and validity live in units.csv"),
)

ancestors = Table(
    "unit_ancestor",
    metadata,
    Column("unit_id", Integer, nullable=False),
    Column("ancestor_id", Integer, nullable=False),
    Column("distance", SmallInteger, nullable=False),
    PrimaryKeyConstraint("unit_id", "ancestor_id"),
    comment="a unit and everything above it, by the latest tree: where a service offered by a parent is looked up",
)

procedures = Table(
    "procedure",
    metadata,
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("field_name", Text, nullable=False, default=""),
)

MOMENTS = ("submitted_at", "accepted_at", "due_at", "finished_at", "returned_at", "apology_at", "apology_new_due_at")
DAYS = {
    "accepted_at": "accepted_day",
    "due_at": "due_day",
    "finished_at": "finished_day",
    "returned_at": "returned_day",
    "apology_at": "apology_day",
}

dossiers = Table(
    "dossier_version",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", Text, nullable=False),
    Column("unit_id", Integer, nullable=False),
    Column("procedure", Text),
    Column("service_level", SmallInteger),
    Column("channel", SmallInteger),
    Column("return_mode", SmallInteger),
    Column("digitised", SmallInteger),
    Column("payment", SmallInteger),
    Column("status", SmallInteger),
    *(Column(name, BigInteger, nullable=name != "accepted_at") for name in MOMENTS),
    *(Column(name, Integer, nullable=name != "accepted_day") for name in DAYS.values()),
    Column("past_due_day", Integer, comment="local day of the first moment after due_at"),
    Column("flags", Integer, nullable=False, default=0),
    Column("sheet", Text, nullable=False, default=""),
    Column("row", Integer, nullable=False),
    Column("from_import", Integer, nullable=False),
    Column("to_import", Integer, nullable=False, default=STILL_BELIEVED),
    Index("dossier_code", "code", "to_import"),
    Index("dossier_from", "from_import"),
    Index("dossier_to", "to_import", sqlite_where=text(REPLACED), postgresql_where=text(REPLACED)),
    Index("dossier_accepted_day", "accepted_day"),
    Index("dossier_due_day", "due_day"),
    Index("dossier_finished_day", "finished_day"),
    Index("dossier_returned_day", "returned_day"),
)

CONTENT = (
    "unit_id",
    "procedure",
    "service_level",
    "channel",
    "return_mode",
    "digitised",
    "payment",
    "status",
    *MOMENTS,
)
"""What makes a dossier's version another one; its place in a file does not."""

services = Table(
    "service_version",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("service_code", Text, nullable=False),
    Column("procedure", Text),
    Column("name", Text, nullable=False, default=""),
    Column("unit_id", Integer, nullable=False),
    Column("level", SmallInteger),
    Column("eligible_online", SmallInteger),
    Column("eligible_level4", SmallInteger),
    Column("exclusion_reason", Text),
    Column("state", String(16), nullable=False),
    Column("reason", Text),
    Column("from_day", Integer, nullable=False, comment="the day of the change"),
    Column("to_day", Integer, nullable=False, comment="the day of the next change"),
    Column("sheet", Text, nullable=False, default=""),
    Column("row", Integer, nullable=False),
    Column("from_import", Integer, nullable=False),
    Column("to_import", Integer, nullable=False, default=STILL_BELIEVED),
    Index("service_code", "service_code", "to_import"),
    Index("service_procedure", "procedure", "unit_id"),
)

series = Table(
    "series_value",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kpi", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("level", Text, nullable=False, default=""),
    Column("on", Integer, nullable=False),
    Column("numerator", Float),
    Column("denominator", Float),
    Column("value", Float),
    Column("scheme", Text, nullable=False, default=""),
    Column("source", Text, nullable=False, default=""),
    Column("sheet", Text, nullable=False, default=""),
    Column("row", Integer, nullable=False),
    Column("from_import", Integer, nullable=False),
    Column("to_import", Integer, nullable=False, default=STILL_BELIEVED),
    Index("series_kpi", "kpi", "to_import"),
)

NO_COHORT = -2_147_483_648
"""Cohort day of an event that belongs to no cohort: before every day, so that one filter serves both."""

work_days = Table(
    "work_day",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("works", SmallInteger, nullable=False),
    Column("before", BigInteger, nullable=False, comment="working time before this day"),
    Column("starts", BigInteger, nullable=False, comment="its first moment"),
    Column("length", BigInteger, nullable=False, comment="microseconds from midnight to midnight"),
    comment="the home's working calendar; working time in microseconds, one working day = 86 400 000 000",
)

measures = Table(
    "measure",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("definition", String(64), nullable=False, comment="fingerprint of the statement the counts were made with"),
)

settings = Table(
    "setting",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

rollup = Table(
    "rollup",
    metadata,
    Column("measure_id", Integer, nullable=False),
    Column("event_day", Integer, nullable=False),
    Column("cohort_day", Integer, nullable=False),
    Column("unit_id", Integer, nullable=False),
    Column("n", BigInteger, nullable=False),
    PrimaryKeyConstraint("measure_id", "event_day", "cohort_day", "unit_id"),
    sqlite_with_rowid=False,
)
