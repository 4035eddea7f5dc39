"""What sla does of itself: it keeps the wording of its rules, and ends pauses that last too long.

A pause that reached its limit ends at that instant, however late this is noticed.
"""

import asyncio
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sla import queries, rule_queries
from services.sla.context import SlaContext
from services.sla.operations.hearing import look_again
from services.sla.policies import Policies
from services.sla.tables import RuleVersionRow
from shared.unit_of_work import UnitOfWork, UnitsOfWork

log = structlog.get_logger(__name__)

_BATCH = 200
_RETRY_SECONDS = 5.0


async def keep_rules(connection: AsyncConnection, policies: Policies, now: datetime) -> None:
    """Keep the wording of every policy and calendar by which clocks may run from now on."""
    rules = [
        RuleVersionRow(
            fingerprint=fingerprint,
            kind="policy",
            name=policy.id,
            content=policy.model_dump_json(),
            known_since=now,
        )
        for fingerprint, policy in policies.by_version.items()
    ]
    rules += [
        RuleVersionRow(
            fingerprint=version.fingerprint,
            kind="calendar",
            name=version.id,
            content=version.model_dump_json(),
            known_since=now,
        )
        for version in policies.versions.values()
    ]
    await rule_queries.note_rules(connection, rules, now)


async def wake_overdue(unit: UnitOfWork, context: SlaContext, limit: int = _BATCH) -> int:
    """Let paused clocks run on that may stand still no longer; returns of how many cases."""
    cases = await queries.list_overdue_pauses(unit.connection, unit.now, limit)
    for complaint_id in cases:
        look_again(unit, context, complaint_id)
    return len(cases)


async def wake_paused_clocks(units: UnitsOfWork, context: SlaContext, seconds: float) -> None:
    """Look every so many seconds for pauses that are over, until cancelled."""
    while True:
        wait = seconds
        try:
            async with units.begin() as unit:
                if await wake_overdue(unit, context) == _BATCH:
                    wait = 0
        except Exception as error:  # noqa: BLE001 - the pause is over all the same, and is tried again
            log.warning("pauses_interrupted", error=repr(error)[:300])
            wait = _RETRY_SECONDS
        await asyncio.sleep(wait)
