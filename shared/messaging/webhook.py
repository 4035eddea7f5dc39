"""Tells a front end, by Standard Webhooks: the text is the body, and its receiver knows the id."""

from shared.clock import Clock
from shared.messaging.exchange import check_status, exchange, http_client
from shared.messaging.port import OutgoingMessage, Refused, SentMessage, TryLater
from shared.messaging.settings import MessagingSettings
from shared.standard_webhooks import read_keys, sign

_GONE = 410


class WebhookSender:
    """An account is the front end's name, a recipient its URL; `text` is JSON.

    A receiver takes the same `webhook-id` for one message: that is what the specification asks.
    """

    repeatable = True

    def __init__(self, settings: MessagingSettings, clock: Clock) -> None:
        """Read the keys; raises WebhookKeyInvalid."""
        self._keys = {
            name: read_keys(keys.get_secret_value()) for name, keys in settings.webhook_keys.items()
        }
        self._clock = clock
        self._client = http_client(settings.timeout_seconds)

    async def send(self, message: OutgoingMessage) -> SentMessage:
        """Send once; whatever is no success may be one later, except 410."""
        keys = self._keys.get(message.account)
        if keys is None:
            raise Refused("no key for this front end")
        body = message.text.encode()
        headers = sign(keys, message.message_id, self._clock.now(), body)
        headers["Content-Type"] = "application/json"
        response = await exchange(
            self._client, "POST", message.recipient, content=body, headers=headers
        )
        try:
            check_status(response)
        except Refused as refused:
            if response.status_code == _GONE:
                raise
            raise TryLater(str(refused)) from None
        return SentMessage()

    async def close(self) -> None:
        """Close connections."""
        await self._client.aclose()
