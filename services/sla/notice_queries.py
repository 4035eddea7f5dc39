"""SQL of notices on their way: stored with what they tell of, and handed on contact by contact."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.sla.notice_rules import Notice, Told, notice_id_of
from services.sla.notices_profile import Urgent
from shared.database import array_text, fetch

_INSERT = """
    INSERT INTO notice (notice_id, event_key, contact, kind, complaint_id, part, to_role, opd,
                        clock_id, stage, level, happened_at, due_at, state)
    SELECT n.notice_id, n.event_key, n.contact, n.kind, n.complaint_id, n.part, n.to_role, n.opd,
           n.clock_id, n.stage, n.level, n.happened_at, $14, n.state
    FROM unnest($1::text::uuid[], $2::text::text[], $3::text::text[], $4::text::text[],
                $5::text::uuid[], $6::text::int[], $7::text::text[], $8::text::text[],
                $9::text::uuid[], $10::text::text[], $11::text::int[], $12::text::timestamptz[],
                $13::text::text[])
        AS n (notice_id, event_key, contact, kind, complaint_id, part, to_role, opd, clock_id,
              stage, level, happened_at, state)
    ON CONFLICT (notice_id) DO NOTHING
    """
_INSERT_CODES = """
    INSERT INTO case_code (complaint_id, tracking_code)
    SELECT * FROM unnest($1::uuid[], $2::text[]) ON CONFLICT DO NOTHING
    """
# Which OPD has the leading part, as the youngest of its clocks says; none without clocks.
_HOLDERS = """
    SELECT DISTINCT ON (complaint_id) complaint_id, opd FROM clock
    WHERE complaint_id = ANY ($1::uuid[]) AND part = 0 AND stage = 'follow_up'
    ORDER BY complaint_id, epoch DESC
    """
# A notice of a clock is true while the clock has not stopped and, for those who hold the case,
# while they hold it. A notice of a case is true while that OPD (or the desk) has the part and has
# not answered since; a case of which intake was not heard yet has no clocks to tell by.
HOLDS = """
    CASE WHEN n.clock_id IS NOT NULL THEN EXISTS (
        SELECT 1 FROM clock c WHERE c.clock_id = n.clock_id AND c.state <> 'stopped'
        AND (n.to_role NOT IN ('officer', 'head', 'triage') OR c.opd IS NOT DISTINCT FROM n.opd))
    ELSE NOT EXISTS (
        SELECT 1 FROM clock c WHERE c.complaint_id = n.complaint_id AND c.part = n.part)
    OR (EXISTS (
        SELECT 1 FROM clock c WHERE c.complaint_id = n.complaint_id AND c.part = n.part
        AND c.state <> 'stopped' AND c.stage <> 'closing' AND c.opd IS NOT DISTINCT FROM n.opd)
        AND NOT EXISTS (
        SELECT 1 FROM clock c WHERE c.complaint_id = n.complaint_id AND c.part = n.part
        AND c.stage = 'first_response' AND c.outcome IN ('met', 'missed')
        AND c.stopped_at >= n.happened_at))
    END
    """
_URGENT = """
    ((n.kind = 'escalated' AND n.to_role = ANY($4::text[]))
     OR ($5 AND EXISTS (SELECT 1 FROM case_facts f
                        WHERE f.complaint_id = n.complaint_id AND f.emergency)))
    """
# Ordered, so that the planner goes by the index whatever it thinks of how many wait.
CONTACTS_DUE = """
    SELECT c.contact FROM unnest($1::text[]) AS c (contact) CROSS JOIN LATERAL (
        SELECT 1 FROM notice n
        WHERE n.contact = c.contact AND n.state = 'waiting' AND n.due_at <= $2
        ORDER BY n.due_at LIMIT 1) AS waiting
    """
_ADD_CONTACT = "INSERT INTO notice_contact (contact) VALUES ($1) ON CONFLICT DO NOTHING"
_LOCK_CONTACT = """
    SELECT recent, digested_at, daily_on FROM notice_contact
    WHERE contact = $1 FOR UPDATE SKIP LOCKED
    """
_NOTE_TOLD = "UPDATE notice_contact SET recent = $2, digested_at = $3 WHERE contact = $1"
_NOTE_DAILY = "UPDATE notice_contact SET daily_on = $2 WHERE contact = $1"
_DUE = "n.contact = $1 AND n.state = 'waiting' AND n.due_at <= $2"
DROP_UNTRUE = f"""
    UPDATE notice n SET state = 'dropped', ended_at = $2
    WHERE {_DUE} AND (n.seen_at IS NOT NULL OR NOT ({HOLDS}))
    """  # noqa: S608 - conditions of our own
_PUT_OFF = f"UPDATE notice n SET due_at = $3 WHERE {_DUE}"  # noqa: S608 - as above
_PUT_OFF_SPARING = f"UPDATE notice n SET due_at = $3 WHERE {_DUE} AND NOT {_URGENT}"  # noqa: S608 - as above
COUNT_DUE = f"SELECT count(*) FROM notice n WHERE {_DUE}"  # noqa: S608 - as above
_COUNT_BY_KIND = f"""
    SELECT kind, count(*) FROM notice n WHERE {_DUE} GROUP BY kind
    """  # noqa: S608 - as above
_OLDEST = f"""
    SELECT notice_id, complaint_id FROM notice n WHERE {_DUE}
    ORDER BY happened_at, notice_id LIMIT $3
    """  # noqa: S608 - as above
_HAND_ON = f"""
    UPDATE notice n SET state = $3, ended_at = $2 WHERE {_DUE}
    RETURNING notice_id, kind, happened_at
    """  # noqa: S608 - as above
_HAND_ON_UNSEEN = f"""
    UPDATE notice n SET state = $3, ended_at = $2 WHERE {_DUE}
    """  # noqa: S608 - as above
_DROP_STRANGERS = """
    UPDATE notice SET state = 'dropped', ended_at = $2
    WHERE state = 'waiting' AND contact <> ALL($1::text[])
    """
_FORGET = "DELETE FROM notice WHERE state <> 'waiting' AND happened_at < $1"


@dataclass(frozen=True, slots=True)
class Place:
    """A contact's row, locked: what it was told lately, and for which day it had its digest."""

    told: Told
    daily_on: date | None


@dataclass(frozen=True, slots=True)
class Flooded:
    """What a digest tells: how many notices of each kind, and the oldest ones, one of each case."""

    counts: Mapping[str, int]
    oldest: Sequence[str]


async def insert_notices(
    connection: AsyncConnection,
    notices: Sequence[tuple[Notice, str, str]],
    now: datetime,
) -> None:
    """Store notices with the contact and the state of each; what is stored already stays."""
    if not notices:
        return
    columns = zip(*(_values(*each) for each in notices), strict=True)
    await fetch(connection, _INSERT, *map(array_text, columns), now)


def _values(notice: Notice, contact: str, state: str) -> tuple[object, ...]:
    return (
        notice_id_of(notice.event_key, contact),
        notice.event_key,
        contact,
        notice.kind,
        notice.complaint_id,
        notice.part,
        notice.to_role,
        notice.opd,
        notice.clock_id,
        notice.stage,
        notice.level,
        notice.happened_at,
        state,
    )


async def insert_codes(connection: AsyncConnection, codes: Mapping[str, str]) -> None:
    """Store by which code each case is known."""
    if codes:
        # In one order, so that two batches cannot block each other.
        ids = sorted(codes)
        await fetch(connection, _INSERT_CODES, ids, [codes[each] for each in ids])


async def find_holders(
    connection: AsyncConnection, complaint_ids: Collection[str]
) -> dict[str, str | None]:
    """Return of those cases that have clocks which OPD has them; None is the triage desk."""
    rows = await fetch(connection, _HOLDERS, list(complaint_ids))
    return {str(row["complaint_id"]): row["opd"] for row in rows}


async def list_contacts_due(
    connection: AsyncConnection, contacts: Sequence[str], now: datetime
) -> list[str]:
    """Return which of these contacts have a notice whose time has come."""
    return [row["contact"] for row in await fetch(connection, CONTACTS_DUE, contacts, now)]


async def lock_contact(connection: AsyncConnection, contact: str) -> Place | None:
    """Lock a contact until the end of the transaction; None while another replica is at it."""
    await fetch(connection, _ADD_CONTACT, contact)
    rows = await fetch(connection, _LOCK_CONTACT, contact)
    if not rows:
        return None
    row = rows[0]
    return Place(Told(tuple(row["recent"]), row["digested_at"]), row["daily_on"])


async def note_told(connection: AsyncConnection, contact: str, told: Told) -> None:
    """Keep when a contact was told something."""
    await fetch(connection, _NOTE_TOLD, contact, list(told.recent), told.digested_at)


async def note_daily(connection: AsyncConnection, contact: str, day: date) -> None:
    """Keep for which day a contact had its digest."""
    await fetch(connection, _NOTE_DAILY, contact, day)


async def drop_untrue(connection: AsyncConnection, contact: str, now: datetime) -> None:
    """Drop what is due and no longer true, or was seen."""
    await fetch(connection, DROP_UNTRUE, contact, now)


async def put_off(
    connection: AsyncConnection,
    contact: str,
    now: datetime,
    until: datetime,
    sparing: Urgent | None = None,
) -> None:
    """Let what is due wait until an instant, but for what is urgent where that is to be spared."""
    if sparing is None:
        await fetch(connection, _PUT_OFF, contact, now, until)
        return
    roles = list(sparing.escalations_to)
    await fetch(connection, _PUT_OFF_SPARING, contact, now, until, roles, sparing.emergencies)


async def count_due(connection: AsyncConnection, contact: str, now: datetime) -> int:
    """Return how many notices are due to a contact."""
    found: int = (await fetch(connection, COUNT_DUE, contact, now))[0][0]
    return found


async def hand_on_singly(
    connection: AsyncConnection, contact: str, now: datetime
) -> list[tuple[str, str]]:
    """Mark what is due as handed on; returns ids and kinds, the oldest first."""
    rows = await fetch(connection, _HAND_ON, contact, now, "handed")
    rows.sort(key=lambda row: (row["happened_at"], row["notice_id"]))
    return [(str(row["notice_id"]), row["kind"]) for row in rows]


async def hand_on_digest(
    connection: AsyncConnection, contact: str, now: datetime, cases: int
) -> Flooded:
    """Mark what is due as part of a digest; returns what the digest tells of it."""
    counts = {
        row["kind"]: row["count"] for row in await fetch(connection, _COUNT_BY_KIND, contact, now)
    }
    # A case may have several notices, and is listed once.
    rows = await fetch(connection, _OLDEST, contact, now, 4 * cases)
    oldest: dict[Any, str] = {}
    for row in rows:
        oldest.setdefault(row["complaint_id"], str(row["notice_id"]))
    await fetch(connection, _HAND_ON_UNSEEN, contact, now, "digested")
    return Flooded(counts, list(oldest.values())[:cases])


async def drop_strangers(
    connection: AsyncConnection, contacts: Collection[str], now: datetime
) -> None:
    """Drop what waits for contacts that the profile has no more."""
    await fetch(connection, _DROP_STRANGERS, list(contacts), now)


async def forget_notices(connection: AsyncConnection, before: datetime) -> None:
    """Delete notices of before an instant that wait for nothing."""
    await fetch(connection, _FORGET, before)
