"""Opaque cursors: where a list goes on, as a text that clients hand back unread."""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BinasciiError

from shared.errors import Invalid

Position = tuple[str | int, ...]

_SURROGATE = re.compile("[\ud800-\udfff]")


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
    if not all(_is_a(kind, value) for kind, value in zip(kinds, position, strict=True)):
        raise _refused()
    return tuple(position)


def _is_a(kind: type, value: object) -> bool:
    """Tell whether the value is of this kind, and one that Postgres can compare with."""
    if type(value) is not kind:
        return False
    if isinstance(value, int):
        return -(2**63) <= value < 2**63
    return isinstance(value, str) and "\x00" not in value and not _SURROGATE.search(value)


def _refused() -> Invalid:
    return Invalid("Kursor tidak dikenal. Mulai lagi dari halaman pertama.")
