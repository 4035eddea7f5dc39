"""Facebook pages: direct messages through Messenger, and comments under the page's posts."""

from functools import partial
from typing import Any, Final

from pydantic import Field

from services.intake.channels.message import (
    ChannelAdapter,
    Headers,
    IncomingMessage,
    Item,
    Parameters,
    RemoteFile,
)
from services.intake.channels.meta import read_direct_messages
from services.intake.channels.payloads import (
    Instant,
    Name,
    Number,
    Part,
    Words,
    answer_meta_challenge,
    check_meta_signature,
    listed,
    name_of,
    read_each,
)
from services.intake.settings import IntakeSettings

CHANNEL: Final = "facebook"


class _Person(Part):
    id: Number
    name: Words | None = None


class _Comment(Part):
    item: Name
    verb: Name
    comment_id: Name
    created_time: Instant
    sender: _Person = Field(alias="from")
    post_id: Name | None = None
    parent_id: Name | None = None
    message: Words = ""
    photo: Name | None = None


def _verify(body: bytes, headers: Headers, settings: IntakeSettings) -> None:
    check_meta_signature(body, headers, settings.facebook_app_secret)


def _shake_hands(parameters: Parameters, settings: IntakeSettings) -> str:
    return answer_meta_challenge(parameters, settings.facebook_verify_token)


def _parse(content: Any, _parameters: Parameters) -> list[Item]:
    items: list[Item] = []
    for entry in listed(content, "entry"):
        page = name_of(entry, "id")
        items += read_direct_messages(CHANNEL, page, entry)
        comments = [
            change["value"] for change in listed(entry, "changes") if _is_new_comment(change)
        ]
        read = partial(_read_comment, page)
        items += read_each(CHANNEL, page, comments, read, "comment_id")
    return items


def _is_new_comment(change: Any) -> bool:
    """Tell a new comment from likes, posts, and comments that were edited or taken away."""
    return (
        name_of(change, "field") == "feed"
        and name_of(change, "value", "item") == "comment"
        and name_of(change, "value", "verb") == "add"
    )


def _read_comment(page: str, raw: Any) -> Item | None:
    comment = _Comment.model_validate(raw)
    if comment.sender.id == page:
        return None
    answered = comment.parent_id if comment.parent_id != comment.post_id else None
    return IncomingMessage(
        channel=CHANNEL,
        account=page,
        handle=comment.sender.id,
        message_id=comment.comment_id,
        text=comment.message,
        sent_at=comment.created_time,
        sender_name=comment.sender.name,
        files=(RemoteFile("image", comment.photo),) if comment.photo else (),
        in_reply_to=answered,
        reply_to=comment.comment_id,
        public=True,
    )


ADAPTER: Final = ChannelAdapter(
    platform="messenger",
    channel=CHANNEL,
    verify=_verify,
    parse=_parse,
    shake_hands=_shake_hands,
)
