"""One Postgres database of one service: its engine, its transactions, and which failures pass."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import asyncpg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

# Connection trouble (08), serialisation and deadlock (40), resources (53), operator (57) and
# system (58) errors, and "read only" while a standby is promoted (25006): trying again may help.
_TRANSIENT_CLASSES = ("08", "40", "53", "57", "58")
_TRANSIENT_CODES = ("25006", "55P03")
_ANY = text("SELECT 1")
# Longer than any handler waits inside a transaction.
_IDLE_MILLISECONDS = 60_000
# Errors of the system that no waiting mends; all others are of the network.
_LOCAL_FILE_ERRORS = (
    FileNotFoundError,
    FileExistsError,
    IsADirectoryError,
    NotADirectoryError,
    PermissionError,
)


class Database:
    """A pool of connections to one service's database.

    Statements are SQLAlchemy Core on `AsyncConnection`: an ORM session costs several times as much
    per event (see ARCHITECTURE, "Why no session").
    """

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 10,
        max_overflow: int = 10,
        server_settings: Mapping[str, str] | None = None,
    ) -> None:
        """Take a `postgresql+asyncpg://` URL; nothing connects before the first statement.

        `server_settings` are Postgres parameters of every connection, beside the usual ones.
        """
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=max_overflow,
            pool_timeout=5,
            pool_use_lifo=True,
            # An error's text gets into logs and dead letters: no citizen's words with it.
            hide_parameters=True,
            connect_args={
                "timeout": 5,
                "command_timeout": 60,
                "server_settings": {
                    "application_name": "tanggap",
                    "jit": "off",
                    # A process that hangs in a transaction must not keep its locks for ever.
                    "idle_in_transaction_session_timeout": str(_IDLE_MILLISECONDS),
                    **(server_settings or {}),
                },
            },
        )
        #: The same pool, for statements that are each a transaction by themselves.
        self.autocommit: AsyncEngine = self.engine.execution_options(isolation_level="AUTOCOMMIT")

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Open a connection in a transaction that commits on leaving, and rolls back on error."""
        async with self.engine.begin() as connection:
            yield connection

    async def ask(self, statement: str, *values: object) -> list[Any]:
        """Run one statement by itself, on asyncpg itself: one round trip; see `fetch`."""
        async with self.autocommit.connect() as connection:
            return await _run(_driver_of(connection), statement, *values)

    async def ping(self) -> None:
        """Ask for one row; raises when the database does not answer."""
        async with self.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


async def fetch(connection: AsyncConnection, statement: str, *values: object) -> list[Any]:
    """Run a statement on asyncpg itself, within the transaction of `connection`.

    For the few statements that every event needs: it costs a third of what SQLAlchemy makes of it.
    Placeholders are `$1`, `$2`; rows are asyncpg's, with columns by name; so are errors, all of
    which `is_transient` knows.
    """
    driver = _driver_of(connection)
    if not driver.is_in_transaction():
        # SQLAlchemy begins a transaction with the first statement that it sees.
        await connection.execute(_ANY)
    return await _run(driver, statement, *values)


def _driver_of(connection: AsyncConnection) -> Any:
    if connection.sync_connection is None:
        raise RuntimeError("the connection is not open")
    driver = connection.sync_connection.connection.driver_connection
    if driver is None:
        raise RuntimeError("the connection was given up")
    return driver


async def _run(driver: Any, statement: str, *values: object) -> list[Any]:
    try:
        rows: list[Any] = await driver.fetch(statement, *values)
    except asyncpg.InterfaceError as error:
        if driver.is_closed():
            raise ConnectionResetError("the database closed the connection") from error
        raise
    return rows


def array_text(values: Iterable[object]) -> str:
    """Write values as the text of a Postgres array, for `$1::text::uuid[]` and its like.

    For the driver one text costs much less than the items of a list, each of which it looks at.
    """
    return f"{{{','.join(map(_item, values))}}}"


def _item(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, datetime):
        return f'"{value.isoformat()}"'
    text_ = str(value)
    if "\\" in text_ or '"' in text_:
        text_ = text_.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text_}"'


def is_transient(error: BaseException) -> bool:
    """Tell whether trying the same thing again later may succeed."""
    if isinstance(error, PoolTimeout | TimeoutError):
        return True
    if isinstance(error, OSError):
        return not isinstance(error, _LOCAL_FILE_ERRORS)
    code = sqlstate(error)
    if code is not None:
        return code[:2] in _TRANSIENT_CLASSES or code in _TRANSIENT_CODES
    # An InterfaceError alone says nothing: asyncpg also raises it for a mistake of the caller's.
    return isinstance(error, DBAPIError) and bool(error.connection_invalidated)


def sqlstate(error: BaseException) -> str | None:
    """Return the five-letter SQLSTATE behind a database error, if the server gave one."""
    # asyncpg raises its own errors, not SQLAlchemy's, where a connection cannot be made.
    raw = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(raw, "sqlstate", None)
    return code if isinstance(code, str) else None
