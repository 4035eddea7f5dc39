"""SQL of standstills for force majeure, and of extensions."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from services.sla.rule_tables import DisruptionRow, ExtensionRow


async def insert_disruption(connection: AsyncConnection, row: DisruptionRow) -> bool:
    """Store a request; False where one of the same part is open."""
    statement = insert(DisruptionRow).values(**row.model_dump()).on_conflict_do_nothing()
    return (await connection.execute(statement)).rowcount == 1


async def lock_disruption(
    connection: AsyncConnection, complaint_id: str, pause_id: str
) -> DisruptionRow | None:
    """Lock and return a standstill of this case."""
    statement = select(DisruptionRow).where(
        col(DisruptionRow.pause_id) == pause_id, col(DisruptionRow.complaint_id) == complaint_id
    )
    row = (await connection.execute(statement.with_for_update())).first()
    return DisruptionRow(**row._mapping) if row is not None else None  # noqa: SLF001


async def update_disruption(
    connection: AsyncConnection, pause_id: str, values: Mapping[str, Any]
) -> None:
    """Store what was decided."""
    await connection.execute(
        update(DisruptionRow).where(col(DisruptionRow.pause_id) == pause_id).values(**values)
    )


async def list_disruptions(connection: AsyncConnection, complaint_id: str) -> list[DisruptionRow]:
    """Return the standstills of a case, the oldest first."""
    rows = await connection.execute(
        select(DisruptionRow)
        .where(col(DisruptionRow.complaint_id) == complaint_id)
        .order_by(col(DisruptionRow.asked_at), col(DisruptionRow.pause_id))
        .limit(500)
    )
    return [DisruptionRow(**row._mapping) for row in rows]  # noqa: SLF001


async def insert_extension(connection: AsyncConnection, row: ExtensionRow) -> bool:
    """Store an extension; False where this part has one in this epoch."""
    statement = insert(ExtensionRow).values(**row.model_dump()).on_conflict_do_nothing()
    return (await connection.execute(statement)).rowcount == 1


async def list_extensions(connection: AsyncConnection, complaint_id: str) -> list[ExtensionRow]:
    """Return the extensions of a case, the oldest first."""
    rows = await connection.execute(
        select(ExtensionRow)
        .where(col(ExtensionRow.complaint_id) == complaint_id)
        .order_by(col(ExtensionRow.extended_at))
    )
    return [ExtensionRow(**row._mapping) for row in rows]  # noqa: SLF001
