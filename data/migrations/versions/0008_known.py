"""Rows of each profile's last file, known by their cells."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "known_rows",
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False, comment="the file of which rows are known"),
        sa.Column("stamp", sa.Text(), nullable=False, comment="what judging depends on beside the cells"),
        sa.Column("last_id", sa.Integer(), nullable=False, comment="the last dossier version then"),
        sa.Column("hashes", sa.LargeBinary(), nullable=False, comment="int64 per row, of its wanted cells"),
        sa.Column("ids", sa.LargeBinary(), nullable=False, comment="int32 per row, the version it became or was"),
        sa.Column(
            "owed", sa.LargeBinary(), nullable=False, comment="int32 per row, the import that had read what it says"
        ),
        sa.Column("latest", sa.LargeBinary(), nullable=False, comment="int64 per row, its latest event"),
        sa.Column("flags", sa.LargeBinary(), nullable=False, comment="int32 per row"),
        sa.Column(
            "no_more",
            sa.LargeBinary(),
            nullable=False,
            comment="int32 each, versions of files before that it does not tell",
        ),
        sa.PrimaryKeyConstraint("profile", "import_id"),
        comment="rows of each profile's last file, so that they need not be judged again (data.known)",
    )
