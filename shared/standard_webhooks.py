"""Standard Webhooks 1.0: signs and verifies HTTP bodies, for partners both ways and for front ends.

The signature is over the raw bytes, before anything is parsed. Several keys are for a change of
keys: what is sent is signed with each of them, what comes may be signed with any.
"""

import hmac
from base64 import b64decode, b64encode
from binascii import Error as BinasciiError
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from shared.errors import Unauthenticated

ID_HEADER: Final = "webhook-id"
TIMESTAMP_HEADER: Final = "webhook-timestamp"
SIGNATURE_HEADER: Final = "webhook-signature"
#: How far the sender's clock may be from ours; a body that was overheard is of no use after it.
TOLERANCE: Final = timedelta(minutes=5)

_PREFIX: Final = "whsec_"
_VERSION: Final = "v1,"
_SHORTEST_KEY: Final = 24
_LONGEST_KEY: Final = 64
_LONGEST_ID: Final = 256
# Each entry costs an HMAC: a header of our own limits holds thousands.
_MOST_SIGNATURES: Final = 16


class WebhookKeyInvalid(ValueError):
    """A configured key is not `whsec_` and 24 to 64 bytes in base64."""


class SignatureInvalid(Unauthenticated):
    """The body is not signed with a key of this sender, or not now."""

    slug = "signature-invalid"
    title = "Tanda tangan tidak sah"


@dataclass(frozen=True, slots=True)
class SignedMessage:
    """What a valid signature vouches for: the sender's id of the message, and when it was sent.

    The same message comes again under the same id.
    """

    message_id: str
    sent_at: datetime


def read_keys(configured: str) -> tuple[bytes, ...]:
    """Read `whsec_…` keys with commas between them; raises WebhookKeyInvalid, also for none."""
    return tuple(_read_key(each.strip()) for each in configured.split(","))


def sign(keys: Sequence[bytes], message_id: str, sent_at: datetime, body: bytes) -> dict[str, str]:
    """Return the three headers that go with a body."""
    timestamp = str(int(sent_at.timestamp()))
    signatures = [_VERSION + _signature(key, message_id, timestamp, body) for key in keys]
    return {
        ID_HEADER: message_id,
        TIMESTAMP_HEADER: timestamp,
        SIGNATURE_HEADER: " ".join(signatures),
    }


def verify(
    keys: Sequence[bytes], headers: Mapping[str, str], body: bytes, now: datetime
) -> SignedMessage:
    """Return what the signature vouches for; raises SignatureInvalid, also without any key.

    `headers` are found by their lower-case names, as Starlette's are.
    """
    message_id = headers.get(ID_HEADER, "")
    timestamp = headers.get(TIMESTAMP_HEADER, "")
    # A full stop parts the id from the time: an id that holds one could be taken for another.
    if not 0 < len(message_id) <= _LONGEST_ID or "." in message_id:
        raise SignatureInvalid(f"Kirim header {ID_HEADER} tanpa titik.")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 11):
        raise SignatureInvalid(f"Kirim header {TIMESTAMP_HEADER} dalam detik Unix.")
    sent_at = datetime.fromtimestamp(int(timestamp), UTC)
    if abs(now - sent_at) > TOLERANCE:
        raise SignatureInvalid("Waktu pengiriman terlalu jauh dari jam kami; periksa jam Anda.")
    given = headers.get(SIGNATURE_HEADER, "").split(" ")[:_MOST_SIGNATURES]
    expected = [_VERSION + _signature(key, message_id, timestamp, body) for key in keys]
    if not _any_equal(given, expected):
        raise SignatureInvalid("Tandatangani isi mentah permintaan dengan kunci Anda.")
    return SignedMessage(message_id, sent_at)


def _any_equal(given: Sequence[str], expected: Sequence[str]) -> bool:
    """Compare each with each, so that the time tells nothing of which was nearly right."""
    equal = False
    for one in given:
        for other in expected:
            equal |= hmac.compare_digest(one.encode("utf-8", "replace"), other.encode())
    return equal


def _signature(key: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    signed = f"{message_id}.{timestamp}.".encode("utf-8", "replace") + body
    return b64encode(hmac.digest(key, signed, "sha256")).decode()


def _read_key(text: str) -> bytes:
    encoded = text.removeprefix(_PREFIX)
    try:
        # Some senders leave the padding out.
        key = b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (BinasciiError, ValueError):
        key = b""
    if not text.startswith(_PREFIX) or not _SHORTEST_KEY <= len(key) <= _LONGEST_KEY:
        raise WebhookKeyInvalid("a webhook key is whsec_ and 24 to 64 random bytes in base64")
    return key
