"""Slots go out once each, at their time, whatever the platforms do."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest

from services.marketplace.operations.publishing import Publishing, publish_next
from services.marketplace.publishing import promote_once
from shared.auth import Role
from tests.service.marketplace.driver import Driver, KnownTrader
from tests.service.marketplace.stages import Stages, settings_of
from tests.support.platforms import running, sending_settings
from tests.support.servers import Databases
from tests.support.system import running_system

INSTAGRAM, FACEBOOK = "wali-kota-instagram", "wali-kota-facebook"
TELEGRAM, X, TIKTOK = "pemkot-telegram", "pemkot-x", "pemkot-tiktok"
ACCOUNTS = {"instagram": INSTAGRAM, "facebook": FACEBOOK, "telegram": TELEGRAM, "x": X}


@dataclass
class Stage:
    """A marketplace with one trader's product, and the platforms that it is shown on."""

    market: Driver
    stages: Stages

    @property
    def publishing(self) -> Publishing:
        """What the worker is given."""
        made: Publishing = self.market.system.app.apps["marketplace"].state.publishing
        return made

    @property
    def publisher(self) -> dict[str, str]:
        """The headers of the leader's staff."""
        return self.market.staff(Role.PUBLISHER, subject="publisher-1")

    async def promote(self, **later: float) -> None:
        """Let time pass, and do what is due then."""
        if later:
            self.market.advance(**later)
        await promote_once(self.publishing)

    async def slot(self, account: str) -> dict[str, Any]:
        """Return the first slot of an account."""
        answer = await self.market.get(f"/staff/slots?account={account}", self.publisher)
        assert answer.status_code == 200, answer.text
        said: dict[str, Any] = answer.json()["slots"][0]
        return said

    async def approve(self, account: str) -> dict[str, Any]:
        """Plan slots, and approve the first of an account."""
        await self.promote()
        slot = await self.slot(account)
        answer = await self.act(slot, "approve", {})
        assert answer["state"] == "approved"
        return answer

    async def act(self, slot: dict[str, Any], action: str, body: Any) -> dict[str, Any]:
        """Do something with a slot; it is taken."""
        path = f"/staff/slots/{slot['slot_id']}/{action}"
        answer = await self.market.post(path, body, self.publisher)
        assert answer.status_code == 200, answer.text
        said: dict[str, Any] = answer.json()
        return said

    async def reach(self, slot: dict[str, Any], **after: float) -> None:
        """Go to a slot's time, and do what is due then."""
        at = datetime.fromisoformat(slot["slot_at"])
        wait = at - self.market.system.clock.now() + timedelta(**after)
        self.market.system.clock.advance(wait)
        await self.promote()

    async def state(self, account: str) -> str:
        """Return where an account's first slot stands."""
        state: str = (await self.slot(account))["state"]
        return state


@pytest.fixture
async def stage(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stage]:
    home = tmp_path_factory.mktemp("stage")
    async with running(Stages) as stages:
        with patch.dict(os.environ, settings_of(stages)):
            async with running_system(
                databases,
                home,
                services=["marketplace"],
                messaging=sending_settings(stages),
            ) as system:
                yield Stage(Driver(system, stages), stages)


@pytest.fixture
async def trader(stage: Stage) -> KnownTrader:
    trader = await stage.market.verified()
    await stage.market.listed(trader)
    return trader


@pytest.mark.usefixtures("trader")
@pytest.mark.parametrize("platform", ["instagram", "facebook", "telegram", "x"])
async def test_an_approved_slot_goes_out_once_at_its_time(stage: Stage, platform: str) -> None:
    slot = await stage.approve(ACCOUNTS[platform])
    await stage.reach(slot, seconds=-1)
    assert stage.stages.posts(platform) == []
    await stage.promote(seconds=1)
    await stage.promote(seconds=60)
    [caption] = stage.stages.captions(platform)
    assert caption == slot["caption"]
    assert slot["link"] in caption
    assert "Keripik singkong pedas 250 g" in caption
    assert "Rp15.000" in caption
    done = await stage.slot(ACCOUNTS[platform])
    assert done["state"] == "published"
    assert done["platform_id"]


@pytest.mark.usefixtures("trader")
@pytest.mark.parametrize("platform", ["instagram", "facebook", "x"])
async def test_a_post_whose_answer_was_lost_is_found_and_not_posted_again(
    stage: Stage, platform: str
) -> None:
    slot = await stage.approve(ACCOUNTS[platform])
    if platform == "instagram":
        # The container was answered; publishing it was not.
        stage.stages.will(platform, None, "slow_after")  # type: ignore[arg-type]
    else:
        stage.stages.will(platform, "slow_after")
    await stage.reach(slot)
    assert await stage.state(ACCOUNTS[platform]) == "unsure"
    await stage.promote(seconds=45)
    assert await stage.state(ACCOUNTS[platform]) == "published"
    await stage.promote(minutes=10)
    assert len(stage.stages.posts(platform)) == 1


@pytest.mark.usefixtures("trader")
async def test_what_the_platform_does_not_know_is_held_for_a_person(stage: Stage) -> None:
    slot = await stage.approve(FACEBOOK)
    stage.stages.will("facebook", "slow_before")
    await stage.reach(slot)
    for _ in range(6):
        await stage.promote(minutes=4)
    held = await stage.slot(FACEBOOK)
    assert held["state"] == "held"
    assert stage.stages.posts("facebook") == []
    await stage.act(held, "decide", {"decision": "again"})
    await stage.promote()
    assert await stage.state(FACEBOOK) == "published"
    assert len(stage.stages.posts("facebook")) == 1


@pytest.mark.usefixtures("trader")
async def test_a_platform_that_cannot_be_asked_leaves_it_to_a_person(stage: Stage) -> None:
    slot = await stage.approve(TELEGRAM)
    stage.stages.will("telegram", "slow_after")
    await stage.reach(slot)
    await stage.promote(minutes=1)
    held = await stage.slot(TELEGRAM)
    assert held["state"] == "held"
    seen = await stage.act(held, "decide", {"decision": "published", "platform_id": "12"})
    assert seen["state"] == "published"
    await stage.promote(minutes=10)
    assert len(stage.stages.posts("telegram")) == 1


@pytest.mark.usefixtures("trader")
@pytest.mark.parametrize("mood", ["rate_limited", "unavailable"])
async def test_a_platform_in_trouble_is_tried_again_later(stage: Stage, mood: Any) -> None:
    slot = await stage.approve(FACEBOOK)
    stage.stages.will("facebook", mood, mood)
    await stage.reach(slot)
    tried = stage.stages.tried("facebook")
    await stage.promote()
    assert stage.stages.tried("facebook") == tried, "not before the time to wait is over"
    await stage.promote(seconds=31)
    await stage.promote(seconds=61)
    assert await stage.state(FACEBOOK) == "published"
    assert len(stage.stages.posts("facebook")) == 1


@pytest.mark.usefixtures("trader")
async def test_a_gateway_error_after_which_the_post_is_there_is_no_second_post(
    stage: Stage,
) -> None:
    slot = await stage.approve(X)
    stage.stages.will("x", "broken")
    stage.stages.hides.add("x")
    await stage.reach(slot)
    assert await stage.state(X) == "unsure"
    stage.stages.deaf.add("x")
    await stage.promote(seconds=45)
    assert await stage.state(X) == "unsure"
    for _ in range(4):
        await stage.promote(minutes=4)
    assert await stage.state(X) == "held"
    assert stage.stages.posts("x") == []


async def test_a_refused_slot_gives_the_turn_back(stage: Stage, trader: KnownTrader) -> None:
    slot = await stage.approve(FACEBOOK)
    stage.stages.will("facebook", "refused")
    [before] = await stage.market.rows("SELECT times FROM promotion_turn")
    await stage.reach(slot)
    assert await stage.state(FACEBOOK) == "failed"
    rows = await stage.market.rows(
        "SELECT times FROM promotion_turn WHERE trader_id = :id", id=trader.trader_id
    )
    # Slots that were planned since count.
    planned = await stage.market.rows(
        "SELECT count(*) AS n FROM promotion_slot WHERE state NOT IN ('failed', 'missed')"
    )
    assert rows[0]["times"] == planned[0]["n"]
    assert before["times"] > 0


async def test_who_is_suspended_between_plan_and_time_is_not_shown(
    stage: Stage, trader: KnownTrader
) -> None:
    slot = await stage.approve(FACEBOOK)
    await stage.market.decide(trader, "suspend", reason="penipuan")
    await stage.reach(slot)
    assert stage.stages.tried("facebook") == 0
    assert await stage.state(FACEBOOK) == "cancelled"


async def test_a_product_that_changed_is_approved_anew(stage: Stage, trader: KnownTrader) -> None:
    slot = await stage.approve(FACEBOOK)
    [product] = (await stage.market.get("/me/products", trader.headers)).json()["items"]
    product_id = product["product_id"]
    form = {
        "name": "Keripik talas gurih",
        "description": "Talas dari kebun sendiri.",
        "price": 17_500,
        "unit": "bungkus",
        "category": "makanan",
        "photo_ids": [await stage.market.photo(trader)],
    }
    answer = await stage.market.client.put(
        f"/marketplace/v1/me/products/{product_id}", json=form, headers=trader.headers
    )
    assert answer.status_code == 200, answer.text
    assert (await stage.market.approve(product_id, 2)).status_code == 200
    await stage.reach(slot)
    assert stage.stages.tried("facebook") == 0
    again = await stage.slot(FACEBOOK)
    assert again["state"] == "proposed"
    assert "Keripik talas gurih" in again["caption"]
    await stage.act(again, "approve", {})
    await stage.promote()
    assert stage.stages.captions("facebook") == [again["caption"]]


@pytest.mark.usefixtures("trader")
async def test_nothing_goes_out_while_it_is_stopped(stage: Stage) -> None:
    slot = await stage.approve(FACEBOOK)
    stop = await stage.market.post(
        "/staff/publishing/stop", {"reason": "Hari berkabung"}, stage.publisher
    )
    assert stop.json()["stops"][0]["account_id"] is None
    await stage.reach(slot)
    await stage.promote(minutes=2)
    assert stage.stages.tried("facebook") == 0
    resumed = await stage.market.post("/staff/publishing/resume", None, stage.publisher)
    assert resumed.json() == {"stops": []}
    await stage.promote(minutes=2)
    assert len(stage.stages.posts("facebook")) == 1


@pytest.mark.usefixtures("trader")
async def test_what_nobody_approved_is_missed_and_never_goes_out(stage: Stage) -> None:
    await stage.promote()
    slot = await stage.slot(FACEBOOK)
    await stage.reach(slot)
    assert await stage.state(FACEBOOK) == "proposed"
    await stage.promote(hours=3)
    assert await stage.state(FACEBOOK) == "missed"
    assert stage.stages.tried("facebook") == 0


@pytest.mark.usefixtures("trader")
async def test_two_workers_publish_a_slot_once(stage: Stage) -> None:
    slot = await stage.approve(FACEBOOK)
    at = datetime.fromisoformat(slot["slot_at"])
    stage.market.system.clock.advance(at - stage.market.system.clock.now())
    await asyncio.gather(*(publish_next(stage.publishing) for _ in range(6)))
    assert len(stage.stages.posts("facebook")) == 1


@pytest.mark.usefixtures("trader")
async def test_a_worker_that_died_after_sending_is_asked_about(stage: Stage) -> None:
    """As after kill -9: the slot says `publishing`, the platform has it, nobody noted it."""
    slot = await stage.approve(FACEBOOK)
    await stage.reach(slot)
    await stage.market.execute(
        """UPDATE promotion_slot SET state = 'publishing', platform_id = NULL,
        published_at = NULL, next_try_at = :at WHERE slot_id = :id""",
        at=stage.market.system.clock.now(),
        id=slot["slot_id"],
    )
    await stage.promote(seconds=1)
    await stage.promote(minutes=4)
    assert await stage.state(FACEBOOK) == "published"
    assert len(stage.stages.posts("facebook")) == 1


@pytest.mark.usefixtures("trader")
async def test_staff_copy_and_post_where_no_platform_can_be_reached(stage: Stage) -> None:
    slot = await stage.approve(TIKTOK)
    await stage.reach(slot)
    ready = await stage.slot(TIKTOK)
    assert ready["state"] == "ready"
    for _ in range(2):
        posted = await stage.act(ready, "posted", {"platform_id": "video-1"})
        assert posted["state"] == "published"
    viewed = await stage.act(ready, "views", {"views": 1200})
    assert viewed["views"] == 1200
