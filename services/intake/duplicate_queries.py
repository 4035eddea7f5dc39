"""The SQL of complaints about one matter: searched by place, joined, led by another's case."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from services.intake.duplicate_tables import Joining, Likeness, Merger
from services.intake.rules.likeness import Report
from services.intake.rules.progress import OPEN_STATES
from shared.database import fetch

#: Of each cell and area, the newest so many are looked at.
MOST_NEAR = 25

_TAKE_NEWCOMERS = """
    WITH taken AS (
        DELETE FROM newcomer WHERE complaint_id IN (
            SELECT complaint_id FROM newcomer ORDER BY complaint_id LIMIT $1
            FOR UPDATE SKIP LOCKED
        ) RETURNING complaint_id
    )
    SELECT c.complaint_id, c.text, c.submitted_at, c.lat, c.lon, c.area_code,
           c.channel, c.answer_by, c.secret, c.state
    FROM taken JOIN complaint c USING (complaint_id)
    ORDER BY c.complaint_id
    """
# The keys of other locks are hashes of senders and message ids, or small numbers of services.
_LOCK_SEARCH = "SELECT pg_advisory_xact_lock(hashtextextended('intake.search', 0))"
_IS_NEWCOMER = "SELECT 1 FROM newcomer WHERE complaint_id = CAST($1 AS uuid)"
_FIND_OFFERED = """
    SELECT c.tracking_code
    FROM likeness l JOIN complaint c ON c.complaint_id = l.other_id
    WHERE l.complaint_id = CAST($1 AS uuid) AND l.offered_as = $2
    """
_PUT_POINT = """
    WITH placed AS (
        UPDATE complaint SET lat = $2, lon = $3
        WHERE complaint_id = CAST($1 AS uuid) AND lat IS NULL
        RETURNING complaint_id
    ), newcomer AS (
        INSERT INTO newcomer (complaint_id) SELECT complaint_id FROM placed ON CONFLICT DO NOTHING
    )
    SELECT complaint_id FROM placed
    """
LIST_NEAR = """
    WITH near AS (
        SELECT s.complaint_id
        FROM unnest(CAST($1 AS bigint[])) AS place (cell) CROSS JOIN LATERAL (
            SELECT complaint_id FROM sighting
            WHERE sighting.cell = place.cell AND submitted_at > $3
            ORDER BY submitted_at DESC LIMIT $4
        ) s
        UNION
        SELECT s.complaint_id
        FROM unnest(CAST($2 AS text[])) AS place (area_code) CROSS JOIN LATERAL (
            SELECT complaint_id FROM sighting
            WHERE sighting.area_code = place.area_code AND submitted_at > $3
            ORDER BY submitted_at DESC LIMIT $4
        ) s
    )
    SELECT c.complaint_id, c.tracking_code, c.state, c.secret, c.title, c.text, c.opd_name,
           c.submitted_at, c.lat, c.lon, c.area_code
    FROM near JOIN complaint c USING (complaint_id)
    WHERE c.state = ANY(CAST($5 AS text[]))
      AND NOT EXISTS (
          SELECT 1 FROM spam_mark m
          WHERE m.complaint_id = c.complaint_id AND m.undone_at IS NULL
      )
    """
_INSERT_SIGHTING = """
    INSERT INTO sighting (complaint_id, cell, area_code, submitted_at)
    VALUES (CAST($1 AS uuid), $2, $3, $4) ON CONFLICT DO NOTHING
    """
_FORGET = text("DELETE FROM sighting WHERE submitted_at < :before")
_LIST_LIKE = text(
    """
    SELECT c.tracking_code, c.state, c.title, c.text, c.opd_name, c.submitted_at, l.score
    FROM likeness l JOIN complaint c ON c.complaint_id = l.other_id
    WHERE l.complaint_id = CAST(:complaint_id AS uuid) AND NOT c.secret
      AND c.state = ANY(:states)
    ORDER BY l.score DESC, c.submitted_at DESC
    """
)
# A chain is followed to its end: of each case on it, only the time in which all before were merged.
_LIST_LED = text(
    """
    WITH RECURSIVE led (into_id, since, until) AS (
        SELECT into_id, since, until FROM merger
        WHERE complaint_id = CAST(:complaint_id AS uuid)
        UNION
        SELECT m.into_id, greatest(m.since, led.since), least(m.until, led.until)
        FROM led JOIN merger m ON m.complaint_id = led.into_id
        WHERE greatest(m.since, led.since)
            < coalesce(least(m.until, led.until), CAST('infinity' AS timestamptz))
    )
    SELECT CAST(into_id AS text) AS into_id, since, until FROM led
    """
)
_FIND_LEADER = text(
    """
    WITH RECURSIVE led AS (
        SELECT CAST(:complaint_id AS uuid) AS complaint_id
        UNION
        SELECT m.into_id FROM led JOIN merger m USING (complaint_id) WHERE m.until IS NULL
    )
    SELECT CAST(complaint_id AS text) FROM led
    WHERE NOT EXISTS (
        SELECT 1 FROM merger m WHERE m.complaint_id = led.complaint_id AND m.until IS NULL
    )
    """
)
_LIST_FOLLOWERS = """
    WITH RECURSIVE follower (leader_id, complaint_id) AS (
        SELECT into_id, complaint_id FROM merger
        WHERE into_id = ANY(CAST($1 AS uuid[])) AND until IS NULL
        UNION
        SELECT f.leader_id, m.complaint_id
        FROM follower f JOIN merger m ON m.into_id = f.complaint_id AND m.until IS NULL
    )
    SELECT CAST(leader_id AS text) AS leader_id, CAST(complaint_id AS text) AS complaint_id
    FROM follower
    """


@dataclass(frozen=True, slots=True)
class Near:
    """A complaint of the neighbourhood, as it may be shown; words are masked."""

    complaint_id: str
    tracking_code: str
    state: str
    secret: bool
    title: str | None
    opd_name: str | None
    report: Report


@dataclass(frozen=True, slots=True)
class NewcomerFound:
    """A complaint to look for others like it, and how its reporter can be asked."""

    report: Report
    channel: str
    answer_by: str | None
    secret: bool
    state: str


@dataclass(frozen=True, slots=True)
class Found:
    """What is stored of a like complaint; `offered_as` is its number in a chat."""

    complaint_id: str
    score: float
    offered_as: int | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which a complaint was led by another's case; without `until` it still is."""

    leader_id: str
    since: datetime
    until: datetime | None


async def take_newcomers(connection: AsyncConnection, limit: int) -> dict[str, NewcomerFound]:
    """Take complaints off the list of those to look at, the oldest first.

    One at a time looks, in whichever replica: what it saw is committed before the next begins, so
    that of two like complaints one always finds the other.
    """
    await fetch(connection, _LOCK_SEARCH)
    rows = await fetch(connection, _TAKE_NEWCOMERS, limit)
    return {
        str(row["complaint_id"]): NewcomerFound(
            _report(row), row["channel"], row["answer_by"], row["secret"], row["state"]
        )
        for row in rows
    }


async def put_point(connection: AsyncConnection, complaint_id: str, lat: float, lon: float) -> bool:
    """Give a complaint its point, and let it be looked at; False where it has one already."""
    return bool(await fetch(connection, _PUT_POINT, complaint_id, lat, lon))


async def is_newcomer(connection: AsyncConnection, complaint_id: str) -> bool:
    """Tell whether nobody has looked yet for what is like a complaint."""
    return bool(await fetch(connection, _IS_NEWCOMER, complaint_id))


async def count_newcomers(connection: AsyncConnection) -> int:
    """Return how many complaints are still to be looked at."""
    rows = await fetch(connection, "SELECT count(*) AS n FROM newcomer")
    return int(rows[0]["n"])


async def list_near(
    connection: AsyncConnection, cells: Sequence[int], areas: Sequence[str], since: datetime
) -> list[Near]:
    """Return the open complaints that were seen in these cells and areas since then."""
    rows = await fetch(
        connection, LIST_NEAR, list(cells), list(areas), since, MOST_NEAR, list(OPEN_STATES)
    )
    return [
        Near(
            str(row["complaint_id"]),
            row["tracking_code"],
            row["state"],
            row["secret"],
            row["title"],
            row["opd_name"],
            _report(row),
        )
        for row in rows
    ]


async def insert_sighting(
    connection: AsyncConnection, complaint_id: str, cell: int | None, report: Report
) -> None:
    """Let a complaint be found by its place."""
    await fetch(connection, _INSERT_SIGHTING, complaint_id, cell, report.area_code, report.at)


async def forget_sightings(connection: AsyncConnection, before: datetime) -> None:
    """Let go of what is too old to be searched."""
    await connection.execute(_FORGET, {"before": before})


async def insert_likenesses(
    connection: AsyncConnection, complaint_id: str, found: Sequence[Found]
) -> None:
    """Store which complaints look like this one."""
    rows = [
        {
            "complaint_id": complaint_id,
            "other_id": each.complaint_id,
            "score": each.score,
            "offered_as": each.offered_as,
        }
        for each in found
    ]
    await connection.execute(insert(Likeness).on_conflict_do_nothing(), rows)


async def list_like(connection: AsyncConnection, complaint_id: str) -> list[Any]:
    """Return what was found to look like a complaint and is public and open, the likest first."""
    values = {"complaint_id": complaint_id, "states": list(OPEN_STATES)}
    return list((await connection.execute(_LIST_LIKE, values)).all())


async def find_offered(connection: AsyncConnection, complaint_id: str, number: int) -> str | None:
    """Return the tracking code of what a reporter was offered to join by this number."""
    rows = await fetch(connection, _FIND_OFFERED, complaint_id, number)
    return rows[0]["tracking_code"] if rows else None


async def put_joining(
    connection: AsyncConnection, complaint_id: str, joined_id: str, now: datetime
) -> bool:
    """Store whom a complaint joins; False where it is known to join this one already."""
    row = {"joined_id": joined_id, "joined_at": now}
    statement = (
        insert(Joining)
        .values(complaint_id=complaint_id, **row)
        .on_conflict_do_update(
            index_elements=["complaint_id"],
            set_=row,
            where=col(Joining.joined_id) != joined_id,
        )
    )
    return bool((await connection.execute(statement)).rowcount)


async def begin_merger(
    connection: AsyncConnection, complaint_id: str, into_id: str, since: datetime
) -> None:
    """Store that a complaint's case is part of another from then on."""
    await connection.execute(
        insert(Merger)
        .values(complaint_id=complaint_id, into_id=into_id, since=since)
        .on_conflict_do_nothing()
    )


async def end_merger(connection: AsyncConnection, complaint_id: str, until: datetime) -> None:
    """Store that a complaint's case is its own from then on."""
    await connection.execute(
        update(Merger)
        .where(col(Merger.complaint_id) == complaint_id, col(Merger.until).is_(None))
        .values(until=until)
    )


async def list_stretches(connection: AsyncConnection, complaint_id: str) -> list[Stretch]:
    """Return when a complaint was led by which others, those at the end of chains included."""
    rows = (await connection.execute(_LIST_LED, {"complaint_id": complaint_id})).all()
    return [Stretch(row.into_id, row.since, row.until) for row in rows]


async def find_leader_id(connection: AsyncConnection, complaint_id: str) -> str:
    """Return whose case leads a complaint now: its own, or the one at the end of its chain."""
    found = await connection.execute(_FIND_LEADER, {"complaint_id": complaint_id})
    return str(found.scalar_one())


async def list_followers(
    connection: AsyncConnection, leader_ids: Collection[str]
) -> dict[str, list[str]]:
    """Return by leader the complaints that are merged into each now, directly or by a chain."""
    followers: dict[str, list[str]] = {}
    for row in await fetch(connection, _LIST_FOLLOWERS, list(leader_ids)):
        followers.setdefault(row["leader_id"], []).append(row["complaint_id"])
    return followers


async def is_merged(connection: AsyncConnection, complaint_id: str) -> bool:
    """Tell whether a complaint's case is part of another now."""
    statement = select(col(Merger.since)).where(
        col(Merger.complaint_id) == complaint_id, col(Merger.until).is_(None)
    )
    return (await connection.execute(statement)).first() is not None


def _report(row: Any) -> Report:
    return Report(row["text"], row["submitted_at"], row["lat"], row["lon"], row["area_code"])
