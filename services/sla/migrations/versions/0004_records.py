"""Records of cases, from which boards, scores and reports are read."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_OPEN = (
    "submitted_at IS NOT NULL AND withdrawn_at IS NULL AND ended IS NOT TRUE AND merged IS NOT TRUE"
)
# What is known of the cases that are there already. Nothing was kept of their places, officers and
# secrecy: they count as secret, so that they are in no public figure.
_FILL = """
    INSERT INTO case_record (complaint_id, submitted_at, channel, classification, emergency, secret,
        withdrawn_at, opd, held_since, verified_at, answered_at, answered_opd, answered_held_since,
        followed_up_at, resolved_at, resolved_opd, reopened, state, ended, merged)
    SELECT f.complaint_id, f.submitted_at, nullif(f.channel, ''), nullif(f.classification, ''),
        f.emergency, true, f.withdrawn_at, m.opd, m.held_since, m.verified_at, m.answered_at,
        CASE WHEN m.answered_at IS NOT NULL THEN m.opd END,
        CASE WHEN m.answered_at >= m.held_since THEN m.held_since END,
        m.followed_up_at, m.resolved_at, CASE WHEN m.resolved_at IS NOT NULL THEN m.opd END,
        m.reopened,
        CASE m.latest WHEN 'assigned' THEN 'assigned' WHEN 'reopened' THEN 'assigned'
            WHEN 'answered' THEN 'in_progress' WHEN 'progressed' THEN 'in_progress'
            WHEN 'informed' THEN 'in_progress' WHEN 'asked' THEN 'waiting_citizen'
            WHEN 'resolved' THEN 'resolved' WHEN 'rejected' THEN 'rejected'
            WHEN 'closed' THEN 'closed' WHEN 'unassigned' THEN 'triage' END,
        m.latest IN ('resolved', 'rejected', 'closed'),
        m.merging = 'merged'
    FROM case_facts AS f CROSS JOIN LATERAL (
        SELECT (array_agg(coalesce(opd, '') ORDER BY place DESC)
                FILTER (WHERE kind IN ('assigned', 'unassigned')))[1] AS opd,
            max(at) FILTER (WHERE kind IN ('assigned', 'unassigned')) AS held_since,
            min(at) FILTER (WHERE kind IN ('assigned', 'rejected')) AS verified_at,
            min(at) FILTER (WHERE kind IN ('answered', 'progressed', 'asked', 'resolved',
                                           'rejected')) AS answered_at,
            min(at) FILTER (WHERE kind IN ('progressed', 'resolved')) AS followed_up_at,
            min(at) FILTER (WHERE kind = 'resolved') AS resolved_at,
            max(epoch) FILTER (WHERE kind = 'reopened') AS reopened,
            (array_agg(kind ORDER BY place DESC)
                FILTER (WHERE kind NOT IN ('contributes', 'merged', 'unmerged')))[1] AS latest,
            (array_agg(kind ORDER BY place DESC)
                FILTER (WHERE kind IN ('merged', 'unmerged')))[1] AS merging
        FROM (SELECT each ->> 0 AS kind, CAST(each ->> 1 AS timestamptz) AS at,
                     each ->> 3 AS opd, CAST(each ->> 5 AS int) AS epoch, place
              FROM jsonb_array_elements(f.marks) WITH ORDINALITY AS t (each, place)
              WHERE CAST(each ->> 2 AS int) = 0) AS mark
    ) AS m
    """


def upgrade() -> None:
    """Create the table, and fill it from what the clocks know."""
    op.create_table(
        "case_record",
        sa.Column("complaint_id", UUID(as_uuid=False), primary_key=True),
        _time("submitted_at"),
        _text("channel"),
        _text("classification"),
        _text("area"),
        _flag("emergency"),
        _flag("secret"),
        _flag("spam"),
        _time("withdrawn_at"),
        _flag("satisfied"),
        _text("opd"),
        _text("topic"),
        _time("held_since"),
        _time("verified_at"),
        _time("answered_at"),
        _text("answered_opd"),
        _text("answered_officer"),
        _time("answered_held_since"),
        _time("followed_up_at"),
        _time("resolved_at"),
        _text("resolved_opd"),
        _text("resolved_officer"),
        sa.Column("reopened", sa.Integer),
        _text("state"),
        _flag("ended"),
        _flag("merged"),
        _text("closing_reason"),
    )
    op.execute(_FILL)
    op.create_index(
        "case_record_open",
        "case_record",
        ["opd", "submitted_at"],
        postgresql_where=sa.text(_OPEN),
    )
    op.create_index("case_record_received", "case_record", ["submitted_at"])
    op.create_index(
        "case_record_answered",
        "case_record",
        ["answered_at"],
        postgresql_where=sa.text("answered_at IS NOT NULL"),
        postgresql_include=["submitted_at", "answered_opd", "spam"],
    )
    op.create_index(
        "case_record_resolved",
        "case_record",
        ["resolved_at"],
        postgresql_where=sa.text("resolved_at IS NOT NULL"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("case_record")


def _time(name: str) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True))


def _text(name: str) -> "sa.Column[object]":
    return sa.Column(name, sa.Text)


def _flag(name: str) -> "sa.Column[object]":
    return sa.Column(name, sa.Boolean)
