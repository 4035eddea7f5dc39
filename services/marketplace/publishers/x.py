"""Publishes on X: a post whose link shows the product's picture by its Open Graph tags."""

import re
import secrets
from typing import Any, Final

import httpx

from services.marketplace.publishers.port import Post, Posted, PublishingSettings, credential_of
from shared.clock import Clock
from shared.messaging.exchange import check_status, exchange, http_client, read_object
from shared.messaging.port import TryLater
from shared.messaging.x import oauth_header

_LINK: Final = re.compile(r"https?://\S+")


class XPublisher:
    """Signed with OAuth 1.0a (RFC 5849)."""

    can_ask = True

    def __init__(self, settings: PublishingSettings, clock: Clock) -> None:
        """Take the app's secret and the accounts' tokens."""
        self._settings = settings
        self._clock = clock
        self._client = http_client(settings.timeout_seconds)

    async def publish(self, post: Post) -> Posted:
        """Publish once."""
        answer = await self._call("POST", "2/tweets", post, json={"text": post.caption})
        return Posted((answer.get("data") or {}).get("id"))

    async def find(self, post: Post) -> Posted | None:
        """Look through the account's newest posts; X writes its own links in place of ours."""
        owner = credential_of(self._settings.x, post.account_id).owner
        answer = await self._call("GET", f"2/users/{owner}/tweets", post)
        wanted = _words(post.caption)
        for each in answer.get("data") or ():
            if _words(each.get("text") or "") == wanted:
                return Posted(each.get("id"))
        return None

    async def close(self) -> None:
        """Close connections."""
        await self._client.aclose()

    async def _call(self, method: str, path: str, post: Post, **request: Any) -> dict[str, Any]:
        url = f"{self._settings.x_url}/{path}"
        token, _, token_secret = credential_of(self._settings.x, post.account_id).token.partition(
            "|"
        )
        secret = self._settings.x_consumer_secret
        authorization = oauth_header(
            method,
            url,
            consumer=(self._settings.x_consumer_key, secret.get_secret_value() if secret else ""),
            token=(token, token_secret),
            nonce=secrets.token_hex(16),
            now=self._clock.now(),
        )
        response = await exchange(
            self._client, method, url, headers={"Authorization": authorization}, **request
        )
        self._check_limit(response)
        answer = read_object(response)
        check_status(response, in_own_words="errors" in answer or "title" in answer)
        return answer

    def _check_limit(self, response: httpx.Response) -> None:
        reset = response.headers.get("x-rate-limit-reset", "")
        if response.status_code == 429 and reset.isdigit():
            wait = float(reset) - self._clock.now().timestamp()
            raise TryLater("HTTP 429", max(wait, 1.0))


def _words(text: str) -> str:
    return " ".join(_LINK.sub(" ", text).split())
