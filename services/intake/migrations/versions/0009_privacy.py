"""Secrecy, receipts and daily roots, the audit log, requests, breaches, retention."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, UUID

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_TABLES = ("breach", "subject_request", "root_leaf", "daily_root", "audit_head", "audit_entry")
_INDEXES = ("complaint_retained", "complaint_age")
_ENDED = "state IN ('closed', 'rejected', 'merged', 'withdrawn')"


def upgrade() -> None:
    """Add columns and tables; what ended already is kept from its last news on."""
    for name, kind in (
        ("secret_by", sa.Text),
        ("notice_version", sa.Text),
        ("digest", sa.LargeBinary),
        ("retained_since", sa.DateTime(timezone=True)),
    ):
        op.add_column("complaint", sa.Column(name, kind))
    op.execute("UPDATE complaint SET secret_by = 'reporter' WHERE secret")
    op.execute(
        f"""
        UPDATE complaint SET retained_since = coalesce(
            (SELECT max(happened_at) FROM timeline_entry t
             WHERE t.complaint_id = complaint.complaint_id), submitted_at)
        WHERE {_ENDED} AND reporter_id IN (SELECT reporter_id FROM reporter
                                           WHERE wrapped_key IS NOT NULL)
        """  # noqa: S608 - names of our own
    )
    op.create_index("complaint_age", "complaint", ["submitted_at"], postgresql_using="brin")
    op.create_index(
        "complaint_retained",
        "complaint",
        ["state", "retained_since"],
        postgresql_where=sa.text("retained_since IS NOT NULL"),
    )
    _create_audit()
    _create_roots()
    _create_requests()
    _create_breaches()


def downgrade() -> None:
    """Drop them."""
    for name in _TABLES:
        op.drop_table(name)
    for name in _INDEXES:
        op.drop_index(name, table_name="complaint")
    for name in ("retained_since", "digest", "notice_version", "secret_by"):
        op.drop_column("complaint", name)


def _create_audit() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        _time("at"),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("object", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("prev_hash", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
    )
    op.create_index("audit_entry_of_object", "audit_entry", ["object", "seq"])
    op.create_table(
        "audit_head",
        sa.Column("single", sa.Boolean, primary_key=True, server_default=sa.text("true")),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.CheckConstraint("single", name="audit_head_is_one_row"),
    )
    op.execute("INSERT INTO audit_head (seq, hash) VALUES (0, decode(repeat('00', 32), 'hex'))")


def _create_roots() -> None:
    op.create_table(
        "daily_root",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("complaints", sa.Integer, nullable=False),
        sa.Column("complaint_root", sa.LargeBinary, nullable=False),
        sa.Column("audit_seq", sa.BigInteger, nullable=False),
        sa.Column("audit_hash", sa.LargeBinary, nullable=False),
        sa.Column("previous", sa.LargeBinary, nullable=False),
        sa.Column("root", sa.LargeBinary, nullable=False),
        _time("closed_at"),
    )
    op.create_table(
        "root_leaf",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column(
            "complaint_id",
            UUID(as_uuid=False),
            sa.ForeignKey("complaint.complaint_id"),
            nullable=False,
        ),
        sa.Column("digest", sa.LargeBinary, nullable=False),
    )
    op.create_index("root_leaf_of_complaint", "root_leaf", ["complaint_id"], unique=True)


def _create_requests() -> None:
    op.create_table(
        "subject_request",
        sa.Column("request_id", UUID(as_uuid=False), primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default="open"),
        sa.Column("proof", sa.Text, nullable=False),
        sa.Column("reporter_ids", ARRAY(UUID(as_uuid=False)), nullable=False),
        sa.Column("wish", sa.LargeBinary),
        sa.Column("opened_by", sa.Text, nullable=False),
        _time("opened_at"),
        _time("due_at"),
        sa.Column("decided_by", sa.Text),
        _time("decided_at", nullable=True),
        sa.Column("reason", sa.Text),
    )
    op.create_index(
        "subject_request_open",
        "subject_request",
        ["due_at"],
        postgresql_where=sa.text("state = 'open'"),
    )


def _create_breaches() -> None:
    op.create_table(
        "breach",
        sa.Column("breach_id", UUID(as_uuid=False), primary_key=True),
        sa.Column("what", ARRAY(sa.Text), nullable=False),
        sa.Column("people", sa.Integer, nullable=False),
        sa.Column("how", sa.Text, nullable=False),
        sa.Column("remedy", sa.Text, nullable=False),
        _time("discovered_at"),
        _time("notify_by"),
        sa.Column("recorded_by", sa.Text, nullable=False),
        _time("recorded_at"),
        _time("subjects_told_at", nullable=True),
        _time("authority_told_at", nullable=True),
    )


def _time(name: str, *, nullable: bool = False) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
