"""Numbers of a series, without gap and without double."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake import numbering_queries
from shared.catalogue.definition import Service, all_fields
from shared.catalogue.numbering import short_answers, write_number


async def draw_number(
    connection: AsyncConnection,
    service: Service,
    series: str,
    opd: str,
    day: date,
    answers: Mapping[str, object],
) -> str:
    """Draw the next number of a service's series in the caller's transaction, and write it.

    `day` is the day in the Pemda's zone; its year is the series'. A transaction that is rolled back
    gives its number back, for whoever draws after it has waited for it: so it is drawn late in one.
    """
    terms = service.series(series)
    if terms is None:
        raise LookupError(f"the service '{service.code}' has no series '{series}'")
    seq = await numbering_queries.draw_next(
        connection,
        service=service.code,
        series=series,
        year=day.year,
        opd=opd if terms.per_opd else "",
        start=terms.start,
    )
    forms = (service.form, *(stage.form for stage in service.stages))
    fields = [field for form in forms for field in all_fields(form)]
    return write_number(terms.pattern, seq, day, opd, short_answers(fields, answers))
