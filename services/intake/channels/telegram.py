"""Telegram bots: private messages of people. Groups, channels, edits and other bots are left out.

An update does not say which bot it is for: a Pemda with several gives each bot's webhook its own
`?account=`, as it stands in the profile.
"""

from collections.abc import Iterable
from functools import partial
from typing import Any, Final

from pydantic import Field

from services.intake.channels.message import (
    ChannelAdapter,
    Headers,
    IncomingMessage,
    Item,
    Parameters,
    Place,
    RemoteFile,
)
from services.intake.channels.payloads import (
    Instant,
    Name,
    Number,
    Part,
    Words,
    check_equal,
    read_each,
    secret_of,
)
from services.intake.settings import IntakeSettings
from shared.contracts.event import AttachmentKind

CHANNEL: Final = "telegram"
_FILE_KINDS: Final[dict[str, AttachmentKind]] = {
    "video": "video",
    "video_note": "video",
    "audio": "audio",
    "voice": "audio",
    "document": "document",
}


class _Chat(Part):
    id: Number
    type: Name


class _User(Part):
    is_bot: bool = False
    first_name: Words = ""
    last_name: Words = ""


class _File(Part):
    file_id: Name


class _Location(Part):
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)


class _Venue(Part):
    title: Words = ""
    address: Words = ""


class _Replied(Part):
    message_id: Number


class _Message(Part):
    message_id: Number
    date: Instant
    chat: _Chat
    sender: _User | None = Field(None, alias="from")
    text: Words = ""
    caption: Words = ""
    photo: tuple[_File, ...] = ()
    video: _File | None = None
    video_note: _File | None = None
    audio: _File | None = None
    voice: _File | None = None
    document: _File | None = None
    location: _Location | None = None
    venue: _Venue | None = None
    reply_to_message: _Replied | None = None

    def files(self) -> Iterable[RemoteFile]:
        """Yield the files; of a photo's sizes the last is the largest."""
        if self.photo:
            yield RemoteFile("image", self.photo[-1].file_id)
        for field, kind in _FILE_KINDS.items():
            file: _File | None = getattr(self, field)
            if file is not None:
                yield RemoteFile(kind, file.file_id)

    def words(self) -> str:
        """Return what was written; opening a bot through a link says `/start` and a parameter."""
        written = self.text or self.caption
        return "/start" if written.startswith("/start ") else written


class _Update(Part):
    message: _Message | None = None


def _verify(_body: bytes, headers: Headers, settings: IntakeSettings) -> None:
    expected = secret_of(settings.telegram_webhook_secret).decode()
    check_equal(headers.get("x-telegram-bot-api-secret-token", ""), expected)


def _parse(content: Any, parameters: Parameters) -> list[Item]:
    account = parameters.get("account", "")
    return read_each(CHANNEL, account, [content], partial(_read_update, account), "update_id")


def _read_update(account: str, raw: Any) -> Item | None:
    message = _Update.model_validate(raw).message
    if message is None or message.chat.type != "private" or message.sender is None:
        return None
    files, place = tuple(message.files()), message.location
    if message.sender.is_bot or not (message.words() or files or place):
        return None
    # Messages are numbered within a chat.
    chat = message.chat.id
    replied = message.reply_to_message
    return IncomingMessage(
        channel=CHANNEL,
        account=account,
        handle=chat,
        message_id=f"{chat}:{message.message_id}",
        text=message.words(),
        sent_at=message.date,
        sender_name=f"{message.sender.first_name} {message.sender.last_name}".strip() or None,
        files=files,
        place=Place(place.latitude, place.longitude, _address_of(message)) if place else None,
        in_reply_to=f"{chat}:{replied.message_id}" if replied else None,
    )


def _address_of(message: _Message) -> str | None:
    venue = message.venue or _Venue()
    return ", ".join(filter(None, (venue.title, venue.address))) or None


ADAPTER: Final = ChannelAdapter(platform="telegram", channel=CHANNEL, verify=_verify, parse=_parse)
