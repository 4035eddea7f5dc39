"""Takes the metadata out of a JPEG without decoding it: for photos inside of a PDF."""

from typing import Final

# JFIF, the colour profile, and Adobe's note of the colour space decide how it looks.
_NEEDED_APPS: Final = (0xE0, 0xE2, 0xEE)
_COMMENT: Final = 0xFE
_SCAN: Final = 0xDA


def strip_jpeg(data: bytes) -> bytes:
    """Return the JPEG without EXIF, XMP, comments and the like; raises ValueError if it is none."""
    if not data.startswith(b"\xff\xd8"):
        raise ValueError("no JPEG")
    kept = [data[:2]]
    position = 2
    while True:
        marker, length = data[position + 1], int.from_bytes(data[position + 2 : position + 4])
        if data[position] != 0xFF or length < 2 or position + 2 + length > len(data):
            raise ValueError("a segment of the JPEG is broken")
        if marker == _SCAN:
            return b"".join([*kept, data[position:]])
        end = position + 2 + length
        if not (0xE0 <= marker <= 0xEF and marker not in _NEEDED_APPS) and marker != _COMMENT:
            kept.append(data[position:end])
        position = end
