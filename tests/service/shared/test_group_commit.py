"""Group commit: many share a transaction, and each hears of its own fate alone."""

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy import text

from shared.correlation import correlated, present_correlation
from shared.gathering import WaitedTooLong
from shared.group_commit import GroupWriter
from shared.unit_of_work import UnitOfWork, UnitsOfWork
from tests.service.shared.small_service import note


class Writer:
    """Notes names; remembers the groups it was given."""

    def __init__(self) -> None:
        self.groups: list[list[str]] = []
        self.weather = 0

    async def __call__(self, unit: UnitOfWork, items: Sequence[str]) -> Sequence[str]:
        self.groups.append(list(items))
        for item in items:
            await note(unit, item)
        if self.weather:
            self.weather -= 1
            raise ConnectionResetError("the database went away")
        if any(item.startswith("bad") for item in items):
            raise ValueError("one of them is bad")
        return [item.upper() for item in items]


class HoldsTheFirst(Writer):
    """Writes "first" only when it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.held = asyncio.Event()

    async def __call__(self, unit: UnitOfWork, items: Sequence[str]) -> Sequence[str]:
        if "first" in items:
            await self.held.wait()
        return await super().__call__(unit, items)


async def effects(units: UnitsOfWork) -> list[str]:
    async with units.begin() as unit:
        found = await unit.connection.execute(text("SELECT what FROM effect ORDER BY what"))
        return list(found.scalars())


async def test_many_at_once_share_few_transactions(units: UnitsOfWork) -> None:
    write = Writer()
    writer = GroupWriter(units, write)
    names = [f"item-{number:03}" for number in range(200)]
    answers = await asyncio.gather(*(writer.submit(name) for name in names))
    assert answers == [name.upper() for name in names]
    assert await effects(units) == names
    assert len(write.groups) <= 8
    assert max(map(len, write.groups)) <= 64


async def test_lone_item_does_not_wait_for_company(units: UnitsOfWork) -> None:
    write = Writer()
    assert await asyncio.wait_for(GroupWriter(units, write).submit("alone"), 30) == "ALONE"
    assert write.groups == [["alone"]]


async def test_bad_item_fails_alone(units: UnitsOfWork) -> None:
    writer = GroupWriter(units, Writer(), writers=1)
    names = ["first", "a", "bad", "b", "bad too", "c"]
    answers = await asyncio.gather(*map(writer.submit, names), return_exceptions=True)
    assert [isinstance(answer, ValueError) for answer in answers] == [
        False,
        False,
        True,
        False,
        True,
        False,
    ]
    assert await effects(units) == ["a", "b", "c", "first"]


async def test_weather_fails_the_whole_group_at_once(units: UnitsOfWork) -> None:
    write = Writer()
    write.weather = 1
    writer = GroupWriter(units, write, writers=1)
    answers = await asyncio.gather(*map(writer.submit, ["a", "b", "c"]), return_exceptions=True)
    assert all(isinstance(answer, ConnectionResetError) for answer in answers[:1])
    # Nobody is left without an answer, and what was answered is stored.
    answered = sorted(answer.lower() for answer in answers if isinstance(answer, str))
    assert await effects(units) == answered
    assert await writer.submit("later") == "LATER"


async def test_waves_leave_nobody_behind(units: UnitsOfWork) -> None:
    writer = GroupWriter(units, Writer())

    async def client(number: int) -> None:
        for wave in range(10):
            await asyncio.wait_for(writer.submit(f"{number}-{wave}"), 30)

    await asyncio.gather(*(client(number) for number in range(20)))
    assert len(await effects(units)) == 200


async def test_item_that_comes_as_the_writer_ends_finds_another(units: UnitsOfWork) -> None:
    writer = GroupWriter(units, Writer(), writers=1)
    async with asyncio.timeout(30):
        for number in range(30):
            # Goes on in the very step after the answer, before any callback of the writer's task.
            await writer.submit(f"item-{number}")


async def test_caller_that_goes_away_harms_nobody(units: UnitsOfWork) -> None:
    writer = GroupWriter(units, Writer(), writers=1)
    tasks = [asyncio.create_task(writer.submit(name)) for name in ("a", "b", "c")]
    await asyncio.sleep(0)
    tasks[1].cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert [answers[0], answers[2]] == ["A", "C"]
    assert isinstance(answers[1], asyncio.CancelledError)


async def test_writer_that_answers_too_little_commits_nothing(units: UnitsOfWork) -> None:
    async def forgetful(unit: UnitOfWork, items: Sequence[str]) -> Sequence[str]:
        for item in items:
            await note(unit, item)
        return []

    writer = GroupWriter(units, forgetful)
    with pytest.raises(RuntimeError, match="0 results for 1 items"):
        await asyncio.wait_for(writer.submit("a"), 30)
    assert await effects(units) == []


async def test_group_is_of_no_single_story(units: UnitsOfWork) -> None:
    stories: list[object] = []

    async def write(unit: UnitOfWork, items: Sequence[str]) -> Sequence[str]:
        stories.append(present_correlation())
        return items

    with correlated("permintaan-1"):
        await GroupWriter(units, write).submit("a")
    assert stories == [None]


async def test_what_waited_too_long_is_not_done_any_more(units: UnitsOfWork) -> None:
    hold = HoldsTheFirst()
    writer = GroupWriter(units, hold, writers=1, patience_seconds=0.05)
    first = asyncio.create_task(writer.submit("first"))
    await asyncio.sleep(0)
    late = asyncio.create_task(writer.submit("late"))
    await asyncio.sleep(0.1)
    timely = asyncio.create_task(writer.submit("timely"))
    await asyncio.sleep(0)
    hold.held.set()
    assert await first == "FIRST"
    with pytest.raises(WaitedTooLong):
        await late
    assert await timely == "TIMELY"
    assert await effects(units) == ["first", "timely"]


async def test_who_left_is_passed_over(units: UnitsOfWork) -> None:
    hold = HoldsTheFirst()
    writer = GroupWriter(units, hold, writers=1)
    first = asyncio.create_task(writer.submit("first"))
    await asyncio.sleep(0)
    left = asyncio.create_task(writer.submit("left"))
    await asyncio.sleep(0)
    left.cancel()
    await asyncio.gather(left, return_exceptions=True)
    hold.held.set()
    assert await first == "FIRST"
    assert await effects(units) == ["first"]
