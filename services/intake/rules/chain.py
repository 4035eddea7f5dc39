"""The arithmetic of proof: chained hashes, and Merkle trees as in RFC 9162, section 2.1.

All hashes are SHA-256. What is hashed is JSON in one fixed form, so that anybody can do it again.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

#: What the first link of a chain follows.
NOTHING: Final = bytes(32)
#: The root of a tree without leaves.
EMPTY_ROOT: Final = sha256(b"").digest()

# Made once: `json.dumps` makes one at each call.
_FORM: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)


@dataclass(frozen=True, slots=True)
class Sibling:
    """A step of a Merkle path: the hash beside, and whether it stands left."""

    left: bool
    hash: bytes


def link(previous: bytes, content: Sequence[Any]) -> bytes:
    """Hash what follows `previous` in a chain; `content` is texts, numbers and null."""
    return sha256(canonical([previous.hex(), *content])).digest()


def digest_of(content: Sequence[Any]) -> bytes:
    """Hash texts, numbers and null in their order."""
    return sha256(canonical(content)).digest()


def canonical(content: Any) -> bytes:
    """Write JSON without spaces, with sorted names, in UTF-8."""
    return _FORM.encode(content).encode()


def written_time(at: datetime) -> str:
    """Write an instant in UTC as answers do: RFC 3339 with Z."""
    return at.isoformat().removesuffix("+00:00") + "Z"


def receipt(
    complaint_id: str, submitted_at: datetime, salt: str, words: Mapping[str, str | None]
) -> bytes:
    """Return the receipt of a complaint: a hash of its id, its time and its words.

    The salt keeps anybody who does not know it from guessing words.
    """
    said = [words["title"], words["text"], words["address"]]
    return digest_of([complaint_id, written_time(submitted_at), salt, *said])


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over these leaves, in their order."""
    if not leaves:
        return EMPTY_ROOT
    level = [_leaf(each) for each in leaves]
    while len(level) > 1:
        level = _level_above(level)
    return level[0]


def merkle_path(leaves: Sequence[bytes], place: int) -> list[Sibling]:
    """Return what leads from the leaf at this place (from 0) to the root."""
    path = []
    level = [_leaf(each) for each in leaves]
    while len(level) > 1:
        beside = place ^ 1
        # The last of an odd number goes up as it is.
        if beside < len(level):
            path.append(Sibling(left=beside < place, hash=level[beside]))
        level = _level_above(level)
        place //= 2
    return path


def root_from(leaf: bytes, path: Sequence[Sibling]) -> bytes:
    """Return the root to which a path leads from a leaf."""
    found = _leaf(leaf)
    for step in path:
        found = _node(step.hash, found) if step.left else _node(found, step.hash)
    return found


def _level_above(level: Sequence[bytes]) -> list[bytes]:
    pairs = zip(level[::2], level[1::2], strict=False)
    above = [_node(left, right) for left, right in pairs]
    return [*above, level[-1]] if len(level) % 2 else above


def _leaf(content: bytes) -> bytes:
    return sha256(b"\0" + content).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()
