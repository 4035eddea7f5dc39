"""What intake publishes: the citizen's side of a complaint, masked.

Intake alone knows who the reporter is; nothing here identifies a person.
"""

from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.event import (
    Answer,
    AttachmentKey,
    AttachmentRef,
    Candidate,
    Channel,
    Classification,
    Code,
    ComplaintKey,
    Event,
    Location,
    MessageKey,
    OfficerId,
    RequestId,
    ShortText,
    Text,
    UtcDatetime,
)


class ComplaintSubmitted(Event):
    """A complaint was accepted; from `submitted_at` on, its clocks run.

    `account_opd` is the OPD on whose own account the citizen wrote. `device_time` is what the
    sender's device claimed and decides nothing. `secret` hides the content from the public,
    `anonymous` the reporter.
    """

    tracking_code: Annotated[str, Field(min_length=1, max_length=32)]
    channel: Channel
    account_opd: Code | None = None
    classification: Classification
    title: ShortText | None = None
    text: Text
    location: Location | None = None
    anonymous: bool = False
    secret: bool = False
    emergency: bool = False
    submitted_at: UtcDatetime
    device_time: UtcDatetime | None = None
    candidates: tuple[Candidate, ...] = ()
    attachments: tuple[AttachmentRef, ...] = ()
    service_code: Code | None = None
    service_version: Code | None = None
    answers: dict[str, Answer] | None = None


class ComplaintAmended(Event):
    """Something about a complaint changed: a field that is absent stays what it was.

    `attachments` and `answers`, where given, are the whole new set and not an addition. `spam` says
    that staff called it spam, or undid that.
    """

    classification: Classification | None = None
    title: ShortText | None = None
    text: Text | None = None
    location: Location | None = None
    anonymous: bool | None = None
    secret: bool | None = None
    emergency: bool | None = None
    candidates: tuple[Candidate, ...] | None = None
    attachments: tuple[AttachmentRef, ...] | None = None
    service_code: Code | None = None
    service_version: Code | None = None
    answers: dict[str, Answer] | None = None
    spam: bool | None = None


class CitizenMessageReceived(Event):
    """The citizen wrote again; with `request_id`, in answer to that question of an officer."""

    text: Text
    attachments: tuple[AttachmentRef, ...] = ()
    request_id: RequestId | None = None
    message_id: MessageKey | None = None


class ComplaintWithdrawn(Event):
    """The citizen took the complaint back."""

    reason: Text


class FeedbackGiven(Event):
    """The citizen said whether the result satisfies; silence is never a feedback."""

    satisfied: bool
    text: Text | None = None


class ReporterJoined(Event):
    """This complaint, with a code of its own, is joined to an earlier one ("saya juga")."""

    joined_complaint_id: ComplaintKey


class EvidenceAdded(Event):
    """A photo or file was added as proof; `fingerprint` finds one that was used before.

    `taken_at`, `taken_lat` and `taken_lon` are what the file itself said at upload.
    """

    attachment_id: AttachmentKey
    by: Literal["citizen", "officer"]
    fingerprint: Annotated[str, Field(min_length=1, max_length=256)]
    taken_at: UtcDatetime | None = None
    taken_lat: Annotated[float, Field(ge=-90, le=90)] | None = None
    taken_lon: Annotated[float, Field(ge=-180, le=180)] | None = None
    officer_id: OfficerId | None = None


class ComplaintImported(Event):
    """An old complaint was put into the data bank: for learning and likeness only.

    It opens no case and starts no clock.
    """

    text: Text
    opd: Code | None = None
    topic: Code | None = None
    submitted_at: UtcDatetime
    responded_at: UtcDatetime | None = None
    resolved_at: UtcDatetime | None = None
    title: ShortText | None = None
    location: Location | None = None
