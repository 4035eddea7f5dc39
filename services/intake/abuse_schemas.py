"""What staff send and are answered about blocks and spam."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.ids import UUID_PATTERN
from shared.text import CleanText

LONGEST_BLOCK_HOURS = 24 * 365
Reason = Annotated[CleanText, Field(min_length=3, max_length=1_000)]

_ID = "019b76da-a800-7000-8000-00000000a001"


class BlockForm(BaseModel):
    """Whom to block: whoever sent a complaint, or a phone number; for how long, and why."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [
                {
                    "complaint_id": _ID,
                    "hours": 24,
                    "reason": "Sudah lima kali mengirim laporan iseng malam ini.",
                }
            ]
        },
    )

    complaint_id: str | None = Field(None, pattern=UUID_PATTERN)
    phone: Annotated[CleanText, Field(max_length=40)] | None = Field(
        None, description="Any spelling; without a country's code it is Indonesian."
    )
    hours: int = Field(24, ge=1, le=LONGEST_BLOCK_HOURS, description="It ends by itself then.")
    reason: Reason

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.complaint_id is None) == (self.phone is None):
            raise ValueError("isi salah satu: complaint_id atau phone")
        return self


class BlockView(BaseModel):
    """A block. Who is blocked stands nowhere: a phone number or account is kept as a keyed hash."""

    block_id: str = Field(examples=[_ID])
    kind: Literal["phone", "sender", "device"]
    complaint_id: str | None
    reason: str
    blocked_at: datetime
    blocked_by: str
    until: datetime
    lifted_at: datetime | None
    lifted_by: str | None


class BlockList(BaseModel):
    """Blocks, the newest first; at most 200."""

    items: list[BlockView]


class SpamForm(BaseModel):
    """Why a complaint is spam."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"reason": "Iklan pinjaman, bukan laporan."}]},
    )

    reason: Reason


class SpamVerdict(BaseModel):
    """Whether a complaint counts as spam now."""

    complaint_id: str
    spam: bool
