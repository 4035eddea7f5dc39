"""HTTP for everybody: the gallery of displayed innovations, its pages and packages; and imports."""

from datetime import UTC, datetime, timedelta
from re import fullmatch
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse

from services.survey import innovation_queries
from services.survey.api.doors import TheDoors
from services.survey.api.innovation_doors import PAGE_POLICY, InnovationReader
from services.survey.api.innovations import admit_public
from services.survey.gallery_schemas import GalleryDetail, GalleryItem, GalleryList
from services.survey.innovation_access import PROPOSERS
from services.survey.innovation_errors import InnovationActionNotYours
from services.survey.innovation_package import ImportedView, ImportForm, InnovationPackage, pack
from services.survey.innovation_page import draw_gallery, draw_innovation
from services.survey.innovation_schemas import AdoptionForm, AdoptionView
from services.survey.innovation_tables import Innovation
from services.survey.innovation_views import opd_name, view_adoption
from services.survey.operations import innovation_sharing
from services.survey.operations.proposing import access_for
from services.survey.plan_access import opaque_id
from shared.auth import Principal, require
from shared.cursor import read_cursor, write_cursor
from shared.errors import Invalid
from shared.idempotency import IdempotencyKey, once
from shared.ids import UUID_PATTERN
from shared.problems import problem_responses
from shared.unit_of_work import UnitOfWork

router = APIRouter(prefix="/survey/v1", tags=["gallery"])

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PAGE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/html": {"schema": {"type": "string"}}}, "description": "A page"}
}

Importer = Annotated[Principal, Depends(require(*PROPOSERS))]
Cursor = Annotated[str | None, Query(max_length=300, description="Where the page before ended.")]


@router.get("/gallery", operation_id="survey_list_gallery", responses=problem_responses(422, 503))
async def list_gallery(
    request: Request,
    response: Response,
    doors: TheDoors,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=100, description="Innovations per page.")] = 50,
) -> GalleryList:
    """List the innovations that are on display, the newest first."""
    page = await _list_gallery(doors, cursor, limit)
    if page.next is not None:
        query = [each for each in request.query_params.multi_items() if each[0] != "cursor"]
        target = f"{request.url.path}?{urlencode([*query, ('cursor', page.next)])}"
        response.headers["Link"] = f'<{target}>; rel="next"'
    return page


@router.get(
    "/gallery/page",
    operation_id="survey_show_gallery",
    response_class=HTMLResponse,
    responses={**_PAGE, **problem_responses(422, 503)},
)
async def show_gallery(doors: TheDoors, cursor: Cursor = None) -> HTMLResponse:
    """Show the gallery as a page, with the OPDs that were rewarded this year and last."""
    page = await _list_gallery(doors, cursor, 30)
    year = doors.context.today(doors.units.clock.now()).year
    async with doors.units.begin() as unit:
        rewards = {
            each: await innovation_queries.list_rewards(unit.connection, each)
            for each in (year, year - 1)
        }
    return HTMLResponse(draw_gallery(doors.context, page, rewards), headers=PAGE_POLICY)


@router.get(
    "/gallery/{innovation_id}",
    operation_id="survey_get_displayed",
    responses=problem_responses(404, 422, 503),
)
async def get_displayed(doors: TheDoors, innovation_id: UUID) -> GalleryDetail:
    """Show a displayed innovation with all that its package holds, and who adopted it."""
    async with doors.units.begin() as unit:
        return await _detail(unit, doors, str(innovation_id))


@router.get(
    "/gallery/{innovation_id}/page",
    operation_id="survey_show_displayed",
    response_class=HTMLResponse,
    responses={**_PAGE, **problem_responses(404, 422, 503)},
)
async def show_displayed(doors: TheDoors, innovation_id: UUID) -> HTMLResponse:
    """Show a displayed innovation as a page."""
    async with doors.units.begin() as unit:
        detail = await _detail(unit, doors, str(innovation_id))
    return HTMLResponse(draw_innovation(doors.context, detail), headers=PAGE_POLICY)


@router.get(
    "/gallery/{innovation_id}/package",
    operation_id="survey_export_innovation",
    response_model_by_alias=True,
    responses=problem_responses(404, 422, 503),
)
async def export_innovation(
    response: Response, doors: TheDoors, innovation_id: UUID
) -> InnovationPackage:
    """Give a displayed innovation as a package that another city can import."""
    async with doors.units.begin() as unit:
        innovation = await innovation_sharing.find_displayed(unit, str(innovation_id))
    package = pack(innovation_sharing.content_of(doors.context, innovation))
    name = f"inovasi-{innovation.innovation_id}.json"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["ETag"] = f'"{package.checksum.removeprefix("sha256:")}"'
    return package


@router.post(
    "/gallery/{innovation_id}/adoptions",
    operation_id="survey_report_adoption",
    status_code=201,
    dependencies=[Depends(admit_public)],
    responses=problem_responses(400, 404, 413, 422, 429, 503),
)
async def report_adoption(
    request: Request,
    doors: TheDoors,
    innovation_id: UUID,
    body: AdoptionForm,
    key: IdempotencyKey = None,
) -> AdoptionView:
    """Report that somebody adopted it; it is shown once the coordinator confirmed it."""

    async def reported(unit: UnitOfWork) -> dict[str, Any]:
        adoption = await innovation_sharing.report_adoption(unit, str(innovation_id), body)
        return view_adoption(adoption).model_dump(mode="json")

    sent = body.model_dump_json().encode()
    return AdoptionView.model_validate(
        await once(doors.units, request.url.path, key, sent, reported)
    )


@router.post(
    "/innovations/{innovation_id}/adoptions/{adoption_id}/confirm",
    operation_id="survey_confirm_adoption",
    responses=problem_responses(401, 403, 404, 422, 503),
)
async def confirm_adoption(
    doors: TheDoors, innovation_id: UUID, adoption_id: UUID, caller: InnovationReader
) -> AdoptionView:
    """Confirm that somebody adopted it; for the coordinator."""
    access = access_for(doors.context, caller)
    async with doors.units.begin() as unit:
        adoption = await innovation_sharing.confirm_adoption(
            unit, access, str(innovation_id), str(adoption_id)
        )
    return view_adoption(adoption)


@router.post(
    "/innovation-imports",
    operation_id="survey_import_innovation",
    status_code=201,
    responses=problem_responses(400, 401, 403, 413, 422, 503),
)
async def import_innovation(
    request: Request,
    doors: TheDoors,
    body: ImportForm,
    caller: Importer,
    key: IdempotencyKey = None,
) -> ImportedView:
    """Make a proposal of another city's package, for an OPD to try; for the coordinator.

    The same package for the same OPD is imported once.
    """
    if not access_for(doors.context, caller).coordinates:
        raise InnovationActionNotYours

    async def imported(unit: UnitOfWork) -> dict[str, Any]:
        view = await innovation_sharing.import_package(unit, doors.context, opaque_id(caller), body)
        return view.model_dump(mode="json")

    scope = f"{caller.subject} {request.url.path}"
    sent = body.model_dump_json().encode()
    return ImportedView.model_validate(await once(doors.units, scope, key, sent, imported))


async def _list_gallery(doors: TheDoors, cursor: str | None, limit: int) -> GalleryList:
    below = _read_place(cursor)
    async with doors.units.begin() as unit:
        found = await innovation_queries.list_displayed(
            unit.connection, below=below, limit=limit + 1
        )
        adoptions = await innovation_queries.count_adoptions(
            unit.connection, [each.innovation_id for each in found]
        )
    items = [
        GalleryItem(**_item(doors, each, adoptions.get(each.innovation_id, 0)))
        for each in found[:limit]
    ]
    following = None
    if len(found) > limit:
        microseconds = (items[-1].displayed_at - _EPOCH) // timedelta(microseconds=1)
        following = write_cursor(microseconds, items[-1].innovation_id)
    return GalleryList(items=items, next=following)


async def _detail(unit: UnitOfWork, doors: TheDoors, innovation_id: str) -> GalleryDetail:
    innovation = await innovation_sharing.find_displayed(unit, innovation_id)
    adoptions = await innovation_queries.list_adoptions(
        unit.connection, innovation_id, confirmed=True
    )
    return GalleryDetail(
        **_item(doors, innovation, len(adoptions)),
        content=innovation_sharing.content_of(doors.context, innovation),
        adopted_by=[view_adoption(each) for each in adoptions],
    )


def _item(doors: TheDoors, innovation: Innovation, adoptions: int) -> dict[str, Any]:
    score = innovation.final_score
    return {
        "innovation_id": innovation.innovation_id,
        "title": innovation.title,
        "problem": innovation.problem,
        "idea": innovation.idea,
        "form": innovation.form,
        "digital": innovation.digital,
        "opd_name": opd_name(doors.context, innovation.opd),
        "displayed_at": innovation.displayed_at,
        "final_score": None if score is None else float(score),
        "adoptions": adoptions,
    }


def _read_place(cursor: str | None) -> tuple[datetime, str] | None:
    if cursor is None:
        return None
    microseconds, innovation_id = read_cursor(cursor, int, str)
    try:
        displayed_at = _EPOCH + timedelta(microseconds=int(microseconds))
    except OverflowError as error:
        raise Invalid("Kursor tidak dikenal. Mulai lagi dari halaman pertama.") from error
    if fullmatch(UUID_PATTERN, str(innovation_id)) is None:
        raise Invalid("Kursor tidak dikenal. Mulai lagi dari halaman pertama.")
    return displayed_at, str(innovation_id)
