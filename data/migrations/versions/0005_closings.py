"""The moment of the figures at which a decision was closed."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column(
        "decision",
        sa.Column(
            "closed_as_of",
            sa.BigInteger(),
            nullable=True,
            comment="the moment of the figures it was closed at: before it, it is open",
        ),
    )
