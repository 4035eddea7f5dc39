"""The queue: in order, once, through crashes and bad days, and never a second time by itself."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any, Literal

import pytest
from sqlalchemy import text

from shared.clock import SystemClock
from shared.ids import new_id
from shared.messaging import held, queue
from shared.messaging.port import OutgoingMessage, SentMessage, TryLater
from shared.messaging.senders import make_senders
from shared.messaging.worker import MessageWorker, pause_seconds
from tests.service.messaging.bench import Bench
from tests.support.platforms import RETRY_AFTER_SECONDS, Platforms, sending_settings


def _worker(bench: Bench, platforms: Platforms, channel: str, **values: Any) -> MessageWorker:
    settings = sending_settings(platforms, **values)
    # Signatures of the webhook are made with the real time, which its receiver would check.
    return bench.worker(channel, make_senders(settings, SystemClock())[channel], settings)


def _texts(platforms: Platforms, channel: str = "telegram") -> list[str]:
    return [call.json["text"] for call in platforms.accepted(channel)]


async def test_a_message_is_sent_once_and_its_words_are_forgotten(
    bench: Bench, platforms: Platforms
) -> None:
    message_id = await bench.put("telegram", parameters={"n": 1})
    async with bench.working(_worker(bench, platforms, "telegram")):
        row = await bench.until(message_id, "sent")
    assert _texts(platforms) == ["kabar 1"]
    assert (row["platform_id"], row["attempts"], row["parameters"]) == ("1", 1, {})
    assert row["ended_at"] == bench.clock.now()
    assert await bench.counts("telegram", "sent")


async def test_nothing_is_sent_of_a_transaction_that_rolls_back(
    bench: Bench, platforms: Platforms
) -> None:
    draft = queue.Draft("telegram", "lane", "4411", "kabar", {}, new_id())
    with suppress(RuntimeError):
        async with bench.units.begin() as unit:
            await queue.enqueue(unit.connection, [draft], unit.now)
            raise RuntimeError
    assert await bench.rows("SELECT 1 FROM outgoing_message") == []


async def test_the_same_id_is_queued_once(bench: Bench) -> None:
    message_id = new_id()
    for _ in range(2):
        await bench.put("telegram", message_id=message_id)
    assert len(await bench.rows("SELECT 1 FROM outgoing_message")) == 1


async def test_two_workers_send_each_message_once_and_in_order_per_person(
    bench: Bench, platforms: Platforms
) -> None:
    ids = [await bench.put("telegram", to=f"chat-{n % 3}", parameters={"n": n}) for n in range(30)]
    workers = [_worker(bench, platforms, "telegram") for _ in range(2)]
    async with bench.working(*workers):
        for message_id in ids:
            await bench.until(message_id, "sent")
    calls = platforms.accepted("telegram")
    assert len(calls) == 30
    for person in range(3):
        said = [call.json["text"] for call in calls if call.json["chat_id"] == f"chat-{person}"]
        assert said == [f"kabar {n}" for n in range(person, 30, 3)]


async def test_a_message_that_is_put_off_holds_back_only_those_behind_it(
    bench: Bench, platforms: Platforms
) -> None:
    platforms.will("telegram", "unavailable")
    first = await bench.put("telegram", to="a", parameters={"n": 1})
    async with bench.working(_worker(bench, platforms, "telegram")):
        row = await bench.until(first, "queued", attempts=1)
        second = await bench.put("telegram", to="a", parameters={"n": 2})
        other = await bench.put("telegram", to="b", parameters={"n": 3})
        await bench.until(other, "sent")
        assert (await bench.row(second))["state"] == "queued"
        bench.clock.set(row["due_at"])
        await bench.until(second, "sent")
    assert _texts(platforms) == ["kabar 3", "kabar 1", "kabar 2"]
    assert await bench.counts("telegram", "later")


async def test_the_platforms_own_pause_is_kept_and_means_the_whole_account(
    bench: Bench, platforms: Platforms
) -> None:
    platforms.will("telegram", "rate_limited")
    first = await bench.put("telegram", to="a")
    async with bench.working(_worker(bench, platforms, "telegram")):
        row = await bench.until(first, "queued", attempts=1)
        assert row["due_at"] >= bench.clock.now() + timedelta(seconds=RETRY_AFTER_SECONDS)
        other = await bench.put("telegram", to="b")
        await asyncio.sleep(0.2)
        assert platforms.tried("telegram") == 1
        bench.clock.advance(timedelta(seconds=RETRY_AFTER_SECONDS + 10))
        await bench.until(other, "sent")
        await bench.until(first, "sent")
    assert len(platforms.accepted("telegram")) == 2


async def test_what_fails_too_often_becomes_a_dead_letter(
    bench: Bench, platforms: Platforms
) -> None:
    platforms.will("telegram", "unavailable", "unavailable", "unavailable")
    message_id = await bench.put("telegram")
    async with bench.working(_worker(bench, platforms, "telegram", tries=3)):
        for attempt in (1, 2):
            row = await bench.until(message_id, "queued", attempts=attempt)
            bench.clock.set(row["due_at"])
        row = await bench.until(message_id, "dead")
        assert (row["attempts"], row["reason"]) == (3, "HTTP 503")
        # What is behind it goes on.
        await bench.until(await bench.put("telegram"), "sent")
    assert await bench.counts("telegram", "dead")


async def test_what_is_refused_is_dead_at_once(bench: Bench, platforms: Platforms) -> None:
    platforms.will("telegram", "refused")
    message_id = await bench.put("telegram")
    async with bench.working(_worker(bench, platforms, "telegram")):
        await bench.until(message_id, "dead")
    assert platforms.tried("telegram") == 1


@pytest.mark.parametrize("mood", ["slow_after", "slow_before", "broken"])
async def test_what_may_have_been_sent_is_held_and_not_sent_again(
    bench: Bench, platforms: Platforms, mood: Any
) -> None:
    platforms.will("telegram", mood)
    message_id = await bench.put("telegram")
    async with bench.working(_worker(bench, platforms, "telegram", timeout_seconds=1)):
        await bench.until(message_id, "unsure")
        bench.clock.advance(timedelta(days=2))
        await asyncio.sleep(0.2)
        # A person who waits for the next message is not held up by it.
        await bench.until(await bench.put("telegram"), "sent")
    assert platforms.tried("telegram") == 2
    assert (await bench.row(message_id))["state"] == "unsure"
    assert await bench.counts("telegram", "unsure")


async def test_a_receiver_that_knows_the_id_is_told_again(
    bench: Bench, platforms: Platforms
) -> None:
    platforms.will("webhook", "slow_after")
    url = f"{platforms.url('webhook')}/situs"
    message_id = await bench.put("webhook", to=url, account="situs")
    async with bench.working(_worker(bench, platforms, "webhook", timeout_seconds=1)):
        row = await bench.until(message_id, "queued", attempts=1)
        bench.clock.set(row["due_at"])
        await bench.until(message_id, "sent")
    first, second = platforms.accepted("webhook")
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == message_id


@pytest.mark.parametrize(("channel", "state"), [("telegram", "unsure"), ("webhook", "sent")])
async def test_what_a_process_left_under_way_is_unsure_unless_it_may_be_repeated(
    bench: Bench, platforms: Platforms, channel: str, state: str
) -> None:
    to = f"{platforms.url('webhook')}/situs" if channel == "webhook" else "4411"
    account = "situs" if channel == "webhook" else ""
    message_id = await bench.put(channel, to=to, account=account)
    async with bench.units.begin() as unit:
        (claimed,) = await queue.claim(unit.connection, channel, unit.now, 10)
    assert claimed.message_id == message_id
    async with bench.working(_worker(bench, platforms, channel)):
        await asyncio.sleep(0.2)
        # The process that claimed it may still be at it.
        assert (await bench.row(message_id))["state"] == "sending"
        assert platforms.calls == []
        await bench.rows("UPDATE outgoing_message SET claimed_at = claimed_at - interval '1 hour'")
        await bench.until(message_id, state)
    assert len(platforms.calls) == (channel == "webhook")


async def test_an_answer_that_comes_after_the_lease_still_counts(bench: Bench) -> None:
    message_id = await bench.put("telegram")
    async with bench.units.begin() as unit:
        (claimed,) = await queue.claim(unit.connection, "telegram", unit.now, 10)
        await queue.rescue(unit.connection, "telegram", repeatable=False, lease_seconds=-1)
    assert (await bench.row(message_id))["state"] == "unsure"
    async with bench.units.begin() as unit:
        assert await queue.settle(unit.connection, claimed, "sent", unit.now)
    assert (await bench.row(message_id))["state"] == "sent"


async def test_an_attempt_that_was_overtaken_changes_nothing(bench: Bench) -> None:
    message_id = await bench.put("webhook")
    async with bench.units.begin() as unit:
        (old,) = await queue.claim(unit.connection, "webhook", unit.now, 10)
        await queue.rescue(unit.connection, "webhook", repeatable=True, lease_seconds=-1)
        (new,) = await queue.claim(unit.connection, "webhook", unit.now, 10)
        assert not await queue.settle(unit.connection, old, "dead", unit.now)
        assert await queue.settle(unit.connection, new, "sent", unit.now)
    assert (await bench.row(message_id))["state"] == "sent"


async def test_who_is_gone_gets_nothing(bench: Bench, platforms: Platforms) -> None:
    bench.gone.add("4411")
    message_id = await bench.put("telegram", parameters={"n": 1})
    async with bench.working(_worker(bench, platforms, "telegram")):
        row = await bench.until(message_id, "dropped")
    assert (row["reason"], row["parameters"]) == ("erased", {})
    assert platforms.calls == []


async def test_a_mistake_before_sending_is_tried_again(bench: Bench, platforms: Platforms) -> None:
    bench.broken = 1
    message_id = await bench.put("telegram")
    async with bench.working(_worker(bench, platforms, "telegram")):
        row = await bench.until(message_id, "queued", attempts=1)
        bench.clock.set(row["due_at"])
        await bench.until(message_id, "sent")
    assert len(platforms.calls) == 1


async def test_a_stopping_worker_lets_what_is_under_way_end(bench: Bench) -> None:
    released, began = asyncio.Event(), asyncio.Event()

    class Slow:
        repeatable = False

        async def send(self, message: OutgoingMessage) -> SentMessage:
            began.set()
            await released.wait()
            return SentMessage("p-1")

        async def close(self) -> None:
            return None

    message_id = await bench.put("telegram")
    async with bench.working(bench.worker("telegram", Slow(), sending_settings(None))):
        await began.wait()
        asyncio.get_running_loop().call_later(0.1, released.set)
    assert (await bench.row(message_id))["state"] == "sent"


async def test_a_sender_that_breaks_its_word_leaves_the_message_unsure(bench: Bench) -> None:
    class Broken:
        repeatable = False

        async def send(self, message: OutgoingMessage) -> SentMessage:
            raise ZeroDivisionError

        async def close(self) -> None:
            return None

    message_id = await bench.put("telegram")
    async with bench.working(bench.worker("telegram", Broken(), sending_settings(None))):
        row = await bench.until(message_id, "unsure")
    assert row["reason"] == "ZeroDivisionError"


async def test_a_database_that_is_away_for_a_moment_does_not_make_it_twice(bench: Bench) -> None:
    sent: list[str] = []

    class Counting:
        repeatable = False

        async def send(self, message: OutgoingMessage) -> SentMessage:
            sent.append(message.message_id)
            async with bench.database.transaction() as connection:
                await connection.execute(
                    text(
                        """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE datname = current_database() AND pid <> pg_backend_pid()"""
                    )
                )
            if len(sent) == 1:
                raise TryLater("HTTP 503")
            return SentMessage()

        async def close(self) -> None:
            return None

    message_id = await bench.put("telegram")
    async with bench.working(bench.worker("telegram", Counting(), sending_settings(None))):
        row = await bench.until(message_id, "queued", attempts=1)
        bench.clock.set(row["due_at"])
        await bench.until(message_id, "sent")
    assert len(sent) == 2


async def test_a_person_decides_on_what_is_held(bench: Bench, platforms: Platforms) -> None:
    platforms.will("telegram", "broken", "broken", "broken", "refused")
    ids = [await bench.put("telegram", to=f"p-{n}", parameters={"n": n}) for n in range(4)]
    async with bench.working(_worker(bench, platforms, "telegram", at_once=1)):
        for message_id in ids:
            await bench.until(message_id, "unsure", "dead")
        async with bench.units.begin() as unit:
            listed = await held.list_held(unit.connection)
            assert [str(each["message_id"]) for each in listed] == ids
            assert await held.decide(unit.connection, ids[0], "was_sent", unit.now) == "sent"
            assert await held.decide(unit.connection, ids[1], "drop", unit.now) == "dropped"
            assert await held.decide(unit.connection, ids[2], "send_again", unit.now) == "queued"
            assert await held.decide(unit.connection, ids[3], "send_again", unit.now) == "queued"
        await bench.until(ids[2], "sent")
        await bench.until(ids[3], "sent")
    assert _texts(platforms) == ["kabar 2", "kabar 3"]
    async with bench.units.begin() as unit:
        with pytest.raises(held.DecisionNotLegal) as refusal:
            await held.decide(unit.connection, ids[2], "send_again", unit.now)
        assert refusal.value.extensions == {"status_now": "sent", "legal": []}
        with pytest.raises(held.MessageNotFound):
            await held.decide(unit.connection, new_id(), "drop", unit.now)


async def test_reports_of_delivery_are_kept_whatever_their_order(
    bench: Bench, platforms: Platforms
) -> None:
    message_id = await bench.put("whatsapp", to="62812")
    async with bench.working(_worker(bench, platforms, "whatsapp")):
        platform_id = (await bench.until(message_id, "sent"))["platform_id"]
    async with bench.units.begin() as unit:
        reports: list[tuple[Literal["delivered", "read"], bool]] = [
            ("read", True),
            ("delivered", False),
            ("read", False),
        ]
        for delivery, news in reports:
            assert (
                await queue.note_delivery(unit.connection, "whatsapp", platform_id, delivery)
                is news
            )
        assert not await queue.note_delivery(unit.connection, "whatsapp", "unknown", "read")
    assert (await bench.row(message_id))["delivery"] == "read"


async def test_what_was_sent_is_forgotten_in_time_and_what_is_held_is_not(
    bench: Bench, platforms: Platforms
) -> None:
    platforms.will("telegram", "refused")
    dead = await bench.put("telegram")
    sent = await bench.put("telegram")
    async with bench.working(_worker(bench, platforms, "telegram")):
        await bench.until(sent, "sent")
    async with bench.units.begin() as unit:
        await queue.forget_sent(unit.connection, unit.now + timedelta(days=1))
    left = await bench.rows("SELECT message_id FROM outgoing_message")
    assert [str(row["message_id"]) for row in left] == [dead]


@pytest.mark.parametrize("attempts", [1, 2, 5, 30, 1000])
def test_pauses_double_up_to_an_hour(attempts: int) -> None:
    full = min(3600.0, 5.0 * 2.0 ** min(attempts - 1, 20))
    assert 0.75 * full <= pause_seconds(attempts) <= 1.25 * full


async def test_the_search_for_due_messages_reads_no_whole_table(bench: Bench) -> None:
    await bench.rows(
        """INSERT INTO outgoing_message (message_id, channel, account, lane, reference, template,
            parameters, state, created_at, due_at)
        SELECT gen_random_uuid(), 'telegram', '', 'l' || n % 5000, 'r', 'kabar', '{}',
            CASE WHEN n % 200 = 0 THEN 'queued' ELSE 'sent' END, :now, :now
        FROM generate_series(1, 20000) n""",
        now=bench.clock.now(),
    )
    await bench.rows("ANALYZE outgoing_message")
    values = {
        "channel": "telegram",
        "now": bench.clock.now(),
        "limit": 8,
        "paused": [],
        "claim": new_id(),
    }
    async with bench.units.begin() as unit:
        # asyncpg cannot describe EXPLAIN with parameters; the driver's own prepared plan can.
        found = await unit.connection.execute(text(f"EXPLAIN {queue._CLAIM.text}"), values)  # noqa: SLF001
        plan = "\n".join(row[0] for row in found)
    assert "outgoing_message_due" in plan
    assert "outgoing_message_lane" in plan
    assert "Seq Scan" not in plan
