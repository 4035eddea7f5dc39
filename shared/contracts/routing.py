"""What routing publishes: which OPD has the case, and what its officers do with it.

Routing alone owns a case's state; staff appear as an opaque id.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from shared.contracts.event import (
    FROZEN,
    Answer,
    AttachmentKey,
    AttachmentRef,
    Code,
    ComplaintKey,
    Epoch,
    Event,
    OfficerId,
    Part,
    Proposal,
    RequestId,
    ShortText,
    Text,
    UtcDatetime,
)

CaseState = Literal[
    "triage",
    "assigned",
    "in_progress",
    "waiting_citizen",
    "resolved",
    "closed",
    "rejected",
    "merged",
    "withdrawn",
]
AssignedBy = Literal["rule", "model", "desk", "officer"]
ResponseKind = Literal["answer", "progress"]
ClosingReason = Literal["satisfied", "silence", "desk"]


class CaseTriaged(Event):
    """The case is with the triage desk, because no rule placed it or the desk reconsiders it."""

    proposals: tuple[Proposal, ...] = ()
    reason: Text


class CaseAssigned(Event):
    """An OPD has the case; a second one for the same part is a transfer."""

    part: Part = 0
    opd: Code
    opd_name: ShortText
    topic: Code | None = None
    by: AssignedBy
    reason: Text
    proposals: tuple[Proposal, ...] = ()
    topic_name: ShortText | None = None
    officer_id: OfficerId | None = None


class CaseReturned(Event):
    """The OPD gave the case back to the triage desk; `legal_basis` says why it is not theirs."""

    opd: Code
    reason: Text
    legal_basis: ShortText | None = None
    part: Part = 0
    officer_id: OfficerId | None = None


class ContributionRequested(Event):
    """A further OPD was asked to do its part of the case."""

    part: Part
    opd: Code
    opd_name: ShortText | None = None
    topic: Code | None = None
    text: Text | None = None
    officer_id: OfficerId | None = None


class ContributionDone(Event):
    """A contributing OPD finished its part."""

    part: Part
    opd: Code
    text: Text | None = None
    officer_id: OfficerId | None = None


class ResponseGiven(Event):
    """An officer wrote to the citizen: an `answer`, or `progress` of the work itself."""

    text: Text
    kind: ResponseKind
    officer_id: OfficerId
    attachments: tuple[AttachmentRef, ...] = ()
    part: Part = 0
    opd: Code | None = None
    opd_name: ShortText | None = None


class InformationRequested(Event):
    """An officer asked the citizen something, and the work waits for the answer."""

    request_id: RequestId
    text: Text | None = None
    part: Part = 0
    opd: Code | None = None
    officer_id: OfficerId | None = None


class InformationReceived(Event):
    """The citizen's answer to a question reached the case, and the work goes on."""

    request_id: RequestId
    text: Text | None = None
    part: Part = 0
    opd: Code | None = None


class CaseReferred(Event):
    """The OPD asked a body outside the Pemda, and keeps the case while it waits."""

    part: Part = 0
    referral_id: RequestId
    body: Code
    body_name: ShortText | None = None
    opd: Code | None = None
    officer_id: OfficerId | None = None


class ReferralAnswered(Event):
    """The body outside the Pemda answered, and the work goes on."""

    part: Part = 0
    referral_id: RequestId
    body: Code | None = None
    body_name: ShortText | None = None
    opd: Code | None = None
    officer_id: OfficerId | None = None


class CaseResolved(Event):
    """The OPD says that the matter is done; the citizen may now confirm or object."""

    text: Text
    officer_id: OfficerId
    evidence: tuple[AttachmentKey, ...] = ()
    part: Part = 0
    opd: Code | None = None
    opd_name: ShortText | None = None


class CaseRejected(Event):
    """The case is not taken up; `text` tells the citizen why and where to go instead."""

    reason_code: Code
    text: Text
    officer_id: OfficerId | None = None


class CaseReopened(Event):
    """The case is worked on again; `epoch` counts reopenings and is 1 for the first."""

    epoch: Annotated[Epoch, Field(ge=1)]
    reason: Text


class CaseMerged(Event):
    """The case became part of the case `into`, whose answers this reporter gets too."""

    into: ComplaintKey


class CaseUnmerged(Event):
    """The case is its own again and no longer part of `into`; its state is what it was before."""

    into: ComplaintKey
    restored_state: CaseState | None = None


class CasePart(BaseModel):
    """One matter of a case that was split, and the OPD that has it."""

    model_config = FROZEN

    part: Part
    opd: Code
    opd_name: ShortText | None = None
    topic: Code | None = None
    text: Text | None = None


class CaseSplit(Event):
    """The complaint holds several matters; `parts` are all of them, the leading one as part 0."""

    parts: tuple[CasePart, ...]


class CaseClosed(Event):
    """The case is over: the citizen is satisfied or stayed silent, or the desk closed it."""

    reason: ClosingReason


class StageTerms(BaseModel):
    """How long a service's stage may take, as the version of the file says that the case has.

    `days` are working days; `seconds` are of elapsed or of working time. With `pauses` it stands
    still while the citizen is asked. `ladder` is one of sla's. `due_at`, where it is given, is a
    deadline that somebody set, and outweighs the rest.
    """

    model_config = FROZEN

    counts: Literal["elapsed", "working", "working_days"]
    seconds: Annotated[int, Field(ge=60)] | None = None
    days: Annotated[int, Field(ge=1)] | None = None
    near_at: Annotated[float, Field(ge=0, le=1)] = 0.75
    ladder: Code = "standar"
    pauses: bool = True
    due_at: UtcDatetime | None = None


class StageEntered(Event):
    """The case entered a stage that its service in the catalogue defines.

    `stage` is `<service>.<stage>`; in part 0 it follows the stage of the event before, from which
    `decision` led here and which `answers` (none of them personal) filled in. With `outcome` the
    case entered no further stage: the service is done, or was refused. A part above 0 is a
    disposition; its event with the outcome `done` says that it was answered. Without `terms` no
    clock runs.
    """

    part: Part
    stage: Code
    opd: Code
    decision: ShortText | None = None
    opd_name: ShortText | None = None
    stage_title: ShortText | None = None
    service_code: Code | None = None
    service_version: Code | None = None
    left: Code | None = None
    outcome: Literal["done", "refused"] | None = None
    answers: dict[str, Answer] | None = None
    text: Text | None = None
    officer_id: OfficerId | None = None
    terms: StageTerms | None = None
