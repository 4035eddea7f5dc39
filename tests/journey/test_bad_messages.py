"""A message that cannot be read becomes a dead letter: nothing is lost, and all else flows on."""

import asyncio
from collections.abc import Collection
from dataclasses import replace
from time import monotonic
from typing import Any

import pytest

from shared.contracts.envelope import encode
from shared.contracts.event import Event
from shared.contracts.examples import example_envelope
from shared.contracts.intake import CitizenMessageReceived, ComplaintSubmitted
from shared.contracts.routing import CaseAssigned
from shared.contracts.sla import ClockStarted
from shared.contracts.topics import TOPICS, ServiceName
from shared.ids import EventId, new_id
from shared.transport.message import Message
from tests.journey.doors import OPD, TEXT
from tests.journey.town import Town

pytestmark = pytest.mark.xdist_group("journey")


def written(event_class: type[Event], complaint_id: str, version: int = 1) -> Message:
    """Write an example event about some complaint."""
    example = example_envelope(event_class)
    event = example.event.model_copy(update={"complaint_id": complaint_id})
    return encode(
        replace(example, event_id=EventId(new_id()), event=event, aggregate_version=version)
    )


def spoiled(message: Message, value: bytes | None = None, **headers: str) -> Message:
    """Spoil a message's value, or some of its headers."""
    changed = message.value if value is None else value
    return replace(message, value=changed, headers={**message.headers, **headers})


#: An event of each topic.
ONE_OF: dict[str, type[Event]] = {
    "intake.complaint.v1": ComplaintSubmitted,
    "routing.case.v1": CaseAssigned,
    "sla.clock.v1": ClockStarted,
}
SPOILED: dict[str, tuple[dict[str, Any], str]] = {
    "no JSON": ({"value": b"<xml/>"}, "is no"),
    "nothing": ({"value": b""}, "is no"),
    "half of it": ({"value": b'{"complaint_id": "019'}, "is no"),
    "bytes that are no text": ({"value": b"\xff\xfe\x00"}, "is no"),
    "another payload": ({"value": b'{"text": 5}'}, "is no"),
    "a NUL": ({"value": b'{"text": "\\u0000"}'}, "NUL"),
    "an unknown class": ({"ce_type": "tanggap.intake.ComplaintEaten.v1"}, "no event class"),
    "no class": ({"ce_type": "halo"}, "no event class"),
    "a version that is none": ({"aggregate_version": "nol"}, "aggregate_version"),
    "an id that is none": ({"ce_id": "17"}, "ce_id"),
}


@pytest.mark.parametrize("topic", ONE_OF)
async def test_messages_that_cannot_be_read_are_dead_letters(town: Town, topic: str) -> None:
    consumers = next(each.consumers for each in TOPICS if each.name == topic)
    good = written(ONE_OF[topic], new_id())
    later = good.headers["ce_type"].replace(".v1", ".v2")
    kinds = {**SPOILED, "a later version": ({"ce_type": later}, "reads version 1 only")}
    sent = {}
    for name, (changes, reason) in kinds.items():
        message = spoiled(written(ONE_OF[topic], new_id()), **changes)
        sent[message.key] = (name, message, reason)

    await town.system.transport.publish([message for _, message, _ in sent.values()])

    for consumer in consumers:
        letters = await dead_letters(town, consumer, sent)
        for key, (name, message, reason) in sent.items():
            letter = letters[key]
            assert bytes(letter["value"]) == message.value, name
            assert letter["headers"] == message.headers, name
            assert reason in letter["reason"], (name, letter["reason"])
    # What is read next is not held up by any of it.
    complaint = await town.complain(TEXT)
    assert (await complaint.look())["opd"] == OPD
    assert ("first_response", 0) in await complaint.clocks()
    assert (await town.system.client.get("/readyz")).status_code == 200


async def test_what_follows_a_dead_letter_waits_and_other_complaints_do_not(town: Town) -> None:
    stopped = new_id()
    newer = written(ComplaintSubmitted, stopped)
    later = newer.headers["ce_type"].replace(".v1", ".v2")
    follower = written(CitizenMessageReceived, stopped, version=2)

    await town.system.transport.publish([spoiled(newer, ce_type=later), follower])

    consumers: tuple[ServiceName, ...] = ("routing", "sla")
    for consumer in consumers:
        await dead_letters(town, consumer, [stopped])
        parked = "SELECT * FROM parked WHERE aggregateid = :id"
        waiting = await wait_for_rows(town, consumer, parked, 1, id=stopped)
        assert bytes(waiting[0]["value"]) == follower.value
    complaint = await town.complain(TEXT)
    assert (await complaint.case())["opd"] == OPD
    for consumer in consumers:
        metrics = (await town.system.client.get(f"/{consumer}/metrics")).text
        assert f'tanggap_inbox_parked{{service="{consumer}"}}' in metrics


async def dead_letters(
    town: Town, consumer: ServiceName, keys: Collection[str]
) -> dict[str, dict[str, Any]]:
    """Wait until a consumer has a dead letter for each key, and return them by key."""
    wanted = [key.encode() for key in keys]
    sql = "SELECT * FROM dead_letter WHERE key = ANY(:keys)"
    rows = await wait_for_rows(town, consumer, sql, len(wanted), keys=wanted)
    return {bytes(row["key"]).decode(): row for row in rows}


async def wait_for_rows(
    town: Town, service: ServiceName, sql: str, count: int, **values: Any
) -> list[dict[str, Any]]:
    """Ask until there are this many rows; raises AssertionError after ten seconds."""
    deadline = monotonic() + 30
    while True:
        rows = await town.system.rows(service, sql, **values)
        if len(rows) >= count:
            assert len(rows) == count
            return rows
        assert monotonic() < deadline, f"{len(rows)} of {count} rows"
        await asyncio.sleep(0.02)
