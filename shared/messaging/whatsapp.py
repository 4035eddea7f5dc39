"""Sends by WhatsApp's Cloud API: text, and outside the 24-hour window a template."""

from typing import Any, Final

from shared.messaging.exchange import (
    check_status,
    credentials,
    exchange,
    http_client,
    read_object,
    shorten,
)
from shared.messaging.port import OutgoingMessage, Refused, SentMessage, TryLater
from shared.messaging.settings import MessagingSettings

_MOST_CHARACTERS: Final = 4096
_MOST_PARAMETER: Final = 1024
# Calls, the account, this number, this pair of numbers; trouble on Meta's side; an expired token.
_PASSING_CODES: Final = frozenset(
    {1, 2, 4, 190, 80007, 130429, 131000, 131016, 131048, 131056, 131057, 133004}
)


class WhatsAppSender:
    """An account is a phone number id; a recipient is a number, with or without its plus."""

    repeatable = False

    def __init__(self, settings: MessagingSettings) -> None:
        """Take the tokens of all accounts."""
        self._settings = settings
        self._client = http_client(settings.timeout_seconds)

    async def send(self, message: OutgoingMessage) -> SentMessage:
        """Send once; `platform_id` is the wamid that statuses name."""
        account, token = credentials(self._settings.whatsapp_tokens, message.account)
        response = await exchange(
            self._client,
            "POST",
            f"{self._settings.whatsapp_url}/{account}/messages",
            json=_body(message),
            headers={"Authorization": f"Bearer {token}"},
        )
        answer = read_object(response)
        check_graph_error(answer, _PASSING_CODES)
        check_status(response)
        messages = answer.get("messages") or [{}]
        return SentMessage(messages[0].get("id"))

    async def close(self) -> None:
        """Close connections."""
        await self._client.aclose()


def check_graph_error(answer: dict[str, Any], passing_codes: frozenset[int]) -> None:
    """Raise what an error object of Meta's Graph API means; its text may name the recipient."""
    error = answer.get("error")
    if not isinstance(error, dict):
        return
    code = error.get("code")
    if code in passing_codes or error.get("is_transient"):
        raise TryLater(f"code {code}")
    raise Refused(f"code {code}")


def _body(message: OutgoingMessage) -> dict[str, Any]:
    body: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": message.recipient.removeprefix("+"),
    }
    if message.template is None:
        text = shorten(message.text, _MOST_CHARACTERS)
        body |= {"type": "text", "text": {"preview_url": False, "body": text}}
    else:
        # No line breaks or runs of blanks are allowed in a parameter.
        parameters = [
            {"type": "text", "text": shorten(" ".join(each.split()), _MOST_PARAMETER) or "-"}
            for each in message.template.parameters
        ]
        components = [{"type": "body", "parameters": parameters}] if parameters else []
        body |= {
            "type": "template",
            "template": {
                "name": message.template.name,
                "language": {"code": message.template.language},
                "components": components,
            },
        }
    if message.reply_to is not None:
        body["context"] = {"message_id": message.reply_to}
    return body
