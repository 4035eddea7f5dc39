"""What one case looks like to boards, scores and reports, as the news of it say. Pure.

Each field belongs to one publisher, whose news come in order; so what a batch heard of a case is
one change of its row, whichever topic is ahead. None leaves a field as it is stored.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from shared.contracts.event import Event
from shared.contracts.intake import (
    ComplaintAmended,
    ComplaintSubmitted,
    ComplaintWithdrawn,
    FeedbackGiven,
)
from shared.contracts.routing import (
    CaseAssigned,
    CaseClosed,
    CaseMerged,
    CaseRejected,
    CaseReopened,
    CaseResolved,
    CaseReturned,
    CaseTriaged,
    CaseUnmerged,
    InformationReceived,
    InformationRequested,
    ResponseGiven,
)

#: The triage desk, where no OPD has the case.
DESK: Final = ""


@dataclass(slots=True)
class RecordChange:
    """What is to change in the row of one case.

    The first verification, assignment, answer, follow-up and resolution count, and stay.
    `held_since` is since when the OPD has the case; `answered_held_since` since when the one that
    answered had it.
    """

    submitted_at: datetime | None = None
    channel: str | None = None
    classification: str | None = None
    area: str | None = None
    emergency: bool | None = None
    secret: bool | None = None
    spam: bool | None = None
    withdrawn_at: datetime | None = None
    satisfied: bool | None = None

    opd: str | None = None
    topic: str | None = None
    held_since: datetime | None = None
    verified_at: datetime | None = None
    answered_at: datetime | None = None
    answered_opd: str | None = None
    answered_officer: str | None = None
    answered_held_since: datetime | None = None
    followed_up_at: datetime | None = None
    resolved_at: datetime | None = None
    resolved_opd: str | None = None
    resolved_officer: str | None = None
    reopened: int | None = None
    state: str | None = None
    ended: bool | None = None
    merged: bool | None = None
    closing_reason: str | None = None

    def known(self) -> dict[str, Any]:
        """Return what is to change, by column, as JSON knows it."""
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name in COLUMNS
            if (value := getattr(self, name)) is not None
        }

    def hold(self, opd: str, since: datetime) -> None:
        """Say who has the case."""
        self.opd, self.held_since = opd, since

    def answer(self, event: Any) -> None:
        """Note the first message of staff to the citizen, whoever wrote it."""
        if self.answered_at is not None:
            return
        self.answered_at = event.occurred_at
        self.answered_opd = getattr(event, "opd", None) or self.opd
        self.answered_officer = event.officer_id
        self.answered_held_since = self.held_since

    def move(self, state: str, *, ended: bool = False) -> None:
        """Say in which state the case is, and whether staff are done with it."""
        self.state, self.ended = state, ended


COLUMNS: Final = tuple(field.name for field in fields(RecordChange))


def _submitted(change: RecordChange, event: ComplaintSubmitted) -> None:
    change.submitted_at = event.submitted_at
    change.channel = event.channel
    change.classification = event.classification
    change.area = event.location.area_code if event.location else None
    change.emergency = event.emergency
    change.secret = event.secret


def _amended(change: RecordChange, event: ComplaintAmended) -> None:
    for name in ("classification", "emergency", "secret", "spam"):
        value = getattr(event, name)
        if value is not None:
            setattr(change, name, value)
    if event.location is not None and event.location.area_code is not None:
        change.area = event.location.area_code


def _withdrawn(change: RecordChange, event: ComplaintWithdrawn) -> None:
    change.withdrawn_at = change.withdrawn_at or event.occurred_at


def _rated(change: RecordChange, event: FeedbackGiven) -> None:
    change.satisfied = event.satisfied


def _triaged(change: RecordChange, event: CaseTriaged) -> None:
    change.hold(DESK, event.occurred_at)
    change.move("triage")


def _assigned(change: RecordChange, event: CaseAssigned) -> None:
    if event.part:
        return
    change.hold(event.opd, event.occurred_at)
    change.topic = event.topic or change.topic
    change.verified_at = change.verified_at or event.occurred_at
    change.move("assigned")


def _returned(change: RecordChange, event: CaseReturned) -> None:
    if event.part == 0:
        change.hold(DESK, event.occurred_at)
        change.move("triage")


def _responded(change: RecordChange, event: ResponseGiven) -> None:
    change.answer(event)
    if event.kind == "progress":
        change.followed_up_at = change.followed_up_at or event.occurred_at
    change.move("in_progress")


def _asked(change: RecordChange, event: InformationRequested) -> None:
    change.answer(event)
    change.move("waiting_citizen")


def _informed(change: RecordChange, event: InformationReceived) -> None:
    del event
    change.move("in_progress")


def _resolved(change: RecordChange, event: CaseResolved) -> None:
    if event.part:
        return
    change.answer(event)
    change.followed_up_at = change.followed_up_at or event.occurred_at
    if change.resolved_at is None:
        change.resolved_at = event.occurred_at
        change.resolved_opd = event.opd or change.opd
        change.resolved_officer = event.officer_id
    change.move("resolved", ended=True)


def _rejected(change: RecordChange, event: CaseRejected) -> None:
    change.verified_at = change.verified_at or event.occurred_at
    change.answer(event)
    change.move("rejected", ended=True)


def _reopened(change: RecordChange, event: CaseReopened) -> None:
    # A count would be wrong if the news were ever heard twice.
    change.reopened = event.epoch
    change.move("assigned")


def _merged(change: RecordChange, event: CaseMerged) -> None:
    del event
    change.merged = True


def _unmerged(change: RecordChange, event: CaseUnmerged) -> None:
    del event
    change.merged = False


def _closed(change: RecordChange, event: CaseClosed) -> None:
    change.closing_reason = event.reason
    change.move("closed", ended=True)


#: What each class of event changes; a contributing OPD's part is not the citizen's case.
CHANGES: Final[Mapping[type[Event], Callable[[RecordChange, Any], None]]] = {
    ComplaintSubmitted: _submitted,
    ComplaintAmended: _amended,
    ComplaintWithdrawn: _withdrawn,
    FeedbackGiven: _rated,
    CaseTriaged: _triaged,
    CaseAssigned: _assigned,
    CaseReturned: _returned,
    ResponseGiven: _responded,
    InformationRequested: _asked,
    InformationReceived: _informed,
    CaseResolved: _resolved,
    CaseRejected: _rejected,
    CaseReopened: _reopened,
    CaseMerged: _merged,
    CaseUnmerged: _unmerged,
    CaseClosed: _closed,
}
