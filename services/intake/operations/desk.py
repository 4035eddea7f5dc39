"""The desk writes down what citizens say on air, on the spot, at the counter or by letter."""

from typing import Any

from pydantic import ValidationError

from services.intake.context import IntakeContext
from services.intake.desk_schemas import DeskForm, DeskRow
from services.intake.errors import FormIncorrect
from services.intake.operations.submission import Origin, Submission, draft_submission
from shared.unit_of_work import UnitsOfWork

_DESK = "desk"


def draft_entry(
    context: IntakeContext, units: UnitsOfWork, form: DeskForm, operator: str, key: str | None
) -> Submission:
    """Draft what an operator wrote down; raises FormIncorrect.

    `key` is the operator's own, however the entry comes: alone, or as a row with that client_id.
    """
    kinds = {each.code: each.kind for each in context.profile.channels}
    if kinds.get(form.channel) != _DESK:
        raise FormIncorrect([("/channel", "Pilih kanal meja: radio, visit, counter atau letter.")])
    origin = Origin(
        body=form.model_dump_json(exclude={"client_id"}).encode(),
        scope=f"{_DESK}/{operator}",
        key=key,
        entered_by=operator,
        vouched=True,
    )
    return draft_submission(context, form, origin, units.clock.now())


def read_row(row: dict[str, Any]) -> DeskRow:
    """Read one row of a batch; raises FormIncorrect with the row's own fields."""
    try:
        return DeskRow.model_validate(row)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise FormIncorrect(
            [("/" + "/".join(map(str, each["loc"])), each["msg"]) for each in found]
        ) from None
