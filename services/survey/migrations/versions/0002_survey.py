"""Answers, what is counted of them, what keeps them from coming twice, and Idempotency-Keys."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from shared.idempotency import create_idempotency_table

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ELEMENTS = tuple(f"u{number}" for number in range(1, 10))


def _text(name: str, *, primary: bool = False, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=primary, nullable=nullable)


def upgrade() -> None:
    """Create everything."""
    create_idempotency_table()
    op.create_table(
        "survey_period",
        _text("period", primary=True),
        sa.Column("salt", sa.LargeBinary),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "claim",
        sa.Column("claim_hash", sa.LargeBinary, primary_key=True),
        _text("period"),
        sa.Column("request_hash", sa.LargeBinary),
    )
    op.create_index("claim_of_period", "claim", ["period"])
    op.create_table(
        "answer",
        sa.Column("answer_id", UUID(as_uuid=False), primary_key=True),
        *(_text(name) for name in ("period", "unit", "service", "channel")),
        sa.Column("answered_on", sa.Date, nullable=False),
        _text("language"),
        *(_text(name, nullable=True) for name in ("sex", "age", "education", "occupation")),
        *(sa.Column(name, sa.SmallInteger) for name in _ELEMENTS),
        sa.Column("extras", JSONB),
        sa.Column("batch_id", UUID(as_uuid=False)),
    )
    op.create_index("answer_of_unit", "answer", ["period", "unit"])
    _create_tallies()
    op.create_table(
        "comment",
        sa.Column("comment_id", UUID(as_uuid=False), primary_key=True),
        *(_text(name) for name in ("period", "unit", "service")),
        _text("question", nullable=True),
        _text("text"),
        sa.Column("themes", ARRAY(sa.Text), nullable=False),
    )
    op.create_index("comment_of_unit", "comment", ["period", "unit", "comment_id"])
    op.create_table(
        "invitations",
        *(_text(name, primary=True) for name in ("period", "unit", "service")),
        sa.Column("sent", sa.Integer, nullable=False),
    )
    op.create_table(
        "kiosk",
        _text("code", primary=True),
        _text("unit"),
        _text("service"),
        sa.Column("token_hash", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "batch",
        sa.Column("batch_id", UUID(as_uuid=False), primary_key=True),
        _text("kind"),
        _text("brought_by"),
        sa.Column("brought_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answers", sa.Integer, nullable=False),
    )


def _create_tallies() -> None:
    op.create_table(
        "tally",
        *(
            _text(name, primary=True)
            for name in ("period", "unit", "service", "dimension", "value")
        ),
        sa.Column("answers", sa.Integer, nullable=False),
        sa.Column("sum_x", sa.BigInteger, nullable=False),
        sa.Column("sum_xx", sa.BigInteger, nullable=False),
        *(
            sa.Column(f"{name}_{score}", sa.Integer, nullable=False)
            for name in _ELEMENTS
            for score in (1, 2, 3, 4)
        ),
        # Updated all the time: room on the page keeps an update from touching the index.
        postgresql_with={"fillfactor": "50"},
    )
    op.create_table(
        "extra_tally",
        *(_text(name, primary=True) for name in ("period", "unit", "question")),
        sa.Column("score", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("answers", sa.Integer, nullable=False),
    )


def downgrade() -> None:
    """Drop everything."""
    for table in (
        "batch",
        "kiosk",
        "invitations",
        "comment",
        "extra_tally",
        "tally",
        "answer",
        "claim",
        "survey_period",
        "idempotency",
    ):
        op.drop_table(table)
