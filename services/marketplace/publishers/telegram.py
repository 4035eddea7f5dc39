"""Publishes in a Telegram channel by the Bot API. A bot cannot read what it has posted."""

from services.marketplace.publishers.port import Post, Posted, PublishingSettings, credential_of
from shared.messaging.exchange import check_status, exchange, http_client, read_object
from shared.messaging.port import Refused, TryLater


class TelegramPublisher:
    """A picture with its caption, by sendPhoto."""

    can_ask = False

    def __init__(self, settings: PublishingSettings) -> None:
        """Take the bots' tokens."""
        self._settings = settings
        self._client = http_client(settings.timeout_seconds)

    async def publish(self, post: Post) -> Posted:
        """Publish once."""
        channel = credential_of(self._settings.telegram, post.account_id)
        response = await exchange(
            self._client,
            "POST",
            f"{self._settings.telegram_url}/bot{channel.token}/sendPhoto",
            json={
                "chat_id": channel.owner,
                "photo": post.picture_url,
                "caption": post.caption,
            },
        )
        answer = read_object(response)
        retry_after = (answer.get("parameters") or {}).get("retry_after")
        if retry_after is not None:
            raise TryLater(f"HTTP {response.status_code}", float(retry_after))
        check_status(response, in_own_words=answer.get("ok") is False)
        message_id = (answer.get("result") or {}).get("message_id")
        return Posted(None if message_id is None else str(message_id))

    async def find(self, post: Post) -> Posted | None:
        """Refuse: nobody can ask."""
        raise Refused(f"{post.account_id} cannot be asked")

    async def close(self) -> None:
        """Close connections."""
        await self._client.aclose()
