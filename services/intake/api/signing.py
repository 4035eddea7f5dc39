"""Who a partner is: a signature over the raw body, with the key that only this partner has."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Header, Request

from services.intake.partner_schemas import Partner
from shared.parameters import OrAbsent
from shared.standard_webhooks import SignedMessage, verify

WebhookId = Annotated[
    OrAbsent[str],
    Header(alias="webhook-id", description="Standard Webhooks 1.0: the message's id."),
]
WebhookTimestamp = Annotated[
    OrAbsent[str],
    Header(alias="webhook-timestamp", description="Seconds of Unix time, at most 5 minutes off."),
]
WebhookSignature = Annotated[
    OrAbsent[str],
    Header(alias="webhook-signature", description="`v1,` and HMAC-SHA256 in base64."),
]


def signed_by(partner: Partner) -> Callable[..., Awaitable[SignedMessage]]:
    """Make a dependency that lets in what this partner signed just now, and nothing else."""

    async def signature(
        request: Request,
        webhook_id: WebhookId = None,
        webhook_timestamp: WebhookTimestamp = None,
        webhook_signature: WebhookSignature = None,
    ) -> SignedMessage:
        # They are declared for the document; what counts is what was sent.
        del webhook_id, webhook_timestamp, webhook_signature
        doors = request.app.state.doors
        keys = doors.partner_keys.get(partner, ())
        return verify(keys, request.headers, await request.body(), doors.units.clock.now())

    return signature
