"""What partners push: SP4N-LAPOR, the call centre 112, the SMS gateway; what staff see of it."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from services.intake.api.doors import TheDoors
from services.intake.api.signing import signed_by
from services.intake.operations import partners
from services.intake.partner_schemas import (
    CallCounts,
    CallReport,
    Lifted,
    LiftForm,
    PartnerReceipt,
    SmsReport,
    Sp4nReport,
)
from shared.auth import Principal, Role, require
from shared.contracts.event import UtcDatetime
from shared.problems import problem_responses

router = APIRouter(prefix="/intake/v1", tags=["partners"])

_PUSHED: dict[str, Any] = {
    "status_code": 201,
    "response_model": PartnerReceipt,
    "responses": problem_responses(400, 401, 413, 422, 503),
}
Counter = Annotated[
    Principal,
    Depends(require(Role.OPERATOR, Role.TRIAGE, Role.SEKDA, Role.LEADER, Role.ADMIN)),
]
Lifter = Annotated[Principal, Depends(require(Role.OPERATOR, Role.TRIAGE, Role.ADMIN))]


@router.post(
    "/partners/sp4n/reports",
    operation_id="receive_sp4n_report",
    dependencies=[Depends(signed_by("sp4n"))],
    **_PUSHED,
)
async def receive_sp4n_report(doors: TheDoors, report: Sp4nReport) -> PartnerReceipt:
    """Take in a report of SP4N-LAPOR under its Tracking ID."""
    return await doors.in_unit(lambda unit: partners.receive_sp4n(unit, doors.context, report))


@router.post(
    "/partners/call112/reports",
    operation_id="receive_call_report",
    dependencies=[Depends(signed_by("call112"))],
    **_PUSHED,
)
async def receive_call_report(doors: TheDoors, report: CallReport) -> PartnerReceipt:
    """Take in a call. Pranks and ghost calls are counted; `block` asks to block their number."""
    return await doors.in_unit(lambda unit: partners.receive_call(unit, doors.context, report))


@router.post(
    "/partners/sms/reports",
    operation_id="receive_sms_report",
    dependencies=[Depends(signed_by("sms"))],
    **_PUSHED,
)
async def receive_sms_report(doors: TheDoors, report: SmsReport) -> PartnerReceipt:
    """Take in a text message; its number is answered."""
    return await doors.in_unit(lambda unit: partners.receive_sms(unit, doors.context, report))


@router.get(
    "/staff/calls",
    operation_id="count_calls",
    response_model=CallCounts,
    responses=problem_responses(401, 403, 422, 503),
)
async def count_calls(
    doors: TheDoors,
    caller: Counter,
    since: Annotated[UtcDatetime, Query(examples=["2026-03-01T00:00:00+07:00"])],
    until: Annotated[UtcDatetime, Query(examples=["2026-04-01T00:00:00+07:00"])],
) -> CallCounts:
    """Count the calls of 112 by type and category."""
    del caller
    async with doors.units.begin() as unit:
        return await partners.count_calls(unit, since, until)


@router.post(
    "/staff/calls/lift-block",
    operation_id="lift_caller_block",
    response_model=Lifted,
    responses=problem_responses(400, 401, 403, 404, 413, 422, 503),
)
async def lift_caller_block(doors: TheDoors, caller: Lifter, form: LiftForm) -> Lifted:
    """Let a number through again that was blocked as a nuisance."""
    async with doors.units.begin() as unit:
        return await partners.lift_block(unit, doors.context, form.phone, caller.subject)
