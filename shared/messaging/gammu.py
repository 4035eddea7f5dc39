"""Sends SMS by Gammu SMSD: writes into the outbox tables of its Postgres database.

Gammu keeps `CreatorID` when it moves a row from `outbox` to `sentitems`, so that the same message
is written once however often it is tried.
"""

import zlib

import asyncpg

from shared.messaging.gsm import Part, divide, septets
from shared.messaging.port import OutgoingMessage, Refused, SentMessage, TryLater, Unsure

_FIND = """
    SELECT "ID" FROM outbox WHERE "CreatorID" = $1
    UNION ALL SELECT "ID" FROM sentitems WHERE "CreatorID" = $1 LIMIT 1
    """
_OUTBOX = """
    INSERT INTO outbox ("DestinationNumber", "TextDecoded", "Coding", "UDH", "Class", "MultiPart",
                        "CreatorID", "DeliveryReport")
    VALUES ($1, $2, $3, $4, -1, $5, $6, 'default') RETURNING "ID"
    """
_MULTIPART = """
    INSERT INTO outbox_multipart ("ID", "SequencePosition", "TextDecoded", "Coding", "UDH", "Class")
    VALUES ($1, $2, $3, $4, $5, -1)
    """


class GammuSender:
    """A recipient is a number in E.164."""

    repeatable = True

    def __init__(self, url: str, timeout_seconds: float) -> None:
        """Take the address of Gammu's database, with the driver's name or without.

        A connection is made for each message.
        """
        self._url = url.replace("+asyncpg", "")
        self._timeout = timeout_seconds

    async def send(self, message: OutgoingMessage) -> SentMessage:
        """Write the message into Gammu's outbox, if it is not there yet."""
        try:
            connection = await asyncpg.connect(self._url, timeout=self._timeout)
        except (OSError, asyncpg.PostgresError) as error:
            raise TryLater(type(error).__name__) from None
        try:
            async with connection.transaction():
                return await _write(connection, message)
        except asyncpg.PostgresConnectionError as error:
            raise Unsure(type(error).__name__) from None
        except asyncpg.PostgresError as error:
            raise Refused(f"SQLSTATE {error.sqlstate}") from None
        except (OSError, asyncpg.InterfaceError) as error:
            raise Unsure(type(error).__name__) from None
        finally:
            connection.terminate()

    async def close(self) -> None:
        """Do nothing: no connection is kept."""


async def _write(connection: "asyncpg.Connection", message: OutgoingMessage) -> SentMessage:
    # Two attempts at once, after a lease ran out, must not both find nothing.
    await connection.execute("SELECT pg_advisory_xact_lock(hashtext($1))", message.message_id)
    known = await connection.fetchval(_FIND, message.message_id)
    if known is not None:
        return SentMessage(str(known))
    parts = divide(message.text, zlib.crc32(message.message_id.encode()))
    coding = "Default_No_Compression"
    if septets(message.text) is None:
        coding = "Unicode_No_Compression"
    first, *further = parts
    outbox_id = await connection.fetchval(
        _OUTBOX,
        message.recipient,
        first.text,
        coding,
        first.header,
        bool(further),
        message.message_id,
    )
    for place, part in enumerate(further, 2):
        await _write_part(connection, outbox_id, place, part, coding)
    return SentMessage(str(outbox_id))


async def _write_part(
    connection: "asyncpg.Connection", outbox_id: int, place: int, part: Part, coding: str
) -> None:
    await connection.execute(_MULTIPART, outbox_id, place, part.text, coding, part.header)
