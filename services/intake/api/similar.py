"""What is like a complaint: asked before somebody complains, or right after."""

from fastapi import APIRouter, Request, Response

from services.intake.api.doors import TheDoors
from services.intake.api.own_complaint import Own
from services.intake.operations.checking import check_location
from services.intake.operations.likeness import find_like, show_found, show_like
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
    return SimilarComplaints(items=[show_found(like) for like in found if not like.near.secret])


@router.get(
    "/intake/v1/complaints/{tracking_code}/similar",
    operation_id="list_similar",
    response_model=SimilarComplaints,
    responses=problem_responses(403, 404, 422, 503),
)
async def list_similar(
    doors: TheDoors,
    own: Own,
    response: Response,
) -> SimilarComplaints:
    """Show what the complaint may join, as soon as it was taken in; with its secret."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Vary"] = "X-Tracking-Secret"
    complaint = await own.find()
    async with doors.units.database.transaction() as connection:
        return SimilarComplaints(items=await show_like(connection, doors.context, complaint))
