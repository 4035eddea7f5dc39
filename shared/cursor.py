"""Opaque cursors: where a list goes on, as a text that clients hand back unread."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BinasciiError

from shared.errors import Invalid

Position = tuple[str | int, ...]


def write_cursor(*position: str | int) -> str:
    """Turn the sort key of a page's last row into a cursor."""
    return urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


def read_cursor(cursor: str, *kinds: type) -> Position:
    """Return the sort key; raises Invalid for a cursor that this API did not write."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        position = json.loads(urlsafe_b64decode(padded))
    except (BinasciiError, ValueError, RecursionError) as error:
        raise _refused() from error
    if not isinstance(position, list) or len(position) != len(kinds):
        raise _refused()
    if any(type(value) is not kind for value, kind in zip(position, kinds, strict=True)):
        raise _refused()
    return tuple(position)


def _refused() -> Invalid:
    return Invalid("Kursor tidak dikenal. Mulai lagi dari halaman pertama.")
