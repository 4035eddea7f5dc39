"""MP4, 3GP, M4A and QuickTime: boxes within boxes, of which only those that play a file stay.

All others (places, makers, comments, pictures, whatever an unknown program put there) become free
space of the same size, so that nothing moves and what points into the file still does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from shared.media.refusals import FileDamaged

_CONTAINERS: Final = frozenset(
    (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"dinf", b"mvex", b"moof", b"traf")
)
#: What there is and how long it lasts, where each sample is and when it is shown, and the same for
#: a file that is written while it is recorded (ISO/IEC 14496-12).
_NEEDED: Final = frozenset(
    (
        *(b"ftyp", b"styp", b"mdat", b"mvhd", b"tkhd", b"mdhd", b"hdlr", b"vmhd", b"smhd", b"nmhd"),
        *(b"dref", b"elst", b"stsd", b"stts", b"stss", b"ctts", b"cslg", b"stsc", b"stsz", b"stz2"),
        *(b"stco", b"co64", b"sgpd", b"sbgp", b"sdtp", b"gmhd"),
        *(b"mehd", b"trex", b"mfhd", b"tfhd", b"tfdt", b"trun", b"sidx", b"mfra", b"saiz", b"saio"),
    )
)
_TIMED: Final = frozenset((b"mvhd", b"tkhd", b"mdhd"))
_PLAYED: Final = frozenset((b"vide", b"soun"))
_LONGEST_FTYP: Final = 1024
_AUDIO_BRANDS: Final = frozenset((b"M4A ", b"M4B "))


@dataclass(frozen=True, slots=True)
class _Box:
    """One box: its name, and where it begins, where its content begins, and where it ends."""

    name: bytes
    start: int
    body: int
    end: int


def clean_iso_media(data: bytes) -> tuple[bytes, str, float | None]:
    """Return the file, its media type, and its seconds, unless it was cut off while recording.

    Raises FileDamaged.
    """
    cleaned = bytearray(data)
    boxes = list(_boxes(data, 0, len(data)))
    names = [box.name for box in boxes]
    if boxes[0].end > _LONGEST_FTYP or b"moov" not in names or b"mdat" not in names:
        raise FileDamaged
    handlers: set[bytes] = set()
    for box in boxes:
        _scrub(cleaned, box, handlers)
    moov = boxes[names.index(b"moov")]
    return bytes(cleaned), _media_type(data[8:12], handlers), _seconds(data, moov)


def _boxes(data: bytes | bytearray, start: int, end: int) -> Iterator[_Box]:
    """Yield the boxes of a range, which they fill exactly; raises FileDamaged."""
    while start < end:
        size = int.from_bytes(data[start : start + 4])
        body = start + 8
        if size == 1:
            size = int.from_bytes(data[body : body + 8])
            body += 8
        elif size == 0:
            size = end - start
        if start + size > end or size < body - start:
            raise FileDamaged
        yield _Box(bytes(data[start + 4 : start + 8]), start, body, start + size)
        start += size


def _scrub(data: bytearray, box: _Box, handlers: set[bytes]) -> None:
    """Let go of what does not play, in place, and note what kinds of track do."""
    if box.name == b"trak":
        handler = _handler(data, box)
        if handler not in _PLAYED:
            # Places along the way, for one, are a track of their own in films from some phones.
            _free(data, box)
            return
        handlers.add(handler)
    if box.name in _CONTAINERS:
        for inner in list(_boxes(data, box.body, box.end)):
            _scrub(data, inner, handlers)
    elif box.name in _TIMED:
        # When it was made and changed: 4 bytes each, 8 in the second version of the box.
        width = 16 if data[box.body] == 1 else 8
        data[box.body + 4 : box.body + 4 + width] = bytes(width)
    elif box.name not in _NEEDED:
        _free(data, box)


def _free(data: bytearray, box: _Box) -> None:
    data[box.start + 4 : box.start + 8] = b"free"
    data[box.body : box.end] = bytes(box.end - box.body)


def _handler(data: bytearray, trak: _Box) -> bytes:
    for mdia in _boxes(data, trak.body, trak.end):
        if mdia.name == b"mdia":
            for hdlr in _boxes(data, mdia.body, mdia.end):
                if hdlr.name == b"hdlr":
                    return bytes(data[hdlr.body + 8 : hdlr.body + 12])
    return b""


def _media_type(brand: bytes, handlers: set[bytes]) -> str:
    if not handlers:
        raise FileDamaged
    if b"vide" not in handlers or brand in _AUDIO_BRANDS:
        return "audio/mp4"
    if brand.startswith(b"3g"):
        return "video/3gpp"
    return "video/quicktime" if brand == b"qt  " else "video/mp4"


def _seconds(data: bytes, moov: _Box) -> float | None:
    for box in _boxes(data, moov.body, moov.end):
        if box.name == b"mvhd":
            wide = data[box.body] == 1
            at = box.body + (20 if wide else 12)
            scale = int.from_bytes(data[at : at + 4])
            length = int.from_bytes(data[at + 4 : at + (12 if wide else 8)])
            return length / scale if scale and length else None
    raise FileDamaged
