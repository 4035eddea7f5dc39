"""Retention: so long after a case ended, its reporter's key is destroyed, class by class."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake import privacy_queries
from services.intake.operations.auditing import SYSTEM, record
from services.intake.operations.erasure import erase_reporters
from services.intake.privacy_profile import Retention
from shared.unit_of_work import UnitsOfWork

_BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Planned:
    """What retention will do with one class: how many now, and how many more by `until`."""

    state: str
    days: int
    due: int
    soon: int
    oldest: datetime | None


async def apply_retention(
    units: UnitsOfWork, classes: Iterable[Retention], *, batch: int = _BATCH
) -> int:
    """Destroy what is past its time; returns of how many reporters.

    Each batch is a transaction and an entry of the audit log: what a crash leaves is done the next
    time.
    """
    return sum([await _apply(units, each, batch) for each in classes])


async def plan_retention(
    connection: AsyncConnection, classes: Iterable[Retention], now: datetime, ahead: timedelta
) -> list[Planned]:
    """Return what `apply_retention` would do now, and within the time ahead; changes nothing."""
    planned = []
    for each in classes:
        before = now - timedelta(days=each.days)
        due, soon, oldest = await privacy_queries.count_retained(
            connection, each.state, before, before + ahead
        )
        planned.append(Planned(each.state, each.days, due, soon, oldest))
    return planned


async def _apply(units: UnitsOfWork, retention: Retention, batch: int) -> int:
    erased = 0
    while True:
        async with units.begin() as unit:
            before = unit.now - timedelta(days=retention.days)
            reporters = await privacy_queries.lock_retained(
                unit.connection, retention.state, before, batch
            )
            if not reporters:
                return erased
            count = await erase_reporters(unit, reporters)
            record(
                unit,
                SYSTEM,
                "retention_applied",
                f"class:{retention.state}",
                days=retention.days,
                reporters=count,
            )
        erased += count
