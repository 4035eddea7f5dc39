"""A stream's first event and a later one at the same time: neither may be left behind."""

import asyncio

from shared.contracts.event import Event
from shared.contracts.intake import ComplaintWithdrawn
from shared.inbox import Inbox
from shared.unit_of_work import UnitOfWork
from tests.support.delivery import Consumer, Publisher, new_complaint, withdrawn


async def test_event_that_comes_while_the_first_takes_effect_does_not_wait_for_ever(
    publisher: Publisher, consumer: Consumer
) -> None:
    """As a replayed dead letter and the next event of the same complaint may meet."""
    complaint = new_complaint()
    first, second = await publisher.publish(withdrawn(complaint, "1"), withdrawn(complaint, "2"))
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def take_long(unit: UnitOfWork, event: Event) -> None:
        begun.set()
        await go_on.wait()
        await consumer.handlers[ComplaintWithdrawn](unit, event)

    slow = Inbox(consumer.units, consumer.name, {ComplaintWithdrawn: take_long})
    handling_first = asyncio.create_task(slow.handle([first]))
    await begun.wait()
    handling_second = asyncio.create_task(consumer.inbox.handle([second]))
    # Long enough for the second to be parked, if it does not wait for the first.
    await asyncio.wait([handling_second], timeout=0.3)
    go_on.set()
    await asyncio.gather(handling_first, handling_second)
    assert await consumer.effects() == ["1", "2"]
    assert await consumer.rows("SELECT event_id FROM parked") == []
