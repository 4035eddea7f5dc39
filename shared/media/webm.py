"""WebM: elements within elements; tags, attachments, titles and dates become void in their place.

The elements are those of RFC 8794 (EBML) and RFC 9559 (Matroska).
"""

import struct
from dataclasses import dataclass
from typing import Final

from shared.media.refusals import FileDamaged

_EBML: Final = 0x1A45DFA3
_DOC_TYPE: Final = b"\x42\x82\x84webm"
_SEGMENT: Final = 0x18538067
_CLUSTER: Final = 0x1F43B675
_INFO: Final = 0x1549A966
_TRACKS: Final = 0x1654AE6B
_TRACK_ENTRY: Final = 0xAE
_TRACK_TYPE: Final = 0x83
_TIMESTAMP_SCALE: Final = 0x2AD7B1
_DURATION: Final = 0x4489
_OPENED: Final = frozenset((_SEGMENT, _INFO, _TRACKS, _TRACK_ENTRY))
_VOIDED: Final = frozenset(
    (
        0x1254C367,  # Tags
        0x1941A469,  # Attachments
        0x1043A770,  # Chapters
        0x7BA9,  # Title
        0x4461,  # DateUTC
        0x7384,  # SegmentFilename
        0x3C83AB,  # PrevFilename
        0x3E83BB,  # NextFilename
        0x536E,  # Name of a track
        0xBF,  # CRC-32, which would no longer be right
        0xEC,  # Void, which may hold anything
    )
)
_VIDEO: Final = 1


@dataclass(slots=True)
class _Heard:
    """What the elements say on the way: nanoseconds of a tick, ticks, and kinds of track."""

    scale: int = 1_000_000
    ticks: float | None = None
    tracks: frozenset[int] = frozenset()


def clean_webm(data: bytes) -> tuple[bytes, str, float | None]:
    """Return the file, its media type, and its seconds, which browsers do not always write.

    Raises FileDamaged.
    """
    cleaned = bytearray(data)
    heard = _Heard()
    element, body, end = _element(data, 0)
    if element != _EBML or end is None or _DOC_TYPE not in data[body:end]:
        raise FileDamaged
    position = end
    while position < len(data):
        element, body, end = _element(data, position)
        if element in _OPENED or (element == _CLUSTER and end is None):
            # Opened by going on within it: a recording that was sent live has no ends noted.
            position = body
            continue
        if end is None:
            raise FileDamaged
        _listen(heard, element, data[body : min(end, body + 8)])
        if element in _VOIDED:
            _void(cleaned, position, end)
        position = end
    if not heard.tracks:
        raise FileDamaged
    media_type = "video/webm" if _VIDEO in heard.tracks else "audio/webm"
    seconds = heard.ticks * heard.scale / 1e9 if heard.ticks else None
    return bytes(cleaned), media_type, seconds


def _element(data: bytes, start: int) -> tuple[int, int, int | None]:
    """Return an element's id, where its body begins, and where it ends, if it says so."""
    width = _width(data, start, most=4)
    element = int.from_bytes(data[start : start + width])
    at = start + width
    width = _width(data, at, most=8)
    body = at + width
    unknown = (1 << 7 * width) - 1
    size = int.from_bytes(data[at:body]) & unknown
    if size == unknown:
        return element, body, None
    if body + size > len(data):
        raise FileDamaged
    return element, body, body + size


def _width(data: bytes, start: int, *, most: int) -> int:
    """Return how many bytes a number has: one more than the zeros that its first byte begins with.

    Raises FileDamaged.
    """
    if start >= len(data):
        raise FileDamaged
    width = 9 - data[start].bit_length()
    if width > most or start + width > len(data):
        raise FileDamaged
    return width


def _listen(heard: _Heard, element: int, value: bytes) -> None:
    if element == _TRACK_TYPE:
        heard.tracks |= {int.from_bytes(value)}
    elif element == _TIMESTAMP_SCALE:
        heard.scale = int.from_bytes(value)
    elif element == _DURATION and len(value) in {4, 8}:
        (heard.ticks,) = struct.unpack(">f" if len(value) == 4 else ">d", value)


def _void(data: bytearray, start: int, end: int) -> None:
    """Write a void element of the same size; its own size takes one byte, or eight."""
    length = end - start
    short = length < 9
    size = (0x80 | length - 2).to_bytes(1) if short else (1 << 56 | length - 9).to_bytes(8)
    data[start:end] = b"\xec" + size + bytes(length - 1 - len(size))
