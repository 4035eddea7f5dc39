"""What platforms deliver, in their published form and signed as they sign: all of it invented."""

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final

SECRETS: Final = {
    "whatsapp_app_secret": "rahasia-whatsapp",
    "whatsapp_verify_token": "token-whatsapp",
    "telegram_webhook_secret": "rahasia-telegram",
    "facebook_app_secret": "rahasia-facebook",
    "facebook_verify_token": "token-facebook",
    "instagram_app_secret": "rahasia-instagram",
    "instagram_verify_token": "token-instagram",
    "x_consumer_secret": "rahasia-x",
}
SMS_KEY: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#: The accounts of the profile contoh.
ACCOUNTS: Final = {
    "whatsapp": "990000000000001",
    "telegram": "kotacontohraya_bot",
    "messenger": "109900000000001",
    "instagram": "17840000000000001",
    "x": "1990000000000001",
}
CHANNELS: Final = {
    **{platform: platform for platform in ACCOUNTS},
    "messenger": "facebook",
    "sms": "sms",
}
SENT_AT: Final = datetime(2026, 3, 9, 1, 59, tzinfo=UTC)

_numbers = count(1)


@dataclass(frozen=True)
class Delivery:
    """One call of a webhook, before it is signed."""

    platform: str
    content: Any
    account: str = ""

    @property
    def path(self) -> str:
        """The address that the platform calls."""
        query = f"?account={self.account}" if self.platform == "telegram" else ""
        return f"/intake/v1/channels/{self.platform}{query}"

    @property
    def body(self) -> bytes:
        """The bytes that are signed."""
        return json.dumps(self.content).encode()

    @property
    def headers(self) -> dict[str, str]:
        """What proves where it comes from."""
        return {"Content-Type": "application/json", **sign(self.platform, self.body)}


def sign(platform: str, body: bytes) -> dict[str, str]:
    """Sign as the platform does."""
    if platform == "telegram":
        return {"X-Telegram-Bot-Api-Secret-Token": SECRETS["telegram_webhook_secret"]}
    if platform == "x":
        digest = hmac.digest(SECRETS["x_consumer_secret"].encode(), body, "sha256")
        return {"x-twitter-webhooks-signature": f"sha256={b64encode(digest).decode()}"}
    secret = SECRETS[f"{CHANNELS[platform]}_app_secret"].encode()
    return {"X-Hub-Signature-256": f"sha256={hmac.new(secret, body, hashlib.sha256).hexdigest()}"}


def write(
    platform: str,
    text: str,
    *,
    sender: str = "6281200000001",
    account: str | None = None,
    message_id: str | None = None,
    sent_at: datetime = SENT_AT,
    image: str | None = None,
    point: tuple[float, float] | None = None,
) -> Delivery:
    """Let a person write privately to one of the Pemda's accounts; `image` names a file there."""
    account = account or ACCOUNTS[platform]
    message_id = message_id or str(next(_numbers))
    builders: dict[str, Callable[..., dict[str, Any]]] = {
        "whatsapp": whatsapp_message,
        "telegram": telegram_update,
        "messenger": direct_message,
        "instagram": direct_message,
        "x": x_direct_message,
    }
    message = builders[platform](text, sender, message_id, sent_at, image, point, account)
    return deliver(platform, [message], account)


def deliver(platform: str, messages: list[Any], account: str | None = None) -> Delivery:
    """Put messages into one call, as many as the platform may."""
    account = account or ACCOUNTS[platform]
    if platform == "telegram":
        (content,) = messages
    elif platform == "whatsapp":
        contacts = [{"profile": {"name": "Sri Contoh"}, "wa_id": "6281200000001"}]
        value = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "62351000112", "phone_number_id": account},
            "contacts": contacts,
            "messages": messages,
        }
        entry = {"id": "waba", "changes": [{"field": "messages", "value": value}]}
        content = {"object": "whatsapp_business_account", "entry": [entry]}
    elif platform == "x":
        content = {
            "for_user_id": account,
            "direct_message_events": messages,
            "users": {"6281200000001": {"name": "Sri Contoh", "screen_name": "sri"}},
        }
    else:
        object_ = "page" if platform == "messenger" else "instagram"
        content = {"object": object_, "entry": [{"id": account, "time": 1, "messaging": messages}]}
    return Delivery(platform, content, account)


def whatsapp_message(
    text: str,
    sender: str,
    message_id: str,
    sent_at: datetime,
    image: str | None,
    point: tuple[float, float] | None,
    _account: str = "",
) -> dict[str, Any]:
    """Build a member of `messages`."""
    message: dict[str, Any] = {
        "from": sender,
        "id": f"wamid.{message_id}",
        "timestamp": str(int(sent_at.timestamp())),
    }
    if image is not None:
        media = {"id": image, "mime_type": "image/jpeg", "sha256": "x"}
        return {**message, "type": "image", "image": media | ({"caption": text} if text else {})}
    if point is not None:
        place = {"latitude": point[0], "longitude": point[1], "name": "Pos ronda"}
        return {**message, "type": "location", "location": place}
    return {**message, "type": "text", "text": {"body": text}}


def telegram_update(
    text: str,
    sender: str,
    message_id: str,
    sent_at: datetime,
    image: str | None,
    point: tuple[float, float] | None,
    _account: str = "",
) -> dict[str, Any]:
    """Build an update."""
    message: dict[str, Any] = {
        "message_id": int(message_id),
        "from": {"id": int(sender), "is_bot": False, "first_name": "Sri", "last_name": "Contoh"},
        "chat": {"id": int(sender), "type": "private", "first_name": "Sri"},
        "date": int(sent_at.timestamp()),
    }
    if image is not None:
        message |= {"photo": [{"file_id": "small"}, {"file_id": image}], "caption": text}
    elif point is not None:
        message |= {"location": {"latitude": point[0], "longitude": point[1]}}
    else:
        message |= {"text": text}
    return {"update_id": int(message_id), "message": message}


def direct_message(
    text: str,
    sender: str,
    message_id: str,
    sent_at: datetime,
    image: str | None,
    point: tuple[float, float] | None,
    account: str,
) -> dict[str, Any]:
    """Build a member of `messaging`, as Messenger and Instagram have it."""
    message: dict[str, Any] = {"mid": f"m_{message_id}"}
    if text:
        message["text"] = text
    if image is not None:
        message["attachments"] = [{"type": "image", "payload": {"url": image}}]
    if point is not None:
        coordinates = {"lat": point[0], "long": point[1]}
        payload = {"coordinates": coordinates}
        message["attachments"] = [{"type": "location", "title": "Pos", "payload": payload}]
    return {
        "sender": {"id": sender},
        "recipient": {"id": account},
        "timestamp": int(sent_at.timestamp() * 1000),
        "message": message,
    }


def x_direct_message(
    text: str,
    sender: str,
    message_id: str,
    sent_at: datetime,
    image: str | None,
    _point: tuple[float, float] | None,
    account: str,
) -> dict[str, Any]:
    """Build a member of `direct_message_events`."""
    data: dict[str, Any] = {"text": text, "entities": {}}
    if image is not None:
        media = {"type": "photo", "media_url_https": image}
        data["attachment"] = {"type": "media", "media": media}
    return {
        "type": "message_create",
        "id": message_id,
        "created_timestamp": str(int(sent_at.timestamp() * 1000)),
        "message_create": {
            "target": {"recipient_id": account},
            "sender_id": sender,
            "message_data": data,
        },
    }


def facebook_comment(text: str, comment_id: str = "9_1", **value: Any) -> Delivery:
    """Let a person comment under a post of the page."""
    page = ACCOUNTS["messenger"]
    comment = {
        "item": "comment",
        "verb": "add",
        "comment_id": comment_id,
        "post_id": f"{page}_9",
        "parent_id": f"{page}_9",
        "created_time": int(SENT_AT.timestamp()),
        "from": {"id": "7001", "name": "Sri Contoh"},
        "message": text,
        **value,
    }
    entry = {"id": page, "time": 1, "changes": [{"field": "feed", "value": comment}]}
    return Delivery("messenger", {"object": "page", "entry": [entry]})


def instagram_comment(
    text: str, comment_id: str = "1790001", *, account: str | None = None, author: str = "8001"
) -> Delivery:
    """Let a person comment under a post of an account."""
    comment = {
        "id": comment_id,
        "text": text,
        "from": {"id": author, "username": "sri.contoh"},
        "media": {"id": "1", "media_product_type": "FEED"},
    }
    entry = {
        "id": account or ACCOUNTS["instagram"],
        "time": int(SENT_AT.timestamp()),
        "changes": [{"field": "comments", "value": comment}],
    }
    return Delivery("instagram", {"object": "instagram", "entry": [entry]})


def x_post(text: str, post_id: str = "1900001", **post: Any) -> Delivery:
    """Let a person mention the account in a post."""
    account = ACCOUNTS["x"]
    content = {
        "id_str": post_id,
        "created_at": SENT_AT.strftime("%a %b %d %H:%M:%S +0000 %Y"),
        "text": text,
        "user": {"id_str": "9001", "name": "Sri Contoh", "screen_name": "sri"},
        "entities": {"user_mentions": [{"id_str": account, "screen_name": "kotacontohraya"}]},
        **post,
    }
    return Delivery("x", {"for_user_id": account, "tweet_create_events": [content]})


def headers_without(delivery: Delivery, name: str) -> Mapping[str, str]:
    """Return the headers of a call less one of them."""
    return {key: value for key, value in delivery.headers.items() if key.lower() != name.lower()}
