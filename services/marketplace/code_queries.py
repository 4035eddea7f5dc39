"""The SQL of one-time codes and of the sessions that they open."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from services.marketplace.trader_tables import OneTimeCode, TraderSession

# Two requests for one number wait for each other, so that its limit holds.
_LOCK_PHONE = text("SELECT pg_advisory_xact_lock(hashtextextended(encode(:phone, 'hex'), 0))")


async def lock_phone(connection: AsyncConnection, phone_hash: bytes) -> None:
    """Let nobody else work on this number until the transaction ends."""
    await connection.execute(_LOCK_PHONE, {"phone": phone_hash})


async def list_sent_at(
    connection: AsyncConnection, phone_hashes: Sequence[bytes], since: datetime
) -> list[datetime]:
    """Return when codes were sent to a number, by any of its hashes, since an instant."""
    statement = select(col(OneTimeCode.sent_at)).where(
        col(OneTimeCode.phone_hash).in_(phone_hashes), col(OneTimeCode.sent_at) > since
    )
    return list((await connection.execute(statement)).scalars())


async def insert_code(connection: AsyncConnection, code: OneTimeCode) -> None:
    """Store a code."""
    await connection.execute(insert(OneTimeCode).values(code.model_dump()))


async def find_code(
    connection: AsyncConnection, code_id: str, *, lock: bool = False
) -> OneTimeCode | None:
    """Return a code, and with `lock` let nobody else try it meanwhile."""
    statement = select(OneTimeCode).where(col(OneTimeCode.code_id) == code_id)
    if lock:
        statement = statement.with_for_update()
    row = (await connection.execute(statement)).first()
    return None if row is None else OneTimeCode(**row._mapping)  # noqa: SLF001 - documented API


async def count_try(connection: AsyncConnection, code_id: str) -> None:
    """Note that a code was tried in vain."""
    await connection.execute(
        update(OneTimeCode)
        .where(col(OneTimeCode.code_id) == code_id)
        .values(tries=col(OneTimeCode.tries) + 1)
    )


async def use_code(connection: AsyncConnection, code_id: str, now: datetime) -> None:
    """Note that a code was used: it is good for nothing more."""
    await connection.execute(
        update(OneTimeCode).where(col(OneTimeCode.code_id) == code_id).values(used_at=now)
    )


async def forget_codes(connection: AsyncConnection, before: datetime) -> None:
    """Delete codes that ended before an instant."""
    await connection.execute(delete(OneTimeCode).where(col(OneTimeCode.expires_at) < before))


async def insert_session(connection: AsyncConnection, session: TraderSession) -> None:
    """Store a session."""
    await connection.execute(insert(TraderSession).values(session.model_dump()))


async def lock_session(connection: AsyncConnection, session_id: str) -> TraderSession | None:
    """Return a session, and let nobody else refresh it meanwhile."""
    statement = (
        select(TraderSession).where(col(TraderSession.session_id) == session_id).with_for_update()
    )
    row = (await connection.execute(statement)).first()
    return None if row is None else TraderSession(**row._mapping)  # noqa: SLF001 - documented API


async def find_session(connection: AsyncConnection, session_id: str) -> TraderSession | None:
    """Return a session."""
    statement = select(TraderSession).where(col(TraderSession.session_id) == session_id)
    row = (await connection.execute(statement)).first()
    return None if row is None else TraderSession(**row._mapping)  # noqa: SLF001 - documented API


async def advance_session(
    connection: AsyncConnection, session: TraderSession, now: datetime, expires_at: datetime
) -> None:
    """Begin the next generation of a session's refresh tokens."""
    await connection.execute(
        update(TraderSession)
        .where(col(TraderSession.session_id) == session.session_id)
        .values(generation=session.generation + 1, refreshed_at=now, expires_at=expires_at)
    )


async def delete_session(connection: AsyncConnection, session_id: str) -> None:
    """End a session."""
    await connection.execute(
        delete(TraderSession).where(col(TraderSession.session_id) == session_id)
    )


async def delete_sessions_of(connection: AsyncConnection, trader_id: str) -> None:
    """End all sessions of a trader."""
    await connection.execute(delete(TraderSession).where(col(TraderSession.trader_id) == trader_id))


async def forget_sessions(connection: AsyncConnection, now: datetime) -> None:
    """Delete sessions that are over."""
    await connection.execute(delete(TraderSession).where(col(TraderSession.expires_at) < now))
