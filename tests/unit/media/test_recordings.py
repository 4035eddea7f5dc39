"""Voice messages and films: every byte has a place in the container, and no note stays."""

from typing import Any

import pytest
from mutagen.ogg import OggPage

from shared.media.cleaning import clean
from shared.media.files import Limits
from shared.media.refusals import FileDamaged, FileRefused, FileSuspicious, RecordingTooLong
from tests.support.files import box, element, film, id3, music, web_film

LIMITS = Limits()
NOTES = (b"Wagiman", b"111.53", b"\xe4\xe4\xe4\xe4")


def voice(comment: bytes = b"ARTIST=Wagiman", seconds: int = 2) -> bytes:
    """Make an Opus file with a comment; its sound is silence."""
    head = b"OpusHead\x01\x01" + bytes(2) + (48_000).to_bytes(4, "little") + bytes(3)
    vendor = b"contoh"
    tags = b"OpusTags" + len(vendor).to_bytes(4, "little") + vendor + (1).to_bytes(4, "little")
    tags += len(comment).to_bytes(4, "little") + comment
    pages = []
    for number, packet in enumerate((head, tags, bytes(40))):
        page: Any = OggPage()  # type: ignore[no-untyped-call]
        page.packets = [packet]
        page.serial, page.sequence = 7, number
        page.position = 48_000 * seconds if number == 2 else 0
        page.first, page.last = number == 0, number == 2
        pages.append(page.write())
    return b"".join(pages)


@pytest.mark.parametrize(
    ("data", "media_type", "kind"),
    [
        (film(), "video/mp4", "video"),
        (film(brand=b"3gp4"), "video/3gpp", "video"),
        (film(brand=b"qt  "), "video/quicktime", "video"),
        (film(brand=b"M4A ", handler=b"soun"), "audio/mp4", "audio"),
        (film(handler=b"soun"), "audio/mp4", "audio"),
        (web_film(), "video/webm", "video"),
        (web_film(kind=2), "audio/webm", "audio"),
        (web_film(live=True), "video/webm", "video"),
        (voice(), "audio/ogg", "audio"),
        (music(), "audio/mpeg", "audio"),
        (music(tags=id3(b"Rumah Wagiman")), "audio/mpeg", "audio"),
    ],
)
def test_recording_is_known_and_keeps_no_note(data: bytes, media_type: str, kind: str) -> None:
    cleaned = clean(data, LIMITS)

    assert (cleaned.media_type, cleaned.kind) == (media_type, kind)
    assert [note for note in NOTES if note in cleaned.content] == []
    assert cleaned.fingerprint.startswith("sha256:")
    assert clean(cleaned.content, LIMITS).content == cleaned.content


@pytest.mark.parametrize("data", [film(), film(handler=b"soun"), web_film(), web_film(live=True)])
def test_nothing_moves_in_a_film(data: bytes) -> None:
    assert len(clean(data, LIMITS).content) == len(data)


@pytest.mark.parametrize(
    "data",
    [film(seconds=181), web_film(seconds=181), voice(seconds=181), music(frames=7_000)],
    ids=["MP4", "WebM", "Opus", "MP3"],
)
def test_recording_may_not_last_too_long(data: bytes) -> None:
    with pytest.raises(RecordingTooLong, match="180 detik"):
        clean(data, LIMITS)


@pytest.mark.parametrize("data", [film(), web_film(), voice(), music()])
def test_what_is_not_of_the_container_is_refused(data: bytes) -> None:
    for other in (data + b"lain", b"\0" + data):
        with pytest.raises(FileRefused):
            clean(other, LIMITS)


@pytest.mark.parametrize("data", [film(), web_film(), voice()])
def test_recording_that_is_cut_off_is_refused(data: bytes) -> None:
    with pytest.raises(FileDamaged):
        clean(data[:-5], LIMITS)


def test_last_frame_of_a_recording_that_was_stopped_may_be_cut_short() -> None:
    assert clean(music()[:-5], LIMITS).seconds == pytest.approx(20 * 1152 / 44_100)


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (film()[:-64] + b"<script>x()</script>" + bytes(44), FileSuspicious),
        (music() + b"<html>", FileSuspicious),
        (voice(comment=b"X=%PDF-1.7"), FileSuspicious),
        (film(handler=b"meta"), FileDamaged),
        (box(b"ftyp", b"isom", bytes(2000)), FileDamaged),
        (box(b"ftyp", b"isom") + box(b"moov", box(b"moov")), FileDamaged),
        (b"\0\0\0\x04ftypisom", FileDamaged),
        (element(0x1A45DFA3, b"\x42\x82\x88matroska"), FileDamaged),
        (b"OggS" + bytes(40), FileDamaged),
        (b"ID3\x04\0\0\x7f\x7f\x7f\x7f", FileDamaged),
    ],
)
def test_hostile_recording_is_refused(data: bytes, refusal: type[FileRefused]) -> None:
    with pytest.raises(refusal):
        clean(data, LIMITS)


def test_a_track_of_places_is_removed_whole() -> None:
    places = box(b"trak", box(b"mdia", box(b"hdlr", bytes(8), b"meta", b"places of Wagiman")))
    data = film()
    moov = data.index(b"moov") - 4
    size = int.from_bytes(data[moov : moov + 4])
    grown = (size + len(places)).to_bytes(4) + data[moov + 4 : moov + size] + places

    cleaned = clean(data[:moov] + grown + data[moov + size :], LIMITS)

    assert b"places" not in cleaned.content
