"""Messages that a machine must not decide on: perhaps sent, or failed for good."""

from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.errors import Conflict, NotFound

Decision = Literal["send_again", "was_sent", "drop"]

#: What may be decided on a message, by its state.
DECISIONS: Final[dict[str, tuple[Decision, ...]]] = {
    "unsure": ("send_again", "was_sent", "drop"),
    "dead": ("send_again", "drop"),
}
MOST_LISTED: Final = 200

_LIST = text(
    """
    SELECT message_id, channel, template, state, attempts, reason, created_at, claimed_at
    FROM outgoing_message WHERE state IN ('unsure', 'dead')
    ORDER BY created_at, seq LIMIT :limit
    """
)
_LOCK = text("SELECT state FROM outgoing_message WHERE message_id = :message_id FOR UPDATE")
_SEND_AGAIN = text(
    """
    UPDATE outgoing_message
    SET state = 'queued', attempts = 0, due_at = :now, claim = NULL, reason = NULL
    WHERE message_id = :message_id
    """
)
_END = text(
    """
    UPDATE outgoing_message
    SET state = :state, ended_at = :now, parameters = '{}', sealed = NULL, claim = NULL
    WHERE message_id = :message_id
    """
)


class MessageNotFound(NotFound):
    """There is no such message in the queue."""

    slug = "message-not-found"
    title = "Pesan tidak ditemukan"

    def __init__(self) -> None:
        """Say where messages are listed."""
        super().__init__("Tidak ada pesan dengan nomor ini di antrean.")


class DecisionNotLegal(Conflict):
    """The message is not held, or its state leaves nothing of this kind to decide."""

    slug = "decision-not-legal"
    title = "Keputusan ini tidak berlaku untuk pesan itu"

    def __init__(self, state: str) -> None:
        """Name the state, and what may be decided in it."""
        legal = list(DECISIONS.get(state, ()))
        possible = ", ".join(legal) or "tidak ada"
        super().__init__(
            f"Pesan ini berstatus {state}. Yang dapat diputuskan: {possible}.",
            extensions={"status_now": state, "legal": legal},
        )


async def list_held(connection: AsyncConnection) -> list[dict[str, Any]]:
    """Return the oldest messages that wait for a person."""
    rows = await connection.execute(_LIST, {"limit": MOST_LISTED})
    return [
        {**row, "message_id": str(row["message_id"]), "decisions": DECISIONS[row["state"]]}
        for row in rows.mappings()
    ]


async def decide(
    connection: AsyncConnection, message_id: str, decision: Decision, now: datetime
) -> str:
    """Do what a person decided; returns the state that follows.

    Raises MessageNotFound, DecisionNotLegal.
    """
    state = (await connection.execute(_LOCK, {"message_id": message_id})).scalar_one_or_none()
    if state is None:
        raise MessageNotFound
    if decision not in DECISIONS.get(state, ()):
        raise DecisionNotLegal(state)
    if decision == "send_again":
        await connection.execute(_SEND_AGAIN, {"message_id": message_id, "now": now})
        return "queued"
    after = "sent" if decision == "was_sent" else "dropped"
    await connection.execute(_END, {"message_id": message_id, "state": after, "now": now})
    return after
