"""“Saya juga”: a citizen's complaint joins another about the same matter, whose case leads then.

Each keeps their own code, secrecy, channel and feedback, and nobody learns of another.
"""

from services.intake import duplicate_queries, queries
from services.intake.errors import ActionNotLegal, ComplaintNotFound, JoinRefused
from services.intake.operations import leading
from services.intake.operations.reading import find_by_code
from services.intake.rules.progress import (
    JOINABLE_STATES,
    OPEN_STATES,
    RECEIVED,
    Entry,
    legal_actions,
)
from services.intake.schemas import JoinAccepted
from services.intake.tables import Complaint
from shared.contracts.intake import ReporterJoined
from shared.ids import ComplaintId
from shared.unit_of_work import UnitOfWork


async def join_complaint(unit: UnitOfWork, complaint: Complaint, code: str) -> JoinAccepted:
    """Join a complaint to the one with this code; publishes ReporterJoined. Routing merges.

    The same again changes nothing. Raises ActionNotLegal, JoinRefused, and what
    `find_joined` raises.
    """
    progress = await queries.lock_progress(unit.connection, complaint.complaint_id)
    if progress is None:
        raise ComplaintNotFound
    if progress.state not in JOINABLE_STATES:
        raise ActionNotLegal("join", progress.state, legal_actions(progress.state))
    joined = await find_joined(unit, code)
    if joined.complaint_id == complaint.complaint_id:
        raise JoinRefused("itself")
    connection = unit.connection
    if await duplicate_queries.put_joining(
        connection, complaint.complaint_id, joined.complaint_id, unit.now
    ):
        await queries.insert_entry(connection, complaint.complaint_id, Entry("joined"), unit.now)
        unit.publish(
            ReporterJoined(
                complaint_id=ComplaintId(complaint.complaint_id),
                occurred_at=unit.now,
                joined_complaint_id=ComplaintId(joined.complaint_id),
            )
        )
    return JoinAccepted.model_validate({"status": progress.state, "joined": joined.tracking_code})


async def find_joined(unit: UnitOfWork, code: str) -> Complaint:
    """Return the complaint that one joins who names this code: the one that leads there.

    Raises TrackingCodeMistyped, ComplaintNotFound, JoinRefused.
    """
    named = await find_by_code(unit.connection, code)
    joined = await leading.find_leader(unit.connection, named.complaint_id) or named
    if joined.secret:
        # What officers write there is for its reporter alone.
        raise JoinRefused("secret")
    if joined.state == RECEIVED:
        # Until routing has told of the case, it could not say what becomes of the wish.
        raise JoinRefused("early")
    if joined.state not in OPEN_STATES:
        raise JoinRefused("over")
    return joined
