"""What the officers in charge read of a complaint: the original words, never the identity."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from services.intake.api.doors import TheDoors
from services.intake.operations import reading
from services.intake.schemas import StaffComplaint
from shared.auth import Principal, Role, require
from shared.ids import UUID_PATTERN
from shared.problems import problem_responses

router = APIRouter(prefix="/intake/v1/staff/complaints", tags=["staff"])

Reader = Annotated[Principal, Depends(require(Role.OFFICER, Role.HEAD, Role.TRIAGE, Role.ADMIN))]
ComplaintNumber = Annotated[
    str, Path(pattern=UUID_PATTERN, examples=["019b76da-a800-7000-8000-00000000a001"])
]


@router.get(
    "/{complaint_id}",
    operation_id="read_complaint",
    response_model=StaffComplaint,
    responses=problem_responses(401, 403, 404, 422, 503),
)
async def read_complaint(
    doors: TheDoors,
    caller: Reader,
    response: Response,
    complaint_id: ComplaintNumber,
) -> StaffComplaint:
    """Show the original words to the OPD that has the case, or to the triage desk if none has."""
    response.headers["Cache-Control"] = "no-store"
    async with doors.units.database.transaction() as connection:
        return await reading.read_for_staff(connection, doors.context, complaint_id, caller)
