"""What people write on the platforms, and what it becomes."""

import json
from base64 import b64encode
from datetime import timedelta
from hmac import digest

import httpx
import pytest

from services.intake.channels import CHANNELS
from services.intake.rules.tracking import draw_code
from tests.service.intake.driver import REPORTER, Driver
from tests.service.intake.events import Telling
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
    SECRETS,
    SENT_AT,
    Delivery,
    deliver,
    facebook_comment,
    instagram_comment,
    whatsapp_message,
    write,
    x_post,
)

PLATFORMS = sorted(CHANNELS)


# ------------------------------------------------------------------- what is told


async def test_account_of_an_opd_suggests_that_opd(channels: Driver, sender: str) -> None:
    dlh = "990000000000002"
    await arrives(channels, write("whatsapp", REPORT, sender=sender, account=dlh))
    (complaint,) = await complaints_of(channels, "whatsapp", sender)
    ((_, event),) = await events_of(channels, complaint["complaint_id"])
    assert (complaint["account"], complaint["account_opd"]) == (dlh, "DLH")
    assert event["account_opd"] == "DLH"


async def test_bots_are_told_apart_by_their_address(channels: Driver, sender: str) -> None:
    bots = ("kotacontohraya_bot", "pupr_contohraya_bot")
    for bot in bots:
        # Each bot counts its own messages: the same number is another message.
        delivery = write("telegram", f"LAPOR {REPORT}", sender=sender, account=bot, message_id="7")
        await arrives(channels, delivery)
    found = await complaints_of(channels, "telegram", sender)
    assert [each["account_opd"] for each in found] == [None, "PUPR"]


async def test_point_is_the_location_inside_the_city_and_words_outside(
    channels: Driver, sender: str
) -> None:
    def venue(point: tuple[float, float], number: int) -> Delivery:
        delivery = write("telegram", "", sender=sender, message_id=str(number), point=point)
        delivery.content["message"]["caption"] = f"LAPOR lampu padam {number}"
        delivery.content["message"]["venue"] = {"title": "Pos ronda", "address": "Jalan Kenanga"}
        return delivery

    await arrives(channels, venue((-7.62874, 111.53067), 1))
    await arrives(channels, venue((-6.2, 106.8), 2))
    inside, outside = await complaints_of(channels, "telegram", sender)
    assert (inside["lat"], inside["lon"]) == (-7.62874, 111.53067)
    assert inside["address"] == "Pos ronda, Jalan Kenanga"
    assert outside["lat"] is None
    assert "Lokasi: -6.2, 106.8" in outside["text"]


async def test_identity_is_sealed_and_masked(channels: Driver) -> None:
    text = "Saya Sri, lampu padam di gang mawar, hubungi 6281200000001"
    await arrives(channels, write("whatsapp", f"LAPOR {text}"))
    (*_, complaint) = await complaints_of(channels, "whatsapp", "6281200000001")
    assert "6281200000001" not in complaint["text"]
    ((_, event),) = await events_of(channels, complaint["complaint_id"])
    assert "6281200000001" not in json.dumps(event)
    (reporter,) = await channels.rows(
        "SELECT * FROM reporter WHERE reporter_id = :id", id=complaint["reporter_id"]
    )
    assert reporter["phone_hash"] is not None
    for statement in (
        "SELECT * FROM reporter",
        "SELECT * FROM received_message",
        "SELECT * FROM complaint",
    ):
        assert "6281200000001" not in repr(await channels.rows(statement))


async def test_person_without_a_number_is_known_by_their_id(channels: Driver) -> None:
    message = whatsapp_message(REPORT, "", "bsuid-1", SENT_AT, None, None)
    del message["from"]
    message["from_user_id"] = "ID.1349120865530274"
    await arrives(channels, deliver("whatsapp", [message]))
    (complaint,) = await complaints_of(channels, "whatsapp", "ID.1349120865530274")
    (reporter,) = await channels.rows(
        "SELECT * FROM reporter WHERE reporter_id = :id", id=complaint["reporter_id"]
    )
    assert reporter["phone_hash"] is None


# ------------------------------------------------------------------- conversation


async def test_open_question_is_answered_and_the_result_judged(
    channels: Driver, sender: str
) -> None:
    await arrives(channels, write("whatsapp", REPORT, sender=sender))
    (complaint,) = await complaints_of(channels, "whatsapp", sender)
    telling = Telling(str(complaint["complaint_id"]), channels.now)
    await channels.tell(telling.assigned(), telling.asked("q-1", "Di RT berapa?"))
    await arrives(channels, write("whatsapp", "RT 05", sender=sender))
    kind, event = (await events_of(channels, complaint["complaint_id"]))[-1]
    assert (kind, event["text"]) == ("CitizenMessageReceived", "RT 05")
    assert event["request_id"]

    await channels.tell(telling.resolved("Lampu sudah diganti."))
    await arrives(channels, write("whatsapp", "2 ", sender=sender))
    kind, event = (await events_of(channels, complaint["complaint_id"]))[-1]
    assert (kind, event["satisfied"]) == ("FeedbackGiven", False)
    assert len(await complaints_of(channels, "whatsapp", sender)) == 1


async def test_after_the_days_a_message_is_a_new_complaint(channels: Driver, sender: str) -> None:
    await arrives(channels, write("messenger", REPORT, sender=sender))
    channels.system.clock.advance(timedelta(days=15))
    await arrives(channels, write("messenger", f"{REPORT} lagi", sender=sender))
    assert len(await complaints_of(channels, "messenger", sender)) == 2


async def test_reply_to_an_own_message_goes_on_with_its_complaint(
    channels: Driver, sender: str
) -> None:
    await arrives(
        channels, write("whatsapp", f"LAPOR {REPORT}", sender=sender, message_id=f"{sender}-a")
    )
    await arrives(channels, write("whatsapp", "LAPOR sampah menumpuk di pasar", sender=sender))
    reply = whatsapp_message("Sudah lima hari ini", sender, f"{sender}-b", SENT_AT, None, None)
    reply["context"] = {"id": f"wamid.{sender}-a"}
    await arrives(channels, deliver("whatsapp", [reply]))
    first, _second = await complaints_of(channels, "whatsapp", sender)
    assert await meanings_of(channels, first["complaint_id"]) == ["complaint", "message"]


async def test_code_of_a_web_complaint_is_theirs_whose_number_it_has(channels: Driver) -> None:
    lodged = await channels.lodge(reporter=REPORTER | {"phone": "0812-0000-0077"})
    text = f"{lodged.code} tiangnya di sebelah masjid"
    await arrives(channels, write("whatsapp", text, sender="6281299999901"))
    assert await meanings_of(channels, lodged.complaint_id) == ["status"]
    await arrives(channels, write("whatsapp", text, sender="6281200000077"))
    assert await meanings_of(channels, lodged.complaint_id) == ["message", "status"]
    kinds = [kind for kind, _ in await events_of(channels, lodged.complaint_id)]
    assert kinds == ["ComplaintSubmitted", "CitizenMessageReceived"]


async def test_unknown_code_is_just_a_word(channels: Driver, sender: str) -> None:
    code = draw_code(lambda below: below // 7)
    await arrives(channels, write("x", f"{code} lampu padam di gang mawar", sender=sender))
    assert len(await complaints_of(channels, "x", sender)) == 1


async def test_sender_of_another_platform_is_another_person(channels: Driver, sender: str) -> None:
    await arrives(channels, write("messenger", REPORT, sender=sender))
    await arrives(channels, write("instagram", "Lampunya masih padam di sana", sender=sender))
    assert len(await complaints_of(channels, "messenger", sender)) == 1
    assert len(await complaints_of(channels, "instagram", sender)) == 1


# ------------------------------------------------------------------- comments and posts


async def test_comments_and_mentions_are_complaints_and_talk_is_not(channels: Driver) -> None:
    for delivery in (
        facebook_comment(REPORT),
        facebook_comment("mantap", "9_2"),
        facebook_comment(REPORT, "9_3", verb="edited"),
        facebook_comment("Terima kasih", "9_4", **{"from": {"id": ACCOUNTS["messenger"]}}),
        instagram_comment(REPORT, account="17840000000000002"),
        instagram_comment("👍", "1790002"),
        instagram_comment(REPORT, "1790003", author=ACCOUNTS["instagram"]),
        x_post(f"@kotacontohraya {REPORT} &amp; gelap"),
        x_post(f"RT {REPORT}", "1900002", retweeted_status={"id_str": "1"}),
        x_post(REPORT, "1900003", entities={}),
        x_post(REPORT, "1900004", user={"id_str": ACCOUNTS["x"], "name": "Kota"}),
    ):
        await arrives(channels, delivery)
    (comment,) = await complaints_of(channels, "messenger", "7001")
    assert comment["text"] == REPORT
    (comment,) = await complaints_of(channels, "instagram", "8001")
    assert comment["account_opd"] == "PUPR"
    (post_,) = await complaints_of(channels, "x", "9001")
    assert post_["text"] == f"{REPORT} & gelap"
    assert post_["device_time"] == SENT_AT


async def test_instagrams_other_form_of_a_comment_is_read(channels: Driver) -> None:
    delivery = instagram_comment(REPORT, "1790009", author="8009")
    (entry,) = delivery.content["entry"]
    (change,) = entry.pop("changes")
    await arrives(channels, Delivery("instagram", {"entry": [entry | change]}))
    assert len(await complaints_of(channels, "instagram", "8009")) == 1


async def test_what_is_no_business_of_ours_is_passed_over(channels: Driver, sender: str) -> None:
    echo = write("messenger", REPORT, sender=sender)
    echo.content["entry"][0]["messaging"][0]["message"]["is_echo"] = True
    read = write("instagram", REPORT, sender=sender)
    del read.content["entry"][0]["messaging"][0]["message"]
    group = write("telegram", REPORT, sender=sender)
    group.content["message"]["chat"]["type"] = "group"
    bot = write("telegram", REPORT, sender=sender)
    bot.content["message"]["from"]["is_bot"] = True
    edited = write("telegram", REPORT, sender=sender)
    edited.content["edited_message"] = edited.content.pop("message")
    reaction = write("whatsapp", REPORT, sender=sender)
    (message,) = reaction.content["entry"][0]["changes"][0]["value"]["messages"]
    message["type"] = "reaction"
    own = write("x", REPORT, sender=ACCOUNTS["x"])
    before = await channels.rows("SELECT count(*) AS n FROM received_message")
    for delivery in (echo, read, group, bot, edited, reaction, own):
        await arrives(channels, delivery)
    assert await channels.rows("SELECT count(*) AS n FROM received_message") == before


async def test_torn_emoji_does_not_refuse_a_report(channels: Driver, sender: str) -> None:
    delivery = write("telegram", f"{REPORT} \ud83d", sender=sender)
    delivery.content["message"]["text"] += "\0"
    await arrives(channels, delivery)
    (complaint,) = await complaints_of(channels, "telegram", sender)
    assert complaint["text"] == f"{REPORT} \ufffd"


# ------------------------------------------------------------------- handshakes


@pytest.mark.parametrize(
    ("platform", "token"),
    [
        ("whatsapp", "token-whatsapp"),
        ("messenger", "token-facebook"),
        ("instagram", "token-instagram"),
    ],
)
async def test_metas_challenge_is_answered_for_the_right_token(
    channels: Driver, platform: str, token: str
) -> None:
    async def ask(**parameters: str) -> httpx.Response:
        asked = {f"hub.{name}": value for name, value in parameters.items()}
        return await channels.client.get(f"/intake/v1/channels/{platform}", params=asked)

    answer = await ask(mode="subscribe", verify_token=token, challenge="<b>1158201444</b>")
    assert (answer.status_code, answer.text) == (200, "<b>1158201444</b>")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"
    for wrong in (
        {"mode": "subscribe", "verify_token": "salah", "challenge": "1"},
        {"mode": "unsubscribe", "verify_token": token, "challenge": "1"},
        {},
    ):
        assert (await ask(**wrong)).status_code == 403


async def test_xs_check_is_answered_with_the_signed_token(channels: Driver) -> None:
    answer = await channels.client.get("/intake/v1/channels/x", params={"crc_token": "abc"})
    expected = b64encode(digest(SECRETS["x_consumer_secret"].encode(), b"abc", "sha256")).decode()
    assert answer.json() == {"response_token": f"sha256={expected}"}
    assert (await channels.client.get("/intake/v1/channels/telegram")).status_code == 404


async def test_without_a_secret_nobody_is_let_in(alone: Driver) -> None:
    for platform in PLATFORMS:
        delivery = write(platform, REPORT)
        answer = await post(alone, delivery)
        assert answer.status_code == 404
        assert answer.json()["type"] == "urn:tanggap:problem:channel-closed"
        assert (await alone.client.get(f"/intake/v1/channels/{platform}")).status_code == 404
    assert await alone.rows("SELECT * FROM received_message") == []
