"""Follow-up plans of weak elements; innovations with scores, sheets, adoptions and rewards."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_UNFINISHED = "state IN ('open', 'planned', 'running')"
_TABLES = (
    "innovation_reward",
    "innovation_sheet",
    "innovation_adoption",
    "innovation_score",
    "innovation_fact",
    "innovation",
    "follow_up_fact",
    "follow_up_plan",
)


def upgrade() -> None:
    """Create the tables."""
    _create_plans()
    _create_innovations()
    _create_what_belongs_to_innovations()


def downgrade() -> None:
    """Drop them."""
    for table in _TABLES:
        op.drop_table(table)


def _create_plans() -> None:
    op.create_table(
        "follow_up_plan",
        _id("plan_id", primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        *_texts("unit", "element", "period", "opd", "state"),
        sa.Column("reasons", sa.JSON, nullable=False),
        sa.Column("answers", sa.Integer, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("squares", sa.Integer, nullable=False),
        sa.Column("target", sa.Float, nullable=False),
        *_texts("cause", "action", "owner", nullable=True),
        sa.Column("due_on", sa.Date),
        sa.Column("evidence", sa.JSON, nullable=False),
        *_times("opened_at", "updated_at"),
        sa.UniqueConstraint("unit", "element", "period", name="follow_up_plan_once"),
    )
    op.create_index("follow_up_plan_newest", "follow_up_plan", ["opened_at", "plan_id"])
    op.create_index("follow_up_plan_of_opd", "follow_up_plan", ["opd", "opened_at", "plan_id"])
    op.create_index(
        "follow_up_plan_unfinished",
        "follow_up_plan",
        ["due_on"],
        postgresql_where=sa.text(_UNFINISHED),
    )
    _create_facts("follow_up_fact", "follow_up_plan.plan_id", "from_state", "to_state")


def _create_innovations() -> None:
    op.create_table(
        "innovation",
        _id("innovation_id", primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("reference", sa.Text, nullable=False, unique=True),
        *_texts("title", "problem", "idea", "initiator", "form"),
        sa.Column("digital", sa.Boolean, nullable=False),
        *_texts("opd", "proposer", nullable=True),
        *_texts("stage"),
        *_texts("stage_before_declined", nullable=True),
        *(
            sa.Column(name, sa.JSON, nullable=False)
            for name in ("evidence", "dossier", "criteria", "documents", "snippets")
        ),
        sa.Column("origin", sa.JSON),
        sa.Column("final_score", sa.Numeric(5, 2)),
        *_times("finalised_at", "displayed_at", nullable=True),
        *_times("proposed_at", "updated_at"),
    )
    op.create_index("innovation_newest", "innovation", ["proposed_at", "innovation_id"])
    op.create_index("innovation_of_opd", "innovation", ["opd", "proposed_at", "innovation_id"])
    op.create_index(
        "innovation_displayed",
        "innovation",
        ["displayed_at", "innovation_id"],
        postgresql_where=sa.text("stage = 'display'"),
    )
    op.create_index("innovation_finalised", "innovation", ["finalised_at"])
    _create_facts("innovation_fact", "innovation.innovation_id", "from_stage", "to_stage")


def _create_what_belongs_to_innovations() -> None:
    op.create_table(
        "innovation_score",
        _id("innovation_id", of="innovation.innovation_id", primary_key=True),
        sa.Column("panelist", sa.Text, primary_key=True),
        sa.Column("marks", sa.JSON, nullable=False),
        sa.Column("total", sa.Numeric(5, 2), nullable=False),
        *_texts("comment"),
        sa.Column("scored_version", sa.Integer, nullable=False),
        *_times("scored_at"),
    )
    op.create_table(
        "innovation_adoption",
        _id("adoption_id", primary_key=True),
        _id("innovation_id", of="innovation.innovation_id", nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
        *_texts("adopter"),
        *_texts("region_code", "url", "note", nullable=True),
        *_times("reported_at"),
        *_times("confirmed_at", nullable=True),
        *_texts("confirmed_by", nullable=True),
    )
    op.create_index(
        "innovation_adoption_of", "innovation_adoption", ["innovation_id", "reported_at"]
    )
    op.create_table(
        "innovation_sheet",
        sa.Column("year", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("levels", sa.JSON, nullable=False),
        *_times("updated_at"),
        *_texts("updated_by"),
    )
    op.create_table(
        "innovation_reward",
        sa.Column("year", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("opd", sa.Text, primary_key=True),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.Column("points", sa.Numeric(5, 2), nullable=False),
        *_texts("reason"),
        *_times("awarded_at"),
        *_texts("awarded_by"),
    )


def _create_facts(table: str, of: str, before: str, after: str) -> None:
    op.create_table(
        table,
        _id(of.partition(".")[2], of=of, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        *_times("happened_at"),
        *_texts("actor", nullable=True),
        *_texts("action"),
        *_texts(before, nullable=True),
        *_texts(after),
        *_texts("note", nullable=True),
    )


def _id(name: str, *, of: str | None = None, **rest: Any) -> sa.Column[Any]:
    keys = [sa.ForeignKey(of)] if of else []
    return sa.Column(name, UUID(as_uuid=False), *keys, **rest)


def _texts(*names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text, nullable=nullable) for name in names]


def _times(*names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.DateTime(timezone=True), nullable=nullable) for name in names]
