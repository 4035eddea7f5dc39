"""Links that invite to a survey without saying whom: signed by one service, verified by another.

A token holds the unit and the service that were used, the period, and a nonce by which it is spent
once. It holds no identity, and the nonce leads back to none.
"""

import hmac
import json
from base64 import b64decode, urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BinasciiError
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_VERSION: Final = 1
_SIGNATURE_BYTES: Final = 16
_KEY_BYTES: Final = 32
_LONGEST_TOKEN: Final = 600


class SurveyKeyInvalid(ValueError):
    """A configured key is not 32 bytes in base64."""


class SurveyLinkInvalid(ValueError):
    """The token was not signed with a key of ours, or is not whole."""


@dataclass(frozen=True, slots=True)
class SurveyLink:
    """What a token says: codes of unit and service, the period as `YYYY-MM`, and its nonce."""

    unit: str
    service: str
    period: str
    nonce: str


def read_survey_keys(configured: str) -> tuple[bytes, ...]:
    """Read keys with commas between them; the first signs, all verify. Raises SurveyKeyInvalid."""
    return tuple(_read_key(each.strip()) for each in configured.split(","))


def sign_link(keys: Sequence[bytes], link: SurveyLink) -> str:
    """Return the token of a link: letters, digits, `-`, `_` and one full stop."""
    fields = [_VERSION, link.unit, link.service, link.period, link.nonce]
    payload = _encode(json.dumps(fields, separators=(",", ":")).encode())
    return f"{payload}.{_signature(keys[0], payload)}"


def verify_link(keys: Sequence[bytes], token: str) -> SurveyLink:
    """Return what a token says, spent or not; raises SurveyLinkInvalid."""
    payload, _, signature = token[:_LONGEST_TOKEN].partition(".")
    genuine = False
    for key in keys:
        expected = _signature(key, payload).encode()
        genuine |= hmac.compare_digest(signature.encode("utf-8", "replace"), expected)
    if not genuine:
        raise SurveyLinkInvalid("not signed with a key of ours")
    version, unit, service, period, nonce = json.loads(_decode(payload))
    if version != _VERSION:
        raise SurveyLinkInvalid(f"version {version} is not known")
    return SurveyLink(unit, service, period, nonce)


def nonce_of(keys: Sequence[bytes], message_id: str) -> str:
    """Return the nonce of an invitation: the same each time it is made, and telling nothing."""
    digest = hmac.digest(keys[0], b"nonce:" + message_id.encode(), "sha256")
    return _encode(digest[:_SIGNATURE_BYTES])


def _signature(key: bytes, payload: str) -> str:
    signed = b"survey-link:" + payload.encode("utf-8", "replace")
    return _encode(hmac.digest(key, signed, "sha256")[:_SIGNATURE_BYTES])


def _encode(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _read_key(text: str) -> bytes:
    try:
        key = b64decode(text, validate=True)
    except (BinasciiError, ValueError):
        key = b""
    if len(key) != _KEY_BYTES:
        raise SurveyKeyInvalid("TANGGAP_SURVEY_LINK_KEY must be 32 bytes in base64 (openssl rand)")
    return key
