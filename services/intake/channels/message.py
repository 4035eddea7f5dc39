"""What comes in from any platform, in one form, and the shape that every adapter has."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.intake.settings import IntakeSettings
from shared.contracts.event import AttachmentKind


@dataclass(frozen=True, slots=True)
class Place:
    """A point (WGS 84, degrees) that the sender shared, with what the platform calls it."""

    lat: float
    lon: float
    name: str | None = None


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file that is still on its platform; `reference` is its id there, or its URL."""

    kind: AttachmentKind
    reference: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """What one person wrote to one of the Pemda's accounts.

    `account`, `handle` and `message_id` are the platform's own names for the account, the sender
    and the message. `phone` is the sender's number in E.164 where the platform vouches for it.
    `reply_to` is what an answer must name so that it stands beside the message (a comment, a post);
    `in_reply_to` what this one answers. What is `public`, and answers to it, all can read.
    """

    channel: str
    account: str
    handle: str = field(repr=False)
    message_id: str = field(repr=False)
    text: str = field(repr=False)
    sent_at: datetime
    sender_name: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    files: tuple[RemoteFile, ...] = ()
    place: Place | None = field(default=None, repr=False)
    in_reply_to: str | None = field(default=None, repr=False)
    reply_to: str | None = field(default=None, repr=False)
    public: bool = False


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A message of a form that the adapter does not know; `content` is it as it came."""

    channel: str
    account: str
    message_id: str = field(repr=False)
    reason: str
    content: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What became of a message that we sent: sent, delivered, read or failed.

    `outside_window`: it failed because the platform wants a template by now.
    """

    channel: str
    account: str
    message_id: str = field(repr=False)
    status: str
    at: datetime
    reason: str | None = None
    outside_window: bool = False


Item = IncomingMessage | Unreadable | DeliveryReport
Headers = Mapping[str, str]
Parameters = Mapping[str, str]
#: What a platform's check of our address is answered with: plain text, or JSON.
HandshakeAnswer = str | dict[str, str]


@dataclass(frozen=True, slots=True)
class ChannelAdapter:
    """One platform: how its webhook proves itself, and how what it says is read.

    `verify` raises ChannelClosed where the secret is not set, and SignatureWrong; it is given the
    raw bytes. `parse` is given the JSON and the query, and returns what is for us, leaving out what
    is none of our business. `shake_hands` answers the platform's check of our address, for those
    that make one.
    """

    platform: str
    channel: str
    verify: Callable[[bytes, Headers, IntakeSettings], None]
    parse: Callable[[Any, Parameters], list[Item]]
    shake_hands: Callable[[Parameters, IntakeSettings], HandshakeAnswer] | None = None
