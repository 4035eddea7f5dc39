"""HTTP in: scores, public figures and monthly reports, as JSON, CSV and pages."""

from collections import OrderedDict
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import HTMLResponse

from services.sla.board_access import SEE_ALL, VIEWERS, AskedOpd, choose_scope
from services.sla.context import SlaContext
from services.sla.errors import MonthNotOver, MonthUnknown
from services.sla.periods import MONTH_PATTERN, month_before, month_of
from services.sla.report_files import write_csv
from services.sla.report_pages import draw_performance, draw_report
from services.sla.report_schemas import (
    MonthlyReport,
    PublicPerformance,
    Scoreboard,
    ScoreboardQuery,
)
from services.sla.reporting import make_public, make_report, make_scoreboard, seen_by
from shared.auth import Principal, Role, require
from shared.parameters import OrAbsent
from shared.problems import problem_responses
from shared.service import Service

router = APIRouter(prefix="/sla/v1")

_PROBLEMS: Final = problem_responses(401, 403, 404, 422, 503)
_PUBLIC_PROBLEMS: Final = problem_responses(404, 422, 503)
_CACHED: Final = "public, max-age=3600"
#: A page fetches nothing and runs nothing; the public one may be framed by any site.
_PRINTED_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
_EMBEDDED_POLICY: Final = f"{_PRINTED_POLICY}; frame-ancestors *"
_HTML: Final = {"text/html": {"schema": {"type": "string"}}}
_CSV: Final = {"text/csv": {"schema": {"type": "string"}}}

Viewer = Annotated[Principal, Depends(require(*VIEWERS))]
AskedMonth = Annotated[
    OrAbsent[str],
    Query(
        pattern=MONTH_PATTERN,
        description="The month; the one before this when it is left out.",
        examples=["2026-02"],
    ),
]
PathMonth = Annotated[
    str, Path(pattern=MONTH_PATTERN, description="The month.", examples=["2026-02"])
]


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


def _context(request: Request) -> SlaContext:
    context: SlaContext = request.app.state.context
    return context


def _this_month(request: Request) -> str:
    return month_of(_service(request).clock.now(), _context(request).zone)


@router.get("/scoreboard", operation_id="read_scoreboard", tags=["boards"], responses=_PROBLEMS)
async def read_scoreboard(
    request: Request, caller: Viewer, query: Annotated[ScoreboardQuery, Query()]
) -> Scoreboard:
    """Show a month's scores of OPDs and officers, and whom to thank.

    Leader, Sekda, auditor and admin see all; a head sees the own OPD and its officers, an officer
    the own OPD and the own line. How a score is made, and who is not ranked, is in sla's README.
    """
    context, this_month = _context(request), _this_month(request)
    month = query.period or month_before(this_month)
    if month > this_month:
        raise MonthUnknown
    opd = choose_scope(caller, None, context.opds)
    async with _service(request).units.begin() as unit:
        board = await make_scoreboard(unit.connection, context, month, unit.now)
    alone = None if caller.has(*SEE_ALL, Role.HEAD) else caller.subject
    return seen_by(board, opd, alone)


async def report_of(
    request: Request, caller: Viewer, month: PathMonth, opd: AskedOpd = None
) -> MonthlyReport:
    """Make the report that the caller may read; raises MonthUnknown for a month to come."""
    context = _context(request)
    scope = choose_scope(caller, opd, context.opds)
    if month > _this_month(request):
        raise MonthUnknown
    async with _service(request).units.begin() as unit:
        return await make_report(unit.connection, context, month, scope, unit.now)


TheReport = Annotated[MonthlyReport, Depends(report_of)]


@router.get("/reports/{month}", operation_id="read_report", tags=["reports"], responses=_PROBLEMS)
async def read_report(report: TheReport) -> MonthlyReport:
    """Show what became of the complaints that a month brought.

    Received, verified, answered, followed up and resolved, with average times, by OPD, channel,
    classification and the status that SP4N-LAPOR has for them. Heads and officers get their OPD's.
    """
    return report


@router.get(
    "/reports/{month}/table.csv",
    operation_id="read_report_csv",
    tags=["reports"],
    response_class=Response,
    responses={200: {"content": _CSV, "description": "CSV"}, **_PROBLEMS},
)
async def read_report_csv(report: TheReport) -> Response:
    """Show the same as CSV: a line for all, and one for each OPD, channel and classification."""
    return Response(
        write_csv(report),
        media_type="text/csv; charset=utf-8",
        headers={"Cache-Control": "no-store"},
    )


@router.get(
    "/reports/{month}/page",
    operation_id="print_report",
    tags=["reports"],
    response_class=HTMLResponse,
    responses={200: {"content": _HTML, "description": "A page"}, **_PROBLEMS},
)
async def print_report(request: Request, report: TheReport) -> HTMLResponse:
    """Show the same as a page to print, with plots."""
    return HTMLResponse(
        draw_report(report, _context(request).zone),
        headers={"Content-Security-Policy": _PRINTED_POLICY, "Cache-Control": "no-store"},
    )


class PublicFigures:
    """Public figures of months that are over, kept: whoever asks, the database is asked once."""

    def __init__(self, most: int = 24) -> None:
        """Keep the figures of so many months, for a day each."""
        self._kept: OrderedDict[tuple[str, str], PublicPerformance] = OrderedDict()
        self._most = most

    async def read(self, request: Request, asked: str | None) -> PublicPerformance:
        """Return the figures of a month; raises MonthNotOver for one that still grows."""
        service, context = _service(request), _context(request)
        now = service.clock.now()
        # The figures of a month that still grows would tell, beside yesterday's, who came today.
        this_month = month_of(now, context.zone)
        month = asked or month_before(this_month)
        if month >= this_month:
            raise MonthNotOver
        key = (month, f"{now.astimezone(context.zone):%Y-%m-%d}")
        if key not in self._kept:
            async with service.database.transaction() as connection:
                self._kept[key] = await make_public(connection, context, month)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return self._kept[key]


async def public_figures(request: Request, month: AskedMonth = None) -> PublicPerformance:
    """Return the public figures that are asked for."""
    figures: PublicFigures = request.app.state.public_figures
    return await figures.read(request, month)


ThePublic = Annotated[PublicPerformance, Depends(public_figures)]


@router.get(
    "/public/performance",
    operation_id="read_public_performance",
    tags=["open data"],
    responses=_PUBLIC_PROBLEMS,
)
async def read_public_performance(response: Response, figures: ThePublic) -> PublicPerformance:
    """Show everybody how fast each OPD answered what a month brought.

    Counts below five are hidden (null), and so are those from which they could be worked out.
    Secret complaints (Rahasia) and withdrawn ones are not counted. Free to use.
    """
    response.headers["Cache-Control"] = _CACHED
    return figures


@router.get(
    "/public/performance/page",
    operation_id="show_public_performance",
    tags=["open data"],
    response_class=HTMLResponse,
    responses={200: {"content": _HTML, "description": "A page"}, **_PUBLIC_PROBLEMS},
)
async def show_public_performance(figures: ThePublic) -> HTMLResponse:
    """Show the same as a page that any site may put into a frame; it loads nothing else."""
    return HTMLResponse(
        draw_performance(figures),
        headers={"Content-Security-Policy": _EMBEDDED_POLICY, "Cache-Control": _CACHED},
    )
