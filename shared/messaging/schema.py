"""The table behind the queue of messages, the same in each database of a service that sends."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, UUID

#: What waits, is under way, or is for a person to decide on; the others are done.
STATES = ("queued", "sending", "unsure", "dead", "sent", "dropped")


def create_messaging_tables() -> None:
    """Create outgoing_message."""
    op.create_table(
        "outgoing_message",
        sa.Column("seq", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("message_id", UUID(as_uuid=False), primary_key=True),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        # Messages of one lane go out one after the other: a person, as an id.
        sa.Column("lane", sa.Text, nullable=False),
        # Whom it is for, as the service finds their address; never the address.
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("template", sa.Text, nullable=False),
        sa.Column("parameters", JSONB, nullable=False),
        # What must be kept until it is sent and nobody may read, such as the address of a stranger.
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("state", sa.Text, nullable=False, server_default="queued"),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claim", UUID(as_uuid=False)),
        sa.Column("claimed_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("platform_id", sa.Text),
        sa.Column("delivery", sa.Text),
        sa.Column("reason", sa.Text),
    )
    _index("due", ["channel", "due_at"], "state = 'queued'")
    _index("lane", ["lane", "seq"], "state IN ('queued', 'sending')")
    _index("sending", ["claimed_at"], "state = 'sending'")
    _index("held", ["created_at"], "state IN ('unsure', 'dead')")
    _index("ended", ["ended_at"], "state IN ('sent', 'dropped')")
    _index("platform", ["channel", "platform_id"], "platform_id IS NOT NULL")


def drop_messaging_tables() -> None:
    """Undo `create_messaging_tables`."""
    op.drop_table("outgoing_message")


def _index(name: str, columns: list[str], where: str) -> None:
    op.create_index(
        f"outgoing_message_{name}", "outgoing_message", columns, postgresql_where=sa.text(where)
    )
