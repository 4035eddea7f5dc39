"""A place that comes after the words: on chats a report is one message, its point the next."""

from services.intake import duplicate_queries
from services.intake.channels.message import Place
from services.intake.context import IntakeContext
from services.intake.tables import Complaint
from shared.contracts.event import Location
from shared.contracts.intake import ComplaintAmended
from shared.ids import ComplaintId
from shared.unit_of_work import UnitOfWork


async def place_complaint(
    unit: UnitOfWork, context: IntakeContext, complaint: Complaint, place: Place
) -> None:
    """Put a complaint that has no point at this one; publishes ComplaintAmended.

    Then it can also be looked for what is like it. A point outside the Pemda, or a second one,
    changes nothing: it stands in the message that brought it.
    """
    if not context.profile.pemda.bounds.contains(place.lat, place.lon):
        return
    if not await duplicate_queries.put_point(
        unit.connection, complaint.complaint_id, place.lat, place.lon
    ):
        return
    unit.publish(
        ComplaintAmended(
            complaint_id=ComplaintId(complaint.complaint_id),
            occurred_at=unit.now,
            location=Location(
                lat=place.lat,
                lon=place.lon,
                area_code=complaint.area_code,
                address=complaint.address,
            ),
        )
    )
