"""What the doors of notices answer."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

_NOTICE: dict[str, Any] = {
    "id": "7b1c6d1e-4b53-5d4e-9a44-0f2f0b1f5a10",
    "kind": "missed",
    "complaint_id": "0199e4c7-7d51-7c51-8f3f-6d0a4d5f8a11",
    "tracking_code": "7KXR42MPQD",
    "opd": "PUPR",
    "part": 0,
    "to_role": "officer",
    "contact": "officer/PUPR",
    "stage": "first_response",
    "level": None,
    "happened_at": "2026-03-09T04:00:00Z",
    "state": "handed",
    "due_at": "2026-03-09T04:00:00Z",
    "ended_at": "2026-03-09T04:00:01Z",
    "seen_at": None,
    "messages": {"email": "sent"},
}

NoticeState = Literal["waiting", "handed", "digested", "kept", "dropped"]
MessageState = Literal["queued", "sending", "unsure", "dead", "sent", "dropped"]


class NoticeView(BaseModel):
    """Something that a member of staff was, or is to be, told; never who it is, nor where."""

    model_config = ConfigDict(json_schema_extra={"examples": [_NOTICE]})

    id: str
    kind: str = Field(
        description=(
            "`assigned`, `contribution`, `returned`, `reopened`, `near`, `missed` or `escalated`."
        )
    )
    complaint_id: str
    tracking_code: str | None
    opd: str | None
    part: int
    to_role: str
    contact: str = Field(description="The office: its role, its OPD, and which it is of several.")
    stage: str | None = Field(description="Of the clock that it is about; null for a case.")
    level: int | None = Field(description="The ladder's level; null where no ladder called.")
    happened_at: datetime
    state: NoticeState = Field(
        description=(
            "`waiting` until `due_at` at the least; `handed` on to the channels in `messages`; "
            "`digested` with others in one message; `kept`: no channel reaches the contact; "
            "`dropped`: no longer true, or seen before it was sent."
        )
    )
    due_at: datetime
    ended_at: datetime | None
    seen_at: datetime | None
    messages: dict[str, MessageState] = Field(description="By channel, how far the sending is.")


class NoticePage(BaseModel):
    """A page of notices, the newest first; `next` is the cursor of what follows."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"notices": [_NOTICE], "next": None}]}
    )

    notices: list[NoticeView]
    next: str | None = None


class NoticeSeen(BaseModel):
    """Since when a notice counts as seen."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"id": _NOTICE["id"], "seen_at": "2026-03-09T04:05:00Z"}]}
    )

    id: str
    seen_at: datetime
