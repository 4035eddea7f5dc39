"""Instagram: direct messages to an account, and comments under its posts."""

from functools import partial
from typing import Any, Final

from pydantic import Field

from services.intake.channels.message import (
    ChannelAdapter,
    Headers,
    IncomingMessage,
    Item,
    Parameters,
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

CHANNEL: Final = "instagram"


class _Person(Part):
    id: Number
    username: Words | None = None


class _Comment(Part):
    id: Name
    sender: _Person = Field(alias="from")
    text: Words = ""
    parent_id: Name | None = None


class _Change(Part):
    value: _Comment
    time: Instant


def _verify(body: bytes, headers: Headers, settings: IntakeSettings) -> None:
    check_meta_signature(body, headers, settings.instagram_app_secret)


def _shake_hands(parameters: Parameters, settings: IntakeSettings) -> str:
    return answer_meta_challenge(parameters, settings.instagram_verify_token)


def _parse(content: Any, _parameters: Parameters) -> list[Item]:
    items: list[Item] = []
    for entry in listed(content, "entry"):
        account = name_of(entry, "id")
        items += read_direct_messages(CHANNEL, account, entry)
        # With a login by Instagram itself, a change is not in a list but is the entry.
        changes = [
            {"value": change["value"], "time": entry.get("time")}
            for change in (*listed(entry, "changes"), entry)
            if name_of(change, "field") == "comments" and "value" in change
        ]
        read = partial(_read_comment, account)
        items += read_each(CHANNEL, account, changes, read, "value", "id")
    return items


def _read_comment(account: str, raw: Any) -> Item | None:
    change = _Change.model_validate(raw)
    comment = change.value
    if comment.sender.id == account:
        return None
    return IncomingMessage(
        channel=CHANNEL,
        account=account,
        handle=comment.sender.id,
        message_id=comment.id,
        text=comment.text,
        sent_at=change.time,
        sender_name=comment.sender.username,
        in_reply_to=comment.parent_id,
        reply_to=comment.id,
        public=True,
    )


ADAPTER: Final = ChannelAdapter(
    platform="instagram",
    channel=CHANNEL,
    verify=_verify,
    parse=_parse,
    shake_hands=_shake_hands,
)
