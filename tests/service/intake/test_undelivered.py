"""What platforms say later of our messages, and messages that could not be taken in."""

import asyncio
from time import monotonic
from typing import Any

from shared.auth import Role
from tests.service.intake.events import Telling
from tests.service.intake.talking import Talk, talk, talking, text_of
from tests.service.intake.writing import REPORT, arrives, complaints_of
from tests.support.deliveries import Delivery, deliver, write

__all__ = ["talk", "talking"]


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
    deadline = monotonic() + 30
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
