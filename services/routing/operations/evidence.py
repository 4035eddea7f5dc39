"""Proof of the work: what intake tells of photos, and what looks odd at a closing."""

from collections.abc import Collection

from services.routing import evidence_queries
from services.routing.context import RoutingContext
from services.routing.evidence_tables import ClosingFlag
from services.routing.proof import Shot, suspect
from services.routing.tables import Case
from services.routing.work_errors import EvidenceMissing, EvidenceUnknown
from shared.contracts.intake import EvidenceAdded
from shared.ids import new_id
from shared.unit_of_work import UnitOfWork


async def keep_evidence(unit: UnitOfWork, context: RoutingContext, event: EvidenceAdded) -> None:
    """Keep a photo's fingerprint, with when and where it says that it was taken."""
    del context
    shot = Shot(
        attachment_id=event.attachment_id,
        complaint_id=event.complaint_id,
        fingerprint=event.fingerprint,
        taken_at=event.taken_at,
        lat=event.taken_lat,
        lon=event.taken_lon,
    )
    await evidence_queries.insert_evidence(unit.connection, shot, event.by, unit.now)


async def check_evidence(
    unit: UnitOfWork, context: RoutingContext, case: Case, attachment_ids: Collection[str]
) -> None:
    """See that a closing has the proof that its topic asks for; flag what looks odd.

    Raises EvidenceMissing where the topic asks for a photo and none is named, EvidenceUnknown for
    a name that is not this case's.
    """
    if not attachment_ids:
        if case.topic in context.topics_with_photo:
            raise EvidenceMissing
        return
    shots = await evidence_queries.find_shots(unit.connection, case.complaint_id, attachment_ids)
    unknown = sorted(set(attachment_ids) - {shot.attachment_id for shot in shots})
    if unknown:
        raise EvidenceUnknown(unknown)
    place = None if case.lat is None or case.lon is None else (case.lat, case.lon)
    flags = []
    for shot in shots:
        alike = await evidence_queries.list_alike(unit.connection, shot)
        flags += [
            ClosingFlag(
                flag_id=new_id(),
                complaint_id=case.complaint_id,
                attachment_id=found.attachment_id,
                kind=found.kind,
                details=found.details,
                raised_at=unit.now,
            )
            for found in suspect(
                shot, alike, place=place, submitted_at=case.submitted_at, now=unit.now
            )
        ]
    await evidence_queries.insert_flags(unit.connection, flags)
