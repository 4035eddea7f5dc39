"""Fingerprints: a picture's stays nearly the same when it is scaled, compressed or re-dated."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL import Image

#: How a picture's fingerprint begins; 16 hexadecimal digits follow.
PICTURE: Final = "dhash:"
#: How that of any other file begins: the SHA-256 of its bytes as they were sent.
BYTES: Final = "sha256:"
_COLUMNS: Final = 8


def fingerprint_of(picture: "Image.Image") -> str:
    """Return the difference hash: of 64 fields, whether each is brighter than the next one.

    Neal Krawetz, "Kind of Like That" (2013).
    """
    grey = picture.convert("L").resize((_COLUMNS + 1, _COLUMNS)).tobytes()
    bits = 0
    for row in range(_COLUMNS):
        for column in range(_COLUMNS):
            place = row * (_COLUMNS + 1) + column
            bits = bits << 1 | (grey[place] > grey[place + 1])
    return f"{PICTURE}{bits:016x}"


def hamming(one: str, other: str) -> int | None:
    """Return by how many of 64 bits two pictures differ; None where one is not a picture.

    Up to about 10 is the same picture; unrelated ones differ by 32, give or take 8.
    """
    if not (one.startswith(PICTURE) and other.startswith(PICTURE)):
        return None
    return (int(one.removeprefix(PICTURE), 16) ^ int(other.removeprefix(PICTURE), 16)).bit_count()
