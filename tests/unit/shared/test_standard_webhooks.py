"""Standard Webhooks: the published peer understands us, and nothing but the key's holder passes."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from shared.clock import SystemClock
from shared.standard_webhooks import (
    SignatureInvalid,
    WebhookKeyInvalid,
    read_keys,
    sign,
    verify,
)

NOW = datetime(2026, 3, 9, 2, 0, tzinfo=UTC)
SECRET = "whsec_" + b64encode(b"k" * 32).decode()
OTHER = "whsec_" + b64encode(b"o" * 24).decode()
BODY = '{"text": "Jalan café"}'.encode()


def test_the_specifications_own_example_verifies() -> None:
    keys = read_keys("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    at = datetime.fromtimestamp(1614265330, UTC)
    assert verify(keys, headers, b'{"test": 2432232314}', at).sent_at == at


def test_the_published_library_takes_what_we_sign() -> None:
    now = SystemClock().now()
    headers = sign(read_keys(f"{OTHER},{SECRET}"), "msg-1", now, BODY)
    assert Webhook(SECRET).verify(BODY, headers) == {"text": "Jalan café"}
    assert Webhook(OTHER).verify(BODY, headers)


@given(st.text(min_size=1, max_size=200))
def test_we_take_what_the_published_library_signs(text: str) -> None:
    body = text.encode()
    signature = Webhook(SECRET).sign("msg-2", NOW, body.decode())
    headers = {
        "webhook-id": "msg-2",
        "webhook-timestamp": str(int(NOW.timestamp())),
        "webhook-signature": f"v1a,AAAA {signature}",
    }
    assert verify(read_keys(SECRET), headers, body, NOW).message_id == "msg-2"


@given(st.binary(max_size=64), st.binary(max_size=64))
def test_another_body_does_not_pass(signed: bytes, sent: bytes) -> None:
    headers = sign(read_keys(SECRET), "msg", NOW, signed)
    if sent == signed:
        verify(read_keys(SECRET), headers, sent, NOW)
    else:
        with pytest.raises(SignatureInvalid):
            verify(read_keys(SECRET), headers, sent, NOW)


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook-id": "msg-2"},
        {"webhook-id": ""},
        {"webhook-id": "a.b"},
        {"webhook-timestamp": str(int(NOW.timestamp()) + 1)},
        {"webhook-timestamp": "soon"},
        {"webhook-timestamp": "-1"},
        {"webhook-timestamp": "٣"},
        {"webhook-timestamp": "99999999999"},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1,\udcff"},
        {"webhook-signature": "v2,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN"},
    ],
)
def test_a_changed_header_does_not_pass(changed: dict[str, str]) -> None:
    keys = read_keys(SECRET)
    headers = {**sign(keys, "msg-1", NOW, BODY), **changed}
    with pytest.raises(SignatureInvalid):
        verify(keys, headers, BODY, NOW)


@pytest.mark.parametrize(("seconds", "passes"), [(-300, True), (300, True), (-301, False)])
def test_only_five_minutes_either_way_pass(seconds: int, passes: bool) -> None:
    keys = read_keys(SECRET)
    headers = sign(keys, "msg-1", NOW, BODY)
    now = NOW - timedelta(seconds=seconds)
    if passes:
        assert verify(keys, headers, BODY, now).message_id == "msg-1"
        return
    with pytest.raises(SignatureInvalid):
        verify(keys, headers, BODY, now)


def test_without_a_key_nothing_passes() -> None:
    headers = sign(read_keys(SECRET), "msg-1", NOW, BODY)
    for keys in ((), read_keys(OTHER)):
        with pytest.raises(SignatureInvalid):
            verify(keys, headers, BODY, NOW)


@pytest.mark.parametrize(
    "configured",
    ["", "whsec_", "whsec_abc", SECRET.removeprefix("whsec_"), f"{SECRET},", "whsec_é"],
)
def test_a_weak_or_broken_key_is_refused_at_start(configured: str) -> None:
    with pytest.raises(WebhookKeyInvalid):
        read_keys(configured)
