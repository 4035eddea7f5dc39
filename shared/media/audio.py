"""Voice messages and music files: every byte belongs to a page or frame of sound, and no tag stays.

Sound is not encoded anew, so that what is served is made of what was sent; therefore the container
is followed from its first byte to its last.
"""

from io import BytesIO
from typing import Any, Final

from mutagen import apev2, id3
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis

from shared.media.refusals import FileDamaged

_PAGE_HEADER: Final = 27
#: By how the first packet begins.
_OGG_READERS: Final[tuple[tuple[bytes, Any], ...]] = (
    (b"OpusHead", OggOpus),
    (b"\x01vorbis", OggVorbis),
)

# MPEG audio, layer III: kbit/s by index, for MPEG 1 and for MPEG 2 and 2.5; Hz by index.
_KBITS: Final = {
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_HERTZ: Final = (44_100, 48_000, 32_000)
_DIVISORS: Final = {3: 1, 2: 2, 0: 4}


def clean_ogg(data: bytes) -> tuple[bytes, float]:
    """Return Opus or Vorbis without its tags, and its seconds; raises FileDamaged."""
    _follow_pages(data)
    head = data[_PAGE_HEADER : _PAGE_HEADER + 64]
    reader = next((reader for sign, reader in _OGG_READERS if sign in head), None)
    if reader is None:
        raise FileDamaged
    file = BytesIO(data)
    sound = reader(file)
    file.seek(0)
    sound.delete(file)
    cleaned = file.getvalue()
    _follow_pages(cleaned)
    return cleaned, float(sound.info.length)


def clean_mp3(data: bytes) -> tuple[bytes, float]:
    """Return an MP3 without its tags, and its seconds; raises FileDamaged."""
    file = BytesIO(data)
    id3.delete(file)
    file.seek(0)
    apev2.delete(file)
    cleaned = file.getvalue()
    return cleaned, _follow_frames(cleaned)


def _follow_pages(data: bytes) -> None:
    """See that a file is one stream of Ogg pages and nothing else (RFC 3533)."""
    position = 0
    stream = data[14:18]
    while position < len(data):
        header = data[position : position + _PAGE_HEADER]
        if len(header) < _PAGE_HEADER or header[:4] != b"OggS" or header[14:18] != stream:
            raise FileDamaged
        segments = data[position + _PAGE_HEADER : position + _PAGE_HEADER + header[26]]
        position += _PAGE_HEADER + len(segments) + sum(segments)
    if position != len(data):
        raise FileDamaged


def _follow_frames(data: bytes) -> float:
    """See that a file is frames and nothing else; returns seconds. The last may be cut short."""
    position = 0
    seconds = 0.0
    while position < len(data):
        length, duration = _frame(data[position : position + 4])
        position += length
        seconds += duration
    if not seconds:
        raise FileDamaged
    return seconds


def _frame(header: bytes) -> tuple[int, float]:
    """Return bytes and seconds of the frame that begins so; raises FileDamaged."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE6 != 0xE2:
        raise FileDamaged
    version = header[1] >> 3 & 3
    bitrate, rate = header[2] >> 4, header[2] >> 2 & 3
    if version not in _DIVISORS or bitrate in {0, 15} or rate == 3:
        raise FileDamaged
    first = version == 3
    hertz = _HERTZ[rate] // _DIVISORS[version]
    samples = 1152 if first else 576
    padding = header[2] >> 1 & 1
    return samples // 8 * _KBITS[first][bitrate] * 1000 // hertz + padding, samples / hertz
