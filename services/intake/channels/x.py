"""X (Account Activity API): posts that mention or answer an account, and direct messages."""

import hmac
import re
from base64 import b64encode
from datetime import UTC, datetime
from functools import partial
from html import unescape
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

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
    Part,
    Words,
    check_equal,
    listed,
    name_of,
    read_each,
    secret_of,
)
from services.intake.settings import IntakeSettings
from shared.contracts.event import AttachmentKind

CHANNEL: Final = "x"
_FILE_KINDS: Final[dict[str, AttachmentKind]] = {"photo": "image"}
_LEADING_MENTIONS: Final = re.compile(r"\A(?:\s*@\w+)+\s*")


def _as_time(value: Any) -> Any:
    # Such as "Mon Mar 09 02:00:00 +0000 2026".
    return (
        datetime.strptime(value, "%a %b %d %H:%M:%S %z %Y").astimezone(UTC)
        if isinstance(value, str)
        else value
    )


class _User(Part):
    id_str: Name
    name: Words | None = None


class _Media(Part):
    type: Name
    media_url_https: Name


class _Entities(Part):
    media: tuple[_Media, ...] = ()
    user_mentions: tuple[_User, ...] = ()


class _Point(Part):
    """GeoJSON: longitude before latitude."""

    coordinates: tuple[
        Annotated[float, Field(ge=-180, le=180)], Annotated[float, Field(ge=-90, le=90)]
    ]


class _LongPost(Part):
    full_text: Words
    entities: _Entities = _Entities()
    extended_entities: _Entities = _Entities()


class _Post(Part):
    id_str: Name
    created_at: Annotated[datetime, BeforeValidator(_as_time)]
    user: _User
    text: Words = ""
    extended_tweet: _LongPost | None = None
    entities: _Entities = _Entities()
    extended_entities: _Entities = _Entities()
    coordinates: _Point | None = None
    in_reply_to_status_id_str: Name | None = None
    in_reply_to_user_id_str: Name | None = None
    retweeted_status: dict[str, Any] | None = None

    def is_for(self, account: str) -> bool:
        """Tell whether somebody else wrote it to this account."""
        if self.user.id_str == account or self.retweeted_status is not None:
            return False
        mentioned = {
            user.id_str
            for entities in (self.entities, (self.extended_tweet or self).entities)
            for user in entities.user_mentions
        }
        return account in mentioned or self.in_reply_to_user_id_str == account


class _DirectMedia(Part):
    media: _Media | None = None


class _MessageData(Part):
    text: Words = ""
    attachment: _DirectMedia | None = None


class _MessageCreate(Part):
    sender_id: Name
    message_data: _MessageData


class _DirectMessage(Part):
    id: Name
    created_timestamp: Instant
    message_create: _MessageCreate


def _sign(secret: bytes, content: bytes) -> str:
    return f"sha256={b64encode(hmac.digest(secret, content, 'sha256')).decode()}"


def _verify(body: bytes, headers: Headers, settings: IntakeSettings) -> None:
    expected = _sign(secret_of(settings.x_consumer_secret), body)
    check_equal(headers.get("x-twitter-webhooks-signature", ""), expected)


def _shake_hands(parameters: Parameters, settings: IntakeSettings) -> dict[str, str]:
    token = parameters.get("crc_token", "").encode("utf-8", "replace")
    return {"response_token": _sign(secret_of(settings.x_consumer_secret), token)}


def _parse(content: Any, _parameters: Parameters) -> list[Item]:
    account = name_of(content, "for_user_id")
    posts = listed(content, "tweet_create_events")
    messages = [
        raw
        for raw in listed(content, "direct_message_events")
        if name_of(raw, "type") == "message_create"
        and name_of(raw, "message_create", "sender_id") != account
    ]
    read_message = partial(_read_message, account, content)
    return [
        *read_each(CHANNEL, account, posts, partial(_read_post, account), "id_str"),
        *read_each(CHANNEL, account, messages, read_message, "id"),
    ]


def _read_post(account: str, raw: Any) -> Item | None:
    post = _Post.model_validate(raw)
    if not post.is_for(account):
        return None
    written = post.extended_tweet.full_text if post.extended_tweet else post.text
    whole = post.extended_tweet or post
    point = post.coordinates
    return IncomingMessage(
        channel=CHANNEL,
        account=account,
        handle=post.user.id_str,
        message_id=post.id_str,
        text=unescape(_LEADING_MENTIONS.sub("", written)),
        sent_at=post.created_at,
        sender_name=post.user.name,
        files=tuple(_files(whole.extended_entities.media)),
        place=Place(point.coordinates[1], point.coordinates[0]) if point else None,
        in_reply_to=post.in_reply_to_status_id_str,
        reply_to=post.id_str,
        public=True,
    )


def _read_message(account: str, content: Any, raw: Any) -> Item:
    message = _DirectMessage.model_validate(raw)
    sender = message.message_create.sender_id
    data = message.message_create.message_data
    media = data.attachment.media if data.attachment else None
    return IncomingMessage(
        channel=CHANNEL,
        account=account,
        handle=sender,
        message_id=message.id,
        text=unescape(data.text),
        sent_at=message.created_timestamp,
        sender_name=name_of(content, "users", sender, "name") or None,
        files=tuple(_files((media,) if media else ())),
    )


def _files(media: tuple[_Media, ...]) -> list[RemoteFile]:
    # Of a film X names only a still here; the film itself has other addresses, and many sizes.
    return [RemoteFile(_FILE_KINDS.get(each.type, "image"), each.media_url_https) for each in media]


ADAPTER: Final = ChannelAdapter(
    platform="x", channel=CHANNEL, verify=_verify, parse=_parse, shake_hands=_shake_hands
)
