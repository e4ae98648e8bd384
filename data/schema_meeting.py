"""Tables of meetings and reports: decisions, milestones, drafted texts, what an issued report says."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Index, Integer, PrimaryKeyConstraint, String, Table, Text

from data.schema import metadata

meetings = Table(
    "meeting",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("campaign", Text, nullable=False),
    Column("as_of", BigInteger, nullable=False, comment="the moment its figures speak of"),
    Column("issue_id", Integer, comment="the frozen figures, once frozen"),
    Column("at", BigInteger, nullable=False, comment="when it was opened"),
    Column("who", Text, nullable=False),
    Column("closed_at", BigInteger),
    Column("notes", Text, nullable=False, default=""),
    Index("meeting_campaign", "campaign", "as_of"),
)

decisions = Table(
    "decision",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("campaign", Text, nullable=False),
    Column("meeting_id", Integer),
    Column("unit", Text, nullable=False),
    Column("kpi", Text, comment="the figure that judges it; none for a task judged by a person"),
    Column("task", Text, nullable=False, default=""),
    Column("value", Float, comment="to be reached by the due day"),
    Column("start_value", Float, comment="of the figure when it was decided"),
    Column("due", Integer, nullable=False, comment="local day"),
    Column("owner", Text, nullable=False, default=""),
    Column("made_by", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("made_as_of", BigInteger, nullable=False),
    Column(
        "state", String(16), nullable=False, comment="open, kept, failed or dropped; figures are judged, not marked"
    ),
    Column("closed_by", Text),
    Column("closed_at", BigInteger),
    Column("closed_as_of", BigInteger, comment="the moment of the figures it was closed at: before it, it is open"),
    Column("note", Text, nullable=False, default=""),
    Index("decision_campaign", "campaign", "due"),
)

milestone_marks = Table(
    "milestone_mark",
    metadata,
    Column("campaign", Text, nullable=False),
    Column("milestone", Text, nullable=False),
    Column("unit", Text, nullable=False, comment="empty: of the campaign as a whole"),
    Column("on", Integer, nullable=False, comment="local day it was done or sent"),
    Column("note", Text, nullable=False, default=""),
    Column("who", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("campaign", "milestone", "unit"),
)

drafts = Table(
    "report_draft",
    metadata,
    Column("campaign", Text, nullable=False),
    Column("as_of", BigInteger, nullable=False),
    Column("unit", Text, nullable=False, default=""),
    Column("part", Text, nullable=False, comment="which paragraph or head entry"),
    Column("text", Text, nullable=False, comment="as edited"),
    Column("drafted", Text, nullable=False, default="", comment="what the data said when it was edited"),
    Column("who", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("campaign", "as_of", "unit", "part"),
    comment="edits to drafted texts; they stay when the data change",
)

issue_reports = Table(
    "issue_report",
    metadata,
    Column("issue_id", Integer, primary_key=True, autoincrement=False),
    Column("content", Text, nullable=False, comment="JSON: everything the report says, as plain data"),
    Column("fingerprint", String(64), nullable=False),
    comment="the report of an issue as it was issued",
)
