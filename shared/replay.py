"""What an operator does with dead letters: look at them, try them again, or pass over them.

Trying again keeps the event's id, so that it takes effect once however often it is tried. What was
parked behind a letter that succeeds, or is passed over, takes effect right after it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import delivery_queries as queries
from shared.contracts.envelope import UndecodableMessage
from shared.contracts.event import Event
from shared.delivery_plan import Delivery, as_delivery
from shared.delivery_queries import HeldEvent
from shared.inbox import Handler, Inbox
from shared.unit_of_work import UnitsOfWork

log = structlog.get_logger(__name__)


class NoSuchDeadLetter(LookupError):
    """No dead letter of this consumer has this id."""


class EarlierEventWaits(RuntimeError):
    """An earlier event of the same complaint is dead or parked: it has to be settled first."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of the letters that were tried: their event ids.

    Those settled took effect, or are parked behind an earlier event of their complaint.
    """

    settled: tuple[str, ...]
    still_dead: tuple[str, ...]


async def list_dead(units: UnitsOfWork, consumer: str) -> list[HeldEvent]:
    """Return the dead letters, each complaint's in the order of its events."""
    async with units.begin() as unit:
        return await queries.list_held(unit.connection, "dead_letter", consumer)


async def list_parked(units: UnitsOfWork, consumer: str) -> list[HeldEvent]:
    """Return the events that wait for an earlier one of their complaint."""
    async with units.begin() as unit:
        return await queries.list_held(unit.connection, "parked", consumer)


async def replay_dead(
    units: UnitsOfWork,
    consumer: str,
    handlers: Mapping[type[Event], Handler],
    event_id: str | None = None,
) -> Replayed:
    """Try one dead letter again, or all; and what was parked behind those that succeed.

    Safe while the service runs. Raises NoSuchDeadLetter, and whatever may pass by itself (a
    database that is away): what was settled until then stays settled.
    """
    tried = _chosen(await list_dead(units, consumer), event_id)
    inbox = Inbox(units, consumer, handlers)
    for letter in tried:
        try:
            delivery = as_delivery(letter.message)
        except UndecodableMessage:
            continue
        await inbox.handle_once(delivery)
        await _forget_if_settled(units, consumer, letter, delivery)
    dead = {letter.event_id for letter in await list_dead(units, consumer)}
    ids = [letter.event_id for letter in tried]
    return Replayed(
        settled=tuple(each for each in ids if each not in dead),
        still_dead=tuple(each for each in ids if each in dead),
    )


async def skip_dead(
    units: UnitsOfWork,
    consumer: str,
    handlers: Mapping[type[Event], Handler],
    event_id: str,
    *,
    by: str,
    why: str,
) -> None:
    """Pass over a dead letter for good: its effect never happens, what waited behind it does.

    `by` and `why` go to the log. Raises NoSuchDeadLetter, EarlierEventWaits.
    """
    (letter,) = _chosen(await list_dead(units, consumer), event_id)
    stream = letter.stream
    async with units.begin() as unit:
        connection = unit.connection
        if stream is not None and letter.version is not None:
            versions = await queries.lock_stream_versions(connection, consumer, [stream])
            _refuse_if_earlier_waits(letter, await _held(connection, consumer))
            # A version between that never came is passed over with it.
            version = max(letter.version, versions.get(stream, 0))
            await queries.set_stream_versions(connection, consumer, {stream: version})
        await queries.delete_held(connection, "dead_letter", consumer, [event_id])
    log.warning(
        "dead_letter_skipped",
        consumer=consumer,
        event_id=event_id,
        publisher=stream[0] if stream else None,
        complaint_id=stream[1] if stream else None,
        aggregate_version=letter.version,
        reason=letter.reason,
        by=by,
        why=why,
    )
    if stream is not None:
        await Inbox(units, consumer, handlers).release(stream)


def _chosen(letters: Sequence[HeldEvent], event_id: str | None) -> list[HeldEvent]:
    chosen = [letter for letter in letters if event_id in (None, letter.event_id)]
    if event_id is not None and not chosen:
        raise NoSuchDeadLetter(f"no dead letter has the event id {event_id}")
    return chosen


async def _held(connection: AsyncConnection, consumer: str) -> list[HeldEvent]:
    return [
        *await queries.list_held(connection, "dead_letter", consumer),
        *await queries.list_held(connection, "parked", consumer),
    ]


def _refuse_if_earlier_waits(letter: HeldEvent, held: Sequence[HeldEvent]) -> None:
    for other in held:
        if other.stream == letter.stream and (other.version or 0) < (letter.version or 0):
            raise EarlierEventWaits(
                f"settle {other.event_id} first: it is version {other.version} of the same "
                f"complaint, and this is version {letter.version}"
            )


async def _forget_if_settled(
    units: UnitsOfWork, consumer: str, letter: HeldEvent, delivery: Delivery
) -> None:
    """Let go of a letter that the inbox does not know as such any more.

    It was kept under a name of its own while no code could read it, or its version was passed
    over, or took effect from elsewhere.
    """
    async with units.begin() as unit:
        stream = delivery.stream
        versions = await queries.lock_stream_versions(unit.connection, consumer, [stream])
        if letter.event_id != delivery.event_id or delivery.version <= versions.get(stream, 0):
            await queries.delete_held(unit.connection, "dead_letter", consumer, [letter.event_id])
