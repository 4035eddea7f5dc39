"""Each sender against a server that behaves like its platform, on good days and bad."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.clock import ManualClock, SystemClock
from shared.embedded.ports import HOST, free_port
from shared.messaging.port import (
    OutgoingMessage,
    Refused,
    Sender,
    SentMessage,
    Template,
    TryLater,
    Unsure,
)
from shared.messaging.senders import CHANNELS, make_senders
from shared.messaging.settings import MessagingSettings
from shared.messaging.x import oauth_header
from shared.standard_webhooks import read_keys, verify
from tests.support.platforms import (
    RETRY_AFTER_SECONDS,
    WEBHOOK_KEY,
    Mailbox,
    Mood,
    Platforms,
    sending_settings,
)

NOW = datetime(2026, 3, 9, 2, 0, tzinfo=UTC)
ID = "019b76da-a800-7000-8000-00000000c001"
RECIPIENTS = {
    "whatsapp": "+6281200000001",
    "telegram": "4411",
    "messenger": "psid-1",
    "instagram": "igsid-1",
    "x": "7001",
    "sms": "+6281200000001",
    "webhook": "",
}
ACCOUNTS = {"webhook": "situs"}


@pytest.fixture
async def senders(platforms: Platforms) -> AsyncIterator[dict[str, Sender]]:
    """Make every sender that speaks HTTP."""
    made = make_senders(sending_settings(platforms), ManualClock(NOW))
    yield made
    for sender in made.values():
        await sender.close()


def _message(platforms: Platforms, channel: str, **values: Any) -> OutgoingMessage:
    recipient = RECIPIENTS[channel] or f"{platforms.url('webhook')}/situs"
    return replace(
        OutgoingMessage(ID, channel, ACCOUNTS.get(channel, ""), recipient, '"Laporan diterima."'),
        **values,
    )


async def test_whatsapp_gets_a_text_under_the_accounts_own_token(
    platforms: Platforms, senders: dict[str, Sender]
) -> None:
    message = _message(platforms, "whatsapp", account="1055502", reply_to="wamid.in")
    assert await senders["whatsapp"].send(message) == SentMessage("wamid.1")
    (call,) = platforms.accepted("whatsapp")
    assert call.path == "v23.0/1055502/messages"
    assert call.headers["authorization"] == "Bearer token-wa-2"
    assert call.json == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "6281200000001",
        "type": "text",
        "text": {"preview_url": False, "body": '"Laporan diterima."'},
        "context": {"message_id": "wamid.in"},
    }


async def test_whatsapp_gets_a_template_outside_the_window(
    platforms: Platforms, senders: dict[str, Sender]
) -> None:
    template = Template("laporan_kabar", ("K7M3PXA92W", "Dua\nbaris"))
    await senders["whatsapp"].send(_message(platforms, "whatsapp", template=template))
    (call,) = platforms.accepted("whatsapp")
    assert call.json["type"] == "template"
    assert call.json["template"] == {
        "name": "laporan_kabar",
        "language": {"code": "id"},
        "components": [
            {
                "type": "body",
                "parameters": [
                    {"type": "text", "text": "K7M3PXA92W"},
                    {"type": "text", "text": "Dua baris"},
                ],
            }
        ],
    }


async def test_telegram_gets_a_message_in_its_chat(
    platforms: Platforms, senders: dict[str, Sender]
) -> None:
    message = _message(platforms, "telegram", text="x" * 5000, reply_to="12")
    assert await senders["telegram"].send(message) == SentMessage("1")
    (call,) = platforms.accepted("telegram")
    assert call.path == "bot111:token-tg/sendMessage"
    assert call.json["chat_id"] == "4411"
    assert len(call.json["text"]) == 4096
    assert call.json["reply_parameters"]["message_id"] == 12


@pytest.mark.parametrize(
    ("channel", "replies"), [("messenger", "comments"), ("instagram", "replies")]
)
async def test_meta_gets_direct_messages_and_replies_to_comments(
    platforms: Platforms, senders: dict[str, Sender], channel: str, replies: str
) -> None:
    direct = _message(platforms, channel)
    assert await senders[channel].send(direct) == SentMessage("mid.1")
    await senders[channel].send(replace(direct, reply_to="c-77"))
    first, second = platforms.accepted(channel)
    assert first.path == "v23.0/me/messages"
    assert first.json["recipient"] == {"id": RECIPIENTS[channel]}
    assert first.json["messaging_type"] == "RESPONSE"
    assert second.path == f"v23.0/c-77/{replies}"
    assert second.json == {"message": '"Laporan diterima."'}


async def test_meta_gets_the_tag_that_was_allowed_outside_the_window(platforms: Platforms) -> None:
    settings = sending_settings(platforms, meta_tag="HUMAN_AGENT")
    sender = make_senders(settings, ManualClock(NOW))["messenger"]
    await sender.send(_message(platforms, "messenger", template=Template("kabar")))
    (call,) = platforms.accepted("messenger")
    assert (call.json["messaging_type"], call.json["tag"]) == ("MESSAGE_TAG", "HUMAN_AGENT")
    await sender.close()


async def test_x_gets_direct_messages_and_replies(
    platforms: Platforms, senders: dict[str, Sender]
) -> None:
    direct = _message(platforms, "x", text="y" * 300)
    await senders["x"].send(direct)
    await senders["x"].send(replace(direct, reply_to="5005"))
    first, second = platforms.accepted("x")
    assert first.path == "2/dm_conversations/with/7001/messages"
    assert first.json == {"text": "y" * 300}
    assert first.headers["authorization"].startswith('OAuth oauth_consumer_key="consumer"')
    assert second.path == "2/tweets"
    assert second.json["reply"] == {"in_reply_to_tweet_id": "5005"}
    assert len(second.json["text"]) == 280


def test_the_oauth_signature_is_what_the_rfc_says() -> None:
    # Worked out with openssl: HMAC-SHA1 of the base string under `cs&ts`.
    header = oauth_header(
        "POST",
        "https://api.x.com/2/tweets",
        consumer=("ck", "cs"),
        token=("tk", "ts"),
        nonce="abc",
        now=datetime.fromtimestamp(1318622958, UTC),
    )
    assert 'oauth_signature="Y14ZMzBcmEEIy014wogPSBOq9Rk%3D"' in header
    assert 'oauth_token="tk"' in header


async def test_the_sms_gateway_is_asked_as_the_settings_say(platforms: Platforms) -> None:
    fields = {"msisdn": "{recipient}", "pesan": "{text}", "ref": "{message_id}", "type": "otp"}
    for form in ("json", "form", "query"):
        settings = sending_settings(
            platforms, sms_form=form, sms_fields=fields, sms_headers={"X-Api-Key": "kunci"}
        )
        sender = make_senders(settings, ManualClock(NOW))["sms"]
        text = "Laporan {recipient} diterima."
        if form != "query":
            await sender.send(_message(platforms, "sms", text=text))
        await sender.close()
    first, second = platforms.accepted("sms")
    expected = {"msisdn": "+6281200000001", "pesan": "Laporan {recipient} diterima.", "ref": ID}
    assert first.json == {**expected, "type": "otp"}
    assert second.form == {**expected, "type": "otp"}
    assert first.headers["x-api-key"] == "kunci"


async def test_a_front_end_gets_a_signed_body(
    platforms: Platforms, senders: dict[str, Sender]
) -> None:
    body = json.dumps({"type": "complaint.updated"})
    await senders["webhook"].send(_message(platforms, "webhook", text=body))
    (call,) = platforms.accepted("webhook")
    assert verify(read_keys(WEBHOOK_KEY), call.headers, call.body, NOW).message_id == ID


@pytest.mark.parametrize("channel", RECIPIENTS)
@pytest.mark.parametrize(
    ("mood", "expected"),
    [
        ("rate_limited", TryLater),
        ("unavailable", TryLater),
        ("broken", Unsure),
        ("refused", Refused),
    ],
)
async def test_what_goes_wrong_is_told_apart(
    platforms: Platforms, channel: str, mood: Mood, expected: type[Exception]
) -> None:
    senders = make_senders(sending_settings(platforms), ManualClock(NOW))
    platforms.will(channel, mood)
    if (channel, mood) == ("webhook", "refused"):
        # Any answer of a front end that is no success may be one later.
        expected = TryLater
    with pytest.raises(expected) as failure:
        await senders[channel].send(_message(platforms, channel))
    said = str(failure.value)
    assert RECIPIENTS[channel].removeprefix("+") not in said or not RECIPIENTS[channel]
    if mood == "rate_limited" and channel not in {"whatsapp", "messenger", "instagram"}:
        assert isinstance(failure.value, TryLater)
        assert failure.value.retry_after == RETRY_AFTER_SECONDS
    assert not platforms.accepted(channel)
    for sender in senders.values():
        await sender.close()


@pytest.mark.parametrize("mood", ["slow_before", "slow_after"])
async def test_whether_a_platform_that_does_not_answer_was_told_is_unsure(
    platforms: Platforms, mood: Mood
) -> None:
    senders = make_senders(sending_settings(platforms, timeout_seconds=3), ManualClock(NOW))
    for channel in RECIPIENTS:
        platforms.will(channel, mood)
    outcomes = await asyncio.gather(
        *(senders[channel].send(_message(platforms, channel)) for channel in RECIPIENTS),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes] == [Unsure] * len(RECIPIENTS)
    for (channel, recipient), outcome in zip(RECIPIENTS.items(), outcomes, strict=True):
        assert recipient.removeprefix("+") not in str(outcome) or not recipient
        assert len(platforms.accepted(channel)) == (mood == "slow_after")
    for sender in senders.values():
        await sender.close()


@pytest.mark.parametrize("channel", RECIPIENTS)
async def test_a_platform_that_is_away_was_certainly_not_told(channel: str) -> None:
    nowhere = Platforms(f"http://{HOST}:{free_port()}")
    sender = make_senders(sending_settings(nowhere), SystemClock())[channel]
    with pytest.raises(TryLater):
        await sender.send(_message(nowhere, channel))
    await sender.close()


async def test_a_letter_goes_out_with_the_same_id_at_each_attempt(mailbox: Mailbox) -> None:
    settings = sending_settings(None, mailbox, timeout_seconds=1)
    sender = make_senders(settings, ManualClock(NOW))["email"]
    message = OutgoingMessage(
        ID, "email", "", "warga@contoh.example", "Kabar baik.\n", subject="Laporan\r\nBcc: x@y.z"
    )
    mailbox.moods.extend(["greylisted", "refused", "slow_after"])
    for expected in (TryLater, Refused, Unsure):
        with pytest.raises(expected):
            await sender.send(message)
    assert await sender.send(message) == SentMessage(f"<{ID}@contoh.example>")
    first, second = mailbox.letters
    for letter in (first, second):
        assert letter["Message-ID"] == f"<{ID}@contoh.example>"
        assert letter["Subject"] == "Laporan Bcc: x@y.z"
        assert letter["Bcc"] is None
        assert letter["To"] == "warga@contoh.example"
        assert letter.get_content().splitlines() == ["Kabar baik."]


@pytest.mark.parametrize("recipient", ["warga@contoh.example\r\nBcc: x@y.z", "", "bukan alamat"])
async def test_an_address_that_is_none_is_refused(mailbox: Mailbox, recipient: str) -> None:
    sender = make_senders(sending_settings(None, mailbox), ManualClock(NOW))["email"]
    with pytest.raises(Refused):
        await sender.send(OutgoingMessage(ID, "email", "", recipient, "Isi", subject="S"))
    assert mailbox.letters == []


async def test_a_mail_server_that_is_away_was_certainly_not_told() -> None:
    settings = sending_settings(None, Mailbox(free_port()))
    sender = make_senders(settings, ManualClock(NOW))["email"]
    with pytest.raises(TryLater):
        await sender.send(OutgoingMessage(ID, "email", "", "a@contoh.example", "Isi"))


async def test_an_account_without_credentials_is_refused(
    platforms: Platforms, senders: dict[str, Sender]
) -> None:
    for channel in ("whatsapp", "telegram", "messenger", "instagram", "x", "webhook"):
        with pytest.raises(Refused):
            await senders[channel].send(_message(platforms, channel, account="lain"))
    assert platforms.calls == []


def test_a_channel_without_credentials_does_not_send() -> None:
    assert make_senders(MessagingSettings(), SystemClock()) == {}
    assert set(CHANNELS) >= set(RECIPIENTS)


def test_secrets_and_recipients_are_in_no_text_of_the_objects(platforms: Platforms) -> None:
    shown = repr(sending_settings(platforms)) + repr(_message(platforms, "whatsapp"))
    for hidden in ("token-wa", "token-tg", "secret-x", WEBHOOK_KEY, "6281200000001", "diterima"):
        assert hidden not in shown
