"""The SQL of what citizens are told: whom, how, and who wants to be told nothing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from services.intake.tables import Message
from services.intake.telling_tables import OptOut
from shared.database import fetch

_LIST_ANSWERED = """
    SELECT complaint_id, reporter_id, channel, account, answer_by, opd
    FROM complaint WHERE complaint_id = ANY(CAST($1 AS uuid[]))
      AND (answer_by IS NOT NULL OR channel = ANY(CAST($2 AS text[])))
    """


@dataclass(frozen=True, slots=True)
class Answered:
    """How the reporter of a complaint is written to."""

    complaint_id: str
    reporter_id: str
    channel: str
    account: str | None
    answer_by: str | None
    opd: str | None


async def list_answered(
    connection: AsyncConnection, complaint_ids: Collection[str], channels: Collection[str]
) -> dict[str, Answered]:
    """Return those of the complaints whose reporter is written to, or whose channel is told."""
    rows = await fetch(connection, _LIST_ANSWERED, list(complaint_ids), list(channels))
    return {
        str(row["complaint_id"]): Answered(
            str(row["complaint_id"]),
            str(row["reporter_id"]),
            row["channel"],
            row["account"],
            row["answer_by"],
            row["opd"],
        )
        for row in rows
    }


async def last_message_at(connection: AsyncConnection, complaint_id: str) -> datetime | None:
    """Return when the citizen wrote last about a complaint, after the complaint itself."""
    statement = select(func.max(col(Message.sent_at))).where(
        col(Message.complaint_id) == complaint_id
    )
    found: datetime | None = (await connection.execute(statement)).scalar_one()
    return found


async def insert_opt_out(connection: AsyncConnection, sender_hash: bytes, now: datetime) -> None:
    """Note that a sender wants to be told nothing more, if it is not known."""
    await connection.execute(
        insert(OptOut)
        .values(sender_hash=sender_hash, opted_out_at=now)
        .on_conflict_do_nothing(index_elements=["sender_hash"])
    )


async def delete_opt_outs(connection: AsyncConnection, sender_hashes: Sequence[bytes]) -> None:
    """Forget that a sender, by any of the hashes, wanted to be told nothing."""
    await connection.execute(delete(OptOut).where(col(OptOut.sender_hash).in_(sender_hashes)))


async def has_opted_out(connection: AsyncConnection, sender_hashes: Sequence[bytes]) -> bool:
    """Tell whether a sender, by any of the hashes, wants to be told nothing."""
    statement = select(1).where(col(OptOut.sender_hash).in_(sender_hashes)).limit(1)
    return (await connection.execute(statement)).first() is not None
