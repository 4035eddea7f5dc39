"""Gets the files that citizens sent from where they lie: each platform has its own way."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from urllib.parse import urlsplit

import httpx

from shared.clock import Clock
from shared.messaging.exchange import (
    check_status,
    credentials,
    exchange,
    http_client,
    read_object,
)
from shared.messaging.port import Refused, TryLater, Unsure
from shared.messaging.settings import MessagingSettings
from shared.messaging.x import oauth_header

#: Where the pictures of X's direct messages lie; all others are for everybody.
_PRIVATE_HOSTS_OF_X: Final = frozenset({"ton.twitter.com", "ton.x.com"})
_CHUNK_BYTES: Final = 64 * 1024


class RemoteFiles:
    """Fetches by the credentials that messages are sent with.

    Addresses that a message names are followed to `hosts` alone, and what lies below them: nobody
    shall make us call a machine of the Pemda's own.
    """

    def __init__(
        self, settings: MessagingSettings, clock: Clock, hosts: tuple[str, ...], most_bytes: int
    ) -> None:
        """`most_bytes` is what a file may have."""
        self._settings = settings
        self._clock = clock
        self._hosts = hosts
        self._most_bytes = most_bytes
        self._client = http_client(settings.timeout_seconds)
        self._ways: Mapping[str, Callable[[str, str], Awaitable[bytes]]] = {
            "whatsapp": self._from_whatsapp,
            "telegram": self._from_telegram,
            "x": self._from_x,
        }

    async def fetch(self, channel: str, account: str, reference: str) -> bytes:
        """Return a file's bytes; raises Refused for good, TryLater for now."""
        try:
            return await self._ways.get(channel, self._from_address)(account, reference)
        except Unsure as error:
            # To ask for a file has no effect: it may be asked for again.
            raise TryLater(str(error)) from None
        except httpx.HTTPError as error:
            raise TryLater(type(error).__name__) from None

    async def close(self) -> None:
        """Close connections."""
        await self._client.aclose()

    async def _from_whatsapp(self, account: str, media_id: str) -> bytes:
        _, token = credentials(self._settings.whatsapp_tokens, account)
        headers = {"Authorization": f"Bearer {token}"}
        if not media_id.isalnum():
            raise Refused("no id of a file")
        response = await exchange(
            self._client, "GET", f"{self._settings.whatsapp_url}/{media_id}", headers=headers
        )
        check_status(response)
        return await self._download(str(read_object(response).get("url", "")), headers)

    async def _from_telegram(self, account: str, file_id: str) -> bytes:
        _, token = credentials(self._settings.telegram_tokens, account)
        base = self._settings.telegram_url
        response = await exchange(
            self._client, "GET", f"{base}/bot{token}/getFile", params={"file_id": file_id}
        )
        # Telegram says 400 of a file that is too big for bots.
        check_status(response)
        result = read_object(response).get("result")
        path = result.get("file_path") if isinstance(result, dict) else None
        if not isinstance(path, str):
            raise Refused("Telegram names no path")
        return await self._download(f"{base}/file/bot{token}/{path}", {})

    async def _from_x(self, account: str, url: str) -> bytes:
        """Get a picture; those of direct messages are given to the account alone (OAuth 1.0a)."""
        self._check_address(url)
        secret = self._settings.x_consumer_secret
        if urlsplit(url).hostname not in _PRIVATE_HOSTS_OF_X or secret is None:
            return await self._download(url, {})
        _, token = credentials(self._settings.x_tokens, account)
        public, _, private = token.partition(":")
        authorization = oauth_header(
            "GET",
            url,
            consumer=(self._settings.x_consumer_key, secret.get_secret_value()),
            token=(public, private),
            nonce=secrets.token_hex(16),
            now=self._clock.now(),
        )
        return await self._download(url, {"Authorization": authorization})

    async def _from_address(self, _account: str, url: str) -> bytes:
        self._check_address(url)
        return await self._download(url, {})

    def _check_address(self, url: str) -> None:
        try:
            host = urlsplit(url).hostname or ""
        except ValueError:
            host = ""
        if not any(host == known or host.endswith(f".{known}") for known in self._hosts):
            raise Refused("the file lies where none is fetched from")

    async def _download(self, url: str, headers: Mapping[str, str]) -> bytes:
        """Read no more than a file may have; a platform's own redirects are not followed."""
        content = bytearray()
        try:
            async with self._client.stream("GET", url, headers=dict(headers)) as response:
                check_status(response)
                async for chunk in response.aiter_bytes(_CHUNK_BYTES):
                    content += chunk
                    if len(content) > self._most_bytes:
                        raise Refused("the file is too large")
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            raise Refused("the address is not one") from None
        return bytes(content)
