"""What callers are shown of clocks, and which of them they may see; whatever is not is denied."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.sla import queries
from services.sla.context import SlaContext
from services.sla.errors import (
    CaseNotFound,
    OpdMissing,
    OpdNotYours,
    OpdUnknown,
    StageUnknown,
)
from services.sla.policy_profile import is_of_a_service
from services.sla.queries import ClockFilter
from services.sla.schemas import ClockPage, ClockView, EscalationView
from services.sla.tables import ClockRow, EscalationRow
from shared.auth import Principal, Role
from shared.cursor import read_cursor, write_cursor
from shared.errors import Invalid

SEE_ALL: Final = (Role.TRIAGE, Role.SEKDA, Role.LEADER, Role.AUDITOR, Role.ADMIN)
SEE_OWN: Final = (Role.OFFICER, Role.HEAD)
READERS: Final = (*SEE_ALL, *SEE_OWN)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


async def read_case_clocks(
    connection: AsyncConnection, caller: Principal, complaint_id: str, now: datetime
) -> list[ClockView]:
    """Return the clocks of a case; raises CaseNotFound for a case of other OPDs, too."""
    await require_visible(connection, caller, complaint_id)
    return await _views(
        connection, await queries.list_clocks_of_case(connection, complaint_id), now
    )


async def require_visible(
    connection: AsyncConnection, caller: Principal, complaint_id: str
) -> None:
    """Raise CaseNotFound for a case that the caller may not see."""
    opds = await queries.find_opds(connection, complaint_id)
    if opds is None or not (caller.has(*SEE_ALL) or caller.opd in opds):
        raise CaseNotFound


async def read_clocks(connection: AsyncConnection, wanted: ClockFilter, limit: int) -> ClockPage:
    """Return a page of clocks."""
    rows = await queries.list_clocks(connection, wanted, limit + 1)
    page = rows[:limit]
    more = len(rows) > limit
    return ClockPage(
        clocks=await _views(connection, page, wanted.now),
        next=_cursor_after(page[-1]) if more else None,
    )


def choose_opd(caller: Principal, asked: str | None, context: SlaContext) -> str | None:
    """Return whose clocks to list, None for everybody's; raises what the caller may not."""
    if caller.has(*SEE_ALL):
        if asked is not None and asked not in context.opds:
            raise OpdUnknown
        return asked
    if caller.opd is None:
        raise OpdMissing
    if asked not in {None, caller.opd}:
        raise OpdNotYours
    return caller.opd


def require_stage(stage: str | None, context: SlaContext) -> None:
    """Raise StageUnknown for a stage that no clock can have; a service's are not known here."""
    known = stage is None or stage in context.stages or is_of_a_service(stage)
    if not known:
        raise StageUnknown(list(context.stages))


def read_place(cursor: str | None) -> tuple[datetime, str] | None:
    """Return after which due time and clock a page begins; raises Invalid for a forged cursor."""
    if cursor is None:
        return None
    microseconds, clock_id = read_cursor(cursor, int, str)
    try:
        return (_EPOCH + int(microseconds) * _MICROSECOND, str(UUID(str(clock_id))))
    except (ValueError, OverflowError) as error:
        raise Invalid("Kursor tidak dikenal. Mulai lagi dari halaman pertama.") from error


def _cursor_after(clock: ClockRow) -> str:
    return write_cursor((clock.due_at - _EPOCH) // _MICROSECOND, clock.clock_id)


async def _views(
    connection: AsyncConnection, clocks: Sequence[ClockRow], now: datetime
) -> list[ClockView]:
    if not clocks:
        return []
    told = await queries.list_escalations(connection, [clock.clock_id for clock in clocks])
    return [_view(clock, told.get(clock.clock_id, []), now) for clock in clocks]


def _view(clock: ClockRow, told: Sequence[EscalationRow], now: datetime) -> ClockView:
    seen_at = clock.paused_at or now
    is_over = clock.state == "stopped"
    return ClockView.model_validate(
        {
            **clock.model_dump(exclude={"clock_id", "rungs"}),
            "id": clock.clock_id,
            "remaining_seconds": None if is_over else (clock.due_at - seen_at).total_seconds(),
            "overdue": clock.state == "running" and clock.due_at <= now,
            "escalations": [
                EscalationView(
                    level=each.level, to_role=each.to_role, opd=each.opd, at=each.fired_at
                )
                for each in told
            ],
        }
    )
