"""A merged complaint follows the case that leads it: what its reporter sees of that, and who does.

Nothing is copied: the leader's steps are read where they stand, for the time of the merger. So it
does not matter in which order the events of the two came, and undoing needs no undoing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake import duplicate_queries, queries
from services.intake.rules.sharing import SHARED_KINDS, shared_detail
from services.intake.tables import Complaint, TimelineEntry


@dataclass(frozen=True, slots=True)
class Followed:
    """The leading complaint, and the steps of leaders that fell into the times of mergers."""

    leader: Complaint | None
    entries: Sequence[TimelineEntry]


async def follow_leaders(
    connection: AsyncConnection, complaint: Complaint, entries: Sequence[TimelineEntry]
) -> Followed:
    """Return what a reporter sees, beside their own timeline, of the cases that led theirs."""
    if not any(entry.kind == "merged" for entry in entries):
        return Followed(None, ())
    shared: list[TimelineEntry] = []
    for stretch in await duplicate_queries.list_stretches(connection, complaint.complaint_id):
        steps = await queries.list_entries(connection, stretch.leader_id)
        shared += shared_steps(steps, stretch.since, stretch.until)
    return Followed(await find_leader(connection, complaint.complaint_id), shared)


async def find_leader(connection: AsyncConnection, complaint_id: str) -> Complaint | None:
    """Return the complaint whose case leads this one now; None where it is not merged."""
    leader_id = await duplicate_queries.find_leader_id(connection, complaint_id)
    if leader_id == complaint_id:
        return None
    return await queries.find_complaint_by_id(connection, leader_id)


def shared_steps(
    steps: Sequence[TimelineEntry], since: datetime, until: datetime | None = None
) -> list[TimelineEntry]:
    """Return those steps of a leader that the reporters of merged complaints see."""
    return [
        step.model_copy(update={"detail": shared_detail(step.kind, step.detail)})
        for step in steps
        if step.kind in SHARED_KINDS
        and since <= step.happened_at
        and (until is None or step.happened_at < until)
    ]
