"""WhatsApp Cloud API: messages to the Pemda's numbers, and reports of what became of ours.

People who took a username may have no number for us: then their id for this business stands in.
"""

from collections.abc import Iterable
from functools import partial
from typing import Any, Final

from pydantic import Field

from services.intake.channels.message import (
    ChannelAdapter,
    DeliveryReport,
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
    Part,
    Words,
    answer_meta_challenge,
    check_meta_signature,
    listed,
    name_of,
    read_each,
)
from services.intake.settings import IntakeSettings
from shared.contracts.event import AttachmentKind
from shared.personal_numbers import normalise_phone

CHANNEL: Final = "whatsapp"
# Nobody waits for an answer to these.
_PASSED_OVER: Final = frozenset({"reaction", "sticker", "system", "ephemeral", "request_welcome"})
# More than 24 hours have passed since the customer last replied to this number.
_RE_ENGAGEMENT: Final = 131047
_FILE_KINDS: Final[dict[str, AttachmentKind]] = {
    "image": "image",
    "video": "video",
    "audio": "audio",
    "document": "document",
}


class _Text(Part):
    body: Words


class _Media(Part):
    id: Name
    caption: Words = ""


class _Location(Part):
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    name: Words | None = None
    address: Words | None = None


class _Button(Part):
    text: Words


class _Choice(Part):
    title: Words


class _Interactive(Part):
    button_reply: _Choice | None = None
    list_reply: _Choice | None = None


class _Context(Part):
    id: Name | None = None


class _Message(Part):
    id: Name
    type: Name
    timestamp: Instant
    number: Name | None = Field(None, alias="from")
    from_user_id: Name | None = None
    group_id: Name | None = None
    context: _Context | None = None
    text: _Text | None = None
    image: _Media | None = None
    video: _Media | None = None
    audio: _Media | None = None
    document: _Media | None = None
    location: _Location | None = None
    button: _Button | None = None
    interactive: _Interactive | None = None

    def media(self) -> Iterable[tuple[AttachmentKind, _Media]]:
        """Yield the files with their kinds."""
        for field, kind in _FILE_KINDS.items():
            media: _Media | None = getattr(self, field)
            if media is not None:
                yield kind, media

    def words(self) -> str:
        """Return what was written or chosen."""
        chosen = self.interactive or _Interactive()
        choice = chosen.button_reply or chosen.list_reply
        written = (
            self.text.body if self.text else None,
            self.button.text if self.button else None,
            choice.title if choice else None,
            *(media.caption for _, media in self.media()),
        )
        return next(filter(None, written), "")


class _Error(Part):
    code: int
    title: Words = ""


class _Status(Part):
    id: Name
    status: Name
    timestamp: Instant
    errors: tuple[_Error, ...] = ()


def _verify(body: bytes, headers: Headers, settings: IntakeSettings) -> None:
    check_meta_signature(body, headers, settings.whatsapp_app_secret)


def _shake_hands(parameters: Parameters, settings: IntakeSettings) -> str:
    return answer_meta_challenge(parameters, settings.whatsapp_verify_token)


def _parse(content: Any, _parameters: Parameters) -> list[Item]:
    items: list[Item] = []
    for entry in listed(content, "entry"):
        for change in listed(entry, "changes"):
            account = name_of(change, "value", "metadata", "phone_number_id")
            names = {
                name_of(contact, key): name_of(contact, "profile", "name")
                for contact in listed(change, "value", "contacts")
                for key in ("wa_id", "user_id")
            }
            messages = listed(change, "value", "messages")
            read_message = partial(_read_message, account, names)
            items += read_each(CHANNEL, account, messages, read_message, "id")
            reports = listed(change, "value", "statuses")
            items += read_each(CHANNEL, account, reports, partial(_read_report, account), "id")
    return items


def _read_message(account: str, names: dict[str, str], raw: Any) -> Item | None:
    message = _Message.model_validate(raw)
    handle = message.number or message.from_user_id
    if handle is None or message.group_id is not None or message.type in _PASSED_OVER:
        return None
    point = message.location
    return IncomingMessage(
        channel=CHANNEL,
        account=account,
        handle=handle,
        message_id=message.id,
        text=message.words(),
        sent_at=message.timestamp,
        sender_name=names.get(handle) or None,
        phone=normalise_phone(f"+{message.number}") if message.number else None,
        files=tuple(RemoteFile(kind, media.id) for kind, media in message.media()),
        place=Place(point.latitude, point.longitude, point.address or point.name)
        if point
        else None,
        in_reply_to=message.context.id if message.context else None,
    )


def _read_report(account: str, raw: Any) -> Item:
    status = _Status.model_validate(raw)
    reason = "; ".join(f"{error.code} {error.title}" for error in status.errors) or None
    return DeliveryReport(
        CHANNEL,
        account,
        status.id,
        status.status,
        status.timestamp,
        reason,
        outside_window=any(error.code == _RE_ENGAGEMENT for error in status.errors),
    )


ADAPTER: Final = ChannelAdapter(
    platform="whatsapp",
    channel=CHANNEL,
    verify=_verify,
    parse=_parse,
    shake_hands=_shake_hands,
)
