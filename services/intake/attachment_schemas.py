"""What is sent with a file, and what is told of one."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.event import AttachmentKind
from shared.text import CleanText

MOST_CAPTION = 4_000

_ID = "019b76da-a800-7000-8000-00000000a002"
#: What an upload is answered with, to be named in a submission or a message.
UploadToken = Annotated[
    CleanText,
    Field(
        min_length=1,
        max_length=80,
        description="`upload_token` of an upload.",
        examples=[f"{_ID}.MZXW6YTBOI5DENJTGQZA"],
    ),
]


class UploadForm(BaseModel):
    """A file; its name and declared type do not matter."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={"examples": [{"file": "(isi berkas)", "consent": True}]},
    )

    file: bytes = Field(description="Photo, PDF, voice message or short film.")
    consent: bool = Field(
        False, description="Keep where and when the photo says it was taken; else both are removed."
    )


class MessageUploadForm(UploadForm):
    """A file for a complaint that was submitted before, and words to go with it."""

    text: Annotated[CleanText, Field(max_length=MOST_CAPTION)] | None = None


class EvidenceForm(BaseModel):
    """An officer's file; where and when a photo was taken is always kept, as proof."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={"examples": [{"file": "(isi berkas)"}]},
    )

    file: bytes = Field(description="Photo, PDF, voice message or short film.")


class FileDescription(BaseModel):
    """What is known of a file, as it is kept: made clean, scaled down, without metadata."""

    attachment_id: str = Field(examples=[_ID])
    kind: AttachmentKind
    media_type: str = Field(examples=["image/jpeg"])
    size: int = Field(description="Bytes.")
    width: int | None = Field(None, description="Pixels, of an image.")
    height: int | None = None
    seconds: float | None = Field(None, description="Of a recording, if it says so.")
    thumbnail: bool = Field(description="Whether there is a small picture of it.")
    taken_at: datetime | None = Field(None, description="What the photo itself said.")
    taken_lat: float | None = None
    taken_lon: float | None = None


class WaitingFile(FileDescription):
    """A file that waits for a complaint, until it expires."""

    expires_at: datetime


class UploadedFile(WaitingFile):
    """A file that was uploaded; whoever names its token in a complaint has it there."""

    upload_token: UploadToken


class AttachedFile(FileDescription):
    """A file of a complaint."""

    by: Literal["citizen", "officer"]
    message_id: str | None = Field(None, description="The later message that it came with.")
    uploaded_at: datetime


class AcceptedFile(BaseModel):
    """A file was taken in with a message of its own."""

    message_id: str
    request_id: str | None = Field(None, description="The officer's question that it answers.")
    file: AttachedFile
