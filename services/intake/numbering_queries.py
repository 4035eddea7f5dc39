"""The SQL of numbers: one statement draws the next one of a series."""

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from services.intake.paper_tables import NumberSeries


async def draw_next(
    connection: AsyncConnection, *, service: str, series: str, year: int, opd: str, start: int
) -> int:
    """Return the next number; whoever draws after this waits until the transaction has ended."""
    statement = (
        insert(NumberSeries)
        .values(service=service, series=series, year=year, opd=opd, last=start)
        .on_conflict_do_update(
            index_elements=["service", "series", "year", "opd"],
            set_={"last": col(NumberSeries.last) + 1},
        )
        .returning(col(NumberSeries.last))
    )
    return int((await connection.execute(statement)).scalar_one())
