"""Access: viewers, proposed changes, sessions, tokens, and the audit log."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

# What retention may delete it says in the table of settings, inside its own transaction.
MAY_CUT = "EXISTS (SELECT 1 FROM setting WHERE key = 'audit_cut' AND CAST(value AS INTEGER) >= OLD.id)"
APPEND_ONLY = {
    "sqlite": (
        "CREATE TRIGGER audit_no_change BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
        f"CREATE TRIGGER audit_no_removal BEFORE DELETE ON audit WHEN NOT {MAY_CUT} "
        "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'DELETE' AND {MAY_CUT} THEN RETURN OLD; END IF; "
        "RAISE EXCEPTION 'the audit log is append-only'; END $$",
        "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit "
        "FOR EACH ROW EXECUTE FUNCTION audit_append_only()",
    ),
}


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False, comment="name, and identity of the login or token"),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("what", sa.Text(), nullable=False, comment="page, route, figure, import, report …"),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False, comment="done, refused or failed"),
        sa.Column("details", sa.Text(), nullable=False, comment="JSON, without personal data"),
        sa.Column("before", sa.String(length=64), nullable=False, comment="hash of the entry before"),
        sa.Column("hash", sa.String(length=64), nullable=False, comment="over this entry and the hash before"),
        sa.PrimaryKeyConstraint("id"),
        comment="append-only",
    )
    op.create_index("audit_at", "audit", ["at"], unique=False)
    for statement in APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)
    op.create_table(
        "login_session",
        sa.Column("key", sa.String(length=64), nullable=False, comment="hash of what identifies one login"),
        sa.Column("viewer_id", sa.Integer(), nullable=False),
        sa.Column("started", sa.BigInteger(), nullable=False),
        sa.Column("last_seen", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index(op.f("ix_login_session_viewer_id"), "login_session", ["viewer_id"], unique=False)
    op.create_table(
        "token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "hash", sa.String(length=64), nullable=False, comment="the token itself is shown once and never kept"
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("actions", sa.Text(), nullable=False, comment="JSON: actions it may do"),
        sa.Column("unit", sa.Text(), nullable=False, comment="empty: the province"),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("maker_id", sa.Integer(), nullable=False, comment="viewer; 0 is the person at the machine"),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("last_used", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("hash"),
    )
    op.create_table(
        "viewer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False, comment="only to invite: the first login binds issuer + subject"),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False, comment="code of the own unit; empty: none"),
        sa.Column("state", sa.String(length=16), nullable=False, comment="invited, active or removed"),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False, comment="logins before this moment are over"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("viewer_email", "viewer", ["email"], unique=False)
    op.create_index("viewer_identity", "viewer", ["issuer", "subject"], unique=False)
    op.create_table(
        "viewer_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("viewer_id", sa.Integer(), nullable=True, comment="none for a new one"),
        sa.Column("content", sa.Text(), nullable=False, comment="JSON: what the viewer is to become"),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False, comment="waiting, done or rejected"),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        comment="changes that widen a scope wait for a second person",
    )
