"""Idempotency-Key: the same request sent twice has one effect and one answer.

The answer is written by the transaction that it tells of. Bodies are kept as a hash; answers are
kept as they went out, so this table is for answers without secrets.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import sqlalchemy as sa
from alembic import op
from fastapi import Header
from sqlalchemy import text

from shared.database import fetch
from shared.errors import Conflict, Invalid
from shared.parameters import OrAbsent
from shared.unit_of_work import UnitOfWork, UnitsOfWork

KEY_HEADER = "Idempotency-Key"
KEY_PATTERN = r"^[\x21-\x7e]+$"
SHORTEST_KEY = 8
LONGEST_KEY = 128

IdempotencyKey = Annotated[
    OrAbsent[str],
    Header(
        alias=KEY_HEADER,
        min_length=SHORTEST_KEY,
        max_length=LONGEST_KEY,
        pattern=KEY_PATTERN,
        description="A key of the client's own: the same key and body have one effect.",
        examples=["b3f1c1c0-5d4e-4a4e-9a0e-3f7f0a1d2c3b"],
    ),
]

_CLAIM = text(
    """
    INSERT INTO idempotency (scope, key, body_hash, created_at)
    VALUES (:scope, :key, :body_hash, :now) ON CONFLICT DO NOTHING
    """
)
_FIND = text(
    "SELECT body_hash, status, answer FROM idempotency WHERE scope = :scope AND key = :key"
)
_KEEP = """
    INSERT INTO idempotency (scope, key, body_hash, status, answer, created_at)
    SELECT scope, key, body_hash, 200, CAST(answer AS json), $5
    FROM unnest(CAST($1 AS text[]), CAST($2 AS text[]), CAST($3 AS bytea[]), CAST($4 AS text[]))
        AS kept (scope, key, body_hash, answer)
    ORDER BY scope, key
    ON CONFLICT DO NOTHING
    RETURNING scope, key
    """
_KNOWN = """
    SELECT scope, key
    FROM unnest(CAST($1 AS text[]), CAST($2 AS text[])) AS asked (scope, key)
    JOIN idempotency USING (scope, key)
    """
_ANSWER = "UPDATE idempotency SET status = $1, answer = $2 WHERE scope = $3 AND key = $4"


@dataclass(frozen=True, slots=True)
class Answered:
    """What a request with a key was answered: `scope` says whose key it is, `request` its body."""

    scope: str
    key: str
    request: bytes
    answer: str


class KeyReused(Invalid):
    """The key was used before, with another body."""

    slug = "idempotency-key-reused"
    title = "Idempotency-Key sudah dipakai"


class RequestInFlight(Conflict):
    """A request with this key is being worked on now."""

    slug = "request-in-flight"
    title = "Permintaan yang sama sedang diproses"


def create_idempotency_table() -> None:
    """Create the table; the first migration of a service that needs it calls this."""
    op.create_table(
        "idempotency",
        sa.Column("scope", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("body_hash", sa.LargeBinary, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("answer", sa.JSON),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("idempotency_age", "idempotency", ["created_at"], postgresql_using="brin")


def body_hash(*parts: bytes) -> bytes:
    """Hash what a request asks for; parts are delimited, so that none can pose as another."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()


async def find_answer(
    units: UnitsOfWork, scope: str, key: str | None, request: bytes
) -> dict[str, Any] | None:
    """Return the answer of then, if this key has one: before work that is costly to do again.

    Raises KeyReused.
    """
    if key is None:
        return None
    async with units.begin() as unit:
        found = (await unit.connection.execute(_FIND, {"scope": scope, "key": key})).first()
    return None if found is None or found.status is None else _replay(found, body_hash(request))


async def once(
    units: UnitsOfWork,
    scope: str,
    key: str | None,
    request: bytes,
    work: Callable[[UnitOfWork], Awaitable[dict[str, Any]]],
) -> dict[str, Any]:
    """Do the work in a unit and return its answer; with a known key, return the answer of then.

    `scope` says whose key it is (caller and path). A second request with the same key waits for
    the first on the row's lock, and then replays. Raises KeyReused.
    """
    async with units.begin() as unit:
        if key is None:
            return await work(unit)
        digest = body_hash(request)
        row = {"scope": scope, "key": key}
        claimed = await unit.connection.execute(
            _CLAIM, {**row, "body_hash": digest, "now": unit.now}
        )
        if not claimed.rowcount:
            return _replay((await unit.connection.execute(_FIND, row)).first(), digest)
        answer = await work(unit)
        await fetch(unit.connection, _ANSWER, 200, json.dumps(answer), scope, key)
        return answer


async def keep_answers(unit: UnitOfWork, answered: Sequence[Answered]) -> set[tuple[str, str]]:
    """Keep answers, as JSON, with one statement; returns the keys that had none before.

    What a request with any other key did must not take effect: it was answered before. A key that
    another transaction is just keeping is waited for.
    """
    if not answered:
        return set()
    columns = (
        [each.scope for each in answered],
        [each.key for each in answered],
        [body_hash(each.request) for each in answered],
        [each.answer for each in answered],
    )
    rows = await fetch(unit.connection, _KEEP, *columns, unit.now)
    return {(row["scope"], row["key"]) for row in rows}


async def find_known(unit: UnitOfWork, keys: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return those of the keys, with their scopes, that were used before."""
    if not keys:
        return set()
    scopes, names = zip(*keys, strict=True)
    rows = await fetch(unit.connection, _KNOWN, list(scopes), list(names))
    return {(row["scope"], row["key"]) for row in rows}


def _replay(found: Any, digest: bytes) -> dict[str, Any]:
    if found is None or found.status is None:
        raise RequestInFlight("Tunggu jawaban permintaan pertama, lalu coba lagi.")
    if bytes(found.body_hash) != digest:
        raise KeyReused("Gunakan Idempotency-Key baru untuk isi yang berbeda.")
    answer: dict[str, Any] = found.answer
    return answer


async def forget_keys(unit: UnitOfWork, before: datetime) -> None:
    """Delete keys that no client will send again."""
    await unit.connection.execute(
        text("DELETE FROM idempotency WHERE created_at < :before"), {"before": before}
    )
