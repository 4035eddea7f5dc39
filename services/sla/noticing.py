"""Notices are stored in the transaction of what they tell of, with one statement for all."""

from dataclasses import dataclass, field
from datetime import datetime

from services.sla import notice_queries
from services.sla.addressees import Offices
from services.sla.context import SlaContext
from services.sla.notice_rules import Notice, NoticeKind, case_notice
from shared.unit_of_work import UnitOfWork


@dataclass
class NoticeBook:
    """What one unit has to tell staff, and by which codes its new cases are known."""

    offices: Offices
    notices: list[Notice] = field(default_factory=list)
    codes: dict[str, str] = field(default_factory=dict)
    #: Cases that are open again, and since when: whoever has them, their clocks say.
    reopened: dict[str, datetime] = field(default_factory=dict)

    async def finish(self, unit: UnitOfWork) -> None:
        """Store everything, for each who holds the office; wakes the postman after the commit."""
        await notice_queries.insert_codes(unit.connection, self.codes)
        await self._find_holders(unit)
        rows = [
            # What nothing can send waits for nobody: it is read in the list of notices.
            (notice, each.key, "waiting" if each.channels else "kept")
            for notice in self.notices
            for each in self.offices.holders(notice.to_role, notice.opd)
        ]
        await notice_queries.insert_notices(unit.connection, rows, unit.now)
        if any(state == "waiting" for _, _, state in rows):
            unit.after_commit(self.offices.sending.wake_postman)

    async def _find_holders(self, unit: UnitOfWork) -> None:
        if not self.reopened:
            return
        holders = await notice_queries.find_holders(unit.connection, self.reopened)
        self.notices += [
            case_notice(NoticeKind.REOPENED, complaint_id, holders[complaint_id], at)
            for complaint_id, at in self.reopened.items()
            if complaint_id in holders
        ]


def tell_of_reopening(
    unit: UnitOfWork, context: SlaContext, complaint_id: str, at: datetime
) -> None:
    """Let whoever has a case know that it is open again."""
    if context.offices.notices is not None:
        _book(unit, context).reopened[complaint_id] = at


def tell_staff(unit: UnitOfWork, context: SlaContext, *notices: Notice) -> None:
    """Let those who hold the offices know; nothing happens where the profile has no notices."""
    if context.offices.notices is not None and notices:
        _book(unit, context).notices.extend(notices)


def note_code(unit: UnitOfWork, context: SlaContext, complaint_id: str, tracking_code: str) -> None:
    """Keep by which code a case is known."""
    _book(unit, context).codes[complaint_id] = tracking_code


def _book(unit: UnitOfWork, context: SlaContext) -> NoticeBook:
    return unit.gather(NoticeBook, lambda: NoticeBook(context.offices))
