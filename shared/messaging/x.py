"""Sends by X: direct messages, and replies to a post; signed with OAuth 1.0a (RFC 5849)."""

import hmac
import secrets
from base64 import b64encode
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

import httpx

from shared.clock import Clock
from shared.messaging.exchange import (
    check_status,
    credentials,
    exchange,
    http_client,
    read_object,
    shorten,
)
from shared.messaging.port import OutgoingMessage, SentMessage, TryLater
from shared.messaging.settings import MessagingSettings

_MOST_DIRECT: Final = 10_000
_MOST_POST: Final = 280


class XSender:
    """An account is the id of the Pemda's user, a recipient that of another.

    With `reply_to` the text becomes a public reply to that post.
    """

    repeatable = False

    def __init__(self, settings: MessagingSettings, clock: Clock) -> None:
        """Take the app's secret and the tokens of all accounts."""
        self._settings = settings
        self._clock = clock
        self._client = http_client(settings.timeout_seconds)

    async def send(self, message: OutgoingMessage) -> SentMessage:
        """Send once."""
        _, token = credentials(self._settings.x_tokens, message.account)
        if message.reply_to is None:
            recipient = quote(message.recipient, safe="")
            url = f"{self._settings.x_url}/2/dm_conversations/with/{recipient}/messages"
            body: dict[str, Any] = {"text": shorten(message.text, _MOST_DIRECT)}
        else:
            url = f"{self._settings.x_url}/2/tweets"
            reply = {"in_reply_to_tweet_id": message.reply_to}
            body = {"text": shorten(message.text, _MOST_POST), "reply": reply}
        authorization = self._authorization(url, token)
        response = await exchange(
            self._client, "POST", url, json=body, headers={"Authorization": authorization}
        )
        self._check_limit(response)
        answer = read_object(response)
        check_status(response, in_own_words="errors" in answer or "title" in answer)
        data = answer.get("data") or {}
        return SentMessage(data.get("dm_event_id") or data.get("id"))

    async def close(self) -> None:
        """Close connections."""
        await self._client.aclose()

    def _authorization(self, url: str, token: str) -> str:
        secret = self._settings.x_consumer_secret
        public, _, private = token.partition(":")
        return oauth_header(
            "POST",
            url,
            consumer=(self._settings.x_consumer_key, secret.get_secret_value() if secret else ""),
            token=(public, private),
            nonce=secrets.token_hex(16),
            now=self._clock.now(),
        )

    def _check_limit(self, response: httpx.Response) -> None:
        reset = response.headers.get("x-rate-limit-reset", "")
        if response.status_code == 429 and reset.isdigit():
            wait = float(reset) - self._clock.now().timestamp()
            raise TryLater("HTTP 429", max(wait, 1.0))


def oauth_header(
    method: str,
    url: str,
    *,
    consumer: tuple[str, str],
    token: tuple[str, str],
    nonce: str,
    now: datetime,
) -> str:
    """Return the Authorization header of a request whose body is JSON, and so is not signed.

    `consumer` and `token` are each a key and its secret; `url` has no query.
    """
    fields = {
        "oauth_consumer_key": consumer[0],
        "oauth_nonce": nonce,
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": str(int(now.timestamp())),
        "oauth_token": token[0],
        "oauth_version": "1.0",
    }
    pairs = "&".join(f"{_escape(key)}={_escape(value)}" for key, value in sorted(fields.items()))
    signed = "&".join(map(_escape, (method, url, pairs)))
    key = f"{_escape(consumer[1])}&{_escape(token[1])}"
    fields["oauth_signature"] = b64encode(
        hmac.digest(key.encode(), signed.encode(), "sha1")
    ).decode()
    return "OAuth " + ", ".join(
        f'{_escape(name)}="{_escape(value)}"' for name, value in sorted(fields.items())
    )


def _escape(text: str) -> str:
    return quote(text, safe="-._~")
