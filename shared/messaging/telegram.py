"""Sends by Telegram's Bot API."""

from typing import Any, Final

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

_MOST_CHARACTERS: Final = 4096


class TelegramSender:
    """An account is a bot's name; a recipient is the id of a chat."""

    repeatable = False

    def __init__(self, settings: MessagingSettings) -> None:
        """Take the tokens of all bots."""
        self._settings = settings
        self._client = http_client(settings.timeout_seconds)

    async def send(self, message: OutgoingMessage) -> SentMessage:
        """Send once, without the preview of a link."""
        _, token = credentials(self._settings.telegram_tokens, message.account)
        body: dict[str, Any] = {
            "chat_id": message.recipient,
            "text": shorten(message.text, _MOST_CHARACTERS),
            "link_preview_options": {"is_disabled": True},
        }
        if message.reply_to is not None and message.reply_to.isdigit():
            body["reply_parameters"] = {
                "message_id": int(message.reply_to),
                "allow_sending_without_reply": True,
            }
        response = await exchange(
            self._client, "POST", f"{self._settings.telegram_url}/bot{token}/sendMessage", json=body
        )
        answer = read_object(response)
        retry_after = (answer.get("parameters") or {}).get("retry_after")
        if retry_after is not None:
            raise TryLater(f"HTTP {response.status_code}", float(retry_after))
        check_status(response, in_own_words=answer.get("ok") is False)
        message_id = (answer.get("result") or {}).get("message_id")
        return SentMessage(None if message_id is None else str(message_id))

    async def close(self) -> None:
        """Close connections."""
        await self._client.aclose()
