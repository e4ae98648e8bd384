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
    LargeBinary,
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

LETTER = "apology_day IS NOT NULL"
"""Says that a letter of apology was sent, in the words of the index over those."""

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
    Column("state", String(16), nullable=False, default="loaded", comment="loaded, or undone"),
    Column(
        "mode", String(16), nullable=False, server_default="changes", comment="changes, or full: every dossier there is"
    ),
    Column("exported", Integer, comment="the day up to which the file speaks, where file name or title say it"),
    Column("undone_by", Integer, comment="the import that took it back"),
    Column(
        "notes",
        Text,
        nullable=False,
        server_default="{}",
        comment="JSON: counts of flags, skipped, merged, absent, older",
    ),
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
    Column("code_hash", BigInteger, nullable=False, comment="the code as a number (data.codes)"),
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
    Column("read_import", Integer, nullable=False, comment="the import whose file holds the row"),
    Column("content", BigInteger, nullable=False, comment="what it says, as one number (data.content)"),
    Column("from_import", Integer, nullable=False, comment="since when it is believed"),
    Column("to_import", Integer, nullable=False, default=STILL_BELIEVED),
    # In PostgreSQL they are as partial (data/migrations); said here, it would bring its drivers into every command.
    Index("dossier_to", "to_import", sqlite_where=text(REPLACED)),
    # Letters are few, and asked for whatever became of their dossiers.
    Index("dossier_letter", "unit_id", "apology_day", sqlite_where=text(LETTER)),
)

versions_by_code = Table(
    "version_by_code",
    metadata,
    Column("code_hash", BigInteger, nullable=False),
    Column("id", Integer, nullable=False, comment="a dossier version"),
    PrimaryKeyConstraint("code_hash", "id"),
    # A table and no index: rows that come in its order are written one behind the other, where SQLite would sort them.
    sqlite_with_rowid=False,
    comment="dossier versions by their code, whose number may be that of others too (data.codes)",
)

SPANNED = ("accepted_day", "due_day", "finished_day", "returned_day")
"""Days by which dossier versions are looked for."""

spans = Table(
    "dossier_span",
    metadata,
    Column("first_id", Integer, primary_key=True, autoincrement=False),
    Column("last_id", Integer, nullable=False),
    Column("unit_id", Integer, nullable=False, index=True),
    Column("import_id", Integer, nullable=False, index=True, comment="from_import of its versions"),
    Column("open_until", Integer, nullable=False, comment="the last day on which one of them may be open"),
    *(Column(f"{end}_{name}", Integer) for name in SPANNED for end in ("first", "last")),
    comment="runs of dossier versions of one import and unit with their first and last days (data.spans)",
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
    Column("read_import", Integer, nullable=False, comment="the import whose file holds the row"),
    Column("laid_by", Integer, nullable=False, comment="the import that laid it so, also where it only ended a state"),
    Column("from_import", Integer, nullable=False, comment="since when it is believed"),
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
    Column("read_import", Integer, nullable=False, comment="the import whose file holds the row"),
    Column("from_import", Integer, nullable=False, comment="since when it is believed"),
    Column("to_import", Integer, nullable=False, default=STILL_BELIEVED),
    Index("series_kpi", "kpi", "to_import"),
)

confirmed = Table(
    "confirmed",
    metadata,
    Column("import_id", Integer, nullable=False),
    Column("owed_to", Integer, nullable=False, comment="the import whose row says the same"),
    Column("n", Integer, nullable=False),
    PrimaryKeyConstraint("import_id", "owed_to"),
    comment="rows that said nothing new: what they confirm must not be taken back behind their back",
)

absent = Table(
    "absent",
    metadata,
    Column("code", Text, nullable=False, comment="a dossier that a full export no longer holds"),
    Column("code_hash", BigInteger, nullable=False, comment="the code as a number (data.codes)"),
    Column("profile", Text, nullable=False),
    Column("from_import", Integer, nullable=False),
    Column("to_import", Integer, nullable=False, default=STILL_BELIEVED),
    PrimaryKeyConstraint("code", "profile", "from_import"),
    comment="never deleted, only flagged",
)

known_rows = Table(
    "known_rows",
    metadata,
    Column("profile", Text, nullable=False),
    Column("import_id", Integer, nullable=False, comment="the file of which rows are known"),
    Column("stamp", Text, nullable=False, comment="what judging depends on beside the cells"),
    Column("last_id", Integer, nullable=False, comment="the last dossier version then"),
    Column("hashes", LargeBinary, nullable=False, comment="int64 per row, of its wanted cells"),
    Column("ids", LargeBinary, nullable=False, comment="int32 per row, the version it became or was"),
    Column("owed", LargeBinary, nullable=False, comment="int32 per row, the import that had read what it says"),
    Column("latest", LargeBinary, nullable=False, comment="int64 per row, its latest event"),
    Column("flags", LargeBinary, nullable=False, comment="int32 per row"),
    Column(
        "no_more", LargeBinary, nullable=False, comment="int32 each, versions of files before that it does not tell"
    ),
    PrimaryKeyConstraint("profile", "import_id"),
    comment="rows of each profile's last file, so that they need not be judged again (data.known)",
)

held = Table(
    "held",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("file", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("source", Text, nullable=False),
    Column("profile", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("mode", String(16), nullable=False),
    Column("exported", Integer),
    Column("who", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("read", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("content", LargeBinary, comment="judged facts and refusals, without personal data; gone once decided"),
    Column("state", String(16), nullable=False, default="waiting", comment="waiting, accepted or rejected"),
    Column("decided_by", Text),
    Column("decided_at", BigInteger),
    Column("import_id", Integer),
    Index("held_sha256", "sha256", "profile"),
    comment="files that wait for a person's yes",
)

source_files = Table(
    "source_file",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("etag", Text, nullable=False, default=""),
    Column("size", BigInteger),
    Column("modified", BigInteger, comment="UTC microseconds, where the server says it"),
    Column("sha256", String(64), nullable=False, default=""),
    Column("at", BigInteger, nullable=False, comment="last look"),
    Column("state", String(16), nullable=False, comment="loaded, unchanged, refused, held, waiting or failed"),
    Column("tries", Integer, nullable=False, default=0),
    Column("next_try", BigInteger),
    Column("reason", Text, nullable=False, default=""),
    Column("import_id", Integer),
    Index("source_file_path", "source", "path", unique=True),
    comment="what pulling has seen",
)

corrections = Table(
    "correction",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("import_id", Integer, comment="none for a definition change"),
    Column("at", BigInteger, nullable=False),
    Column("who", Text, nullable=False),
    Column("kind", String(16), nullable=False, comment="late, correction, undo or definition"),
    Column("unit_id", Integer),
    Column("first_day", Integer, comment="the earliest past day whose figures it changes"),
    Column("last_day", Integer),
    Column("n", Integer, nullable=False, default=0, comment="dossiers, services or entries"),
    Column("what", Text, nullable=False, default="", comment="the fields that changed, or the rule and its values"),
    Column("reason", Text, nullable=False, default=""),
    Index("correction_import", "import_id"),
    comment="what changed figures of days already reported",
)

definitions = Table(
    "definition",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(16), nullable=False, comment="figure, or campaign"),
    Column("key", Text, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("content", Text, nullable=False, comment="JSON"),
    Column("at", BigInteger, nullable=False, comment="since when it is known here"),
    Index("definition_key", "kind", "key"),
)

issues = Table(
    "issue",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("campaign", Text, nullable=False),
    Column("as_of", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False, comment="when it was frozen"),
    Column("who", Text, nullable=False),
    Column("known_import", Integer, nullable=False),
    Column("data_version", Text, nullable=False),
    Column("number", Text, nullable=False, default=""),
    Column("reason", Text, nullable=False, default="", comment="why it was issued again"),
    Column("replaces", Integer),
    Column("definitions", Text, nullable=False, comment="JSON: the words and terms of every figure"),
    Column("rules", Text, nullable=False, comment="JSON: rules and targets of the campaign"),
    Column("fingerprint", String(64), nullable=False, comment="of all rows, so that a changed one shows"),
    Index("issue_campaign", "campaign", "as_of"),
    comment="issued reports: frozen, never computed anew",
)

issue_rows = Table(
    "issue_row",
    metadata,
    Column("issue_id", Integer, nullable=False),
    Column("place", Integer, nullable=False),
    Column("kpi", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("scheme", Text),
    Column("window", Text, nullable=False),
    Column("numerator", Float),
    Column("denominator", Float),
    Column("value", Float),
    Column("target", Float),
    Column("gap", Float),
    Column("status", String(16), nullable=False),
    PrimaryKeyConstraint("issue_id", "place"),
)

scenarios = Table(
    "scenario",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("campaign", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("as_of", BigInteger),
    Column("who", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("steps", Text, nullable=False, comment="JSON"),
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
