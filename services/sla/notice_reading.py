"""Which notices callers see, how far their messages are, and that they were seen."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.sla import notice_lookups
from services.sla.notice_errors import NoticeNotFound, NoticeNotYours
from services.sla.notice_lookups import NoticeFilter
from services.sla.notice_rules import message_id_of
from services.sla.notice_schemas import NoticePage, NoticeView
from services.sla.notices_profile import ROLES_OF_OPD, STAFF_CHANNELS
from services.sla.reading import SEE_ALL
from shared.auth import Principal, Role
from shared.cursor import read_cursor, write_cursor
from shared.errors import Invalid
from shared.unit_of_work import UnitOfWork

ADDRESSED: Final = (Role.OFFICER, Role.HEAD, Role.TRIAGE, Role.SEKDA, Role.LEADER)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def roles_seen_by(caller: Principal) -> tuple[str, ...] | None:
    """Return of which roles a caller sees the notices, within the OPD; None for all roles.

    A head sees what the own officers are told, and no officer what the head is told.
    """
    if caller.has(*SEE_ALL):
        return None
    return ROLES_OF_OPD if caller.has(Role.HEAD) else ("officer",)


async def read_notices(connection: AsyncConnection, wanted: NoticeFilter, limit: int) -> NoticePage:
    """Return a page of notices."""
    rows = await notice_lookups.list_notices(connection, wanted, limit + 1)
    page, more = rows[:limit], len(rows) > limit
    states = await _message_states(connection, page)
    after = _cursor_after(page[-1]) if more else None
    return NoticePage(
        notices=[
            NoticeView(id=row.pop("notice_id"), messages=sent, **row)
            for row, sent in zip(page, states, strict=True)
        ],
        next=after,
    )


async def mark_notice_seen(unit: UnitOfWork, caller: Principal, notice_id: str) -> datetime:
    """Note that the caller saw a notice; what was not sent yet need not be.

    Raises NoticeNotFound, NoticeNotYours.
    """
    office = await notice_lookups.find_office(unit.connection, notice_id)
    if office is None:
        raise NoticeNotFound
    role, opd = office
    roles = roles_seen_by(caller)
    if roles is not None and (role not in roles or opd != caller.opd):
        raise NoticeNotFound
    if not caller.has(Role(role)):
        raise NoticeNotYours(role)
    return await notice_lookups.mark_seen(unit.connection, notice_id, caller.subject, unit.now)


def read_place(cursor: str | None) -> tuple[datetime, str] | None:
    """Return after which notice a page begins; raises Invalid for a forged cursor."""
    if cursor is None:
        return None
    microseconds, notice_id = read_cursor(cursor, int, str)
    try:
        return (_EPOCH + int(microseconds) * _MICROSECOND, str(UUID(str(notice_id))))
    except (ValueError, OverflowError) as error:
        raise Invalid("Kursor tidak dikenal. Mulai lagi dari halaman pertama.") from error


def _cursor_after(last: dict[str, Any]) -> str:
    return write_cursor((last["happened_at"] - _EPOCH) // _MICROSECOND, last["notice_id"])


async def _message_states(
    connection: AsyncConnection, page: list[dict[str, Any]]
) -> list[dict[str, str]]:
    """Return of each notice the states of its messages, whose ids follow from its own."""
    ids = [
        [message_id_of(f"notice/{row['notice_id']}", channel) for channel in STAFF_CHANNELS]
        for row in page
    ]
    found = await notice_lookups.list_messages(connection, [each for row in ids for each in row])
    return [dict(found[each] for each in row if each in found) for row in ids]
