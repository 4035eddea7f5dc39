"""SQL that keeps the records of cases: one statement for all that a unit of work heard."""

import json
from collections.abc import Mapping

from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sla.record import COLUMNS, RecordChange
from services.sla.record_tables import RecordRow
from services.sla.tables import SlaTable
from shared.database import fetch

#: What was first stays; of all else the latest news count.
_FIRST = (
    "submitted_at", "withdrawn_at", "verified_at", "answered_at", "followed_up_at", "resolved_at"
)  # fmt: skip
#: Told with the first answer or resolution, and staying with it. Where the news does not say who
#: had the case, it was who is stored.
_TOLD_WITH = {
    "answered_opd": ("answered_at", "opd"),
    "answered_officer": ("answered_at", None),
    "answered_held_since": ("answered_at", "held_since"),
    "resolved_opd": ("resolved_at", "opd"),
    "resolved_officer": ("resolved_at", None),
}


def _merged(column: str) -> str:
    if column in _FIRST:
        return f"coalesce(r.{column}, EXCLUDED.{column})"
    if column in _TOLD_WITH:
        told_at, stored = _TOLD_WITH[column]
        new = f"coalesce(EXCLUDED.{column}, r.{stored})" if stored else f"EXCLUDED.{column}"
        return (
            f"CASE WHEN r.{told_at} IS NULL AND EXCLUDED.{told_at} IS NOT NULL"
            f" THEN {new} ELSE r.{column} END"
        )
    return f"coalesce(EXCLUDED.{column}, r.{column})"


_TABLE = SlaTable.metadata.tables[RecordRow.__tablename__]
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
_NAMES = ", ".join(COLUMNS)
_TYPES = ", ".join(
    f"{column} {_TABLE.c[column].type.compile(dialect=_DIALECT)}"
    for column in ("complaint_id", *COLUMNS)
)
# Rows are locked in the order of ids, so that two batches cannot block each other.
_SAVE = f"""
    INSERT INTO case_record AS r (complaint_id, {_NAMES})
    SELECT complaint_id, {_NAMES} FROM json_to_recordset($1) AS n ({_TYPES})
    ORDER BY complaint_id
    ON CONFLICT (complaint_id) DO UPDATE SET
        {", ".join(f"{column} = {_merged(column)}" for column in COLUMNS)}
    """  # noqa: S608 - names of our own


async def save_changes(connection: AsyncConnection, changes: Mapping[str, RecordChange]) -> None:
    """Change the records of these cases, and make those that are new."""
    rows = [{"complaint_id": id_, **change.known()} for id_, change in changes.items()]
    await fetch(connection, _SAVE, json.dumps(rows))
