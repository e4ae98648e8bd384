"""Dossier versions lie in the order of imports, units and ends; runs of them take the place of indexes."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

DAYS = ("accepted_day", "due_day", "finished_day", "returned_day")
NEVER = 2_147_483_647
LATER = """CASE WHEN coalesce(finished_day, returned_day) >= coalesce(returned_day, finished_day)
    THEN coalesce(finished_day, returned_day) ELSE coalesce(returned_day, finished_day) END"""
OPEN_UNTIL = f"coalesce(CASE WHEN status IS NULL OR status IN (7, 9, 10) THEN {LATER} END, {NEVER})"


def upgrade() -> None:
    for name in ("from", "work", *DAYS):
        op.execute(f"DROP INDEX IF EXISTS dossier_{name}")
    op.create_table(
        "dossier_span",
        sa.Column("first_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False, comment="from_import of its versions"),
        sa.Column("open_until", sa.Integer(), nullable=False, comment="the last day on which one of them may be open"),
        *(sa.Column(f"{end}_{day}", sa.Integer(), nullable=True) for day in DAYS for end in ("first", "last")),
        sa.PrimaryKeyConstraint("first_id"),
        comment="runs of dossier versions of one import and unit with their first and last days (data.spans)",
    )
    op.create_index(op.f("ix_dossier_span_import_id"), "dossier_span", ["import_id"], unique=False)
    op.create_index(op.f("ix_dossier_span_unit_id"), "dossier_span", ["unit_id"], unique=False)
    letter = sa.text("apology_day IS NOT NULL")
    op.create_index(
        "dossier_letter", "dossier_version", ["unit_id", "apology_day"], sqlite_where=letter, postgresql_where=letter
    )
    _number_anew()
    ends = ", ".join(f"min({day}), max({day})" for day in DAYS)
    op.execute(
        f"""
        INSERT INTO dossier_span
        SELECT min(id), max(id), unit_id, from_import, max({OPEN_UNTIL}), {ends}
        FROM (SELECT *, (row_number() OVER (PARTITION BY from_import, unit_id ORDER BY id) - 1) / 500 AS run
              FROM dossier_version) AS each_one
        GROUP BY from_import, unit_id, run
        """
    )


def _number_anew() -> None:
    """Ids in the order of imports, units and ends, all of them beyond the present ones."""
    last = op.get_bind().execute(sa.text("SELECT max(id) FROM dossier_version")).scalar() or 0
    op.execute(
        f"""
        CREATE TEMPORARY TABLE dossier_moved AS
        SELECT id, row_number() OVER (ORDER BY from_import, unit_id, {OPEN_UNTIL}, accepted_day, id) + {last} AS new_id
        FROM dossier_version
        """
    )
    op.execute("CREATE UNIQUE INDEX dossier_moved_id ON dossier_moved (id)")
    op.execute(
        """
        UPDATE dossier_version
        SET id = (SELECT new_id FROM dossier_moved WHERE dossier_moved.id = dossier_version.id)
        """
    )
    op.execute("DROP TABLE dossier_moved")
