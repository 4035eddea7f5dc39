"""Sends by Meta's Graph API: Messenger and Instagram, direct messages and replies to comments."""

from typing import Any, Final, Literal

from shared.messaging.exchange import (
    check_status,
    credentials,
    exchange,
    http_client,
    read_object,
    shorten,
)
from shared.messaging.port import OutgoingMessage, SentMessage
from shared.messaging.settings import MessagingSettings
from shared.messaging.whatsapp import check_graph_error

_MOST_CHARACTERS: Final = {"messenger": 2000, "instagram": 1000}
#: Under which name a reply hangs below a comment.
_REPLIES: Final = {"messenger": "comments", "instagram": "replies"}
# Trouble on Meta's side; limits of calls by app, user, page and messages; an expired token.
_PASSING_CODES: Final = frozenset({1, 2, 4, 17, 32, 190, 341, 368, 613, 1200})


class MetaSender:
    """An account is the id of a page or professional account, a recipient a scoped user id.

    With `reply_to` the text becomes a public reply to that comment.
    """

    repeatable = False

    def __init__(
        self, channel: Literal["messenger", "instagram"], settings: MessagingSettings
    ) -> None:
        """Take the tokens of all accounts."""
        self._channel = channel
        self._tag = settings.meta_tag
        if channel == "messenger":
            self._url, self._tokens = settings.messenger_url, settings.messenger_tokens
        else:
            self._url, self._tokens = settings.instagram_url, settings.instagram_tokens
        self._client = http_client(settings.timeout_seconds)

    async def send(self, message: OutgoingMessage) -> SentMessage:
        """Send once."""
        _, token = credentials(self._tokens, message.account)
        text = shorten(message.text, _MOST_CHARACTERS[self._channel])
        if message.reply_to is None:
            path, body = "me/messages", self._direct(message, text)
        else:
            path = f"{message.reply_to}/{_REPLIES[self._channel]}"
            body = {"message": text}
        response = await exchange(
            self._client,
            "POST",
            f"{self._url}/{path}",
            json=body,
            headers={"Authorization": f"Bearer {token}"},
        )
        answer = read_object(response)
        check_graph_error(answer, _PASSING_CODES)
        check_status(response)
        return SentMessage(answer.get("message_id") or answer.get("id"))

    async def close(self) -> None:
        """Close connections."""
        await self._client.aclose()

    def _direct(self, message: OutgoingMessage, text: str) -> dict[str, Any]:
        body: dict[str, Any] = {"recipient": {"id": message.recipient}, "message": {"text": text}}
        # A message that carries a template is one outside of the 24-hour window.
        if message.template is not None and self._tag is not None:
            return body | {"messaging_type": "MESSAGE_TAG", "tag": self._tag}
        return body | {"messaging_type": "RESPONSE"}
