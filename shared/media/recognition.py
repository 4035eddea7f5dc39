"""What a file is, by its content alone: names and declared types are whatever a sender likes."""

from collections.abc import Callable
from enum import Enum, auto
from typing import Final

from shared.media.refusals import FileTypeNotAccepted

_HEIC = (
    "Foto HEIC dan AVIF belum dapat diterima. Kirim sebagai JPEG; di iPhone pilih Pengaturan, "
    "Kamera, Format, Paling Kompatibel."
)
_SVG = "Gambar SVG tidak diterima. Kirim sebagai JPEG atau PNG."
_STILL_BRANDS: Final = (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"heim", b"heis", b"avif")
_MARKUP: Final = (b"<html", b"<script", b"<!doctype", b"<svg", b"<?php")
_ZIP_END: Final = b"PK\x05\x06"
_ZIP_END_BYTES: Final = 22
_LONGEST_ZIP_COMMENT: Final = 65_535
_PDF: Final = b"%PDF-"


class Source(Enum):
    """A format that can be made clean."""

    JPEG = auto()
    PNG = auto()
    GIF = auto()
    WEBP = auto()
    PDF = auto()
    OGG = auto()
    MP3 = auto()
    ISO_MEDIA = auto()
    WEBM = auto()


_SIGNS: Final[tuple[tuple[Source, Callable[[bytes], bool]], ...]] = (
    (Source.JPEG, lambda head: head.startswith(b"\xff\xd8\xff")),
    (Source.PNG, lambda head: head.startswith(b"\x89PNG\r\n\x1a\n")),
    (Source.GIF, lambda head: head.startswith((b"GIF87a", b"GIF89a"))),
    (Source.WEBP, lambda head: head.startswith(b"RIFF") and head[8:12] == b"WEBP"),
    (Source.PDF, lambda head: head.startswith(_PDF)),
    (Source.OGG, lambda head: head.startswith(b"OggS")),
    (Source.WEBM, lambda head: head.startswith(b"\x1a\x45\xdf\xa3")),
    (Source.ISO_MEDIA, lambda head: head[4:8] == b"ftyp"),
    (Source.MP3, lambda head: head.startswith(b"ID3") or _is_mp3_frame(head)),
)


def recognise(data: bytes) -> Source:
    """Return what a file is; raises FileTypeNotAccepted, which says what would be taken."""
    head = data[:32]
    if head[4:8] == b"ftyp" and head[8:12] in _STILL_BRANDS:
        raise FileTypeNotAccepted(_HEIC)
    for source, matches in _SIGNS:
        if matches(head):
            return source
    if b"<svg" in data[:1024].lower():
        raise FileTypeNotAccepted(_SVG)
    raise FileTypeNotAccepted


def hides_another_format(data: bytes) -> bool:
    """Tell whether a picture or recording can also be read as a page, a program, a PDF or a ZIP.

    Phones put a thumbnail or a short film behind a photo; that is none of these.
    """
    lowered = data.lower()
    return any(sign in lowered for sign in _MARKUP) or _PDF in data[:1024] or _ends_as_a_zip(data)


def _is_mp3_frame(head: bytes) -> bool:
    # Eleven bits of synchronisation, then the layer, of which 01 is III.
    return len(head) > 2 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2


def _ends_as_a_zip(data: bytes) -> bool:
    """Look for the record that ends a ZIP: it says itself how many bytes follow it."""
    position = data.rfind(_ZIP_END, max(0, len(data) - _LONGEST_ZIP_COMMENT - _ZIP_END_BYTES))
    if position < 0:
        return False
    behind = len(data) - position - _ZIP_END_BYTES
    return behind >= 0 and int.from_bytes(data[position + 20 : position + 22], "little") == behind
