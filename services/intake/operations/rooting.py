"""Closing days: a day's receipts become one hash, which follows the day before and the audit log.

The roots are public. Whoever kept one can later see that no receipt of that day, and no entry of
the log before it, was changed, added or taken away.
"""

from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from services.intake import audit_queries
from services.intake.audit_tables import DailyRoot
from services.intake.rules.chain import NOTHING, link, merkle_root, written_time
from shared.unit_of_work import UnitOfWork, UnitsOfWork

#: By then every transaction has ended that began before midnight.
GRACE: Final = timedelta(hours=1)
#: How far back a clock that was set wrong may have dated a complaint.
_LATE: Final = timedelta(days=7)


async def close_days(units: UnitsOfWork, zone: ZoneInfo) -> int:
    """Close every day that is over in the Pemda's zone; returns how many were closed.

    Each is a transaction of its own. Several processes may come at once: each day is closed once.
    """
    closed = 0
    while True:
        async with units.begin() as unit:
            if not await _close_next(unit, zone):
                return closed
        closed += 1


def root_of(root: DailyRoot) -> bytes:
    """Return the root that a day must have, of all that stands beside it."""
    return link(
        bytes(root.previous),
        [
            root.day.isoformat(),
            root.complaints,
            bytes(root.complaint_root).hex(),
            root.audit_seq,
            bytes(root.audit_hash).hex(),
            written_time(root.closed_at),
        ],
    )


async def _close_next(unit: UnitOfWork, zone: ZoneInfo) -> bool:
    connection = unit.connection
    await audit_queries.lock_days(connection)
    last = next(iter(await audit_queries.list_roots(connection, limit=1)), None)
    if last is None:
        first = await audit_queries.find_first_trace(connection)
        if first is None:
            return False
        day, since = first.astimezone(zone).date(), first
    else:
        day = last.day + timedelta(days=1)
        since = _midnight(day, zone) - _LATE
    until = _midnight(day + timedelta(days=1), zone)
    if unit.now < until + GRACE:
        return False
    await audit_queries.plant_leaves(connection, day, since, until)
    leaves = await audit_queries.list_leaves(connection, day)
    head = await audit_queries.read_head(connection)
    root = DailyRoot(
        day=day,
        complaints=len(leaves),
        complaint_root=merkle_root(leaves),
        audit_seq=head.seq,
        audit_hash=head.hash,
        previous=NOTHING if last is None else last.root,
        root=b"",
        closed_at=unit.now,
    )
    root.root = root_of(root)
    await audit_queries.insert_root(connection, root)
    return True


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
