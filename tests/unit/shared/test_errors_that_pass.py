"""Which failures are worth another try: those of connections and crowds, never those of values."""

import socket
from typing import Any

import pytest
from asyncpg import exceptions as asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shared.database import is_transient
from shared.errors import PermanentError


def from_sqlalchemy(original: BaseException, *, invalidated: bool = False) -> DBAPIError:
    return DBAPIError("SELECT 1", {}, original, connection_invalidated=invalidated)


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(),
        ConnectionResetError(),
        TimeoutError(),
        socket.gaierror(),
        OSError("Multiple exceptions: [Errno 111] …"),
        PoolTimeout(),
        asyncpg.CannotConnectNowError("the database system is starting up"),
        asyncpg.TooManyConnectionsError("sorry, too many clients already"),
        asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
        from_sqlalchemy(asyncpg.DeadlockDetectedError("deadlock detected")),
        from_sqlalchemy(asyncpg.SerializationError("could not serialize")),
        from_sqlalchemy(asyncpg.AdminShutdownError("terminating connection")),
        from_sqlalchemy(asyncpg.DiskFullError("no space left")),
        from_sqlalchemy(asyncpg.LockNotAvailableError("lock timeout")),
        from_sqlalchemy(asyncpg.ReadOnlySQLTransactionError("read only")),
        from_sqlalchemy(asyncpg.InterfaceError("connection is closed"), invalidated=True),
    ],
    ids=repr,
)
def test_worth_another_try(error: Exception) -> None:
    assert is_transient(error)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("no"),
        PermanentError("no"),
        KeyError("no"),
        FileNotFoundError("no"),
        PermissionError("no"),
        from_sqlalchemy(asyncpg.UniqueViolationError("duplicate key")),
        from_sqlalchemy(asyncpg.DataError("value out of int32 range")),
        from_sqlalchemy(asyncpg.UndefinedTableError("relation does not exist")),
        from_sqlalchemy(asyncpg.CharacterNotInRepertoireError("invalid byte sequence")),
    ],
    ids=repr,
)
def test_never_worth_another_try(error: Any) -> None:
    assert not is_transient(error)
