"""Fills slots in the order of time, with pins and skips: the plan and its preview are one. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from services.marketplace.rules.fairness import (
    Choice,
    FairnessRule,
    Shown,
    Waiting,
    after_turn,
    choose,
)


@dataclass(frozen=True, slots=True, order=True)
class SlotKey:
    """One slot of one account."""

    slot_at: datetime
    account_id: str


@dataclass(frozen=True, slots=True)
class Wishes:
    """What staff want of a slot: a product pinned to it, traders skipped in it."""

    pinned_product: str | None = None
    skipped: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Planned:
    """Who has a slot; without `choice` staff pinned them."""

    slot: SlotKey
    trader_id: str
    product_id: str
    round: int
    turn_before: int | None
    choice: Choice | None


@dataclass
class Queue:
    """The traders who wait, by id; the round; and what was shown lately, the newest last.

    `products` says which trader offers a product that may be pinned.
    """

    waiting: dict[str, Waiting]
    products: Mapping[str, Waiting]
    round: int
    shown: list[Shown] = field(default_factory=list)

    def fill(
        self,
        slots: Iterable[SlotKey],
        wishes: Mapping[SlotKey, Wishes],
        rule: FairnessRule,
        salt: str,
    ) -> list[Planned]:
        """Fill slots one after the other; those for which nobody waits stay empty."""
        planned = []
        for slot in sorted(slots):
            one = self._fill_one(slot, wishes.get(slot, Wishes()), rule, salt)
            if one is not None:
                planned.append(one)
        return planned

    def _fill_one(
        self, slot: SlotKey, wishes: Wishes, rule: FairnessRule, salt: str
    ) -> Planned | None:
        pinned = self.products.get(wishes.pinned_product or "")
        if pinned is not None:
            mine = self.waiting.get(pinned.trader_id, pinned)
            return self._give(slot, pinned, mine.round, self.round, None)
        able = [each for each in self.waiting.values() if each.trader_id not in wishes.skipped]
        choice = choose(
            able, self.shown, self.round, rule, slot.slot_at, seed_of(salt, slot, wishes.skipped)
        )
        if choice is None:
            return None
        chosen = self.waiting[choice.trader_id]
        return self._give(slot, chosen, choice.turn_before, choice.round, choice)

    def _give(
        self,
        slot: SlotKey,
        trader: Waiting,
        turn_before: int | None,
        round_: int,
        choice: Choice | None,
    ) -> Planned:
        # Also who is pinned has had a turn: pinning must not be a second chance.
        self.round = max(self.round, round_)
        if trader.trader_id in self.waiting:
            mine = self.waiting[trader.trader_id]
            self.waiting[trader.trader_id] = after_turn(mine, round_, slot.slot_at)
        self.shown.append(Shown(trader.village, trader.category, trader.size))
        return Planned(slot, trader.trader_id, trader.product_id, round_, turn_before, choice)


def seed_of(salt: str, slot: SlotKey, skipped: Sequence[str] | frozenset[str] = ()) -> str:
    """Return the seed of a slot's draw, which tells nothing of the salt or of later seeds.

    Whoever is skipped changes it, or the draw would only move on to the neighbour.
    """
    parts = [salt, slot.account_id, slot.slot_at.isoformat(), *sorted(skipped)]
    return sha256("|".join(parts).encode()).hexdigest()
