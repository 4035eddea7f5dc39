"""POST /intake/v1/complaints/similar: asked before somebody complains of what is known already."""

from fastapi import APIRouter, Request, Response

from services.intake.api.doors import TheDoors
from services.intake.operations.checking import check_location
from services.intake.operations.likeness import find_like, show_similar
from services.intake.rules.likeness import Report
from services.intake.schemas import SimilarComplaints, SimilarForm
from shared.problems import problem_responses

router = APIRouter(tags=["complaints"])


@router.post(
    "/intake/v1/complaints/similar",
    operation_id="find_similar",
    response_model=SimilarComplaints,
    responses=problem_responses(400, 413, 422, 429, 503),
)
async def find_similar(
    doors: TheDoors, request: Request, response: Response, form: SimilarForm
) -> SimilarComplaints:
    """Show public complaints, still open, that may be about the same matter in the same place."""
    doors.admission.admit_request(request)
    response.headers["Cache-Control"] = "no-store"
    check_location(doors.context, form.location)
    place = form.location
    async with doors.units.begin() as unit:
        report = Report(form.text, unit.now, place.lat, place.lon, place.area_code)
        found = await find_like(unit.connection, doors.context, report, unit.now)
    return SimilarComplaints(
        items=[
            show_similar(
                like.near.tracking_code,
                like.score,
                like.near.state,
                like.near.title or like.near.report.text,
                like.near.opd_name,
            )
            for like in found
            if not like.near.secret
        ]
    )
