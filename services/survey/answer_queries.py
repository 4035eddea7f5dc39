"""The SQL that stores answers: any number in a few statements, because many come at one time.

Answers, and what is counted of them, are written by the transaction that takes the claims. Rows
that others also count on are written in one order, so that no two transactions wait for each other.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.survey.rules.index import ELEMENTS
from services.survey.tables import SCORE_COLUMNS
from shared.database import fetch

TallyKey = tuple[str, str, str, str, str]

_ANSWER_TYPES: Final[Mapping[str, str]] = {
    "answer_id": "uuid",
    "period": "text",
    "unit": "text",
    "service": "text",
    "channel": "text",
    "answered_on": "date",
    "language": "text",
    "sex": "text",
    "age": "text",
    "education": "text",
    "occupation": "text",
    **{code.lower(): "int2" for code in ELEMENTS},
    "extras": "jsonb",
    "batch_id": "uuid",
}
_COMMENT_TYPES: Final[Mapping[str, str]] = {
    "comment_id": "uuid",
    "period": "text",
    "unit": "text",
    "service": "text",
    "question": "text",
    "text": "text",
    # An array of arrays has rows of one length: the themes of each travel as one text.
    "themes": "text",
}
_TALLY_KEYS: Final = ("period", "unit", "service", "dimension", "value")
_TALLY_SUMS: Final = ("answers", "sum_x", "sum_xx", *SCORE_COLUMNS)


def _unnested(types: Mapping[str, str]) -> str:
    return ", ".join(f"${n}::{t}[]" for n, t in enumerate(types.values(), 1))


_INSERT_ANSWERS: Final = f"""
    INSERT INTO answer ({", ".join(_ANSWER_TYPES)})
    SELECT * FROM unnest({_unnested(_ANSWER_TYPES)})
    """  # noqa: S608 - names of our own
_INSERT_COMMENTS: Final = f"""
    INSERT INTO comment ({", ".join(_COMMENT_TYPES)})
    SELECT comment_id, period, unit, service, question, text, string_to_array(themes, ' ')
    FROM unnest({_unnested(_COMMENT_TYPES)}) AS c ({", ".join(_COMMENT_TYPES)})
    """  # noqa: S608 - names of our own
_TALLY_TYPES: Final[Mapping[str, str]] = {
    **dict.fromkeys(_TALLY_KEYS, "text"),
    **dict.fromkeys(_TALLY_SUMS, "int8"),
}
_COUNT: Final = f"""
    INSERT INTO tally ({", ".join(_TALLY_TYPES)})
    SELECT * FROM unnest({_unnested(_TALLY_TYPES)})
    ON CONFLICT ({", ".join(_TALLY_KEYS)}) DO UPDATE SET
    {", ".join(f"{name} = tally.{name} + excluded.{name}" for name in _TALLY_SUMS)}
    """  # noqa: S608 - names of our own
_COUNT_EXTRAS: Final = """
    INSERT INTO extra_tally (period, unit, question, score, answers)
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::int2[], $5::int4[])
    ON CONFLICT (period, unit, question, score)
    DO UPDATE SET answers = extra_tally.answers + excluded.answers
    """
# Shared locks: whoever closes a period waits for the answers that are being written, and these for
# the closing.
_LOCK_PERIODS: Final = """
    SELECT period, salt, closed_at FROM survey_period
    WHERE period = ANY($1::text[]) ORDER BY period FOR SHARE
    """
_BEGIN_PERIODS: Final = """
    INSERT INTO survey_period (period, salt)
    SELECT * FROM unnest($1::text[], $2::bytea[]) ON CONFLICT DO NOTHING
    """
_CLAIM: Final = """
    INSERT INTO claim (claim_hash, period, request_hash)
    SELECT * FROM unnest($1::bytea[], $2::text[], $3::bytea[])
    ON CONFLICT DO NOTHING RETURNING claim_hash
    """
_FIND_CLAIMS: Final = """
    SELECT claim_hash, request_hash FROM claim WHERE claim_hash = ANY($1::bytea[])
    """
_FIND_CLAIMED: Final = "SELECT 1 FROM claim WHERE claim_hash = $1"
_INSERT_BATCH: Final = """
    INSERT INTO batch (batch_id, kind, brought_by, brought_at, answers) VALUES ($1, $2, $3, $4, $5)
    """


@dataclass(frozen=True, slots=True)
class OpenPeriod:
    """A period as the database has it; without a salt it is closed."""

    salt: bytes | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A claim to be taken."""

    claim_hash: bytes
    period: str
    request_hash: bytes | None


async def lock_periods(
    connection: AsyncConnection, salts: Mapping[str, bytes]
) -> dict[str, OpenPeriod]:
    """Return periods as they are, locked against closing; those that are new get their salt."""
    names = sorted(salts)
    found = await _find_periods(connection, names)
    if missing := [name for name in names if name not in found]:
        await fetch(connection, _BEGIN_PERIODS, missing, [salts[name] for name in missing])
        found = await _find_periods(connection, names)
    return found


async def find_salt(connection: AsyncConnection, period: str) -> bytes | None:
    """Return the salt of a period; None where it has no answers yet, or is closed."""
    found = await _find_periods(connection, [period])
    return found[period].salt if period in found else None


async def is_claimed(connection: AsyncConnection, claim_hash: bytes) -> bool:
    """Tell whether a claim was taken."""
    return bool(await fetch(connection, _FIND_CLAIMED, claim_hash))


async def _find_periods(connection: AsyncConnection, names: list[str]) -> dict[str, OpenPeriod]:
    rows = await fetch(connection, _LOCK_PERIODS, names)
    return {
        row["period"]: OpenPeriod(
            None if row["salt"] is None else bytes(row["salt"]), row["closed_at"]
        )
        for row in rows
    }


async def take_claims(connection: AsyncConnection, claims: Sequence[ClaimRow]) -> set[bytes]:
    """Take claims, each once; returns the hashes of those that nobody had taken."""
    ordered = sorted(claims, key=lambda each: each.claim_hash)
    rows = await fetch(
        connection,
        _CLAIM,
        [each.claim_hash for each in ordered],
        [each.period for each in ordered],
        [each.request_hash for each in ordered],
    )
    return {bytes(row["claim_hash"]) for row in rows}


async def find_claims(
    connection: AsyncConnection, hashes: Sequence[bytes]
) -> dict[bytes, bytes | None]:
    """Return what was asked when these claims were taken, by their hashes."""
    rows = await fetch(connection, _FIND_CLAIMS, list(hashes))
    return {bytes(row["claim_hash"]): row["request_hash"] for row in rows}


async def insert_answers(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store answers; `rows` have the columns of the table, extras as a dict or None."""
    columns = {name: [row[name] for row in rows] for name in _ANSWER_TYPES}
    columns["extras"] = [json.dumps(each) if each else None for each in columns["extras"]]
    await fetch(connection, _INSERT_ANSWERS, *columns.values())


async def insert_comments(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store comments; their themes are codes with spaces between them."""
    if rows:
        await fetch(
            connection, _INSERT_COMMENTS, *([row[name] for row in rows] for name in _COMMENT_TYPES)
        )


async def add_to_tallies(
    connection: AsyncConnection, sums: Mapping[TallyKey, Sequence[int]]
) -> None:
    """Add sums, in the order of the columns answers, sum_x, sum_xx, u1_1 … u9_4."""
    ordered = sorted(sums.items())
    keys = zip(*(key for key, _ in ordered), strict=True)
    values = zip(*(each for _, each in ordered), strict=True)
    await fetch(connection, _COUNT, *map(list, keys), *map(list, values))


async def add_to_extras(
    connection: AsyncConnection, counts: Mapping[tuple[str, str, str, int], int]
) -> None:
    """Add how often answers to extra questions came, by period, unit, question and score."""
    if counts:
        ordered = sorted(counts.items())
        keys = zip(*(key for key, _ in ordered), strict=True)
        await fetch(connection, _COUNT_EXTRAS, *map(list, keys), [n for _, n in ordered])


async def insert_batch(
    connection: AsyncConnection, batch_id: str, kind: str, by: str, at: datetime, answers: int
) -> None:
    """Note who brought a file or a batch of interviews, and how many answers it held."""
    await fetch(connection, _INSERT_BATCH, batch_id, kind, by, at, answers)
