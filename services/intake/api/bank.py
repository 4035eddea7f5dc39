"""The data bank's doors: for staff, who read masked words; secret ones only where they may."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Final

import structlog
from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse

from services.intake.api.choosing import Since, Until, code, written
from services.intake.api.doors import Doors, TheDoors
from services.intake.bank_schemas import About, BankMap, BankPage, BankState, Facets, Sort, Source
from services.intake.bank_schemas import Trends as TrendsAnswer
from services.intake.errors import ExportsBusy
from services.intake.operations import counting, exporting, searching
from services.intake.operations.trends import read_trends
from services.intake.rules.searching import Filters
from shared.auth import Principal, Role, require
from shared.contracts.event import Classification
from shared.parameters import OrAbsent
from shared.problems import problem_responses

log = structlog.get_logger(__name__)

router = APIRouter(prefix="/intake/v1/bank", tags=["bank"])

#: Who sees every entry, secret ones too, as they see every case.
_EVERYWHERE: Final = (Role.TRIAGE, Role.ADMIN, Role.SEKDA, Role.LEADER, Role.AUDITOR)
_OPD_STAFF: Final = (Role.OFFICER, Role.HEAD)
_PROBLEMS: Final = problem_responses(401, 403, 422, 503)
# Each takes pages of the database at the speed of a network.
_MOST_EXPORTS: Final = 2

#: Who may read the bank at all.
READERS: Final = (*_EVERYWHERE, *_OPD_STAFF)
Reader = Annotated[Principal, Depends(require(*READERS))]
Exporter = Annotated[Principal, Depends(require(*_EVERYWHERE, Role.HEAD))]


Opd = Annotated[OrAbsent[str], code("Complaints that this OPD has.", "DISHUB")]
Topic = Annotated[OrAbsent[str], code("Complaints about this topic.", "pju-padam")]
Area = Annotated[
    OrAbsent[str],
    Query(
        pattern=r"^[0-9]{2}\.[0-9]{2}\.[0-9]{2}(\.[0-9]{4})?$",
        description="Code of a sub-district, with all its villages, or of a village.",
        examples=["99.71.01"],
    ),
]


async def read_filters(
    caller: Reader,
    opd: Opd = None,
    topic: Topic = None,
    area: Area = None,
    q: Annotated[
        str,
        written('Words, in any form: `lampu padam`, "phrases", `OR`, `-without`.', "lampu padam"),
    ] = "",
    channel: Annotated[OrAbsent[str], code("By this channel.", "whatsapp")] = None,
    status: Annotated[OrAbsent[BankState], Query(description="In this state.")] = None,
    classification: Annotated[OrAbsent[Classification], Query(description="Of this kind.")] = None,
    source: Annotated[
        OrAbsent[Source], Query(description="Taken in, or imported from an old log.")
    ] = None,
    since: Since = None,
    until: Until = None,
) -> Filters:
    """Read what the caller chooses by, and what the caller may see."""
    own = caller.opd if caller.has(*_OPD_STAFF) else None
    return Filters(
        text=q,
        opd=opd,
        topic=topic,
        area=area,
        channel=channel,
        state=status,
        classification=classification,
        source=source,
        since=since,
        until=until,
        own_opd=own,
        sees_all_secrets=caller.has(*_EVERYWHERE),
    )


Chosen = Annotated[Filters, Depends(read_filters)]


@router.get("/search", operation_id="search_bank", responses=_PROBLEMS)
async def search_bank(
    doors: TheDoors,
    chosen: Chosen,
    sort: Annotated[Sort, Query(description="The newest first, or the most relevant.")] = "newest",
    cursor: Annotated[
        OrAbsent[str],
        Query(max_length=300, description="Where the page before ended."),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=100, description="Entries per page.")] = 20,
) -> BankPage:
    """Find complaints, live and imported ones, by words and facts.

    The most relevant are chosen among the newest few hundred that match.
    """
    now = doors.units.clock.now()
    if sort == "newest":
        return await searching.search_newest(doors.bank, chosen, now, cursor=cursor, limit=limit)
    async with doors.reading() as connection:
        return await searching.search(
            connection, doors.context, chosen, now, sort=sort, cursor=cursor, limit=limit
        )


@router.get("/alike", operation_id="find_alike_in_bank", responses=_PROBLEMS)
async def find_alike_in_bank(
    doors: TheDoors,
    chosen: Chosen,
    text: Annotated[
        str,
        written(
            "A text to compare with, such as a new complaint's.",
            "Lampu jalan di depan pos ronda padam sejak tiga hari lalu.",
            shortest=1,
            longest=2_000,
        ),
    ],
    limit: Annotated[int, Query(ge=1, le=50, description="Entries at most.")] = 20,
) -> BankPage:
    """Find complaints that say nearly the same, among those that share a rare word with the text.

    `q` is not looked at here; every other choice is.
    """
    async with doors.reading() as connection:
        return await searching.find_alike(
            connection, doors.context, chosen, doors.units.clock.now(), text, limit
        )


@router.get("/facets", operation_id="count_bank_facets", responses=_PROBLEMS)
async def count_bank_facets(doors: TheDoors, chosen: Chosen) -> Facets:
    """Count what matches by OPD, topic, area, channel, status, kind and month."""
    async with doors.reading() as connection:
        return await counting.count_facets(
            connection, doors.context, chosen, doors.units.clock.now()
        )


@router.get("/map", operation_id="draw_bank_map", responses=_PROBLEMS)
async def draw_bank_map(
    doors: TheDoors,
    chosen: Chosen,
    grid: Annotated[
        float,
        Query(
            ge=0.001,
            le=1,
            allow_inf_nan=False,
            description="Width of a cell in degrees; 0.005 is about 550 m.",
        ),
    ] = 0.005,
) -> BankMap:
    """Count what matches by sub-district, village and cell of a grid."""
    async with doors.reading() as connection:
        return await counting.draw_map(
            connection, doors.context, chosen, doors.units.clock.now(), grid
        )


@router.get("/about", operation_id="tell_about_in_bank", responses=_PROBLEMS)
async def tell_about_in_bank(doors: TheDoors, chosen: Chosen) -> About:
    """Tell what people said about `q`: when, where, in which words, and whether it was answered.

    A word rises when its share of the texts of the newest four weeks is clearly above its share
    before; see the trends for the measure.
    """
    async with doors.reading() as connection:
        return await counting.tell_about(connection, doors.context, chosen, doors.units.clock.now())


@router.get("/trends", operation_id="read_bank_trends", responses=_PROBLEMS)
async def read_bank_trends(
    doors: TheDoors,
    caller: Reader,
    opd: Opd = None,
    topic: Topic = None,
    area: Annotated[
        OrAbsent[str],
        Query(
            pattern=r"^[0-9]{2}\.[0-9]{2}\.[0-9]{2}$",
            description="Code of a sub-district.",
            examples=["99.71.01"],
        ),
    ] = None,
    weeks: Annotated[int, Query(ge=2, le=520, description="Weeks to show and compare with.")] = 26,
    recent: Annotated[int, Query(ge=1, le=8, description="Complete weeks that are recent.")] = 2,
) -> TrendsAnswer:
    """Show how many complaints each week brought, and the topics that rise.

    `ratio` is a topic's rate in the recent weeks over its rate in those before, as Poisson counts;
    `at_least` is the lower end of its one-sided 95 % interval. A topic rises when that is above 1
    and it came five times or more.
    """
    del caller
    async with doors.reading() as connection:
        return await read_trends(
            connection,
            doors.context,
            doors.units.clock.now(),
            weeks=weeks,
            recent=recent,
            opd=opd,
            topic=topic,
            area=area,
        )


_running_exports = asyncio.Semaphore(_MOST_EXPORTS)


@router.get(
    "/export.csv",
    operation_id="export_bank",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "CSV"},
        **_PROBLEMS,
    },
)
async def export_bank(doors: TheDoors, caller: Exporter, chosen: Chosen) -> Response:
    """Stream what matches as CSV, the newest first; texts are masked, formulas are disarmed."""
    if _running_exports.locked():
        raise ExportsBusy
    log.info("bank_exported", by=caller.subject, facts=chosen.facts())
    return StreamingResponse(
        _export(doors, chosen),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": 'attachment; filename="bank-data.csv"',
            "Cache-Control": "no-store",
        },
    )


async def _export(doors: Doors, chosen: Filters) -> AsyncIterator[str]:
    async with _running_exports:
        now = doors.units.clock.now()
        async for part in exporting.export_entries(
            doors.units.database, doors.context, chosen, now
        ):
            yield part
