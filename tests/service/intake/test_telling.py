"""Citizens are answered where they wrote, once, and told no more than may be read there."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from services.intake.operations.erasure import erase_reporters
from services.intake.operations.telling import enqueue_reply, opt_in, opt_out
from shared.auth import Role
from shared.ids import new_id
from shared.messaging.gsm import fits_one
from shared.standard_webhooks import read_keys, verify
from shared.survey_links import read_survey_keys, verify_link
from tests.service.intake.applying import Casework
from tests.service.intake.driver import REPORTER, Driver, Lodged
from tests.service.intake.events import Telling
from tests.service.intake.telling import ACCOUNTS, SENDERS, World
from tests.support.platforms import (
    WEBHOOK_KEY,
    running_mailbox,
    running_platforms,
    sending_settings,
)
from tests.support.servers import PROFILE, Databases
from tests.support.system import running_system

SURVEY_KEY = "c3VydmV5LWtleS1vZi10aGUtdGVzdHMtMzItYnl0ZXM="
HELD = "/intake/v1/staff/held-messages"


@pytest.fixture(scope="module")
async def world(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """Run intake with every channel open, the platforms, and a front end that is told."""
    async with running_platforms() as platforms, running_mailbox() as mailbox:
        home = tmp_path_factory.mktemp("telling")
        profile = _profile(home / "profile", platforms.url("webhook"))
        async with running_system(
            databases,
            home,
            services=["intake"],
            messaging=sending_settings(platforms, mailbox),
            profile=profile,
            survey_link_key=SURVEY_KEY,
        ) as system:
            yield World(Driver(system), platforms, mailbox)


def _profile(folder: Path, front_end: str) -> Path:
    """Copy the example, with the survey open and a front end that is near."""
    folder.mkdir()
    for path in PROFILE.glob("*.yaml"):
        text = path.read_text()
        if path.name == "messages.yaml":
            text = text.replace("enabled: false", "enabled: true").replace(
                "https://lapor.contoh.example/hooks", front_end
            )
        (folder / path.name).write_text(text)
    copytree(PROFILE / "services", folder / "services")
    return folder


def _telling(world: World, lodged: Lodged) -> Telling:
    return Telling(lodged.complaint_id, world.intake.now)


def _text(call: Any) -> str:
    body = call.json
    message = body.get("message")
    inner = message.get("text") if isinstance(message, dict) else message
    text = body.get("text")
    found = inner or (text.get("body") if isinstance(text, dict) else text)
    assert isinstance(found, str)
    return found


async def test_an_applicant_at_the_counter_is_told_when_a_stage_has_something_to_say(
    world: World,
) -> None:
    intake = world.intake
    answer = await intake.client.post(
        "/intake/v1/staff/services/investasi/applications",
        json={
            "answers": {
                "nama": "Warga Contoh",
                "hp": "0812-0000-0091",
                "keperluan": "informasi",
                "bidang": "kuliner",
                "pertanyaan": "Syarat apa saja yang perlu saya siapkan?",
            }
        },
        headers=intake.system.staff(Role.OPERATOR),
    )
    assert answer.status_code == 201, answer.text
    said = answer.json()
    lodged = Lodged(said["complaint_id"], said["tracking_code"], said["secret"], said)
    case = Casework(intake, lodged, "DPMPTSP", "investasi")
    await case.enter("konsultasi")
    await case.enter("telaah")
    assert await world.kinds(lodged) == ["received", "stage_entered"]
    calls = world.told("sms", lodged.code)
    # It is secret: the message tells nothing of the matter, the page with the secret does.
    assert "klinik" not in str(calls[-1].body)
    seen = await intake.track(lodged, known=True)
    assert "Kami menunggu Anda" in str(seen["timeline"])
    assert "Permintaan diterima" in seen["timeline"][0]["text"]


@pytest.mark.parametrize("channel", ACCOUNTS)
async def test_each_channel_is_answered_where_it_was_written(world: World, channel: str) -> None:
    handle = "+6281200000077" if channel in {"whatsapp", "sms"} else f"{channel}-77"
    lodged = await world.write(channel, handle)
    await world.queued(lodged)
    telling = _telling(world, lodged)
    await world.intake.tell(telling.assigned(), telling.answered("Regu kami berangkat."))
    assert await world.kinds(lodged) == ["received", "assigned", "answered"]
    calls = world.told(SENDERS.get(channel, channel), lodged.code)
    assert [lodged.code in _text(call) for call in calls] == [True, True, True]
    assert "Regu kami berangkat." in _text(calls[2])
    assert all(
        handle.removeprefix("+").encode() in call.body + call.path.encode() for call in calls
    )


async def test_an_acknowledgement_is_no_response(world: World) -> None:
    lodged = await world.write("telegram", "ack-1")
    assert await world.kinds(lodged) == ["received"]
    seen = await world.intake.track(lodged)
    assert seen["status"] == "received"
    assert [item["kind"] for item in seen["timeline"]] == ["received"]
    assert [row["type"] for row in await world.intake.published(lodged.complaint_id)] == [
        "tanggap.intake.ComplaintSubmitted.v1"
    ]


async def test_a_form_is_answered_by_e_mail_if_one_was_left(world: World) -> None:
    lodged = await world.intake.lodge(reporter=REPORTER)
    telling = _telling(world, lodged)
    await world.intake.tell(telling.assigned(), telling.resolved("Lampu sudah menyala."))
    assert await world.kinds(lodged) == ["received", "assigned", "assigned", "resolved", "resolved"]
    letters = world.letters(lodged.code)
    assert [letter["To"] for letter in letters] == [REPORTER["email"]] * 3
    assert "Lampu sudah menyala." in letters[2].get_content()
    assert lodged.secret not in "".join(letter.as_string() for letter in letters)
    silent = await world.intake.lodge(channel="open311")
    assert await world.queued(silent) == []


@pytest.mark.parametrize("channel", ["radio", "visit", "counter", "call112"])
async def test_who_spoke_to_somebody_is_answered_on_their_phone(world: World, channel: str) -> None:
    lodged = await world.intake.lodge(channel=channel, reporter={"phone": "0812-0000-0088"})
    telling = _telling(world, lodged)
    await world.intake.tell(telling.answered("Panjang sekali. " * 60))
    assert await world.kinds(lodged) == ["received", "answered"]
    calls = world.told("sms", lodged.code)
    assert [call.json["to"] for call in calls] == ["+6281200000088"] * 2
    assert all(fits_one(call.json["text"]) for call in calls)
    assert "..." in calls[1].json["text"]


async def test_of_a_secret_complaint_nothing_is_told_but_that_there_is_news(world: World) -> None:
    lodged = await world.write("sms", "+6281200000099", secret=True)
    telling = _telling(world, lodged)
    await world.intake.tell(
        telling.assigned("DP3AP2KB", "Dinas Pemberdayaan Perempuan"),
        telling.answered("Anak itu sudah kami lindungi."),
        telling.resolved("Pelaku sudah diproses."),
        telling.rejected("Bukan kewenangan kami."),
    )
    assert len(await world.kinds(lodged)) == 5
    said = " ".join(call.json["text"] for call in world.told("sms", lodged.code))
    for hidden in ("DP3AP2KB", "Perempuan", "Anak", "Pelaku", "kewenangan", "padam"):
        assert hidden not in said
    assert world.told("sms", lodged.code)[1].json["text"].startswith("Ada kabar tentang laporan")


async def test_under_a_comment_stands_only_what_all_may_read(world: World) -> None:
    lodged = await world.write("instagram", "ig-88", reply_to="comment-5")
    telling = _telling(world, lodged)
    await world.intake.tell(telling.assigned(), telling.answered("Pak Budi, kami datang."))
    assert await world.kinds(lodged) == ["received", "answered"]
    assert await world.kinds(lodged, "dropped") == ["assigned"]
    calls = world.told("instagram", lodged.code)
    assert [call.path for call in calls] == ["v23.0/comment-5/replies"] * 2
    assert "Budi" not in _text(calls[1])


async def test_who_opted_out_is_told_nothing_until_they_opt_in(world: World) -> None:
    lodged = await world.write("telegram", "stop-1")
    telling = _telling(world, lodged)
    await world.in_unit(lambda unit, context: opt_out(unit, context, "telegram", "stop-1"))
    await world.in_unit(lambda unit, context: opt_out(unit, context, "telegram", "stop-1"))
    await world.intake.tell(telling.assigned(), telling.answered())
    assert await world.kinds(lodged) == ["received"]
    rows = await world.queued(lodged)
    assert [row["reason"] for row in rows[1:]] == ["the reporter opted out"] * 2
    await world.in_unit(lambda unit, context: opt_in(unit, context, "telegram", "stop-1"))
    await world.intake.tell(telling.resolved())
    assert await world.kinds(lodged) == ["received", "resolved"]


async def test_who_opted_out_by_sms_is_not_told_by_the_desk_either(world: World) -> None:
    await world.in_unit(lambda unit, context: opt_out(unit, context, "sms", "+6281200000066"))
    lodged = await world.intake.lodge(channel="radio", reporter={"phone": "081200000066"})
    await world.intake.tell(_telling(world, lodged).assigned())
    assert await world.kinds(lodged) == ["received"]


async def test_who_was_erased_is_told_nothing(world: World) -> None:
    lodged = await world.write("telegram", "erased-1")
    await world.queued(lodged)
    (row,) = await world.intake.rows(
        "SELECT reporter_id FROM complaint WHERE complaint_id = CAST(:id AS uuid)",
        id=lodged.complaint_id,
    )
    await world.in_unit(lambda unit, _: erase_reporters(unit, [str(row["reporter_id"])]))
    await world.intake.tell(_telling(world, lodged).answered())
    rows = await world.queued(lodged)
    assert (rows[1]["state"], rows[1]["reason"]) == ("dropped", "the reporter was erased")


async def test_whatsapp_gets_a_template_a_day_after_the_citizen_wrote(world: World) -> None:
    lodged = await world.write("whatsapp", "6281200000055")
    hidden = await world.write("whatsapp", "6281200000056", secret=True)
    await world.queued(lodged)
    await world.queued(hidden)
    world.intake.system.clock.advance(timedelta(hours=25))
    telling = _telling(world, lodged)
    await world.intake.tell(
        telling.answered("Kami datang."), _telling(world, hidden).answered("Rahasia sekali.")
    )
    await world.queued(lodged)
    answer = await world.intake.say(lodged, "messages", {"text": "Masih padam."})
    assert answer.status_code == 201
    await world.intake.tell(telling.answered("Besok selesai."))
    assert await world.kinds(lodged) == ["received", "answered", "answered"]
    sent = [call.json for call in world.told("whatsapp", lodged.code)]
    assert [each["type"] for each in sent] == ["text", "template", "text"]
    said = json.dumps(sent[1]["template"])
    assert "laporan_dijawab" in said
    assert "Kami datang." in said
    await world.queued(hidden)
    secret = json.dumps(world.told("whatsapp", hidden.code)[1].json["template"])
    assert "laporan_kabar" in secret
    assert "Rahasia" not in secret


async def test_a_front_end_is_told_what_the_public_sees(world: World) -> None:
    lodged = await world.intake.lodge()
    secret = await world.intake.lodge(secret=True)
    for each in (lodged, secret):
        telling = _telling(world, each)
        await world.intake.tell(telling.assigned(), telling.answered("Untuk Ibu Ani saja."))
        await world.queued(each)
    calls = world.told("webhook", lodged.code)
    assert [call.json["data"]["kind"] for call in calls] == ["assigned", "answered"]
    assert calls[0].json["data"]["sentence"] == "Laporan diteruskan kepada Dinas Perhubungan."
    assert all("Ani" not in call.body.decode() for call in calls)
    keys = read_keys(WEBHOOK_KEY)
    assert verify(keys, calls[0].headers, calls[0].body, world.intake.now).message_id
    for call in world.told("webhook", secret.code):
        assert call.json["data"] == {"tracking_code": secret.code}


async def test_a_closed_case_brings_an_invitation_that_names_nobody(world: World) -> None:
    lodged = await world.write("telegram", "survey-1")
    telling = _telling(world, lodged)
    await world.intake.tell(telling.assigned(), telling.resolved(), telling.closed("satisfied"))
    assert (await world.kinds(lodged))[-2:] == ["closed", "survey"]
    invitation = _text(
        next(
            call
            for call in world.platforms.accepted("telegram")
            if b"survei" in call.body and b"survey-1" in call.body
        )
    )
    token = invitation.rpartition("/")[2].strip()
    link = verify_link(read_survey_keys(SURVEY_KEY), token)
    assert (link.unit, link.service, link.period) == ("DISHUB", "pengaduan", "2026-03")
    assert lodged.code not in invitation
    assert lodged.complaint_id not in invitation


async def test_the_same_message_and_the_same_event_are_answered_once(world: World) -> None:
    first = await world.write("telegram", "twice-1", key="update-77")
    again = await world.write("telegram", "twice-1", key="update-77")
    assert first.complaint_id == again.complaint_id
    (envelope,) = await world.intake.tell(_telling(world, first).assigned())
    await world.intake.deliver([envelope])
    assert await world.kinds(first) == ["received", "assigned"]


async def test_a_withdrawn_complaint_is_told_no_more(world: World) -> None:
    lodged = await world.write("telegram", "gone-1")
    await world.intake.say(lodged, "withdraw", {"reason": "Sudah menyala."})
    await world.intake.tell(_telling(world, lodged).assigned())
    assert await world.kinds(lodged) == ["received"]


async def test_a_reply_reaches_who_wrote_and_leaves_no_trace_of_them(world: World) -> None:
    handle = f"stranger-{new_id()}"

    async def answer(unit: Any, context: Any) -> None:
        for template in ("hint_greeting", "status"):
            await enqueue_reply(
                unit,
                context,
                channel="facebook",
                account="page-1",
                handle=handle,
                template=template,
                parameters={"code": "K7M3PXA92W", "text": "Laporan sedang ditangani."},
            )

    await world.in_unit(answer)
    rows = await world.intake.rows("SELECT * FROM outgoing_message WHERE reference LIKE 'reply/%'")
    assert handle not in str(rows)
    while len(_replies(world, handle)) < 2:
        await world.intake.rows("SELECT pg_sleep(0.02)")
    hint, status = _replies(world, handle)
    assert "Kota Contoh Raya" in hint
    assert status.startswith("Laporan K7M3PXA92W: Laporan sedang ditangani. https://")


def _replies(world: World, handle: str) -> list[str]:
    return [
        call.json["message"]["text"]
        for call in world.platforms.accepted("messenger")
        if call.json.get("recipient") == {"id": handle}
    ]


async def test_no_address_lies_in_the_queue(world: World) -> None:
    await world.write("whatsapp", "6281277777777")
    await world.intake.lodge(reporter={"email": "rahasia@contoh.example"})
    await world.intake.lodge(channel="radio", reporter={"phone": "081288888888"})
    (row,) = await world.intake.rows(
        "SELECT coalesce(string_agg(m::text, ' '), '') AS all_of_it FROM outgoing_message m"
    )
    for address in ("81277777777", "rahasia@", "81288888888"):
        assert address not in row["all_of_it"]


async def test_an_admin_decides_on_what_may_have_been_sent(world: World) -> None:
    client = world.intake.client
    admin = world.intake.system.staff(Role.ADMIN)
    world.platforms.will("telegram", "broken")
    lodged = await world.write("telegram", "held-1")
    (row,) = await world.queued(lodged)
    assert row["state"] == "unsure"
    message_id = str(row["message_id"])
    listed = (await client.get(HELD, headers=admin)).json()["messages"]
    (held,) = [each for each in listed if each["message_id"] == message_id]
    assert held["decisions"] == ["send_again", "was_sent", "drop"]
    assert "held-1" not in str(listed)
    path = f"{HELD}/{message_id}/decision"
    for role in (Role.OFFICER, Role.OPERATOR, Role.TRIAGE):
        other = world.intake.system.staff(role, opd="DISHUB")
        assert (await client.get(HELD, headers=other)).status_code == 403
        refused = await client.post(path, json={"decision": "drop"}, headers=other)
        assert refused.status_code == 403
    assert (await client.post(path, json={"decision": "drop"})).status_code == 401
    wrong = await client.post(path, json={"decision": "forget"}, headers=admin)
    assert wrong.status_code == 422
    missing = await client.post(
        f"{HELD}/{new_id()}/decision", json={"decision": "drop"}, headers=admin
    )
    assert missing.status_code == 404
    done = await client.post(path, json={"decision": "send_again"}, headers=admin)
    assert done.json() == {"message_id": message_id, "state": "queued"}
    assert await world.kinds(lodged) == ["received"]
    again = await client.post(path, json={"decision": "send_again"}, headers=admin)
    assert again.status_code == 409
    assert again.json()["legal"] == []


async def test_what_waits_and_how_it_ended_is_on_the_metrics(world: World) -> None:
    await world.queued(await world.write("telegram", "metrics-1"))
    shown = (await world.intake.client.get("/intake/metrics")).text
    assert 'tanggap_messages_attempts_total{channel="telegram",outcome="sent"' in shown
    assert 'tanggap_messages_held{service="intake",state="unsure"}' in shown
    assert "metrics-1" not in shown


async def test_without_credentials_nothing_is_queued(alone: Driver) -> None:
    lodged = await alone.lodge(reporter=REPORTER)
    await alone.tell(Telling(lodged.complaint_id, alone.now).assigned())
    assert await alone.rows("SELECT 1 FROM outgoing_message") == []
