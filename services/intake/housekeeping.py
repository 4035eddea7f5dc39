"""What intake does every hour: closes days that are over, and forgets what is past its time."""

from zoneinfo import ZoneInfo

from services.intake.context import IntakeContext
from services.intake.operations.retention import apply_retention
from services.intake.operations.rooting import close_days
from services.intake.uploads import delete_expired
from shared.housekeeping import Chore
from shared.unit_of_work import UnitsOfWork


def chores_of(context: IntakeContext) -> list[Chore]:
    """Return the chores; each may be done by several replicas at the same time."""
    zone = ZoneInfo(context.profile.pemda.zone)

    async def close_past_days(units: UnitsOfWork) -> None:
        await close_days(units, zone)

    async def forget_what_is_past_its_time(units: UnitsOfWork) -> None:
        await apply_retention(units, context.profile.privacy.retention)

    async def delete_expired_files(units: UnitsOfWork) -> None:
        await delete_expired(units, context)

    return [close_past_days, forget_what_is_past_its_time, delete_expired_files]
