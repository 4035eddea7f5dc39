"""What boards cost where events come in: sla's inbox with the records of cases, and without them.

Both sides are sla's own handlers on the same events and a database each; the reference leaves out
`recording.note_record` alone.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack
from time import perf_counter, process_time
from typing import Any
from unittest import mock

from prometheus_client import CollectorRegistry

from services.sla import consumers, profile
from services.sla.context import make_context
from services.sla.metrics import SlaMetrics
from shared.clock import ManualClock
from shared.database import Database
from shared.migrating import migrate
from shared.unit_of_work import UnitsOfWork
from tests.load.figures import Figure
from tests.load.plan import Answer, Plan, Side, alternate, by_count, processor_note
from tests.load.rig import Rig
from tests.service.sla.driver import Sla
from tests.support.servers import PROFILE
from tests.support.system import START

#: At most a fifth of what was handled without them.
GOAL = 0.8
_CASES_A_BATCH = 50
_FIRST_EVENTS = 1_600
_MOST_EVENTS = 40_000


async def measure_records(rig: Rig, plan: Plan) -> list[Figure]:
    """Take in the same kind of events on both sides, in turn."""
    async with AsyncExitStack() as stack:
        sides = []
        for name, noted in (("bench_records", True), ("bench_no_records", False)):
            sla = await _prepared(rig, name, stack)
            sides.append(
                Side(by_count(_Feed(sla, noted=noted).take_in, _FIRST_EVENTS, _MOST_EVENTS))
            )
        ours, reference = sides
        await alternate(plan, "records", reference, ours)
    return [
        Figure(
            "records",
            "sla: events taken in with records",
            "/s",
            tuple(ours.rates),
            tuple(reference.rates),
            goal=GOAL,
            goal_is_ratio=True,
            note=processor_note(ours, reference),
        )
    ]


class _Feed:
    """Takes in stories of cases, batch by batch, as a partition of the bus would bring them."""

    def __init__(self, sla: Sla, *, noted: bool) -> None:
        self._sla = sla
        self._noted = noted

    async def take_in(self, count: int) -> Answer:
        """Take in about so many events; returns how many, and the time that they took."""
        batches = [list(batch) for batch in self._batches(count)]
        with ExitStack() as stack:
            if not self._noted:
                stack.enter_context(mock.patch.object(consumers, "note_record", _leave_out))
            began, used = perf_counter(), process_time()
            for batch in batches:
                await self._sla.inbox.handle(batch)
        return {
            "count": sum(map(len, batches)),
            "seconds": perf_counter() - began,
            "processor_seconds": process_time() - used,
        }

    def _batches(self, count: int) -> Iterator[Sequence[Any]]:
        for _ in range(max(count // (4 * _CASES_A_BATCH), 1)):
            cases = [self._sla.case() for _ in range(_CASES_A_BATCH)]
            yield [self._sla.message(case.submitted()) for case in cases]
            yield [self._sla.message(case.assigned()) for case in cases]
            yield [self._sla.message(case.answered(1)) for case in cases]
            yield [self._sla.message(case.resolved(2)) for case in cases]


def _leave_out(unit: object, event: object) -> None:
    """Note nothing."""


async def _prepared(rig: Rig, name: str, stack: AsyncExitStack) -> Sla:
    await asyncio.to_thread(rig.postgres.create_database, name)
    url = rig.superuser_url(name)
    await migrate("sla", url)
    database = Database(url)
    stack.push_async_callback(database.close)
    clock = ManualClock(START)
    context = make_context(profile.read(PROFILE), "bench", SlaMetrics(CollectorRegistry()))
    return Sla(UnitsOfWork(database, clock), context, clock)
