"""What operators at the desk send, and what they are answered row by row."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.intake.schemas import Code, ComplaintForm
from shared.problems import FieldError
from shared.text import CleanText

MOST_ROWS = 200

_ENTRY: dict[str, Any] = {
    "channel": "radio",
    "text": "Pendengar melaporkan lampu jalan di depan pasar padam sejak tiga hari lalu.",
    "location": {"address": "Depan pasar", "area_code": "99.71.01"},
    "reporter": {"name": "Warga Contoh", "phone": "0812-0000-0001"},
    "device_time": "2026-03-09T01:30:00Z",
}


class DeskForm(ComplaintForm):
    """A complaint that an operator writes down for somebody: on air, on the spot, at the counter.

    `device_time` is when it was said; the time of receipt is the server's own, and alone counts.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_ENTRY]})

    channel: Code = Field(description="A channel of kind desk: radio, visit, counter, letter.")


class DeskRow(DeskForm):
    """One row of a batch, under the number that the operator's device gave it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"client_id": "hp7-0001", **_ENTRY}]})

    client_id: Annotated[CleanText, Field(min_length=1, max_length=64)]


class DeskBatch(BaseModel):
    """What was written down without a connection. Each row is judged by itself."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={"examples": [{"rows": [{"client_id": "hp7-0001", **_ENTRY}]}]},
    )

    rows: list[dict[str, Any]] = Field(
        min_length=1,
        max_length=MOST_ROWS,
        description="Each as the body of a single entry, with a `client_id` of the device's own.",
    )


class RowResult(BaseModel):
    """What became of a row: created now, there already from an earlier try, or refused and why."""

    client_id: str | None = Field(examples=["hp7-0001"])
    outcome: Literal["created", "repeated", "refused"]
    complaint_id: str | None = None
    tracking_code: str | None = None
    secret: str | None = None
    submitted_at: datetime | None = None
    secret_suggested: bool = Field(False, description="Propose to the reporter to keep it secret.")
    errors: list[FieldError] = []


class BatchResult(BaseModel):
    """The rows' results, in their order."""

    results: list[RowResult]
