"""Events in: which news of intake and routing the clocks heed, in one table.

What is not in it starts, stops and moves no clock: a citizen's message, an acknowledgement, an
edit, a feedback, evidence. Feedback and edits are noted for boards and reports alone.
"""

from collections.abc import Mapping
from typing import Any

from services.sla.context import SlaContext
from services.sla.facts import Mark, MarkKind, StageEntry
from services.sla.notice_rules import NoticeKind, case_notice
from services.sla.noticing import note_code, tell_of_reopening, tell_staff
from services.sla.operations import hearing
from services.sla.recording import RECORDED, note_record
from shared.contracts.event import Event
from shared.contracts.intake import ComplaintSubmitted, ComplaintWithdrawn
from shared.contracts.routing import (
    CaseAssigned,
    CaseClosed,
    CaseMerged,
    CaseReferred,
    CaseRejected,
    CaseReopened,
    CaseResolved,
    CaseReturned,
    CaseTriaged,
    CaseUnmerged,
    ContributionDone,
    ContributionRequested,
    InformationReceived,
    InformationRequested,
    ReferralAnswered,
    ResponseGiven,
    StageEntered,
)
from shared.inbox import Handler
from shared.unit_of_work import UnitOfWork

_MARKS: Mapping[type[Event], MarkKind] = {
    CaseTriaged: MarkKind.UNASSIGNED,
    CaseAssigned: MarkKind.ASSIGNED,
    CaseReturned: MarkKind.UNASSIGNED,
    ContributionRequested: MarkKind.CONTRIBUTES,
    # To the clocks of its part it is what a resolution is to those of the leading one.
    ContributionDone: MarkKind.RESOLVED,
    InformationRequested: MarkKind.ASKED,
    InformationReceived: MarkKind.INFORMED,
    CaseReferred: MarkKind.REFERRED,
    ReferralAnswered: MarkKind.REFERRAL_ANSWERED,
    CaseResolved: MarkKind.RESOLVED,
    CaseRejected: MarkKind.REJECTED,
    CaseReopened: MarkKind.REOPENED,
    CaseMerged: MarkKind.MERGED,
    CaseUnmerged: MarkKind.UNMERGED,
    CaseClosed: MarkKind.CLOSED,
}
_RESPONSES = {"answer": MarkKind.ANSWERED, "progress": MarkKind.PROGRESSED}
#: Whoever has the case from then on is told; a case that comes back is the desk's.
_TOLD: Mapping[type[Event], NoticeKind] = {
    CaseAssigned: NoticeKind.ASSIGNED,
    ContributionRequested: NoticeKind.CONTRIBUTION,
    CaseReturned: NoticeKind.RETURNED,
}
#: Only these say which OPD has a part; elsewhere an OPD is who wrote, or who gave the case back.
_NAMES_OPD = (CaseAssigned, ContributionRequested)


def handlers(context: SlaContext) -> dict[type[Event], Handler]:
    """Return what to do with each class of event."""

    async def submitted(unit: UnitOfWork, event: ComplaintSubmitted) -> None:
        await hearing.note_submission(
            unit,
            context,
            event.complaint_id,
            submitted_at=event.submitted_at,
            channel=event.channel,
            classification=event.classification,
            emergency=event.emergency,
            service=event.service_code if event.service_version is not None else None,
        )
        note_code(unit, context, event.complaint_id, event.tracking_code)

    async def withdrawn(unit: UnitOfWork, event: ComplaintWithdrawn) -> None:
        await hearing.note_withdrawal(unit, context, event.complaint_id, event.occurred_at)

    async def entered(unit: UnitOfWork, event: StageEntered) -> None:
        await hearing.note_mark(unit, context, event.complaint_id, _entry(event))

    async def marked(unit: UnitOfWork, event: Any) -> None:
        mark = _mark(event)
        await hearing.note_mark(unit, context, event.complaint_id, mark)
        if isinstance(event, CaseReopened):
            tell_of_reopening(unit, context, event.complaint_id, event.occurred_at)
        told = _TOLD.get(type(event))
        # A part that was given back is nobody's: the leading OPD goes on without it.
        if told is not None and (mark.part == 0 or mark.opd is not None):
            notice = case_notice(told, event.complaint_id, mark.opd, mark.at, mark.part)
            tell_staff(unit, context, notice)

    return _with_records(
        context,
        {
            ComplaintSubmitted: submitted,
            ComplaintWithdrawn: withdrawn,
            ResponseGiven: marked,
            StageEntered: entered,
            **dict.fromkeys(_MARKS, marked),
        },
    )


def _with_records(
    context: SlaContext, clocks: Mapping[type[Event], Handler]
) -> dict[type[Event], Handler]:
    """Let the records for boards and reports hear the same news, and some that move no clock.

    A unit's clocks always come first, so that all units lock the rows of cases in one order.
    """

    def recording(event_class: type[Event]) -> Handler:
        move_clocks = clocks.get(event_class)

        async def handle(unit: UnitOfWork, event: Any) -> None:
            unit.gather(hearing.CaseBook, lambda: hearing.CaseBook(context))
            if move_clocks is not None:
                await move_clocks(unit, event)
            note_record(unit, event)

        return handle

    return {**clocks, **{each: recording(each) for each in RECORDED}}


def _entry(event: StageEntered) -> Mark:
    """Return the mark of a stage; with an outcome, that the part is in none any more."""
    is_over = event.outcome is not None
    terms = event.terms
    entry = StageEntry(event.stage_title, event.service_version)
    if terms is not None:
        entry = StageEntry(
            title=event.stage_title,
            version=event.service_version,
            counts=terms.counts,
            seconds=terms.seconds or 0,
            days=terms.days or 0,
            near_at=terms.near_at,
            ladder=terms.ladder,
            pauses=terms.pauses,
            due_at=terms.due_at,
        )
    return Mark(
        kind=MarkKind.ENTERED,
        at=event.occurred_at,
        part=event.part,
        opd=event.opd,
        ref=None if is_over else event.stage,
        entry=None if is_over else entry,
    )


def _mark(event: Any) -> Mark:
    names_opd = isinstance(event, _NAMES_OPD)
    kind = _RESPONSES[event.kind] if isinstance(event, ResponseGiven) else _MARKS[type(event)]
    return Mark(
        kind=kind,
        at=event.occurred_at,
        part=getattr(event, "part", 0),
        opd=event.opd if names_opd else None,
        topic=event.topic if names_opd else None,
        epoch=getattr(event, "epoch", 0),
        ref=getattr(event, "referral_id", None),
    )
