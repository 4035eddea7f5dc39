"""Text messages, however they reach us: pushed by a gateway, or read from Gammu's tables."""

from datetime import datetime
from typing import Final

from services.intake.channels.message import IncomingMessage
from shared.personal_numbers import normalise_phone

CHANNEL: Final = "sms"


def read_sms(
    *, account: str, sender: str, text: str, message_id: str, sent_at: datetime
) -> IncomingMessage | None:
    """Return a person's message; None for one of a name or short number, which advertise.

    `account` is the Pemda's number that it was sent to.
    """
    number = normalise_phone(sender)
    if number is None:
        return None
    return IncomingMessage(
        channel=CHANNEL,
        account=account,
        handle=number,
        message_id=message_id,
        text=text.replace("\0", ""),
        sent_at=sent_at,
        phone=number,
    )
