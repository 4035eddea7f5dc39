"""What the adapters share: signatures over raw bytes, and reading each message for itself."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from services.intake.channels.message import Headers, Item, Parameters, Unreadable
from services.intake.errors import ChannelClosed, SignatureWrong

#: Times after this are in milliseconds: as seconds it is the year 5138.
_FIRST_MILLISECONDS: Final = 100_000_000_000
_NUL_AND_SURROGATES: Final = {0: None, **dict.fromkeys(range(0xD800, 0xE000), "\ufffd")}


class Part(BaseModel):
    """Part of a payload: fields that we do not know are passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


def _without_nul(value: Any) -> Any:
    """Take out what neither Postgres nor UTF-8 can hold: a torn emoji must not refuse a report."""
    return value.translate(_NUL_AND_SURROGATES) if isinstance(value, str) else value


Words = Annotated[str, BeforeValidator(_without_nul)]
#: A platform's name for a person, an account, a message or a file.
Name = Annotated[Words, Field(min_length=1, max_length=2_000)]


def _as_name(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


#: The same where the platform counts: numbers are names too.
Number = Annotated[Name, BeforeValidator(_as_name)]


def _as_instant(value: Any) -> Any:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        seconds = value / 1000 if value >= _FIRST_MILLISECONDS else value
        try:
            return datetime.fromtimestamp(seconds, UTC)
        except (OverflowError, ValueError, OSError) as error:
            raise ValueError("the time is outside the calendar") from error
    raise ValueError("no time in seconds or milliseconds")


#: Seconds or milliseconds since 1970, as a number or in digits.
Instant = Annotated[datetime, BeforeValidator(_as_instant)]


def secret_of(setting: SecretStr | None) -> bytes:
    """Return a secret; raises ChannelClosed where none is set, so that nobody is let in."""
    secret = setting.get_secret_value() if setting is not None else ""
    if not secret:
        raise ChannelClosed
    return secret.encode()


def check_equal(given: str, expected: str) -> None:
    """Compare in constant time; raises SignatureWrong."""
    if not hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode()):
        raise SignatureWrong


def check_meta_signature(body: bytes, headers: Headers, setting: SecretStr | None) -> None:
    """Check `X-Hub-Signature-256` of WhatsApp, Messenger and Instagram; raises SignatureWrong."""
    digest = hmac.digest(secret_of(setting), body, "sha256").hex()
    check_equal(headers.get("x-hub-signature-256", ""), f"sha256={digest}")


def answer_meta_challenge(parameters: Parameters, setting: SecretStr | None) -> str:
    """Return the challenge of a subscription; raises SignatureWrong for a wrong token."""
    token = secret_of(setting).decode()
    check_equal(parameters.get("hub.verify_token", ""), token)
    if parameters.get("hub.mode") != "subscribe":
        raise SignatureWrong
    return parameters.get("hub.challenge", "")


def listed(content: Any, *steps: str) -> Iterator[Any]:
    """Yield the members of a list that lies below some keys; of anything else, nothing."""
    for step in steps:
        content = content.get(step) if isinstance(content, dict) else None
    if isinstance(content, list):
        yield from content


def name_of(content: Any, *steps: str) -> str:
    """Return a name that lies below some keys, empty if there is none."""
    for step in steps:
        content = content.get(step) if isinstance(content, dict) else None
    found = _as_name(content)
    return _without_nul(found)[:200] if isinstance(found, str) else ""


def read_each(
    channel: str,
    account: str,
    raws: Iterable[Any],
    read: Callable[[Any], Item | None],
    *id_steps: str,
) -> list[Item]:
    """Read messages one by one, so that a bad one harms no other; it is returned as unreadable."""
    items: list[Item] = []
    for raw in raws:
        try:
            item = read(raw)
        except ValidationError as error:
            item = _unreadable(channel, account, raw, name_of(raw, *id_steps), error)
        if item is not None:
            items.append(item)
    return items


def _unreadable(
    channel: str, account: str, raw: Any, message_id: str, error: ValidationError
) -> Unreadable:
    content = json.dumps(raw, sort_keys=True)
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(step) for step in first["loc"])
    return Unreadable(
        channel=channel,
        account=account,
        message_id=message_id or hashlib.sha256(content.encode()).hexdigest(),
        reason=f"{place}: {first['type']}"[:200],
        content=content,
    )
