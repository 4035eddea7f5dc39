"""In and out: what people write on a platform is answered there, by the account they wrote to."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from time import monotonic
from typing import Any

import pytest

from shared.auth import Role
from tests.service.intake.driver import REPORTER, Driver
from tests.service.intake.events import Telling
from tests.service.intake.test_duplicates import looked
from tests.service.intake.writing import (
    REPORT,
    arrives,
    complaints_of,
    events_of,
    meanings_of,
    open_to_platforms,
)
from tests.support.deliveries import (
    ACCOUNTS,
    SENT_AT,
    Delivery,
    deliver,
    facebook_comment,
    instagram_comment,
    whatsapp_message,
    write,
    x_post,
)
from tests.support.platforms import Call, Platforms, running_platforms, sending_settings
from tests.support.servers import Databases

PLATFORMS = sorted(ACCOUNTS)


@dataclass
class Talk:
    """Intake, and the platforms that it writes to."""

    intake: Driver
    platforms: Platforms

    async def heard(self, platform: str, number: int) -> list[Call]:
        """Return what people got by a platform, once it is this many messages."""
        deadline = monotonic() + 10
        while len(self.platforms.accepted(platform)) < number:
            assert monotonic() < deadline, [call.path for call in self.platforms.calls]
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        calls = self.platforms.accepted(platform)
        assert len(calls) == number
        return calls

    async def hears(self, delivery: Delivery, number: int = 1) -> str:
        """Deliver, and return the text of the newest answer on the platform, its `number`th."""
        await arrives(self.intake, delivery)
        return text_of((await self.heard(delivery.platform, number))[-1])


@pytest.fixture
async def talk(talking: Talk) -> Talk:
    """Begin with nothing heard."""
    talking.platforms.calls.clear()
    return talking


@pytest.fixture(scope="module")
async def talking(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Talk]:
    """Run intake with secrets and credentials of every platform."""
    async with running_platforms() as platforms:
        messaging = sending_settings(
            platforms,
            whatsapp_tokens={ACCOUNTS["whatsapp"]: "token-wa"},
            telegram_tokens={ACCOUNTS["telegram"]: "111:token-tg"},
            messenger_tokens={ACCOUNTS["messenger"]: "token-fb"},
            instagram_tokens={ACCOUNTS["instagram"]: "token-ig"},
            x_tokens={ACCOUNTS["x"]: "token-x:secret-x"},
        )
        home = tmp_path_factory.mktemp("replies")
        async with open_to_platforms(databases, home, messaging=messaging) as system:
            yield Talk(Driver(system), platforms)


def text_of(call: Call) -> str:
    """Return what a person reads."""
    body: dict[str, Any] = call.json
    for steps in (("text", "body"), ("message", "text"), ("message",), ("text",)):
        found: Any = body
        for step in steps:
            found = found.get(step) if isinstance(found, dict) else None
        if isinstance(found, str):
            return found
    raise AssertionError(body)


def recipient_of(call: Call) -> str:
    """Return whom a private message went to."""
    body: dict[str, Any] = call.json
    recipient = body.get("recipient", {})
    by_path = call.path.split("/with/")[-1].split("/")[0]
    return str(body.get("to") or body.get("chat_id") or recipient.get("id") or by_path)


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


#: Places more than a kilometre apart, one for each test.
_POINTS = iter((-7.56 - 0.01 * n, 111.46 + 0.005 * n) for n in range(13))


async def _places(
    talk: Talk, platform: str, sender: str, point: tuple[float, float]
) -> dict[str, Any]:
    """Report in one message and send the point in the next, as people do; an OPD has it then."""
    await arrives(talk.intake, write(platform, REPORT, sender=sender))
    (complaint,) = await complaints_of(talk.intake, platform, sender)
    telling = Telling(str(complaint["complaint_id"]), talk.intake.now)
    await talk.intake.tell(telling.assigned())
    await arrives(talk.intake, write(platform, "", sender=sender, point=point))
    await looked(talk.intake)
    return complaint


async def _hears_of(talk: Talk, platform: str, sender: str, words: str) -> str:
    """Wait until somebody is told something with these words, and return it."""
    deadline = monotonic() + 10
    while True:
        said = [
            text_of(call)
            for call in talk.platforms.accepted(platform)
            if recipient_of(call) == sender and words in text_of(call)
        ]
        if said:
            return said[-1]
        assert monotonic() < deadline, [text_of(call) for call in talk.platforms.calls]
        await asyncio.sleep(0.01)


# X's direct messages carry no point.
@pytest.mark.parametrize("platform", [each for each in PLATFORMS if each != "x"])
async def test_who_reports_what_is_known_is_offered_to_join_it(
    talk: Talk, platform: str, sender: str
) -> None:
    point = next(_POINTS)
    first = await _places(talk, "telegram", f"{sender}0", point)
    own = await _places(talk, platform, sender, point)
    offer = await _hears_of(talk, platform, sender, "balas IKUT 1")
    assert own["tracking_code"] in offer
    assert f"1. {REPORT}" in offer
    assert first["tracking_code"] not in offer
    assert not [
        call
        for call in talk.platforms.accepted("telegram")
        if recipient_of(call) == f"{sender}0" and "IKUT" in text_of(call)
    ]
    wish = write(platform, "Ikut 1", sender=sender)
    await arrives(talk.intake, wish)
    await arrives(talk.intake, wish)
    assert own["tracking_code"] in await _hears_of(talk, platform, sender, "ikut laporan serupa")
    events = await events_of(talk.intake, own["complaint_id"])
    joined = [
        payload["joined_complaint_id"] for name, payload in events if name == "ReporterJoined"
    ]
    assert joined == [str(first["complaint_id"])]
    amended = [payload for name, payload in events if name == "ComplaintAmended"]
    assert [set(each) - {"complaint_id", "occurred_at"} for each in amended] == [
        {"location"},
        {"candidates"},
    ]
    assert sorted(await meanings_of(talk.intake, own["complaint_id"])) == [
        "complaint",
        "join",
        "message",
    ]


async def test_what_ended_meanwhile_or_was_not_offered_is_not_joined(
    talk: Talk, sender: str
) -> None:
    point = next(_POINTS)
    first = await _places(talk, "telegram", f"{sender}0", point)
    own = await _places(talk, "whatsapp", sender, point)
    await arrives(talk.intake, write("whatsapp", "IKUT 2", sender=sender))
    assert "tidak dapat diikuti" in await _hears_of(talk, "whatsapp", sender, "diikuti")
    telling = Telling(str(first["complaint_id"]), talk.intake.now)
    await talk.intake.tell(telling.resolved("Sudah menyala."))
    talk.platforms.calls.clear()
    await arrives(talk.intake, write("whatsapp", "IKUT 1", sender=sender))
    assert "tidak dapat diikuti" in await _hears_of(talk, "whatsapp", sender, "diikuti")
    names = [name for name, _ in await events_of(talk.intake, own["complaint_id"])]
    assert "ReporterJoined" not in names


async def test_who_knows_a_code_joins_by_it(talk: Talk, sender: str) -> None:
    first = await _places(talk, "telegram", f"{sender}0", next(_POINTS))
    own = await _places(talk, "whatsapp", sender, next(_POINTS))
    code = first["tracking_code"]
    await arrives(talk.intake, write("whatsapp", f"saya juga {code}", sender=sender))
    await _hears_of(talk, "whatsapp", sender, "ikut laporan serupa")
    assert "ReporterJoined" in dict(await events_of(talk.intake, own["complaint_id"]))


async def test_the_reporter_of_a_secret_complaint_is_offered_nothing(
    talk: Talk, sender: str
) -> None:
    point = next(_POINTS)
    await _places(talk, "telegram", f"{sender}0", point)
    await arrives(talk.intake, write("telegram", REPORT, sender=sender))
    (own,) = await complaints_of(talk.intake, "telegram", sender)
    async with talk.intake.doors.units.begin() as unit:
        await unit.connection.exec_driver_sql(
            f"UPDATE complaint SET secret = true WHERE complaint_id = '{own['complaint_id']}'"  # noqa: S608 - ours
        )
    await arrives(talk.intake, write("telegram", "", sender=sender, point=point))
    await looked(talk.intake)
    rows = await talk.intake.rows(
        "SELECT offered_as FROM likeness WHERE complaint_id = :id", id=own["complaint_id"]
    )
    assert [row["offered_as"] for row in rows] == [None]


async def test_a_point_outside_or_a_second_one_moves_no_complaint(talk: Talk, sender: str) -> None:
    own = await _places(talk, "telegram", sender, (51.5, 0.1))
    (before,) = await complaints_of(talk.intake, "telegram", sender)
    point, other = next(_POINTS), next(_POINTS)
    for each in (point, other):
        await arrives(talk.intake, write("telegram", "", sender=sender, point=each))
    (after,) = await complaints_of(talk.intake, "telegram", sender)
    assert (before["lat"], (after["lat"], after["lon"])) == (None, point)
    amended = [
        payload["location"]["lat"]
        for name, payload in await events_of(talk.intake, own["complaint_id"])
        if name == "ComplaintAmended" and "location" in payload
    ]
    assert amended == [point[0]]


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


async def test_platforms_report_of_delivery_is_kept(talk: Talk, sender: str) -> None:
    await talk.hears(write("whatsapp", REPORT, sender=sender))
    (complaint,) = await complaints_of(talk.intake, "whatsapp", sender)
    reference = f"complaint/{complaint['complaint_id']}"
    statement = "SELECT platform_id, delivery, reason FROM outgoing_message WHERE reference = :r"
    (sent,) = await talk.intake.rows(statement, r=reference)
    statuses = [
        {"id": sent["platform_id"], "status": status, "timestamp": "1773021600", **more}
        for status, more in (
            ("delivered", {}),
            ("sent", {}),
            ("failed", {"errors": [{"code": 131047, "title": "Re-engagement message"}]}),
            ("deleted", {}),
        )
    ]
    unknown = {"id": "wamid.unknown", "status": "read", "timestamp": "1773021600"}
    delivery = deliver("whatsapp", [])
    value = delivery.content["entry"][0]["changes"][0]["value"]
    value["statuses"] = [*statuses, unknown, {"id": 5}]
    await arrives(talk.intake, delivery)
    (kept,) = await talk.intake.rows(statement, r=reference)
    assert (kept["delivery"], kept["reason"]) == ("failed", "131047 Re-engagement message")


def _failed(platform_id: str, code: int) -> Delivery:
    delivery = deliver("whatsapp", [])
    error = {"code": code, "title": "Tidak terkirim"}
    report = {"id": platform_id, "status": "failed", "timestamp": "1773021600", "errors": [error]}
    delivery.content["entry"][0]["changes"][0]["value"]["statuses"] = [report]
    return delivery


async def _told(talk: Talk, sender: str, *, number: int = 2) -> dict[str, Any]:
    """Return the newest message to who reported by WhatsApp, once so many have reached them."""
    await talk.heard("whatsapp", number)
    (complaint,) = await complaints_of(talk.intake, "whatsapp", sender)
    deadline = monotonic() + 10
    while True:
        newest: dict[str, Any] = (
            await talk.intake.rows(
                "SELECT * FROM outgoing_message WHERE reference = :r ORDER BY seq",
                r=f"complaint/{complaint['complaint_id']}",
            )
        )[-1]
        if newest["state"] not in {"queued", "sending"}:
            return newest
        assert monotonic() < deadline, newest["state"]
        await asyncio.sleep(0.01)


async def _assigned(talk: Talk, sender: str) -> None:
    await arrives(talk.intake, write("whatsapp", REPORT, sender=sender))
    (complaint,) = await complaints_of(talk.intake, "whatsapp", sender)
    await talk.intake.tell(Telling(str(complaint["complaint_id"]), talk.intake.now).assigned())


async def test_what_whatsapp_wants_as_a_template_goes_out_as_one_once(
    talk: Talk, sender: str
) -> None:
    await _assigned(talk, sender)
    report = _failed((await _told(talk, sender))["platform_id"], 131047)
    await asyncio.gather(*(arrives(talk.intake, report) for _ in range(3)))
    again = await _told(talk, sender, number=3)
    calls = talk.platforms.accepted("whatsapp")
    assert [call.json["type"] for call in calls] == ["text", "text", "template"]
    assert calls[-1].json["template"]["name"] == "laporan_diteruskan"
    assert (again["state"], again["attempts"]) == ("sent", 2)
    await arrives(talk.intake, report)
    await arrives(talk.intake, _failed(again["platform_id"], 131047))
    held = await _told(talk, sender, number=3)
    assert (held["state"], held["delivery"]) == ("dead", "failed")


async def test_what_whatsapp_could_not_deliver_waits_for_a_person(talk: Talk, sender: str) -> None:
    await _assigned(talk, sender)
    report = _failed((await _told(talk, sender))["platform_id"], 131026)
    await arrives(talk.intake, report)
    dead = await _told(talk, sender)
    assert (dead["state"], dead["reason"]) == ("dead", "131026 Tidak terkirim")
    path = f"/intake/v1/staff/held-messages/{dead['message_id']}/decision"
    admin = talk.intake.system.staff(Role.ADMIN)
    decided = await talk.intake.client.post(path, json={"decision": "send_again"}, headers=admin)
    assert decided.json()["state"] == "queued"
    again = await _told(talk, sender, number=3)
    assert "Dinas Perhubungan" in text_of(talk.platforms.accepted("whatsapp")[-1])
    await arrives(talk.intake, report)
    assert (await _told(talk, sender, number=3))["state"] == again["state"] == "sent"


async def test_what_could_not_be_taken_in_is_listed_read_for_a_reason_and_put_away(
    talk: Talk,
) -> None:
    client, auditor = talk.intake.client, talk.intake.system.staff(Role.AUDITOR)
    path = "/intake/v1/staff/refused-messages"
    await arrives(talk.intake, deliver("whatsapp", [{"id": "wamid.odd", "text": "Rahasia saya"}]))
    listed = await client.get(path, headers=auditor)
    message = next(each for each in listed.json()["items"] if each["reason"] == "type: missing")
    assert "Rahasia saya" not in listed.text
    one = f"{path}/{message['message_id']}"
    why = {"reason": "Memeriksa bentuk pesan."}
    assert (await client.post(f"{one}/read", json={}, headers=auditor)).status_code == 422
    read = await client.post(f"{one}/read", json=why, headers=auditor)
    assert "Rahasia saya" in read.json()["content"]
    assert (await client.post(f"{one}/dismiss", json=why, headers=auditor)).status_code == 200
    for step in ("read", "dismiss"):
        gone = await client.post(f"{one}/{step}", json=why, headers=auditor)
        assert gone.status_code == 404
    actions = await talk.intake.rows(
        "SELECT action FROM audit_entry WHERE object = :o ORDER BY seq",
        o=f"message:{message['message_id']}",
    )
    assert [row["action"] for row in actions] == [
        "refused_message_read",
        "refused_message_dismissed",
    ]
    assert "Rahasia" not in str(await talk.intake.rows("SELECT * FROM audit_entry"))


async def test_what_arrived_is_neither_repeated_nor_kept(talk: Talk, sender: str) -> None:
    await _assigned(talk, sender)
    sent = await _told(talk, sender)
    assert sent["parameters"] != {}
    read = deliver("whatsapp", [])
    report = {"id": sent["platform_id"], "status": "read", "timestamp": "1773021600"}
    read.content["entry"][0]["changes"][0]["value"]["statuses"] = [report]
    await arrives(talk.intake, read)
    await arrives(talk.intake, _failed(sent["platform_id"], 131047))
    kept = await _told(talk, sender)
    assert (kept["state"], kept["parameters"], kept["delivery"]) == ("sent", {}, "failed")


async def test_answer_is_sent_once_though_the_message_comes_thrice(talk: Talk, sender: str) -> None:
    delivery = write("instagram", "halo", sender=sender)
    await asyncio.gather(*(arrives(talk.intake, delivery) for _ in range(3)))
    await talk.heard("instagram", 1)
    rows = await talk.intake.rows("SELECT * FROM outgoing_message WHERE channel = 'instagram'")
    assert sender not in json.dumps(rows, default=repr)
