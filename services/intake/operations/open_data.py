"""Open data: how many complaints a month brought, by village and OPD, telling of nobody.

One table alone is published. Two that share their totals, such as topics beside their OPDs, would
each tell what the other hides.
"""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake import bank_queries as queries
from services.intake.bank_schemas import OpenDataRow, OpenDataTable
from services.intake.context import IntakeContext
from services.intake.operations.searching import zone_of
from services.intake.rules.searching import month_span
from shared.suppression import LEAST_SHOWN, TOTAL, publish

_UNKNOWN = "-"


async def publish_month(
    connection: AsyncConnection, context: IntakeContext, month: str
) -> OpenDataTable:
    """Return the table of a month; secret complaints (Rahasia) are in none of its counts."""
    span = month_span(month, zone_of(context))
    counts = await queries.count_open(connection, month, span)
    named = {(area or _UNKNOWN, opd or _UNKNOWN): n for (area, opd), n in counts.items()}
    published = publish(named)
    areas, opds = context.profile.area_names(), context.profile.opds
    return OpenDataTable(
        month=month,
        publisher=context.profile.pemda.name,
        least_shown=LEAST_SHOWN,
        rows=[
            OpenDataRow(
                area_code=area or None,
                area_name=_name(area, areas),
                opd=opd or None,
                opd_name=_name(opd, opds),
                entries=entries,
                suppressed=entries is None,
            )
            for (area, opd), entries in sorted(published.counts.items())
        ],
    )


def _name(code: str, names: dict[str, str]) -> str:
    if code == TOTAL:
        return "Semua"
    return "Belum diketahui" if code == _UNKNOWN else names.get(code, code)
