"""Blocks: for some time nothing is taken from a phone number, a sender on a platform or a device.

An address on the net is never blocked: behind one stand a mobile operator's thousands.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake import abuse_queries, queries
from services.intake.abuse_tables import Block
from services.intake.context import IntakeContext
from services.intake.errors import (
    BlockNotFound,
    BlockOver,
    ComplaintNotFound,
    SenderBlocked,
    SenderNotKnown,
)
from services.intake.operations.auditing import record
from services.intake.tables import Reporter
from shared.ids import new_id
from shared.unit_of_work import UnitOfWork

Kind = Literal["phone", "sender", "device"]
KINDS: Final[tuple[Kind, ...]] = ("phone", "sender", "device")


@dataclass(frozen=True, slots=True)
class Blocking:
    """Why somebody is blocked, until when, and by whom (an opaque id, or a rule's name)."""

    reason: str
    until: datetime
    by: str


async def block(
    unit: UnitOfWork, context: IntakeContext, kind: Kind, value: str, blocking: Blocking
) -> Block:
    """Block a phone number (E.164), a sender (`<channel>:<handle>`) or a device's id."""
    return await _block(unit, kind, context.vault.blind_index(kind, value), blocking)


async def block_reporter(unit: UnitOfWork, complaint_id: str, blocking: Blocking) -> list[Block]:
    """Block whoever sent a complaint, by all that it came with; nobody learns who that is.

    Raises ComplaintNotFound, and SenderNotKnown where it came without phone, sender and device.
    """
    complaint = await queries.find_complaint_by_id(unit.connection, complaint_id)
    if complaint is None:
        raise ComplaintNotFound
    reporter = await queries.find_reporter(unit.connection, complaint.reporter_id)
    known = _hashes(reporter)
    if not known:
        raise SenderNotKnown
    return [
        await _block(unit, kind, subject, blocking, complaint_id) for kind, subject in known.items()
    ]


async def lift_block(unit: UnitOfWork, block_id: str, by: str) -> Block:
    """End a block before its time; raises BlockNotFound, BlockOver."""
    found = await abuse_queries.lock_block(unit.connection, block_id)
    if found is None:
        raise BlockNotFound
    if found.lifted_at is not None or found.until <= unit.now:
        raise BlockOver
    await abuse_queries.lift_block(unit.connection, block_id, unit.now, by)
    record(unit, by, "block_lifted", f"block:{block_id}")
    return found.model_copy(update={"lifted_at": unit.now, "lifted_by": by})


async def is_blocked(
    connection: AsyncConnection, context: IntakeContext, kind: Kind, value: str, now: datetime
) -> bool:
    """Tell whether a phone number, sender or device is blocked, under any key of the ring."""
    hashes = context.vault.blind_indexes(kind, value)
    return bool(await abuse_queries.find_blocked(connection, hashes, now))


async def find_refusals(
    unit: UnitOfWork, senders: Sequence[Sequence[bytes]]
) -> list[SenderBlocked | None]:
    """Return why nothing is taken from each sender, known by these hashes; None where it is."""
    known = [subject for sender in senders for subject in sender]
    blocked = await abuse_queries.find_blocked(unit.connection, known, unit.now) if known else {}
    untils = [[blocked[each] for each in sender if each in blocked] for sender in senders]
    return [SenderBlocked(max(each)) if each else None for each in untils]


async def _block(
    unit: UnitOfWork,
    kind: Kind,
    subject_hash: bytes,
    blocking: Blocking,
    complaint_id: str | None = None,
) -> Block:
    row = Block(
        block_id=new_id(),
        kind=kind,
        subject_hash=subject_hash,
        complaint_id=complaint_id,
        reason=blocking.reason,
        blocked_at=unit.now,
        blocked_by=blocking.by,
        until=blocking.until,
    )
    await abuse_queries.insert_block(unit.connection, row)
    record(
        unit,
        blocking.by,
        "sender_blocked",
        f"block:{row.block_id}",
        reason=blocking.reason,
        kind=kind,
    )
    return row


def _hashes(reporter: Reporter) -> dict[Kind, bytes]:
    given: dict[Kind, bytes | None] = {
        "phone": reporter.phone_hash,
        "sender": reporter.sender_hash,
        "device": reporter.device_hash,
    }
    return {kind: found for kind, found in given.items() if found is not None}
