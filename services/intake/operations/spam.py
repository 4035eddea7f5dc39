"""The spam mark: the complaint leaves the statistics, and routing puts its case aside."""

from services.intake import abuse_queries, queries
from services.intake.abuse_tables import SpamMark
from services.intake.errors import AlreadySpam, ComplaintNotFound, NotSpam
from services.intake.operations.auditing import record
from services.intake.tables import Complaint
from shared.auth import Principal, Role
from shared.contracts.intake import ComplaintAmended
from shared.ids import ComplaintId, new_id
from shared.unit_of_work import UnitOfWork

#: The triage desk judges every complaint, an OPD's staff those that the OPD has.
DESK = (Role.TRIAGE, Role.ADMIN)
OPD_STAFF = (Role.OFFICER, Role.HEAD)


async def mark_spam(
    unit: UnitOfWork, complaint_id: str, caller: Principal, reason: str
) -> SpamMark:
    """Mark a complaint as spam; publishes ComplaintAmended, and routing rejects the case.

    Raises ComplaintNotFound (also for another OPD's), AlreadySpam.
    """
    complaint = await _lock(unit, complaint_id)
    if not _may_judge(complaint, caller):
        raise ComplaintNotFound
    if await abuse_queries.is_spam(unit.connection, complaint_id):
        raise AlreadySpam
    mark = SpamMark(
        mark_id=new_id(),
        complaint_id=complaint_id,
        reason=reason,
        marked_at=unit.now,
        marked_by=caller.subject,
    )
    await abuse_queries.insert_spam_mark(unit.connection, mark)
    record(unit, caller.subject, "spam_marked", f"complaint:{complaint_id}", reason=reason)
    _publish(unit, complaint_id, is_spam=True)
    return mark


async def clear_spam(unit: UnitOfWork, complaint_id: str, caller: Principal) -> None:
    """Undo the mark; publishes ComplaintAmended, and routing gives the case to the triage desk.

    Raises ComplaintNotFound, NotSpam.
    """
    await _lock(unit, complaint_id)
    connection = unit.connection
    if not await abuse_queries.undo_spam_mark(connection, complaint_id, unit.now, caller.subject):
        raise NotSpam
    record(unit, caller.subject, "spam_mark_undone", f"complaint:{complaint_id}")
    _publish(unit, complaint_id, is_spam=False)


async def _lock(unit: UnitOfWork, complaint_id: str) -> Complaint:
    await queries.lock_progress(unit.connection, complaint_id)
    complaint = await queries.find_complaint_by_id(unit.connection, complaint_id)
    if complaint is None:
        raise ComplaintNotFound
    return complaint


def _may_judge(complaint: Complaint, caller: Principal) -> bool:
    if caller.has(*DESK):
        return True
    return complaint.opd is not None and caller.opd == complaint.opd and caller.has(*OPD_STAFF)


def _publish(unit: UnitOfWork, complaint_id: str, *, is_spam: bool) -> None:
    unit.publish(
        ComplaintAmended(complaint_id=ComplaintId(complaint_id), occurred_at=unit.now, spam=is_spam)
    )
