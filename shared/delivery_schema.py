"""The tables behind outbox and inbox, the same in each service's database.

Migrations of the services call `create_delivery_tables`; their shape follows Debezium's event
router where it has one, so that a CDC connector can take the relay's place.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

_now = sa.text("clock_timestamp()")


def create_delivery_tables() -> None:
    """Create outbox, outbox_stream, inbox, inbox_stream, parked and dead_letter."""
    op.create_table(
        "outbox",
        # In no index but that of what is unpublished: each index is written by each publication.
        sa.Column("seq", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("id", UUID(as_uuid=False), primary_key=True),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("aggregatetype", sa.Text, nullable=False),
        sa.Column("aggregateid", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("aggregate_version", sa.Integer, nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("correlation_id", sa.Text, nullable=False),
        sa.Column("causation_id", sa.Text),
        sa.Column("traceparent", sa.Text),
        sa.Column("published_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("aggregateid", "aggregate_version"),
    )
    op.create_index(
        "outbox_unpublished", "outbox", ["seq"], postgresql_where=sa.text("published_at IS NULL")
    )
    _index_published()
    op.create_table(
        "outbox_stream",
        sa.Column("aggregateid", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_table(
        "inbox",
        sa.Column("consumer", sa.Text, primary_key=True),
        sa.Column("event_id", UUID(as_uuid=False), primary_key=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False, server_default=_now),
    )
    op.create_index("inbox_received_at", "inbox", ["received_at"], postgresql_using="brin")
    op.create_table(
        "inbox_stream",
        sa.Column("consumer", sa.Text, primary_key=True),
        sa.Column("publisher", sa.Text, primary_key=True),
        sa.Column("aggregateid", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
    )
    for name in ("parked", "dead_letter"):
        op.create_table(
            name,
            sa.Column("consumer", sa.Text, primary_key=True),
            sa.Column("event_id", UUID(as_uuid=False), primary_key=True),
            sa.Column("publisher", sa.Text),
            sa.Column("aggregateid", sa.Text),
            sa.Column("aggregate_version", sa.Integer),
            sa.Column("topic", sa.Text, nullable=False),
            sa.Column("key", sa.LargeBinary, nullable=False),
            sa.Column("value", sa.LargeBinary, nullable=False),
            sa.Column("headers", sa.JSON, nullable=False),
            sa.Column("reason", sa.Text, nullable=False),
            sa.Column("since", sa.DateTime(timezone=True), nullable=False, server_default=_now),
        )
        op.create_index(
            f"{name}_stream", name, ["consumer", "publisher", "aggregateid", "aggregate_version"]
        )


def part_published_from_waiting() -> None:
    """Leave what waits out of the index of what was published.

    Asked for what waits, Postgres may take that index, of blocks that hold such rows somewhere, for
    the better one; the relay then reads all of seven days to mark a hundred rows.
    """
    op.drop_index("outbox_published_at")
    _index_published()


def _index_published() -> None:
    op.create_index(
        "outbox_published_at",
        "outbox",
        ["published_at"],
        postgresql_using="brin",
        postgresql_where=sa.text("published_at IS NOT NULL"),
    )


def drop_delivery_tables() -> None:
    """Undo `create_delivery_tables`."""
    for name in ("dead_letter", "parked", "inbox_stream", "inbox", "outbox_stream", "outbox"):
        op.drop_table(name)
