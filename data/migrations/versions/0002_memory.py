"""Memory of everything: undo, held files, full exports, sources, corrections, issued reports, scenarios."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "absent",
        sa.Column("code", sa.Text(), nullable=False, comment="a dossier that a full export no longer holds"),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("from_import", sa.Integer(), nullable=False),
        sa.Column("to_import", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", "profile", "from_import"),
        comment="never deleted, only flagged",
    )
    op.create_table(
        "confirmed",
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("owed_to", sa.Integer(), nullable=False, comment="the import whose row says the same"),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "owed_to"),
        comment="rows that said nothing new: what they confirm must not be taken back behind their back",
    )
    op.create_table(
        "correction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=True, comment="none for a definition change"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False, comment="late, correction, undo or definition"),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("first_day", sa.Integer(), nullable=True, comment="the earliest past day whose figures it changes"),
        sa.Column("last_day", sa.Integer(), nullable=True),
        sa.Column("n", sa.Integer(), nullable=False, comment="dossiers, services or entries"),
        sa.Column("what", sa.Text(), nullable=False, comment="the fields that changed, or the rule and its values"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        comment="what changed figures of days already reported",
    )
    with op.batch_alter_table("correction", schema=None) as batch_op:
        batch_op.create_index("correction_import", ["import_id"], unique=False)

    op.create_table(
        "definition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False, comment="figure, or campaign"),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False, comment="JSON"),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="since when it is known here"),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("definition", schema=None) as batch_op:
        batch_op.create_index("definition_key", ["kind", "key"], unique=False)

    op.create_table(
        "held",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("mode", sa.String(length=16), nullable=False),
        sa.Column("exported", sa.Integer(), nullable=True),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("read", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column(
            "content",
            sa.LargeBinary(),
            nullable=True,
            comment="judged facts and refusals, without personal data; gone once decided",
        ),
        sa.Column("state", sa.String(length=16), nullable=False, comment="waiting, accepted or rejected"),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        comment="files that wait for a person's yes",
    )
    with op.batch_alter_table("held", schema=None) as batch_op:
        batch_op.create_index("held_sha256", ["sha256", "profile"], unique=False)

    op.create_table(
        "issue",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="when it was frozen"),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("known_import", sa.Integer(), nullable=False),
        sa.Column("data_version", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False, comment="why it was issued again"),
        sa.Column("replaces", sa.Integer(), nullable=True),
        sa.Column("definitions", sa.Text(), nullable=False, comment="JSON: the words and terms of every figure"),
        sa.Column("rules", sa.Text(), nullable=False, comment="JSON: rules and targets of the campaign"),
        sa.Column(
            "fingerprint", sa.String(length=64), nullable=False, comment="of all rows, so that a changed one shows"
        ),
        sa.PrimaryKeyConstraint("id"),
        comment="issued reports: frozen, never computed anew",
    )
    with op.batch_alter_table("issue", schema=None) as batch_op:
        batch_op.create_index("issue_campaign", ["campaign", "as_of"], unique=False)

    op.create_table(
        "issue_row",
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("kpi", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=True),
        sa.Column("window", sa.Text(), nullable=False),
        sa.Column("numerator", sa.Float(), nullable=True),
        sa.Column("denominator", sa.Float(), nullable=True),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("target", sa.Float(), nullable=True),
        sa.Column("gap", sa.Float(), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("issue_id", "place"),
    )
    op.create_table(
        "scenario",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=True),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("steps", sa.Text(), nullable=False, comment="JSON"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "source_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("modified", sa.BigInteger(), nullable=True, comment="UTC microseconds, where the server says it"),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="last look"),
        sa.Column(
            "state", sa.String(length=16), nullable=False, comment="loaded, unchanged, refused, held, waiting or failed"
        ),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        comment="what pulling has seen",
    )
    with op.batch_alter_table("source_file", schema=None) as batch_op:
        batch_op.create_index("source_file_path", ["source", "path"], unique=True)

    with op.batch_alter_table("dossier_version", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "read_import",
                sa.Integer(),
                nullable=False,
                server_default="0",
                comment="the import whose file holds the row",
            )
        )

    with op.batch_alter_table("dossier_version", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "content",
                sa.BigInteger(),
                nullable=False,
                server_default="0",
                comment="what it says, as one number (data.content)",
            )
        )

    with op.batch_alter_table("import", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "mode",
                sa.String(length=16),
                server_default="changes",
                nullable=False,
                comment="changes, or full: every dossier there is",
            )
        )
        batch_op.add_column(
            sa.Column(
                "exported",
                sa.Integer(),
                nullable=True,
                comment="the day up to which the file speaks, where file name or title say it",
            )
        )
        batch_op.add_column(sa.Column("undone_by", sa.Integer(), nullable=True, comment="the import that took it back"))
        batch_op.add_column(
            sa.Column(
                "notes",
                sa.Text(),
                server_default="{}",
                nullable=False,
                comment="JSON: counts of flags, skipped, merged, absent, older",
            )
        )

    with op.batch_alter_table("series_value", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "read_import",
                sa.Integer(),
                nullable=False,
                server_default="0",
                comment="the import whose file holds the row",
            )
        )

    with op.batch_alter_table("service_version", schema=None) as batch_op:
        batch_op.add_column(sa.Column("laid_by", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(
            sa.Column(
                "read_import",
                sa.Integer(),
                nullable=False,
                server_default="0",
                comment="the import whose file holds the row",
            )
        )

    for table in ("dossier_version", "series_value", "service_version"):
        op.execute(f"UPDATE {table} SET read_import = from_import")
    op.execute("UPDATE service_version SET laid_by = from_import")
    _fill_content()
    op.drop_index("dossier_code", table_name="dossier_version")
    op.create_index("dossier_code", "dossier_version", ["code", "to_import", "content", "read_import"])
    op.create_index(
        "dossier_work",
        "dossier_version",
        ["unit_id", "due_at", "finished_at", "returned_at", "accepted_at", "status", "apology_day"],
        sqlite_where=sa.text("to_import = 2147483647"),
        postgresql_where=sa.text("to_import = 2147483647"),
    )


def _fill_content() -> None:
    """What every version says as one number; the tables are read as they are at this revision."""
    import pyarrow as pa

    from data.content import content

    texts = {"procedure"}
    names = (
        "unit_id", "procedure", "service_level", "channel", "return_mode", "digitised", "payment", "status",
        "submitted_at", "accepted_at", "due_at", "finished_at", "returned_at", "apology_at", "apology_new_due_at",
    )  # fmt: skip
    connection = op.get_bind()
    quoted = ", ".join(f'"{name}"' for name in names)
    last = connection.execute(sa.text("SELECT max(id) FROM dossier_version")).scalar() or 0
    for first in range(1, last + 1, 100_000):
        rows = connection.execute(
            sa.text(f"SELECT id, {quoted} FROM dossier_version WHERE id >= :first AND id < :end"),
            {"first": first, "end": first + 100_000},
        ).all()
        if not rows:
            continue
        ids, *values = zip(*rows, strict=True)
        table = pa.table(
            {
                name: pa.array(column, pa.string() if name in texts else pa.int64())
                for name, column in zip(names, values, strict=True)
            }
        )
        connection.execute(
            sa.text("UPDATE dossier_version SET content = :content WHERE id = :id"),
            [{"id": i, "content": n} for i, n in zip(ids, content(table).to_pylist(), strict=True)],
        )
