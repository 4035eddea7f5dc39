"""Whose turn it is: nobody twice while others wait, nobody longer than the bound, drawn again."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.marketplace.rules.fairness import (
    Choice,
    FairnessRule,
    Waiting,
    choose,
    is_as_drawn,
    longest_wait,
)
from services.marketplace.rules.planning import Planned, Queue, SlotKey, Wishes

START = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
RULE = FairnessRule(window=5, spread_over=6)


def trader(number: int, *, since: datetime = START, round_: int | None = None) -> Waiting:
    name = f"t{number:03}"
    return Waiting(
        trader_id=name,
        product_id=f"p{number:03}",
        since=since,
        round=round_,
        village=f"v{number % 4}",
        category=f"c{number % 3}",
        size=("mikro", "kecil", "menengah")[number % 3],
    )


def queue_of(*traders: Waiting, round_: int = 1) -> Queue:
    products = {each.product_id: each for each in traders}
    return Queue({each.trader_id: each for each in traders}, products, round_)


def slots(count: int, first: datetime = START) -> list[SlotKey]:
    return [SlotKey(first + timedelta(hours=6 * n), "ig") for n in range(1, count + 1)]


def fill(queue: Queue, count: int, first: datetime = START, salt: str = "s") -> list[Planned]:
    return queue.fill(slots(count, first), {}, RULE, salt)


@given(count=st.integers(1, 25), rounds=st.integers(1, 4), salt=st.text(max_size=8))
@settings(max_examples=40, deadline=None)
def test_a_round_gives_each_trader_one_slot(count: int, rounds: int, salt: str) -> None:
    planned = fill(queue_of(*map(trader, range(count))), count * rounds, salt=salt)
    for start in range(0, count * rounds, count):
        drawn = Counter(each.trader_id for each in planned[start : start + count])
        assert drawn == {f"t{n:03}": 1 for n in range(count)}


@given(
    regulars=st.integers(1, 15),
    joins=st.lists(st.integers(0, 60), max_size=15),
    salt=st.text(max_size=8),
)
@settings(max_examples=40, deadline=None)
def test_nobody_waits_longer_than_the_bound(regulars: int, joins: list[int], salt: str) -> None:
    """Newcomers join at any time; each trader's wait is counted in slots of others."""
    queue = queue_of(*(trader(n, round_=n % 2) for n in range(regulars)))
    began = dict.fromkeys(queue.waiting, 0)
    for number, slot in enumerate(slots(120)):
        for place, join in enumerate(joins):
            if join == number:
                new = trader(100 + place, since=slot.slot_at)
                queue.waiting[new.trader_id] = new
                began[new.trader_id] = number
        [planned] = queue.fill([slot], {}, RULE, salt)
        waited = number - began[planned.trader_id]
        assert waited <= longest_wait(others=len(queue.waiting) - 1)
        began[planned.trader_id] = number + 1


@given(joins=st.lists(st.integers(0, 40), max_size=10), salt=st.text(max_size=5))
@settings(max_examples=30, deadline=None)
def test_nobody_comes_twice_while_another_waits(joins: list[int], salt: str) -> None:
    queue = queue_of(*map(trader, range(6)))
    last: dict[str, int] = {}
    began = dict.fromkeys(queue.waiting, 0)
    for number, slot in enumerate(slots(60)):
        for place, join in enumerate(joins):
            if join == number:
                new = trader(100 + place, since=slot.slot_at)
                queue.waiting[new.trader_id] = new
                began[new.trader_id] = number
        [planned] = queue.fill([slot], {}, RULE, salt)
        if planned.trader_id in last:
            # Whoever was there before this trader's last slot has had one since, or before it
            # in the same round.
            for name, start in began.items():
                if start <= last[planned.trader_id] and name not in last:
                    pytest.fail(f"{planned.trader_id} came twice while {name} waited")
        last[planned.trader_id] = number


def test_newcomers_come_first() -> None:
    queue = queue_of(*(trader(n, round_=0) for n in range(5)), trader(50, since=START))
    [first] = fill(queue, 1)
    assert first.trader_id == "t050"
    assert first.choice is not None
    assert first.choice.is_newcomer


@given(count=st.integers(1, 30), salt=st.text(max_size=10))
@settings(max_examples=40, deadline=None)
def test_a_draw_can_be_repeated_from_what_is_kept(count: int, salt: str) -> None:
    for planned in fill(queue_of(*map(trader, range(count))), count, salt=salt):
        assert planned.choice is not None
        kept = Choice.from_json(planned.trader_id, planned.product_id, planned.choice.as_json())
        assert kept == planned.choice
        assert is_as_drawn(kept)
        others = [c for c in kept.candidates if c.trader_id != kept.trader_id]
        if others:
            assert not is_as_drawn(replace(kept, trader_id=others[0].trader_id))


def test_the_same_salt_gives_the_same_plan_in_any_order_of_slots() -> None:
    forward = fill(queue_of(*map(trader, range(9))), 20)
    queue = queue_of(*reversed([trader(n) for n in range(9)]))
    backward = queue.fill(list(reversed(slots(20))), {}, RULE, "s")
    assert [p.trader_id for p in forward] == [p.trader_id for p in backward]
    other = fill(queue_of(*map(trader, range(9))), 20, salt="other")
    assert [p.trader_id for p in forward] != [p.trader_id for p in other]


@given(earlier=st.integers(0, 400))
def test_the_chance_grows_with_waiting(earlier: int) -> None:
    at = START + timedelta(hours=500)
    base = [trader(3 * n, since=START + timedelta(hours=400)) for n in range(4)]
    mine = trader(99, since=START + timedelta(hours=400))

    def weight(since: datetime) -> int:
        choice = choose([*base, replace(mine, since=since)], [], 1, RULE, at, "s")
        assert choice is not None
        return next(c.weight for c in choice.candidates if c.trader_id == mine.trader_id)

    longer = weight(mine.since - timedelta(hours=earlier))
    assert longer >= weight(mine.since)
    assert (longer > weight(mine.since)) == (earlier > 0)


def test_goods_are_spread_over_villages_and_kinds() -> None:
    """With 40 traders of one village and 8 of others, the others come early."""
    many = [replace(trader(n), village="v-big", category="c-big") for n in range(40)]
    few = [replace(trader(100 + n), village=f"v{n}", category=f"c{n}") for n in range(8)]
    planned = queue_of(*many, *few).fill(slots(24), {}, FairnessRule(48, 8), "s")
    early = sum(each.trader_id >= "t100" for each in planned)
    assert early >= 6


def test_a_pin_takes_the_slot_and_counts_as_a_turn() -> None:
    queue = queue_of(*map(trader, range(4)))
    [first, *rest] = slots(4)
    pinned = {first: Wishes(pinned_product="p002")}
    planned = queue.fill([first, *rest], pinned, RULE, "s")
    assert planned[0].trader_id == "t002"
    assert planned[0].choice is None
    assert sorted(each.trader_id for each in planned) == ["t000", "t001", "t002", "t003"]


def test_who_is_skipped_comes_in_the_next_slot_that_is_theirs() -> None:
    [first, second] = slots(2)
    [usual, _] = queue_of(trader(0), trader(1)).fill([first, second], {}, RULE, "s")
    wishes = {first: Wishes(skipped=frozenset({usual.trader_id}))}
    planned = queue_of(trader(0), trader(1)).fill([first, second], wishes, RULE, "s")
    assert [each.trader_id for each in planned][1] == usual.trader_id
    assert planned[0].trader_id != usual.trader_id


def test_nobody_waits_and_the_slot_stays_empty() -> None:
    assert fill(queue_of(), 3) == []
    [slot] = slots(1)
    wishes = {slot: Wishes(skipped=frozenset({"t000"}))}
    assert queue_of(trader(0)).fill([slot], wishes, RULE, "s") == []
