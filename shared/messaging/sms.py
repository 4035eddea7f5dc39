"""Sends SMS by an HTTP gateway whose request the settings describe."""

from typing import Any

from shared.messaging.exchange import check_status, exchange, http_client, read_object
from shared.messaging.port import OutgoingMessage, SentMessage
from shared.messaging.settings import MessagingSettings


class SmsGatewaySender:
    """A recipient is a number in E.164; an account is the number or name it is sent from."""

    def __init__(self, url: str, settings: MessagingSettings) -> None:
        """Take the gateway's address and what it wants to be told."""
        self._url = url
        self._settings = settings
        self.repeatable = settings.sms_repeatable
        self._client = http_client(settings.timeout_seconds)

    async def send(self, message: OutgoingMessage) -> SentMessage:
        """Send once; the answer's `id` or `message_id` is kept, where it has one."""
        headers = self._settings.sms_headers
        response = await exchange(
            self._client,
            "GET" if self._settings.sms_form == "query" else "POST",
            self._url,
            headers={name: value.get_secret_value() for name, value in headers.items()},
            **self._request(message),
        )
        check_status(response)
        answer = read_object(response)
        platform_id = answer.get("id") or answer.get("message_id")
        return SentMessage(None if platform_id is None else str(platform_id))

    async def close(self) -> None:
        """Close connections."""
        await self._client.aclose()

    def _request(self, message: OutgoingMessage) -> dict[str, Any]:
        values = {
            "{recipient}": message.recipient,
            "{text}": message.text,
            "{message_id}": message.message_id,
            "{account}": message.account,
        }
        # A field is one value or fixed text: nothing that a citizen wrote is looked through again.
        fields = {
            name: values.get(wanted, wanted) for name, wanted in self._settings.sms_fields.items()
        }
        keyword = {"json": "json", "form": "data", "query": "params"}[self._settings.sms_form]
        return {keyword: fields}
