"""Direct messages of Messenger and Instagram, which come in one form."""

from collections.abc import Iterable
from functools import partial
from typing import Any, Final

from pydantic import Field

from services.intake.channels.message import IncomingMessage, Item, Place, RemoteFile
from services.intake.channels.payloads import Instant, Name, Number, Part, Words, listed, read_each
from shared.contracts.event import AttachmentKind

_FILE_KINDS: Final[dict[str, AttachmentKind]] = {
    "image": "image",
    "video": "video",
    "audio": "audio",
    "file": "document",
}


class _Person(Part):
    id: Number


class _Coordinates(Part):
    lat: float = Field(ge=-90, le=90)
    long: float = Field(ge=-180, le=180)


class _Payload(Part):
    url: Name | None = None
    coordinates: _Coordinates | None = None


class _Attachment(Part):
    type: Name
    title: Words | None = None
    payload: _Payload = _Payload()


class _Replied(Part):
    mid: Name | None = None


class _Message(Part):
    mid: Name
    text: Words = ""
    attachments: tuple[_Attachment, ...] = ()
    is_echo: bool = False
    is_deleted: bool = False
    reply_to: _Replied | None = None

    def files(self) -> Iterable[RemoteFile]:
        """Yield the files; shared posts and stories are somebody else's."""
        for attachment in self.attachments:
            kind, url = _FILE_KINDS.get(attachment.type), attachment.payload.url
            if kind is not None and url is not None:
                yield RemoteFile(kind, url)

    def place(self) -> Place | None:
        """Return the point that was shared, if one was."""
        for attachment in self.attachments:
            point = attachment.payload.coordinates
            if point is not None:
                return Place(point.lat, point.long, attachment.title)
        return None


class _Postback(Part):
    mid: Name
    title: Words = ""


class _Messaging(Part):
    sender: _Person
    recipient: _Person
    timestamp: Instant
    message: _Message | None = None
    postback: _Postback | None = None


def read_direct_messages(channel: str, account: str, entry: Any) -> list[Item]:
    """Read what people wrote to a page or account; echoes, receipts and reactions are left out."""
    read = partial(_read, channel, account)
    return read_each(channel, account, listed(entry, "messaging"), read, "message", "mid")


def _read(channel: str, account: str, raw: Any) -> Item | None:
    messaging = _Messaging.model_validate(raw)
    message = messaging.message
    if messaging.postback is not None:
        # A pressed button says its title.
        message = _Message(mid=messaging.postback.mid, text=messaging.postback.title)
    if message is None or message.is_echo or message.is_deleted:
        return None
    return IncomingMessage(
        channel=channel,
        account=account,
        handle=messaging.sender.id,
        message_id=message.mid,
        text=message.text,
        sent_at=messaging.timestamp,
        files=tuple(message.files()),
        place=message.place(),
        in_reply_to=message.reply_to.mid if message.reply_to else None,
    )
