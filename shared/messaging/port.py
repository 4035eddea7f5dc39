"""The port to every platform that messages go out by: what is sent, and the ways it can end."""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Template:
    """A text that the platform approved beforehand, and what is put into its places, in order."""

    name: str
    parameters: tuple[str, ...] = ()
    language: str = "id"


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """One message to one recipient.

    `message_id` is ours and the same at every attempt. `account` is the Pemda's own account that it
    goes out by, empty for the channel's default. `recipient` is what the platform calls them (a
    number in E.164, a chat's or user's id, an address, a URL) and is kept out of logs. `reply_to`
    is the platform's id of what is answered, such as a comment or post. With `template`, that is
    sent in place of the text, where the platform asks for it.
    """

    message_id: str
    channel: str
    account: str
    recipient: str = field(repr=False)
    text: str = field(repr=False)
    reply_to: str | None = None
    template: Template | None = field(default=None, repr=False)
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class SentMessage:
    """The platform took it; `platform_id` is what later reports of its delivery call it."""

    platform_id: str | None = None


class SendingFailed(Exception):
    """A message was not, or perhaps not, sent; the text names no recipient and no content."""


class Refused(SendingFailed):
    """The platform will not take this message, however often it is tried."""


class TryLater(SendingFailed):
    """It was certainly not sent, and may be at another time; `retry_after` in seconds."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        """`retry_after` is what the platform asked for, if it did."""
        super().__init__(reason)
        self.retry_after = retry_after


class Unsure(SendingFailed):
    """The request left and no answer came: it may have been sent, and must not be sent again."""


class Sender(Protocol):
    """Sends by one platform.

    `repeatable` says that the platform (or its receiver, by contract) takes the same `message_id`
    for one message however often it comes, so that an unsure attempt may be made again.
    """

    repeatable: bool

    async def send(self, message: OutgoingMessage) -> SentMessage:
        """Send once; raises Refused, TryLater or Unsure, and nothing else."""
        ...

    async def close(self) -> None:
        """Give connections back."""
        ...
