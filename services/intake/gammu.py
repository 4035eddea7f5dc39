"""Reads text messages from the database of Gammu SMSD, which keeps what its modems receive.

A row is marked as processed after intake has committed: a crash between the two makes it come
again, and it is known by its number and time.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import text

from services.intake.channels.message import IncomingMessage
from services.intake.channels.sms import read_sms
from services.intake.rules.long_sms import SmsPart, WholeSms, join_parts
from shared.database import Database
from shared.transport.backoff import backoff_seconds

log = structlog.get_logger(__name__)

Receive = Callable[[IncomingMessage], Awaitable[None]]

_MOST_ROWS: Final = 500
#: How long the parts of a long message may be apart; then what came is taken.
_PARTS_WAIT_MINUTES: Final = 10
_BINARY: Final = "8bit"

_UNREAD: Final = text(
    """
    SELECT "ID", "ReceivingDateTime", "SenderNumber", "TextDecoded", "UDH", "Coding",
           "ReceivingDateTime" < LOCALTIMESTAMP - make_interval(mins => :minutes) AS waited
    FROM inbox WHERE NOT "Processed" ORDER BY "ID" LIMIT :most
    """
)
_MARK: Final = text('UPDATE inbox SET "Processed" = true WHERE "ID" = ANY(CAST(:ids AS integer[]))')


@dataclass(frozen=True, slots=True)
class GammuMessage:
    """A whole message and the rows it lies in; `incoming` is None where no person wrote it."""

    row_ids: tuple[int, ...]
    incoming: IncomingMessage | None


class GammuInbox:
    """One Gammu database. Its times are the machine's own, taken to be in the Pemda's zone."""

    def __init__(self, url: str, account: str, zone: str) -> None:
        """`account` is the Pemda's number that the modems have."""
        address = url.replace("postgresql://", "postgresql+asyncpg://", 1)
        self._database = Database(address, pool_size=1, max_overflow=1)
        self._account = account
        self._zone = ZoneInfo(zone)

    async def list_unread(self) -> list[GammuMessage]:
        """Return the messages that are whole and not processed, in the order of their coming."""
        async with self._database.transaction() as connection:
            found = await connection.execute(
                _UNREAD, {"minutes": _PARTS_WAIT_MINUTES, "most": _MOST_ROWS}
            )
            rows = {row.ID: row for row in found}
        parts = [
            SmsPart(row.ID, row.SenderNumber, row.TextDecoded, row.UDH, row.waited)
            for row in rows.values()
            if row.Coding != _BINARY
        ]
        binary = [row.ID for row in rows.values() if row.Coding == _BINARY]
        received = {row.ID: row.ReceivingDateTime for row in rows.values()}
        return [
            *(GammuMessage((row_id,), None) for row_id in binary),
            *(self._read(sms, received[sms.row_ids[0]]) for sms in join_parts(parts)),
        ]

    async def mark_processed(self, row_ids: Sequence[int]) -> None:
        """Let Gammu know that these rows were taken in."""
        async with self._database.transaction() as connection:
            await connection.execute(_MARK, {"ids": list(row_ids)})

    async def close(self) -> None:
        """Close connections."""
        await self._database.close()

    def _read(self, sms: WholeSms, received_at: datetime) -> GammuMessage:
        # The time as well: rows are numbered anew where Gammu's database was made anew.
        incoming = read_sms(
            account=self._account,
            sender=sms.sender,
            text=sms.text,
            message_id=f"gammu:{sms.row_ids[0]}:{received_at.isoformat()}",
            sent_at=received_at.replace(tzinfo=self._zone).astimezone(UTC),
        )
        return GammuMessage(sms.row_ids, incoming)


async def read_gammu(inbox: GammuInbox, receive: Receive) -> int:
    """Take in what lies in the inbox; returns how many messages it was."""
    messages = await inbox.list_unread()
    for message in messages:
        if message.incoming is not None:
            await receive(message.incoming)
        await inbox.mark_processed(message.row_ids)
    return len(messages)


async def poll_gammu(inbox: GammuInbox, receive: Receive, seconds: float) -> None:
    """Look into the inbox again and again until cancelled; while a database is away, less often."""
    failures = 0
    try:
        while True:
            try:
                await read_gammu(inbox, receive)
                failures = 0
            except Exception as error:  # noqa: BLE001 - the modems go on, and so must this
                failures += 1
                log.warning("gammu_not_read", error=type(error).__name__)
            await asyncio.sleep(backoff_seconds(failures) if failures else seconds)
    finally:
        await inbox.close()
