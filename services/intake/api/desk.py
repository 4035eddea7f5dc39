"""What operators write down for citizens: one entry at a time, or a batch made without a signal."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from services.intake.api.doors import Doors, TheDoors
from services.intake.api.submitting import answer_submission
from services.intake.desk_schemas import BatchResult, DeskBatch, DeskForm, RowResult
from services.intake.errors import FormIncorrect
from services.intake.operations.desk import draft_entry, read_row
from services.intake.operations.submission import Receipt, Submission
from services.intake.schemas import SubmittedComplaint
from shared.auth import Principal, Role, require
from shared.errors import Problem
from shared.idempotency import IdempotencyKey, KeyReused
from shared.problems import FieldError, printable, problem_responses

router = APIRouter(prefix="/intake/v1/desk", tags=["desk"])

Operator = Annotated[Principal, Depends(require(Role.OPERATOR))]


@router.post(
    "/complaints",
    operation_id="write_down_complaint",
    status_code=201,
    response_model=SubmittedComplaint,
    responses=problem_responses(400, 401, 403, 413, 422, 503),
)
async def write_down_complaint(
    doors: TheDoors, caller: Operator, form: DeskForm, key: IdempotencyKey = None
) -> Response:
    """Write down a complaint for somebody. Give them the tracking code and the secret."""
    submission = draft_entry(doors.context, doors.units, form, caller.subject, key)
    receipt = await _submit(doors, submission)
    return answer_submission(doors, receipt, secret_suggested=submission.secret_suggested)


@router.post(
    "/batches",
    operation_id="write_down_batch",
    response_model=BatchResult,
    responses=problem_responses(400, 401, 403, 413, 422, 503),
)
async def write_down_batch(
    doors: TheDoors, caller: Operator, batch: DeskBatch, response: Response
) -> BatchResult:
    """Take in what was written down offline. A bad row harms no other.

    The same batch may be sent again: a row's `client_id` stands for one complaint of this operator
    for a week.
    """
    response.headers["Cache-Control"] = "no-store"
    return BatchResult(
        results=await asyncio.gather(*(_row(doors, caller.subject, row) for row in batch.rows))
    )


async def _row(doors: Doors, operator: str, row: dict[str, Any]) -> RowResult:
    try:
        form = read_row(row)
        submission = draft_entry(doors.context, doors.units, form, operator, form.client_id)
        receipt = await _submit(doors, submission)
    except (FormIncorrect, KeyReused) as refusal:
        return _refused(row, refusal)
    return RowResult(
        client_id=form.client_id,
        outcome="created" if _is_new(receipt, submission) else "repeated",
        complaint_id=receipt.complaint_id,
        tracking_code=receipt.tracking_code,
        secret=doors.context.vault.derive_secret(receipt.key_id, receipt.complaint_id),
        submitted_at=receipt.submitted_at,
        secret_suggested=submission.secret_suggested,
    )


async def _submit(doors: Doors, submission: Submission) -> Receipt:
    receipt = await doors.submit(submission)
    if _is_new(receipt, submission):
        doors.context.metrics.submitted.labels(submission.row["channel"]).inc()
    return receipt


def _is_new(receipt: Receipt, submission: Submission) -> bool:
    return bool(receipt.complaint_id == submission.row["complaint_id"])


def _refused(row: dict[str, Any], refusal: Problem) -> RowResult:
    client_id = row.get("client_id")
    errors = [FieldError.model_validate(each) for each in refusal.errors]
    return RowResult(
        client_id=printable(client_id)[:64] if isinstance(client_id, str) else None,
        outcome="refused",
        errors=errors or [FieldError(field="/client_id", message=refusal.detail)],
    )
