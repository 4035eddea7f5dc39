"""Deliveries of the platforms: taken in once, each message for itself, and never from a forger."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from services.intake import incoming_queries
from services.intake.channels import CHANNELS
from services.intake.operations import incoming as incoming_module
from services.intake.operations.blocking import Blocking, block
from shared.vault import WrappedKey
from tests.service.intake.driver import Driver
from tests.service.intake.writing import (
    REPORT,
    arrives,
    complaints_of,
    events_of,
    meanings_of,
    post,
)
from tests.support.deliveries import (
    ACCOUNTS,
    SENT_AT,
    Delivery,
    deliver,
    headers_without,
    sign,
    whatsapp_message,
    write,
)
from tests.support.deliveries import CHANNELS as CHANNEL_OF

PLATFORMS = sorted(CHANNELS)


# ------------------------------------------------------------------- each platform


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_words_become_a_complaint_with_account_sender_and_channel(
    channels: Driver, platform: str, sender: str
) -> None:
    await arrives(channels, write(platform, REPORT, sender=sender))
    (complaint,) = await complaints_of(channels, platform, sender)
    assert complaint["channel"] == CHANNEL_OF[platform]
    assert complaint["account"] == ACCOUNTS[platform]
    assert complaint["account_opd"] is None
    assert complaint["device_time"] == SENT_AT
    ((kind, event),) = await events_of(channels, complaint["complaint_id"])
    assert kind == "ComplaintSubmitted"
    assert event["text"] == REPORT
    assert event["channel"] == CHANNEL_OF[platform]


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_second_delivery_changes_nothing(
    channels: Driver, platform: str, sender: str
) -> None:
    delivery = write(platform, REPORT, sender=sender)
    for _ in range(3):
        await arrives(channels, delivery)
    assert len(await complaints_of(channels, platform, sender)) == 1


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_two_deliveries_at_once_are_one(channels: Driver, platform: str, sender: str) -> None:
    delivery = write(platform, REPORT, sender=sender)
    await asyncio.gather(*(arrives(channels, delivery) for _ in range(4)))
    (complaint,) = await complaints_of(channels, platform, sender)
    assert await meanings_of(channels, complaint["complaint_id"]) == ["complaint"]


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_forged_signature_is_refused(channels: Driver, platform: str, sender: str) -> None:
    delivery = write(platform, REPORT, sender=sender)
    (proof,) = sign(platform, b"")
    forged = {**delivery.headers, proof: "sha256=" + "0" * 64}
    for headers in (forged, headers_without(delivery, proof)):
        answer = await channels.client.post(delivery.path, content=delivery.body, headers=headers)
        assert answer.status_code == 403
        assert answer.json()["type"] == "urn:tanggap:problem:webhook-signature-wrong"
    assert await complaints_of(channels, platform, sender) == []


@pytest.mark.parametrize("platform", sorted(set(PLATFORMS) - {"telegram"}))
async def test_signature_is_of_the_raw_bytes(channels: Driver, platform: str, sender: str) -> None:
    delivery = write(platform, REPORT, sender=sender)
    changed = delivery.body.replace(b"padam", b"rusak")
    answer = await channels.client.post(delivery.path, content=changed, headers=delivery.headers)
    assert answer.status_code == 403
    spaced = json.dumps(delivery.content, indent=1).encode()
    answer = await channels.client.post(delivery.path, content=spaced, headers=delivery.headers)
    assert answer.status_code == 403


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_photo_with_words_is_noted_to_be_fetched(
    channels: Driver, platform: str, sender: str
) -> None:
    await arrives(channels, write(platform, REPORT, sender=sender, image="998877"))
    (complaint,) = await complaints_of(channels, platform, sender)
    (file,) = await channels.rows(
        "SELECT * FROM remote_file WHERE complaint_id = :id", id=complaint["complaint_id"]
    )
    assert (file["kind"], file["reference"]) == ("image", "998877")
    assert file["account"] == ACCOUNTS[platform]


@pytest.mark.parametrize("platform", sorted(set(PLATFORMS) - {"x"}))
async def test_photo_that_comes_before_its_words_belongs_to_them(
    channels: Driver, platform: str, sender: str
) -> None:
    await arrives(channels, write(platform, "", sender=sender, image="112233"))
    assert await complaints_of(channels, platform, sender) == []
    await arrives(channels, write(platform, REPORT, sender=sender))
    await arrives(channels, write(platform, "", sender=sender, point=(-7.62874, 111.53067)))
    (complaint,) = await complaints_of(channels, platform, sender)
    files = await channels.rows(
        "SELECT reference FROM remote_file WHERE complaint_id = :id", id=complaint["complaint_id"]
    )
    assert [file["reference"] for file in files] == ["112233"]
    (_, (kind, event), (placed, amended), *_found) = await events_of(
        channels, complaint["complaint_id"]
    )
    assert (kind, placed) == ("CitizenMessageReceived", "ComplaintAmended")
    assert event["text"].startswith("Lokasi: -7.62874, 111.53067")
    assert (amended["location"]["lat"], amended["location"]["lon"]) == (-7.62874, 111.53067)


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_what_makes_no_sense_but_is_signed_harms_nothing(
    channels: Driver, platform: str
) -> None:
    senseless: list[Any] = [[], {}, {"entry": 5}, {"entry": [{"changes": [7]}]}, "x", None]
    for content in senseless:
        await arrives(channels, Delivery(platform, content))
    for body in (b"", b"{", b"\xff\xfe", b"[" * 100_000):
        answer = await channels.client.post(
            f"/intake/v1/channels/{platform}", content=body, headers=sign(platform, body)
        )
        assert answer.status_code == 400, body[:10]
        assert answer.json()["type"] == "urn:tanggap:problem:bad-request"


# ------------------------------------------------------------------- batches


async def test_bad_message_harms_no_other_and_is_kept(channels: Driver, sender: str) -> None:
    first = whatsapp_message(REPORT, sender, f"{sender}-1", SENT_AT, None, None)
    second = whatsapp_message("Di sebelah masjid", sender, f"{sender}-2", SENT_AT, None, None)
    bad = {"id": f"wamid.{sender}-3", "type": "text", "timestamp": "kemarin", "from": sender}
    batch = deliver("whatsapp", [bad, first, 17, second | {"text": 5}, second])
    second["timestamp"] = str(int(SENT_AT.timestamp()) + 5)
    await arrives(channels, batch)
    await arrives(channels, batch)
    (complaint,) = await complaints_of(channels, "whatsapp", sender)
    assert [kind for kind, _ in await events_of(channels, complaint["complaint_id"])] == [
        "ComplaintSubmitted",
        "CitizenMessageReceived",
    ]
    refused = await channels.rows(
        "SELECT reason, content FROM received_message WHERE meaning = 'refused' AND channel = :c",
        c="whatsapp",
    )
    assert {"timestamp: value_error", ": model_type"} <= {row["reason"] for row in refused}
    assert all(sender.encode() not in bytes(row["content"]) for row in refused)


async def test_messages_of_a_batch_are_taken_in_the_order_they_were_written(
    channels: Driver, sender: str
) -> None:
    later = whatsapp_message(
        "Di sebelah masjid", sender, f"{sender}-2", SENT_AT + timedelta(minutes=1), None, None
    )
    first = whatsapp_message(REPORT, sender, f"{sender}-1", SENT_AT, None, None)
    await arrives(channels, deliver("whatsapp", [later, first]))
    (complaint,) = await complaints_of(channels, "whatsapp", sender)
    assert complaint["text"] == REPORT


async def test_disorder_between_deliveries_makes_one_complaint(
    channels: Driver, sender: str
) -> None:
    deliveries = [write("telegram", f"{REPORT} bagian {n}", sender=sender) for n in range(4)]
    await asyncio.gather(*(arrives(channels, each) for each in reversed(deliveries)))
    (complaint,) = await complaints_of(channels, "telegram", sender)
    meanings = await meanings_of(channels, complaint["complaint_id"])
    assert sorted(meanings) == ["complaint", "message", "message", "message"]


async def test_crash_in_the_middle_leaves_nothing_and_the_next_delivery_does_it(
    channels: Driver, sender: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(*_: object) -> None:
        raise ConnectionResetError

    delivery = write("instagram", REPORT, sender=sender)
    with monkeypatch.context() as patch:
        patch.setattr(incoming_queries, "set_meaning", crash)
        answer = await post(channels, delivery)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert await complaints_of(channels, "instagram", sender) == []
    await arrives(channels, delivery)
    assert len(await complaints_of(channels, "instagram", sender)) == 1


async def test_fault_of_ours_keeps_the_words_sealed_for_a_person(
    channels: Driver, sender: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    delivery = write("telegram", REPORT, sender=sender)
    with monkeypatch.context() as patch:
        patch.setattr(incoming_module, "meaning_of", fail)
        await arrives(channels, delivery)
    rows = await channels.rows("SELECT * FROM received_message WHERE reason = 'ZeroDivisionError'")
    (row,) = rows
    subject = bytes(row["message_hash"]).hex()
    vault = channels.doors.context.vault
    person = vault.unwrap(subject, WrappedKey(row["key_id"], bytes(row["wrapped_key"])))
    assert person.open(bytes(row["content"]), f"{subject}:content") == REPORT


async def test_nothing_is_taken_from_a_blocked_sender(channels: Driver, sender: str) -> None:
    await arrives(channels, write("telegram", REPORT, sender=sender))
    blocking = Blocking("prank", channels.now + timedelta(days=1), "test")
    async with channels.doors.units.begin() as unit:
        await block(unit, channels.doors.context, "sender", f"telegram:{sender}", blocking)
    await arrives(channels, write("telegram", f"LAPOR {REPORT}", sender=sender))
    await arrives(channels, write("telegram", "Masih padam di sana", sender=sender))
    (complaint,) = await complaints_of(channels, "telegram", sender)
    assert await meanings_of(channels, complaint["complaint_id"]) == ["complaint"]
    channels.system.clock.advance(timedelta(days=2))
    await arrives(channels, write("telegram", "Masih padam di sana", sender=sender))
    assert await meanings_of(channels, complaint["complaint_id"]) == ["complaint", "message"]


async def test_who_writes_too_often_is_kept_for_a_person_and_harms_no_other(
    channels: Driver, sender: str
) -> None:
    messages = [
        whatsapp_message(f"LAPOR {REPORT} {n}", sender, f"{sender}-{n}", SENT_AT, None, None)
        for n in range(32)
    ]
    other = whatsapp_message(REPORT, f"{sender}1", f"{sender}-x", SENT_AT, None, None)
    await arrives(channels, deliver("whatsapp", [*messages, other]))
    assert len(await complaints_of(channels, "whatsapp", sender)) == 30
    assert len(await complaints_of(channels, "whatsapp", f"{sender}1")) == 1
    refused = await channels.rows(
        "SELECT 1 FROM received_message WHERE reason = 'TooManyRequests' AND content IS NOT NULL"
    )
    assert len(refused) == 2
