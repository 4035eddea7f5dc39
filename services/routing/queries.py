"""All of routing's SQL: Core statements on the unit's connection."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, cast

from pydantic_core import to_json
from sqlalchemy import JSON, Row, Select, bindparam, func, select, text, tuple_
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import ColumnElement, SQLCoreOperations
from sqlmodel import col

from services.routing.handling_tables import LateClock
from services.routing.states import State
from services.routing.tables import Case, CaseFact, RoutingTable
from shared.columns import row_of, values_of
from shared.database import fetch

_IDS = ("complaint_id", "merged_into", "request_id")
_LOCK = f"SELECT {', '.join(Case.model_fields)} FROM cases WHERE complaint_id = $1 FOR UPDATE"  # noqa: S608
EXCERPT_CHARS = 240
MOST_FACTS = 500
MOST_MEMBERS = 1_000

# Through SQLAlchemy, for it is a transaction's first statement, with which SQLAlchemy begins it.
_LOCK_ALL = text(
    f"""
    SELECT {", ".join(Case.model_fields)} FROM cases
    WHERE complaint_id = ANY (CAST(:ids AS uuid[])) ORDER BY complaint_id FOR UPDATE
    """  # noqa: S608 - the table's own columns
).columns(*RoutingTable.metadata.tables["cases"].columns)
#: What actions of staff change of a case; its words, its place and how it came are not theirs.
CHANGING = (
    "version", "state", "state_since", "state_before_merge", "merged_into", "epoch", "waits",
    "times_returned", "opd", "opd_name", "topic", "topic_name", "priority", "assigned_by", "reason",
    "spam", "request_id", "officer_id", "handler_id", "lease_by", "lease_until", "assigned_at",
    "resolved_at", "closed_at", "updated_at",
)  # fmt: skip
_NO_CASE: dict[str, int | None] = {**dict.fromkeys(Case.model_fields), "rounds": 0}
_OPEN = text(
    f"""
    WITH opened AS (
        INSERT INTO cases ({", ".join(_NO_CASE)}) VALUES ({", ".join(f":{c}" for c in _NO_CASE)})
        ON CONFLICT DO NOTHING RETURNING complaint_id, version, updated_at, state, opd, reason
    )
    INSERT INTO case_history
        (complaint_id, version, happened_at, action, by, to_state, opd, text, details)
    SELECT complaint_id, version, updated_at, 'open', 'rule', state, opd, reason, :details
    FROM opened
    """  # noqa: S608 - the table's own columns
).bindparams(
    *(bindparam(name, type_=JSON) for name in ("proposals", "candidates", "details")),
    *(bindparam(name, type_=JSON(none_as_null=True)) for name in ("answers", "stage_answers")),
)
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def _typed(table: str, columns: Iterable[str]) -> str:
    known = RoutingTable.metadata.tables[table].c
    return ", ".join(f"{name} {known[name].type.compile(dialect=_DIALECT)}" for name in columns)


_CHANGE_ALL = f"""
    WITH changed AS (
        UPDATE cases SET {", ".join(f"{name} = n.{name}" for name in CHANGING)}
        FROM json_to_recordset($1)
            AS n ({_typed("cases", ("complaint_id", *CHANGING))})
        WHERE cases.complaint_id = n.complaint_id
    )
    INSERT INTO case_history ({", ".join(CaseFact.model_fields)})
    SELECT {", ".join(CaseFact.model_fields)}
    FROM json_to_recordset($2) AS n ({_typed("case_history", CaseFact.model_fields)})
    """  # noqa: S608 - the tables' own columns
_FIND_LEADER = text(
    """
    WITH RECURSIVE chain AS (
        SELECT complaint_id, merged_into FROM cases
        WHERE complaint_id = CAST(:complaint_id AS uuid)
        UNION
        SELECT c.complaint_id, c.merged_into
        FROM chain JOIN cases c ON c.complaint_id = chain.merged_into
    )
    SELECT CAST(complaint_id AS text) FROM chain WHERE merged_into IS NULL
    """
)
#: What a list shows; the whole text of a hundred cases would be megabytes.
SUMMARY: tuple[SQLCoreOperations[Any], ...] = (
    *(
        col(column)
        for column in (
            Case.complaint_id,
            Case.tracking_code,
            Case.version,
            Case.state,
            Case.opd,
            Case.opd_name,
            Case.topic,
            Case.topic_name,
            Case.priority,
            Case.emergency,
            Case.secret,
            Case.channel,
            Case.classification,
            Case.title,
            Case.area_code,
            Case.epoch,
            Case.handler_id,
            Case.submitted_at,
            Case.assigned_at,
            Case.updated_at,
            Case.service,
            Case.stage,
            Case.stage_title,
            Case.stage_since,
        )
    ),
    func.left(col(Case.text), EXCERPT_CHARS).label("excerpt"),
)


@dataclass(frozen=True, slots=True)
class PageStart:
    """The last row of the page before: lists go on below it, newest first."""

    submitted_at: datetime
    complaint_id: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cases a list shows; what is None is not asked for. `area` is how a code begins."""

    opd: str | None = None
    state: State | None = None
    topic: str | None = None
    area: str | None = None
    handler: str | None = None
    late: bool = False
    service: str | None = None
    stage: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return what must hold of a case."""
        exact = {
            col(Case.opd): self.opd,
            col(Case.state): self.state and self.state.value,
            col(Case.topic): self.topic,
            col(Case.handler_id): self.handler,
            col(Case.service): self.service,
            col(Case.stage): self.stage,
        }
        conditions = [column == value for column, value in exact.items() if value is not None]
        if self.area is not None:
            conditions.append(col(Case.area_code).startswith(self.area, autoescape=True))
        if self.late:
            conditions.append(is_late())
        return conditions


async def insert_case(
    connection: AsyncConnection, case: Mapping[str, Any], details: Mapping[str, Any]
) -> bool:
    """Store a new case, by column, and its first fact; False, and nothing stored, if it is known.

    One statement and no row objects: every complaint of a spike comes through here.
    """
    stored = await connection.execute(_OPEN, {**_NO_CASE, **case, "details": details})
    return bool(stored.rowcount)


async def update_case(
    connection: AsyncConnection, case: Case, changes: Mapping[str, Any], fact: CaseFact
) -> Case:
    """Store changes of a case whose row is locked, with the fact they follow from.

    One statement, on the driver: with two through SQLAlchemy an officer's answer cost a tenth more.
    """
    values = [*changes.values(), *fact.model_dump().values()]
    statement = _change(tuple(changes))
    await fetch(connection, statement, case.complaint_id, *map(_as_parameter, values))
    return changed_case(case, changes)


def changed_case(case: Case, changes: Mapping[str, Any]) -> Case:
    """Return a case with some columns changed."""
    return row_of(Case, {**values_of(case), **changes})


async def update_cases(
    connection: AsyncConnection, cases: Sequence[Case], facts: Sequence[CaseFact]
) -> None:
    """Store cases as they are now, and the facts they follow from; their rows are locked.

    One statement for all. Only the columns of CHANGING are stored.
    """
    kept = ("complaint_id", *CHANGING)
    rows = to_json([{name: getattr(case, name) for name in kept} for case in cases])
    noted = to_json([values_of(fact) for fact in facts])
    await fetch(connection, _CHANGE_ALL, rows.decode(), noted.decode())


async def find_case(connection: AsyncConnection, complaint_id: str) -> Case | None:
    """Return the case, if there is one."""
    row = await connection.execute(select(Case).where(col(Case.complaint_id) == complaint_id))
    return _case(row.first())


async def lock_case(connection: AsyncConnection, complaint_id: str) -> Case | None:
    """Return the case, if there is one, and let nobody else change it in this transaction."""
    rows = await fetch(connection, _LOCK, complaint_id)
    return row_of(Case, {**rows[0], **_ids(rows[0])}) if rows else None


async def lock_cases(connection: AsyncConnection, complaint_ids: Iterable[str]) -> dict[str, Case]:
    """Return those of the cases that there are, by id, and let nobody else change them.

    They are locked in one order, so that two who want several never wait for each other.
    """
    rows = (await connection.execute(_LOCK_ALL, {"ids": sorted(set(complaint_ids))})).mappings()
    return {row["complaint_id"]: row_of(Case, row) for row in rows}


async def find_leader_id(connection: AsyncConnection, complaint_id: str) -> str | None:
    """Return the case that leads this one, at the end of its chain; itself where it stands alone.

    None where there is no such case.
    """
    found = await connection.execute(_FIND_LEADER, {"complaint_id": complaint_id})
    return cast(str | None, found.scalar())


async def list_members(connection: AsyncConnection, complaint_id: str) -> list[Case]:
    """Return the cases that were merged into this one itself, the oldest first."""
    statement = (
        select(Case)
        .where(col(Case.merged_into) == complaint_id)
        .order_by(col(Case.submitted_at), col(Case.complaint_id))
        .limit(MOST_MEMBERS)
    )
    rows = (await connection.execute(statement)).all()
    return [row_of(Case, row._mapping) for row in rows]  # noqa: SLF001 - documented API


async def list_facts(connection: AsyncConnection, complaint_id: str) -> list[CaseFact]:
    """Return the newest facts of a case, at most MOST_FACTS, the oldest of them first."""
    statement = (
        select(CaseFact)
        .where(col(CaseFact.complaint_id) == complaint_id)
        .order_by(col(CaseFact.version).desc())
        .limit(MOST_FACTS)
    )
    rows = (await connection.execute(statement)).all()
    return [row_of(CaseFact, row._mapping) for row in reversed(rows)]  # noqa: SLF001 - documented API


def is_late() -> ColumnElement[bool]:
    """Return the condition that a clock of the case has run out and runs on."""
    late = select(col(LateClock.clock_id))
    return late.where(col(LateClock.complaint_id) == col(Case.complaint_id)).exists()


def select_cases(
    wanted: Wanted, *, start: PageStart | None, limit: int
) -> Select[*tuple[Any, ...]]:
    """Return the statement behind a list.

    OPD, state and colleague have indexes of their own, in every combination; what else is wanted
    is looked for along them.
    """
    statement = select(*SUMMARY).where(*wanted.conditions())
    order = (col(Case.submitted_at), col(Case.complaint_id))
    if start is not None:
        statement = statement.where(tuple_(*order) < (start.submitted_at, start.complaint_id))
    return statement.order_by(*(column.desc() for column in order)).limit(limit)


async def list_whole_cases(
    connection: AsyncConnection, *, start: PageStart | None, limit: int
) -> Sequence[Mapping[str, Any]]:
    """Return up to `limit` cases, newest first, with what the rules look at."""
    order = (col(Case.submitted_at), col(Case.complaint_id))
    columns = (Case.complaint_id, Case.tracking_code, Case.opd, Case.title, Case.text)
    came = (Case.channel, Case.classification, Case.emergency)
    place = (Case.area_code, Case.lat, Case.lon, Case.submitted_at)
    statement = select(*(col(column) for column in (*columns, *came, *place)))
    if start is not None:
        statement = statement.where(tuple_(*order) < (start.submitted_at, start.complaint_id))
    statement = statement.order_by(*(column.desc() for column in order)).limit(limit)
    rows = (await connection.execute(statement)).mappings().all()
    return cast(Sequence[Mapping[str, Any]], rows)


async def list_cases(
    connection: AsyncConnection, wanted: Wanted, *, start: PageStart | None, limit: int
) -> Sequence[Mapping[str, Any]]:
    """Return up to `limit` cases, newest first, as the columns that a list shows."""
    statement = select_cases(wanted, start=start, limit=limit)
    rows = (await connection.execute(statement)).mappings().all()
    return cast(Sequence[Mapping[str, Any]], rows)


@cache
def _change(columns: tuple[str, ...]) -> str:
    """Write the statement that changes these columns of case $1 and notes a fact."""
    changed = ", ".join(f"{column} = ${place}" for place, column in enumerate(columns, 2))
    first = len(columns) + 2
    noted = ", ".join(f"${place}" for place in range(first, first + len(CaseFact.model_fields)))
    return f"""
        WITH changed AS (UPDATE cases SET {changed} WHERE complaint_id = $1)
        INSERT INTO case_history ({", ".join(CaseFact.model_fields)}) VALUES ({noted})
        """  # noqa: S608 - the tables' own columns


def _as_parameter(value: Any) -> Any:
    """Return a value as the driver takes it: JSON as text."""
    return json.dumps(value) if isinstance(value, dict | list) else value


def _ids(row: Mapping[str, Any]) -> dict[str, str | None]:
    """Return a row's ids as text; the driver has a type of its own for them."""
    return {name: None if row[name] is None else str(row[name]) for name in _IDS}


def _case(row: Row[Any] | None) -> Case | None:
    return None if row is None else row_of(Case, row._mapping)  # noqa: SLF001 - documented API
