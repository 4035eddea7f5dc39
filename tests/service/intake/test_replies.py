"""In and out: what people write on a platform is answered there, by the account they wrote to."""

import asyncio
import json

import pytest

from tests.service.intake.driver import REPORTER
from tests.service.intake.events import Telling
from tests.service.intake.talking import PLATFORMS, Talk, recipient_of, talk, talking, text_of
from tests.service.intake.writing import REPORT, arrives, complaints_of, meanings_of
from tests.support.deliveries import (
    SENT_AT,
    deliver,
    facebook_comment,
    instagram_comment,
    whatsapp_message,
    write,
    x_post,
)

__all__ = ["talk", "talking"]


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_report_is_acknowledged_with_its_code_where_it_was_written(
    talk: Talk, platform: str, sender: str
) -> None:
    delivery = write(platform, REPORT, sender=sender)
    text = await talk.hears(delivery)
    await arrives(talk.intake, delivery)
    (call,) = await talk.heard(platform, 1)
    (complaint,) = await complaints_of(talk.intake, platform, sender)
    assert complaint["tracking_code"] in text
    assert recipient_of(call) == sender


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_whole_conversation_from_report_to_verdict(
    talk: Talk, platform: str, sender: str
) -> None:
    await talk.hears(write(platform, REPORT, sender=sender))
    (complaint,) = await complaints_of(talk.intake, platform, sender)
    code = complaint["tracking_code"]
    telling = Telling(str(complaint["complaint_id"]), talk.intake.now)
    await talk.intake.tell(telling.assigned(), telling.asked("q-1", "Di RT berapa?"))
    calls = await talk.heard(platform, 3)
    assert "Di RT berapa?" in text_of(calls[-1])
    text = await talk.hears(write(platform, "RT 05", sender=sender), 4)
    assert code in text
    text = await talk.hears(write(platform, "STATUS", sender=sender), 5)
    assert "menunggu keterangan Anda (Dinas Perhubungan)" in text
    await talk.intake.tell(telling.told("q-1"), telling.resolved("Lampu sudah diganti."))
    assert "Lampu sudah diganti." in text_of((await talk.heard(platform, 6))[-1])
    text = await talk.hears(write(platform, "PUAS terima kasih", sender=sender), 7)
    assert "penilaian" in text
    meanings = await meanings_of(talk.intake, complaint["complaint_id"])
    assert sorted(meanings) == ["complaint", "feedback", "message", "status"]


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_greeting_is_answered_with_how_it_is_done(
    talk: Talk, platform: str, sender: str
) -> None:
    text = await talk.hears(write(platform, "Selamat pagi, admin", sender=sender))
    assert "Contoh" in text
    assert await complaints_of(talk.intake, platform, sender) == []


async def test_comments_are_answered_beside_them_and_tell_nothing_private(talk: Talk) -> None:
    for delivery, path, sender in (
        (facebook_comment(REPORT, "9_77", **{"from": {"id": "7077"}}), "9_77/comments", "7077"),
        (instagram_comment(REPORT, "179077", author="8077"), "179077/replies", "8077"),
    ):
        text = await talk.hears(delivery)
        (call,) = await talk.heard(delivery.platform, 1)
        assert call.path.endswith(path)
        (complaint,) = await complaints_of(talk.intake, delivery.platform, sender)
        telling = Telling(str(complaint["complaint_id"]), talk.intake.now)
        await talk.intake.tell(telling.assigned(), telling.resolved("Rumah Bu Sri sudah terang."))
        assert complaint["tracking_code"] in text
        for call in talk.platforms.accepted(delivery.platform):
            assert "Bu Sri" not in text_of(call)
    await talk.hears(x_post(f"@kotacontohraya {REPORT}", "190077", user={"id_str": "9077"}))
    (call,) = await talk.heard("x", 1)
    assert call.json["reply"] == {"in_reply_to_tweet_id": "190077"}


async def test_stop_is_confirmed_and_then_nothing_comes_until_start(
    talk: Talk, sender: str
) -> None:
    await talk.hears(write("telegram", REPORT, sender=sender))
    assert "MULAI" in await talk.hears(write("telegram", "STOP", sender=sender), 2)
    (complaint,) = await complaints_of(talk.intake, "telegram", sender)
    telling = Telling(str(complaint["complaint_id"]), talk.intake.now)
    await talk.intake.tell(telling.assigned())
    await asyncio.sleep(0.3)
    await talk.heard("telegram", 2)
    assert "STOP" in await talk.hears(write("telegram", "MULAI", sender=sender), 3)
    await talk.intake.tell(telling.answered("Kami berangkat."))
    assert "Kami berangkat." in text_of((await talk.heard("telegram", 4))[-1])


async def test_code_of_somebody_else_shows_its_public_status_alone(talk: Talk, sender: str) -> None:
    lodged = await talk.intake.lodge("Rumah tetangga saya.", reporter=REPORTER, secret=True)
    telling = Telling(lodged.complaint_id, talk.intake.now)
    await talk.intake.tell(telling.assigned(), telling.answered("Kami tangani di rumahnya."))
    text = await talk.hears(write("whatsapp", f"CEK {lodged.code}", sender=sender))
    assert lodged.code in text
    assert "sedang ditangani" in text
    for private in ("Perhubungan", "rumahnya", "tetangga"):
        assert private not in text
    text = await talk.hears(write("whatsapp", "CEK AAAAAAAAA2", sender=sender), 2)
    assert "tidak kami kenal" in text


async def test_reply_to_what_we_sent_is_about_that_complaint(talk: Talk, sender: str) -> None:
    await talk.hears(write("whatsapp", f"LAPOR {REPORT}", sender=sender))
    await talk.hears(write("whatsapp", "LAPOR sampah menumpuk di pasar", sender=sender), 2)
    first, second = await complaints_of(talk.intake, "whatsapp", sender)
    (sent,) = await talk.intake.rows(
        "SELECT platform_id FROM outgoing_message WHERE reference = :reference",
        reference=f"complaint/{first['complaint_id']}",
    )
    reply = whatsapp_message("Sudah lima hari ini", sender, f"{sender}-r", SENT_AT, None, None)
    reply["context"] = {"id": sent["platform_id"]}
    text = await talk.hears(deliver("whatsapp", [reply]), 3)
    assert first["tracking_code"] in text
    assert second["tracking_code"] not in text
    # Whoever quotes what somebody else got is not that person.
    theirs = whatsapp_message("Ini juga rumah saya itu", f"{sender}9", "r9", SENT_AT, None, None)
    theirs["context"] = {"id": sent["platform_id"]}
    await talk.hears(deliver("whatsapp", [theirs]), 4)
    assert len(await complaints_of(talk.intake, "whatsapp", f"{sender}9")) == 1


async def test_answer_is_sent_once_though_the_message_comes_thrice(talk: Talk, sender: str) -> None:
    delivery = write("instagram", "halo", sender=sender)
    await asyncio.gather(*(arrives(talk.intake, delivery) for _ in range(3)))
    await talk.heard("instagram", 1)
    rows = await talk.intake.rows("SELECT * FROM outgoing_message WHERE channel = 'instagram'")
    assert sender not in json.dumps(rows, default=repr)
