"""Partners are told what became of their reports: each step once, in order, signed.

Queued in the transaction of the step itself; the queue of messages sends it. A partner's receiver
knows a repeated `webhook-id`, as Standard Webhooks asks.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake import partner_queries as queries
from services.intake.context import IntakeContext
from services.intake.operations.telling import send
from services.intake.partner_queries import ReportOfComplaint
from services.intake.rules.progress import Entry, Progress
from services.intake.rules.sp4n import sp4n_status
from shared.ids import new_id
from shared.messaging.port import OutgoingMessage
from shared.messaging.queue import Draft, Queued
from shared.messaging.worker import Dropped, Resolve
from shared.unit_of_work import UnitOfWork

#: The queue's channel by which partners are told; an account is a partner.
PARTNER: Final = "partner"
_STATUS: Final = "status"


@dataclass(frozen=True, slots=True)
class _Step:
    complaint_id: str
    state: str
    opd_name: str | None
    entry: Entry
    at: datetime


class _Steps:
    """Gathers the steps of one unit, and queues them with two statements for all."""

    def __init__(self, context: IntakeContext) -> None:
        self._context = context
        self.noted: list[_Step] = []

    async def finish(self, unit: UnitOfWork) -> None:
        ids = {step.complaint_id for step in self.noted}
        reports = await queries.list_reports_of(unit.connection, ids)
        drafts = [
            _draft(step, reports[step.complaint_id])
            for step in self.noted
            if step.complaint_id in reports
        ]
        await send(unit, self._context.sending, drafts)


def tell_partner(
    unit: UnitOfWork,
    context: IntakeContext,
    complaint_id: str,
    before: Progress,
    after: Progress,
    entry: Entry,
    at: datetime,
) -> None:
    """Let the partner that handed a complaint on know where it stands now.

    Nothing happens where state and OPD are what they were, and where no partner is told.
    """
    if PARTNER not in context.sending.channels:
        return
    if (before.state, before.opd) == (after.state, after.opd):
        return
    steps = unit.gather("partner-steps", lambda: _Steps(context))
    steps.noted.append(_Step(complaint_id, after.state, after.opd_name, entry, at))


def status_resolver(urls: Mapping[str, str]) -> Resolve:
    """Return what the partners' worker asks about each status: where it goes, and its body."""

    async def resolve(connection: AsyncConnection, message: Queued) -> OutgoingMessage:
        del connection
        url = urls.get(message.account)
        if url is None:
            raise Dropped("this partner is not told any more")
        return OutgoingMessage(
            message_id=message.message_id,
            channel=message.channel,
            account=message.account,
            recipient=url,
            text=json.dumps({"type": _STATUS, **message.parameters}, ensure_ascii=False),
        )

    return resolve


def _draft(step: _Step, report: ReportOfComplaint) -> Draft:
    return Draft(
        channel=PARTNER,
        account=report.partner,
        lane=f"{report.partner}:{report.external_id}",
        reference=f"{report.partner}/{report.external_id}",
        template=_STATUS,
        parameters=_parameters(step, report),
        message_id=new_id(),
    )


def _parameters(step: _Step, report: ReportOfComplaint) -> dict[str, Any]:
    return {
        "external_id": report.external_id,
        "tracking_code": report.tracking_code,
        "state": step.state,
        "status": sp4n_status(step.state, step.entry.detail),
        "opd_name": step.opd_name,
        "reason": step.entry.detail,
        "text": step.entry.text,
        "happened_at": step.at.isoformat().replace("+00:00", "Z"),
    }
