"""What is known of a file: what it may be, when and where it was taken, and what is left of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.contracts.event import AttachmentKind

#: What a clean file may be: its kind, and the extension of a name for it.
MEDIA_TYPES: Final[dict[str, tuple[AttachmentKind, str]]] = {
    "image/jpeg": ("image", "jpg"),
    "image/png": ("image", "png"),
    "application/pdf": ("document", "pdf"),
    "audio/ogg": ("audio", "ogg"),
    "audio/mpeg": ("audio", "mp3"),
    "audio/mp4": ("audio", "m4a"),
    "audio/webm": ("audio", "weba"),
    "video/mp4": ("video", "mp4"),
    "video/3gpp": ("video", "3gp"),
    "video/quicktime": ("video", "mov"),
    "video/webm": ("video", "webm"),
}


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a file may hold: bytes as sent, pixels, seconds of a recording.

    An image is made smaller until its longer side has `longest_edge` pixels. `zone` is where a
    camera that names no time zone is taken to be.
    """

    most_bytes: int = 20 * 1024 * 1024
    most_pixels: int = 50_000_000
    most_seconds: int = 180
    longest_edge: int = 2560
    zone: str = "Asia/Jakarta"


@dataclass(frozen=True, slots=True)
class Taken:
    """When and where a photo says it was taken: UTC, and degrees in WGS 84, both or neither."""

    at: datetime | None = None
    lat: float | None = None
    lon: float | None = None


@dataclass(frozen=True, slots=True)
class CleanFile:
    """What is left of a file: nothing in it runs, or tells more than is seen and heard.

    `fingerprint` is the picture's (`dhash:`), or that of the bytes as they were sent (`sha256:`).
    `taken` was read before it was removed, and is kept only with consent.
    """

    media_type: str
    content: bytes
    fingerprint: str
    thumbnail: bytes | None = None
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    taken: Taken = Taken()

    @property
    def kind(self) -> AttachmentKind:
        """What it is to a reader."""
        return MEDIA_TYPES[self.media_type][0]


def extension_of(media_type: str) -> str:
    """Return the extension of a file's name; raises KeyError for what no clean file is."""
    return MEDIA_TYPES[media_type][1]
