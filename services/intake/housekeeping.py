"""What intake does every hour: closes days that are over, and forgets what is past its time."""

from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from services.intake import incoming_queries
from services.intake.context import IntakeContext
from services.intake.operations.application_drafts import forget_drafts
from services.intake.operations.document_reading import delete_contents
from services.intake.operations.likeness import forget_old_sightings
from services.intake.operations.retention import apply_retention
from services.intake.operations.rooting import close_days
from services.intake.uploads import delete_expired
from shared.housekeeping import Chore
from shared.unit_of_work import UnitsOfWork

#: No platform delivers again after a week; a reply to what was written may come later.
MESSAGES_KEPT: Final = timedelta(days=90)
#: Photos whose words never came.
UNCLAIMED_FILES_KEPT: Final = timedelta(days=1)


def chores_of(context: IntakeContext) -> list[Chore]:
    """Return the chores; each may be done by several replicas at the same time."""
    zone = ZoneInfo(context.profile.pemda.zone)

    async def close_past_days(units: UnitsOfWork) -> None:
        await close_days(units, zone)

    async def forget_what_is_past_its_time(units: UnitsOfWork) -> None:
        await apply_retention(units, context.profile.privacy.retention)

    async def delete_expired_files(units: UnitsOfWork) -> None:
        await delete_expired(units, context)

    async def delete_documents_of_erased_people(units: UnitsOfWork) -> None:
        await delete_contents(units, context)

    async def forget_received_messages(units: UnitsOfWork) -> None:
        async with units.begin() as unit:
            await incoming_queries.forget_received(
                unit.connection, unit.now, MESSAGES_KEPT, UNCLAIMED_FILES_KEPT
            )

    async def forget_what_is_too_old_to_be_alike(units: UnitsOfWork) -> None:
        async with units.begin() as unit:
            await forget_old_sightings(unit, context)

    return [
        forget_drafts,
        close_past_days,
        forget_what_is_past_its_time,
        delete_expired_files,
        delete_documents_of_erased_people,
        forget_received_messages,
        forget_what_is_too_old_to_be_alike,
    ]
