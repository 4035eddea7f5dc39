"""Partners hand on reports: each is kept once under the partner's own number, whatever comes twice.

A prank or a ghost call is kept and counted, and opens no complaint; nor does a text message of a
blocked sender. What SP4N-LAPOR verified, or a call taker found real, no block keeps out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from services.intake import partner_queries as queries
from services.intake.abuse_queries import find_blocked
from services.intake.channels.sms import read_sms
from services.intake.context import IntakeContext
from services.intake.errors import CallerNotBlocked, FormIncorrect, ReportReused
from services.intake.operations.blocking import Blocking, block, find_refusals
from services.intake.operations.incoming import receive_incoming
from services.intake.operations.partner_forms import (
    CALL112,
    SMS,
    SP4N,
    call_category,
    form_of_call,
    form_of_sp4n,
    sp4n_category,
)
from services.intake.operations.submission import (
    Origin,
    Submission,
    draft_submission,
    submit_complaints,
)
from services.intake.partner_schemas import (
    CallCount,
    CallCounts,
    CallerBlock,
    CallReport,
    Lifted,
    PartnerReceipt,
    SmsReport,
    Sp4nReport,
)
from services.intake.partner_tables import PartnerReport
from services.intake.rules.calls import ANNOYING, opens_complaint
from services.intake.schemas import ComplaintForm
from shared.masking import mask_identifiers
from shared.personal_numbers import normalise_phone
from shared.unit_of_work import UnitOfWork

_REPORT = "report"


@dataclass(frozen=True, slots=True)
class Report:
    """One report of a partner; without a form it opens no complaint.

    `content` is what makes it the same report when it comes again.
    """

    partner: str
    external_id: str
    content: bytes
    form: ComplaintForm | None
    origin: Origin
    kind: str = _REPORT
    category: str | None = None
    caller_hash: bytes | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


async def receive_sp4n(
    unit: UnitOfWork, context: IntakeContext, report: Sp4nReport
) -> PartnerReceipt:
    """Take in a report of SP4N-LAPOR; raises ReportReused, FormIncorrect."""
    category = sp4n_category(context, report.category, report.category_id)
    return await receive_report(
        unit,
        context,
        Report(
            partner=SP4N,
            external_id=report.external_id,
            content=report.model_dump_json().encode(),
            form=form_of_sp4n(context, report, unit.now),
            origin=Origin(b"", service_code=category.topic if category else None, vouched=True),
            category=report.category,
            details={"source": report.source, "category_id": report.category_id},
        ),
    )


async def receive_sms(
    unit: UnitOfWork, context: IntakeContext, report: SmsReport
) -> PartnerReceipt:
    """Take in a text message, which means what it would mean on any platform.

    Messages of names and short numbers, which advertise, are only counted. Raises ReportReused,
    TrackingCodeTaken, CaseMoved.
    """
    known = Report(
        partner=SMS,
        external_id=report.external_id,
        content=report.model_dump_json().encode(),
        form=None,
        origin=Origin(b""),
    )
    if await queries.insert_report(unit.connection, _row_of(unit, context, known)):
        incoming = read_sms(
            account=report.recipient or SMS,
            sender=report.sender,
            text=report.text,
            message_id=f"{SMS}:{report.external_id}",
            sent_at=report.received_at or unit.now,
        )
        received = await receive_incoming(unit, context, incoming) if incoming else None
        if received is not None and received.complaint_id is not None:
            await queries.set_complaint(
                unit.connection, SMS, report.external_id, received.complaint_id
            )
    return await _answer_again(unit, context, known)


async def receive_call(
    unit: UnitOfWork, context: IntakeContext, call: CallReport
) -> PartnerReceipt:
    """Take in a call: a complaint, or a count. Too many pranks ask for a block of the number.

    Raises ReportReused, FormIncorrect.
    """
    category = call_category(context, call.category)
    phone = normalise_phone(call.phone) if call.phone else None
    hashes = context.vault.blind_indexes("phone", phone) if phone else []
    opens = opens_complaint(call.call_type)
    receipt = await receive_report(
        unit,
        context,
        Report(
            partner=CALL112,
            external_id=call.external_id,
            content=call.model_dump_json().encode(),
            form=form_of_call(context, call, unit.now) if opens else None,
            origin=Origin(
                b"",
                service_code=category.topic if category else None,
                emergency=bool(category and category.emergency and call.call_type == "real"),
                vouched=True,
            ),
            kind=call.call_type,
            category=category.name if category else call.category,
            caller_hash=context.vault.blind_index("phone", phone) if phone else None,
            details=_facts_of(call),
        ),
    )
    if call.call_type in ANNOYING and hashes and phone:
        await _block_if_annoying(unit, context, phone)
    blocked = await find_blocked(unit.connection, hashes, unit.now) if hashes else {}
    if not blocked:
        return receipt
    return receipt.model_copy(update={"block": CallerBlock(until=max(blocked.values()))})


async def receive_report(
    unit: UnitOfWork, context: IntakeContext, report: Report
) -> PartnerReceipt:
    """Keep a report and submit its complaint, both or none; the same again is answered the same.

    Raises ReportReused, FormIncorrect, TrackingCodeTaken.
    """
    submission = await _draft(unit, context, report)
    complaint_id = submission.row["complaint_id"] if submission else None
    row = _row_of(unit, context, report, complaint_id)
    if not await queries.insert_report(unit.connection, row):
        return await _answer_again(unit, context, report)
    if submission is not None:
        await submit_complaints(unit, [submission])
        unit.after_commit(context.metrics.submitted.labels(report.partner).inc)
    if report.kind != _REPORT:
        unit.after_commit(context.metrics.calls.labels(report.kind).inc)
    return PartnerReceipt(
        external_id=report.external_id,
        outcome="accepted" if submission else "counted",
        complaint_id=row.complaint_id,
        tracking_code=submission.row["tracking_code"] if submission else None,
        received_at=unit.now,
    )


async def count_calls(unit: UnitOfWork, since: datetime, until: datetime) -> CallCounts:
    """Return how many calls of each kind came in a stretch of time; raises FormIncorrect."""
    if since >= until:
        raise FormIncorrect([("until", "Akhir waktu harus sesudah awalnya.")])
    rows = await queries.count_calls(unit.connection, since, until)
    counts = [
        CallCount(
            call_type=row["kind"],
            category=row["category"],
            calls=row["calls"],
            complaints=row["complaints"],
        )
        for row in rows
    ]
    return CallCounts(since=since, until=until, counts=counts)


async def lift_block(unit: UnitOfWork, context: IntakeContext, phone: str, by: str) -> Lifted:
    """Let a number through again; its earlier calls no longer count. Raises CallerNotBlocked."""
    number = normalise_phone(phone)
    if number is None:
        raise FormIncorrect([("/phone", "Nomor telepon tidak benar. Contoh: 081234567890.")])
    hashes = context.vault.blind_indexes("phone", number)
    until = await queries.lift_blocks(unit.connection, hashes, unit.now, by)
    if until is None:
        raise CallerNotBlocked
    return Lifted(lifted_at=unit.now, was_blocked_until=until)


def _row_of(
    unit: UnitOfWork, context: IntakeContext, report: Report, complaint_id: str | None = None
) -> PartnerReport:
    return PartnerReport(
        partner=report.partner,
        external_id=report.external_id,
        body_hash=context.vault.blind_index("request", report.content),
        complaint_id=complaint_id,
        kind=report.kind,
        category=mask_identifiers(report.category) if report.category else None,
        caller_hash=report.caller_hash,
        details=dict(report.details),
        received_at=unit.now,
    )


async def _draft(unit: UnitOfWork, context: IntakeContext, report: Report) -> Submission | None:
    """Return what is to be submitted; nothing of a blocked sender, who is counted alone."""
    if report.form is None:
        return None
    submission = draft_submission(context, report.form, report.origin, unit.now)
    (refusal,) = await find_refusals(unit, [submission.senders])
    return submission if refusal is None else None


async def _answer_again(unit: UnitOfWork, context: IntakeContext, report: Report) -> PartnerReceipt:
    known = await queries.find_report(unit.connection, report.partner, report.external_id)
    hashes = context.vault.blind_indexes("request", report.content)
    if known is None or known.body_hash not in hashes:
        raise ReportReused(report.external_id)
    return PartnerReceipt(
        external_id=report.external_id,
        outcome="accepted" if known.complaint_id else "counted",
        complaint_id=known.complaint_id,
        tracking_code=known.tracking_code,
        received_at=known.received_at,
    )


async def _block_if_annoying(unit: UnitOfWork, context: IntakeContext, phone: str) -> None:
    """Block a number that annoyed often enough, unless it is blocked already."""
    rule = context.profile.outside.partners.call112.nuisance
    hashes = context.vault.blind_indexes("phone", phone)
    since = unit.now - timedelta(hours=rule.within_hours)
    calls = await queries.count_annoying_calls(unit.connection, hashes, since)
    if calls < rule.calls or await find_blocked(unit.connection, hashes, unit.now):
        return
    until = unit.now + timedelta(hours=rule.block_hours)
    reason = f"{calls} panggilan iseng atau kosong ke 112"
    await block(unit, context, "phone", phone, Blocking(reason, until, by=CALL112))


def _facts_of(call: CallReport) -> dict[str, Any]:
    """Return what is kept of a call beside the complaint: times and codes, and masked remarks."""
    times = ("called_at", "answered_at", "dispatched_at", "arrived_at", "finished_at")
    facts: dict[str, Any] = {
        name: time.isoformat() for name in times if (time := getattr(call, name)) is not None
    }
    facts |= {"operator": call.operator, "shift": call.shift, "victims": call.victims}
    facts["units"] = [mask_identifiers(unit) for unit in call.units]
    facts["outcome"] = mask_identifiers(call.outcome) if call.outcome else None
    return {name: value for name, value in facts.items() if value not in (None, [])}
