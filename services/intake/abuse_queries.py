"""The SQL against abuse: blocks and spam marks."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from services.intake.abuse_tables import Block, SpamMark
from shared.database import fetch

MOST_BLOCKS = 200

# Asked for each group of submissions, so on the driver itself.
_FIND_BLOCKED = """
    SELECT subject_hash, max(until) AS until FROM block
    WHERE subject_hash = ANY($1) AND lifted_at IS NULL AND until > $2
    GROUP BY subject_hash
    """


async def find_blocked(
    connection: AsyncConnection, hashes: Sequence[bytes], now: datetime
) -> dict[bytes, datetime]:
    """Return which of these hashes are blocked now, and until when."""
    rows = await fetch(connection, _FIND_BLOCKED, list(hashes), now)
    return {bytes(row["subject_hash"]): row["until"] for row in rows}


async def insert_block(connection: AsyncConnection, block: Block) -> None:
    """Store a block."""
    await connection.execute(insert(Block), block.model_dump())


async def lock_block(connection: AsyncConnection, block_id: str) -> Block | None:
    """Return a block, if there is one, and let nobody else change it in this transaction."""
    statement = select(Block).where(col(Block.block_id) == block_id).with_for_update()
    row = (await connection.execute(statement)).first()
    return None if row is None else Block(**row._mapping)  # noqa: SLF001 - documented API


async def lift_block(connection: AsyncConnection, block_id: str, now: datetime, by: str) -> None:
    """Store who ended a block before its time, and when."""
    await connection.execute(
        update(Block).where(col(Block.block_id) == block_id).values(lifted_at=now, lifted_by=by)
    )


async def list_blocks(connection: AsyncConnection, now: datetime, *, in_force: bool) -> list[Block]:
    """Return the newest blocks, at most MOST_BLOCKS: all, or those in force."""
    statement = select(Block).order_by(col(Block.blocked_at).desc(), col(Block.block_id).desc())
    if in_force:
        statement = statement.where(col(Block.lifted_at).is_(None), col(Block.until) > now)
    rows = (await connection.execute(statement.limit(MOST_BLOCKS))).all()
    return [Block(**row._mapping) for row in rows]  # noqa: SLF001 - documented API


async def is_spam(connection: AsyncConnection, complaint_id: str) -> bool:
    """Tell whether a complaint is marked as spam now."""
    statement = select(col(SpamMark.mark_id)).where(
        col(SpamMark.complaint_id) == complaint_id, col(SpamMark.undone_at).is_(None)
    )
    return (await connection.execute(statement)).first() is not None


async def insert_spam_mark(connection: AsyncConnection, mark: SpamMark) -> None:
    """Store that a complaint is spam."""
    await connection.execute(insert(SpamMark), mark.model_dump())


async def undo_spam_mark(
    connection: AsyncConnection, complaint_id: str, now: datetime, by: str
) -> bool:
    """Store that a complaint is no spam after all; False where it was not marked."""
    result = await connection.execute(
        update(SpamMark)
        .where(col(SpamMark.complaint_id) == complaint_id, col(SpamMark.undone_at).is_(None))
        .values(undone_at=now, undone_by=by)
    )
    return bool(result.rowcount)
