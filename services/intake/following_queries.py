"""SQL of the projection that citizens see: what a batch of events changes, in few statements."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from pydantic_core import to_json
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.rules.progress import Entry, Progress
from services.intake.tables import Deadline
from shared.database import fetch

_LOCK: Final = """
    SELECT CAST(complaint_id AS text) AS complaint_id, state, opd, opd_name, topic, epoch,
           request_id, state_before_merge
    FROM complaint WHERE complaint_id = ANY (CAST($1 AS uuid[]))
    ORDER BY complaint_id FOR NO KEY UPDATE
    """
# One statement, because a citizen waits for the rows that it writes.
_MOVE: Final = """
    WITH moved AS (
        UPDATE complaint AS c SET state = n.state, opd = n.opd, opd_name = n.opd_name,
               topic = n.topic, epoch = n.epoch, request_id = n.request_id,
               state_before_merge = n.state_before_merge,
               retained_since = CASE WHEN n.retained_at IS NOT NULL THEN
                   coalesce(CASE WHEN NOT n.began_anew THEN c.retained_since END, n.retained_at) END
        FROM json_to_recordset($1) AS n (complaint_id uuid, state text, opd text, opd_name text,
             topic text, epoch int, request_id text, state_before_merge text,
             retained_at timestamptz, began_anew bool)
        WHERE c.complaint_id = n.complaint_id
    )
    INSERT INTO timeline_entry (complaint_id, kind, happened_at, opd, opd_name, text, detail)
    SELECT complaint_id, kind, happened_at, opd, opd_name, text, detail
    FROM json_to_recordset($2) AS n (place int, complaint_id uuid, kind text,
         happened_at timestamptz, opd text, opd_name text, text text, detail text)
    ORDER BY place
    """
_PUT_DEADLINES: Final = """
    INSERT INTO deadline (clock_id, complaint_id, stage, part, epoch, due_at, state)
    SELECT clock_id, complaint_id, stage, part, epoch, due_at, state
    FROM json_to_recordset($1) AS n (clock_id text, complaint_id uuid, stage text, part int,
         epoch int, due_at timestamptz, state text)
    ORDER BY clock_id
    ON CONFLICT (clock_id) DO UPDATE SET due_at = EXCLUDED.due_at, state = EXCLUDED.state
    """
_SET_STATES: Final = """
    UPDATE deadline AS d SET state = n.state
    FROM unnest(CAST($1 AS text[]), CAST($2 AS text[]), CAST($3 AS bool[]))
        AS n (clock_id, state, if_running)
    WHERE d.clock_id = n.clock_id AND (NOT n.if_running OR d.state = 'running')
    """


@dataclass(frozen=True, slots=True)
class Moved:
    """Where a complaint stands now.

    `retained_at`: since when it has been merely kept, None where it is worked on. `began_anew`: it
    was worked on meanwhile, so that what was stored of that no longer counts.
    """

    progress: Progress
    retained_at: datetime | None
    began_anew: bool


@dataclass(frozen=True, slots=True)
class Told:
    """A new entry of a complaint's timeline."""

    complaint_id: str
    entry: Entry
    happened_at: datetime


async def lock_progresses(
    connection: AsyncConnection, complaint_ids: Collection[str]
) -> dict[str, Progress]:
    """Return where complaints stand, and let nobody else move them in this transaction.

    They are locked in one order, so that two who want several never wait for each other.
    """
    rows = await fetch(connection, _LOCK, sorted(complaint_ids))
    found = {}
    for row in rows:
        values = dict(row)
        complaint_id = values.pop("complaint_id")
        found[complaint_id] = Progress(**values)
    return found


async def move_complaints(
    connection: AsyncConnection, moved: Mapping[str, Moved], told: Sequence[Told]
) -> None:
    """Store where complaints stand now, and add what is told of them to their timelines."""
    if not told:
        return
    places = [
        {
            "complaint_id": complaint_id,
            **asdict(each.progress),
            "retained_at": each.retained_at,
            "began_anew": each.began_anew,
        }
        for complaint_id, each in moved.items()
    ]
    entries = [
        {
            "place": place,
            "complaint_id": each.complaint_id,
            **asdict(each.entry),
            "happened_at": each.happened_at,
        }
        for place, each in enumerate(told)
    ]
    await fetch(connection, _MOVE, to_json(places).decode(), to_json(entries).decode())


async def put_deadlines(connection: AsyncConnection, deadlines: Sequence[Deadline]) -> None:
    """Store due times and states of clocks, whether they were known or not."""
    if deadlines:
        rows = to_json([each.model_dump() for each in deadlines])
        await fetch(connection, _PUT_DEADLINES, rows.decode())


async def set_deadline_states(
    connection: AsyncConnection, states: Mapping[str, str], missed: Collection[str]
) -> None:
    """Store states of clocks, if they are ones that citizens see; missed are those that ran."""
    if not states and not missed:
        return
    clocks = [*sorted(states), *sorted(missed)]
    await fetch(
        connection,
        _SET_STATES,
        clocks,
        [states.get(clock_id, "missed") for clock_id in clocks],
        [clock_id not in states for clock_id in clocks],
    )
