"""Tables of access: viewers, proposed changes, sessions, tokens, and the audit log."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text

from data.schema import metadata

viewers = Table(
    "viewer",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("email", Text, nullable=False, default="", comment="only to invite: the first login binds issuer + subject"),
    Column("issuer", Text, nullable=False, default=""),
    Column("subject", Text, nullable=False, default=""),
    Column("name", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("unit", Text, nullable=False, default="", comment="code of the own unit; empty: none"),
    Column("state", String(16), nullable=False, comment="invited, active or removed"),
    Column("made_by", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("not_before", BigInteger, nullable=False, default=0, comment="logins before this moment are over"),
    Index("viewer_identity", "issuer", "subject"),
    Index("viewer_email", "email"),
)

viewer_changes = Table(
    "viewer_change",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("viewer_id", Integer, comment="none for a new one"),
    Column("content", Text, nullable=False, comment="JSON: what the viewer is to become"),
    Column("proposed_by", Text, nullable=False),
    Column("proposed_at", BigInteger, nullable=False),
    Column("state", String(16), nullable=False, comment="waiting, done or rejected"),
    Column("decided_by", Text),
    Column("decided_at", BigInteger),
    comment="changes that widen a scope wait for a second person",
)

sessions = Table(
    "login_session",
    metadata,
    Column("key", String(64), primary_key=True, comment="hash of what identifies one login"),
    Column("viewer_id", Integer, nullable=False, index=True),
    Column("started", BigInteger, nullable=False),
    Column("last_seen", BigInteger, nullable=False),
    Column("ended", BigInteger),
)

tokens = Table(
    "token",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("hash", String(64), nullable=False, unique=True, comment="the token itself is shown once and never kept"),
    Column("name", Text, nullable=False),
    Column("actions", Text, nullable=False, comment="JSON: actions it may do"),
    Column("unit", Text, nullable=False, default="", comment="empty: the province"),
    Column("made_by", Text, nullable=False),
    Column("maker_id", Integer, nullable=False, comment="viewer; 0 is the person at the machine"),
    Column("made_at", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Column("last_used", BigInteger),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("who", Text, nullable=False, comment="name, and identity of the login or token"),
    Column("role", String(16), nullable=False, default=""),
    Column("action", String(32), nullable=False),
    Column("what", Text, nullable=False, default="", comment="page, route, figure, import, report …"),
    Column("unit", Text, nullable=False, default=""),
    Column("outcome", String(16), nullable=False, comment="done, refused or failed"),
    Column("details", Text, nullable=False, default="{}", comment="JSON, without personal data"),
    Column("before", String(64), nullable=False, comment="hash of the entry before"),
    Column("hash", String(64), nullable=False, comment="over this entry and the hash before"),
    Index("audit_at", "at"),
    comment="append-only",
)
