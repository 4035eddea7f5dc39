"""What staff do against abuse: block senders for a time, and mark complaints as spam."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from services.intake import abuse_queries
from services.intake.abuse_schemas import (
    BlockForm,
    BlockList,
    BlockView,
    SpamForm,
    SpamVerdict,
)
from services.intake.api.doors import TheDoors
from services.intake.errors import FormIncorrect
from services.intake.operations import blocking, spam
from services.intake.operations.blocking import Blocking
from shared.auth import Principal, require
from shared.idempotency import IdempotencyKey, once
from shared.ids import UUID_PATTERN
from shared.personal_numbers import normalise_phone
from shared.problems import problem_responses
from shared.unit_of_work import UnitOfWork

router = APIRouter(prefix="/intake/v1/staff", tags=["abuse"])

Desk = Annotated[Principal, Depends(require(*spam.DESK))]
Judge = Annotated[Principal, Depends(require(*spam.DESK, *spam.OPD_STAFF))]
AnId = Annotated[str, Path(pattern=UUID_PATTERN, examples=["019b76da-a800-7000-8000-00000000a001"])]

_PROBLEMS = problem_responses(400, 401, 403, 404, 409, 413, 422, 503)


@router.get(
    "/blocks",
    operation_id="list_blocks",
    response_model=BlockList,
    responses=problem_responses(401, 403, 422, 503),
)
async def list_blocks(
    doors: TheDoors,
    caller: Desk,
    in_force: Annotated[bool, Query(description="Only those that hold now.")] = True,
) -> BlockList:
    """List who is, or was, blocked: since when, until when, why and by whom."""
    del caller
    async with doors.units.begin() as unit:
        found = await abuse_queries.list_blocks(unit.connection, unit.now, in_force=in_force)
    return BlockList(items=[BlockView.model_validate(each.model_dump()) for each in found])


@router.post(
    "/blocks",
    operation_id="block_sender",
    status_code=201,
    response_model=BlockList,
    responses=_PROBLEMS,
)
async def block_sender(
    doors: TheDoors, caller: Desk, form: BlockForm, key: IdempotencyKey = None
) -> BlockList:
    """Take nothing for some time from a phone number, or from whoever sent a complaint."""
    phone = normalise_phone(form.phone) if form.phone else None
    if form.phone and phone is None:
        raise FormIncorrect([("/phone", "Nomor telepon tidak benar. Contoh: 081234567890.")])

    async def work(unit: UnitOfWork) -> dict[str, object]:
        why = Blocking(form.reason, unit.now + timedelta(hours=form.hours), caller.subject)
        if form.complaint_id is not None:
            made = await blocking.block_reporter(unit, form.complaint_id, why)
        else:
            made = [await blocking.block(unit, doors.context, "phone", phone or "", why)]
        items = [BlockView.model_validate(each.model_dump()) for each in made]
        return BlockList(items=items).model_dump(mode="json")

    # A keyed hash: nobody can find out from the stored one which number was blocked.
    body = doors.context.vault.blind_index("request", form.model_dump_json())
    answer = await once(doors.units, f"{caller.subject} blocks", key, body, work)
    return BlockList.model_validate(answer)


@router.post(
    "/blocks/{block_id}/lift",
    operation_id="lift_block",
    response_model=BlockView,
    responses=_PROBLEMS,
)
async def lift_block(doors: TheDoors, caller: Desk, block_id: AnId) -> BlockView:
    """End a block before its time."""
    async with doors.units.begin() as unit:
        lifted = await blocking.lift_block(unit, block_id, caller.subject)
    return BlockView.model_validate(lifted.model_dump())


@router.post(
    "/complaints/{complaint_id}/spam",
    operation_id="mark_spam",
    response_model=SpamVerdict,
    responses=_PROBLEMS,
)
async def mark_spam(
    doors: TheDoors, caller: Judge, form: SpamForm, complaint_id: AnId
) -> SpamVerdict:
    """Mark a complaint as spam: it leaves the statistics, and its case is put aside."""
    async with doors.units.begin() as unit:
        await spam.mark_spam(unit, complaint_id, caller, form.reason)
    return SpamVerdict(complaint_id=complaint_id, spam=True)


@router.post(
    "/complaints/{complaint_id}/not-spam",
    operation_id="clear_spam",
    response_model=SpamVerdict,
    responses=_PROBLEMS,
)
async def clear_spam(doors: TheDoors, caller: Desk, complaint_id: AnId) -> SpamVerdict:
    """Undo the mark: the case goes back to the triage desk."""
    async with doors.units.begin() as unit:
        await spam.clear_spam(unit, complaint_id, caller)
    return SpamVerdict(complaint_id=complaint_id, spam=False)
