"""Meetings and reports: decisions, milestones, drafted texts, what an issued report says."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column(
            "kpi", sa.Text(), nullable=True, comment="the figure that judges it; none for a task judged by a person"
        ),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("value", sa.Float(), nullable=True, comment="to be reached by the due day"),
        sa.Column("start_value", sa.Float(), nullable=True, comment="of the figure when it was decided"),
        sa.Column("due", sa.Integer(), nullable=False, comment="local day"),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("made_as_of", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.String(length=16),
            nullable=False,
            comment="open, kept, failed or dropped; figures are judged, not marked",
        ),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("decision_campaign", "decision", ["campaign", "due"], unique=False)
    op.create_table(
        "issue_report",
        sa.Column("issue_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.Text(), nullable=False, comment="JSON: everything the report says, as plain data"),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("issue_id"),
        comment="the report of an issue as it was issued",
    )
    op.create_table(
        "meeting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False, comment="the moment its figures speak of"),
        sa.Column("issue_id", sa.Integer(), nullable=True, comment="the frozen figures, once frozen"),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="when it was opened"),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("meeting_campaign", "meeting", ["campaign", "as_of"], unique=False)
    op.create_table(
        "milestone_mark",
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("milestone", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False, comment="empty: of the campaign as a whole"),
        sa.Column("on", sa.Integer(), nullable=False, comment="local day it was done or sent"),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("campaign", "milestone", "unit"),
    )
    op.create_table(
        "report_draft",
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False, comment="which paragraph or head entry"),
        sa.Column("text", sa.Text(), nullable=False, comment="as edited"),
        sa.Column("drafted", sa.Text(), nullable=False, comment="what the data said when it was edited"),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("campaign", "as_of", "unit", "part"),
        comment="edits to drafted texts; they stay when the data change",
    )
