"""What admin and auditor see of messages that nothing could be done with."""

from datetime import datetime

from pydantic import BaseModel, Field

from services.intake.privacy_schemas import Reason, form_like

MESSAGE_HASH = r"^[0-9a-f]{64}$"
_HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class RefusedMessage(BaseModel):
    """A message from a platform, without what it says and who wrote it.

    `reason` is the name of an error, or the field of the platform's form that was not as published.
    """

    message_id: str = Field(pattern=MESSAGE_HASH, examples=[_HASH])
    channel: str = Field(examples=["whatsapp"])
    account: str = Field(examples=["990000000000001"])
    reason: str | None = Field(examples=["TooManyRequests"])
    received_at: datetime


class RefusedMessages(BaseModel):
    """The oldest messages that a person has still to look at."""

    items: list[RefusedMessage]


class RefusedReasonForm(BaseModel):
    """Why the message is read, or put away."""

    model_config = form_like({"reason": "Memeriksa mengapa pesan ini tidak terbaca."})

    reason: Reason


class RefusedContent(BaseModel):
    """What was delivered, as it came."""

    message_id: str
    content: str


class RefusedDismissed(BaseModel):
    """Nobody has to look at it any more; its content is gone."""

    message_id: str
