"""Stores a million cases in a running system in minutes: a few that were lived, again and again.

Some hundred complaints go through the real system until they are closed. Their rows in intake,
routing and sla are then copied under new ids and at other times, by one statement a chunk, so that
each stored case has exactly the rows that the services themselves write. The data bank, where the
words matter, gets entries of its own.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

import asyncpg
from sqlalchemy import DateTime, Table
from sqlalchemy.dialects.postgresql import UUID
from sqlmodel import SQLModel

from services.intake import tables as intake
from services.intake.bank_upkeep_queries import insert_imports, learn_words
from services.intake.operations.bank_upkeep import SAMPLE
from services.routing import tables as routing
from services.sla import tables as sla
from services.sla.notice_tables import CaseCodeRow
from services.sla.record_tables import RecordRow
from shared.contracts.topics import ServiceName
from shared.database import Database
from tests.load.bank_rows import BankRows
from tests.load.plan import Plan

SPREAD_DAYS: Final = 180
"""Over so many days before now; what is much older would be due for erasure."""
_CHUNK: Final = 20_000
_BANK_CHUNK: Final = 5_000
_ZONE: Final = "Asia/Jakarta"

# An id moves with its case's time, so that new ones lie side by side in an index as real ones do.
_FUNCTIONS: Final = (
    """
    CREATE FUNCTION bench_id(old uuid, n bigint, at timestamptz) RETURNS uuid
    LANGUAGE sql IMMUTABLE AS $$
        SELECT CAST(
            lpad(to_hex(CAST(extract(epoch FROM at) * 1000 AS bigint)), 12, '0')
            || '7' || substr(h, 1, 3) || 'b' || substr(h, 4, 15) AS uuid)
        FROM md5(old::text || n::text) AS h
    $$
    """,
)


@dataclass(frozen=True, slots=True)
class _Copied:
    """A table whose rows are copied, and how a row belongs to its complaint."""

    model: type[SQLModel]
    key: str = "complaint_id"
    leaves_out: tuple[str, ...] = ()

    @property
    def table(self) -> Table:
        table: Table = self.model.__table__  # type: ignore[attr-defined]
        return table


@dataclass(frozen=True, slots=True)
class _Part:
    """What is copied in one service's database, the complaint's own table first."""

    service: ServiceName
    source: str
    keys: str
    copied: tuple[_Copied, ...]


_PARTS: Final = (
    _Part(
        "intake",
        "complaint",
        "complaint_id, reporter_id",
        (
            _Copied(intake.Reporter, "reporter_id"),
            _Copied(intake.Complaint),
            _Copied(intake.TimelineEntry, leaves_out=("seq",)),
            _Copied(intake.Deadline),
        ),
    ),
    _Part(
        "routing",
        "cases",
        "complaint_id",
        (_Copied(routing.Case), _Copied(routing.CaseFact)),
    ),
    _Part(
        "sla",
        "case_facts",
        "complaint_id",
        (
            _Copied(sla.CaseRow),
            _Copied(sla.ClockRow),
            _Copied(RecordRow),
            _Copied(CaseCodeRow),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class _Copy:
    """How many lived cases there are, how many are made of them, and when the last one was."""

    templates: int
    count: int
    end: datetime


class NotAlike(RuntimeError):
    """The services do not have the same complaints to copy."""


async def store_cases(
    databases: Mapping[ServiceName, str], count: int, end: datetime, plan: Plan
) -> None:
    """Copy what the system has until each of the three services has `count` cases more.

    `databases` are the addresses of intake's, routing's and sla's for a superuser, for asyncpg;
    the copies lie before `end`.
    """
    sizes = [await _make_templates(databases, part) for part in _PARTS]
    if len(set(sizes)) != 1 or not sizes[0]:
        raise NotAlike(f"complaints to copy, by service: {sizes}")
    plan.say(f"whole case: {sizes[0]} lived cases are copied to {count:,}")
    # One end for all three, for a case's new ids follow from its time.
    copy = _Copy(sizes[0], count, end)
    await asyncio.gather(
        *(_copy_part(databases, part, copy, plan) for part in _PARTS),
        _fill_bank(databases, count, plan),
    )


async def _make_templates(databases: Mapping[ServiceName, str], part: _Part) -> int:
    """Number the complaints that are there, in the order of their ids, and set their rows apart."""
    connection: asyncpg.Connection = await asyncpg.connect(databases[part.service])
    try:
        for function in _FUNCTIONS:
            await connection.execute(function)
        await connection.execute(
            "CREATE TABLE bench_template AS SELECT row_number() OVER (ORDER BY complaint_id) - 1"  # noqa: S608
            f" AS bench_number, submitted_at AS bench_at, {part.keys} FROM {part.source}"
        )
        for each in part.copied:
            await connection.execute(
                f"CREATE TABLE bench_{each.table.name} AS SELECT b.bench_number, b.bench_at, t.*"  # noqa: S608
                f" FROM {each.table.name} t JOIN bench_template b USING ({each.key})"
            )
            await connection.execute(f"ANALYZE bench_{each.table.name}")
        return int(await connection.fetchval("SELECT count(*) FROM bench_template"))
    finally:
        await connection.close()


async def _copy_part(
    databases: Mapping[ServiceName, str], part: _Part, copy: _Copy, plan: Plan
) -> None:
    connection: asyncpg.Connection = await asyncpg.connect(databases[part.service])
    try:
        # Neither triggers nor foreign keys: the rows are whole, and the bank has its own.
        await connection.execute("SET session_replication_role = replica")
        await connection.execute("SET synchronous_commit = off")
        statements = [_statement(each, copy) for each in part.copied]
        for first in range(0, copy.count, _CHUNK):
            last = min(first + _CHUNK, copy.count) - 1
            async with connection.transaction():
                for statement in statements:
                    await connection.execute(statement, first, last, copy.end)
            if (last + 1) % (_CHUNK * 10) == 0:
                plan.say(f"whole case: {last + 1:,} stored in {part.service}")
        for each in part.copied:
            await connection.execute(f"VACUUM ANALYZE {each.table.name}")
    finally:
        await connection.close()


def _statement(each: _Copied, copy: _Copy) -> str:
    """Write the statement that copies the rows of the cases $1 to $2, ended by the time $3."""
    names, values = zip(*_columns(each), strict=True)
    seconds = SPREAD_DAYS * 86_400 / copy.count
    return f"""
        WITH wanted AS (
            SELECT n, $3::timestamptz - ({copy.count} - n) * interval '{seconds:.6f} seconds' AS at
            FROM generate_series($1::bigint, $2::bigint) AS n
        )
        INSERT INTO {each.table.name} ({", ".join(names)})
        SELECT {", ".join(values)}
        FROM wanted w JOIN bench_{each.table.name} t ON t.bench_number = w.n % {copy.templates}
        ORDER BY w.n
        """  # noqa: S608 - names of our own


def _columns(each: _Copied) -> Iterable[tuple[str, str]]:
    """Return each column that is written, with what is written there."""
    for column in each.table.columns:
        if column.name in each.leaves_out:
            continue
        name = f't."{column.name}"'
        value = name
        if column.name == "tracking_code":
            value = "'K' || lpad(CAST(w.n AS text), 9, '0')"
        elif column.name in ("clock_id", "request_id") and not isinstance(column.type, UUID):
            value = f"CAST(bench_id(CAST({name} AS uuid), w.n, w.at) AS text)"
        elif isinstance(column.type, UUID):
            value = f"bench_id({name}, w.n, w.at)"
        elif isinstance(column.type, DateTime):
            value = f"{name} + (w.at - t.bench_at)"
        yield f'"{column.name}"', value


async def _fill_bank(databases: Mapping[ServiceName, str], count: int, plan: Plan) -> None:
    """Give the data bank as many entries, whose words are as frequent as in real ones."""
    rows = BankRows().rows(count)
    connection: asyncpg.Connection = await asyncpg.connect(databases["intake"])
    index = await connection.fetchval(
        "SELECT indexdef FROM pg_indexes WHERE indexname = 'bank_entry_words'"
    )
    await connection.execute("DROP INDEX bank_entry_words")
    database = Database(databases["intake"].replace("postgresql:", "postgresql+asyncpg:", 1))
    try:
        done = 0
        while chunk := list(islice(rows, _BANK_CHUNK)):
            async with database.transaction() as unit:
                await insert_imports(unit, chunk, _ZONE)
                # No event shall tell of them: a running system would be busy with that for long.
                await unit.exec_driver_sql("TRUNCATE bank_announcement")
            done += len(chunk)
            if done % 100_000 == 0:
                plan.say(f"whole case: {done:,} in the data bank")
        await connection.execute(index)
        await connection.execute("VACUUM ANALYZE bank_entry")
        await connection.execute("VACUUM ANALYZE bank_week")
        async with database.transaction() as unit:
            await learn_words(unit, SAMPLE)
    finally:
        await database.close()
        await connection.close()
