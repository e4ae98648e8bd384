"""Dossier codes as numbers: versions are found by these, through a table in their order."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    for table in ("dossier_version", "absent"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(
                sa.Column(
                    "code_hash",
                    sa.BigInteger(),
                    nullable=False,
                    server_default="0",
                    comment="the code as a number (data.codes)",
                )
            )
    op.create_table(
        "version_by_code",
        sa.Column("code_hash", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False, comment="a dossier version"),
        sa.PrimaryKeyConstraint("code_hash", "id"),
        comment="dossier versions by their code, whose number may be that of others too (data.codes)",
        sqlite_with_rowid=False,
    )
    _fill()
    op.drop_index("dossier_code", table_name="dossier_version")
    op.execute(
        "INSERT INTO version_by_code (code_hash, id) SELECT code_hash, id FROM dossier_version ORDER BY code_hash, id"
    )


def _fill() -> None:
    import pyarrow as pa

    from data.codes import hashes

    connection = op.get_bind()

    def numbers(codes: list[str]) -> list[int]:
        found: list[int] = hashes(pa.chunked_array([codes], pa.string())).tolist()
        return found

    last = connection.execute(sa.text("SELECT max(id) FROM dossier_version")).scalar() or 0
    for first in range(1, last + 1, 100_000):
        rows = connection.execute(
            sa.text("SELECT id, code FROM dossier_version WHERE id >= :first AND id < :end"),
            {"first": first, "end": first + 100_000},
        ).all()
        if rows:
            connection.execute(
                sa.text("UPDATE dossier_version SET code_hash = :number WHERE id = :id"),
                [{"id": row[0], "number": n} for row, n in zip(rows, numbers([row[1] for row in rows]), strict=True)],
            )
    codes = [row[0] for row in connection.execute(sa.text("SELECT DISTINCT code FROM absent"))]
    if codes:
        connection.execute(
            sa.text("UPDATE absent SET code_hash = :number WHERE code = :code"),
            [{"code": code, "number": n} for code, n in zip(codes, numbers(codes), strict=True)],
        )
