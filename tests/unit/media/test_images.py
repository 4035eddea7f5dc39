"""Pictures: what is served is decoded and encoded anew, and tells no more than is seen."""

from datetime import UTC, datetime
from io import BytesIO
from zlib import compress, crc32

import pytest
from PIL import Image, ImageOps

from shared.media.cleaning import clean
from shared.media.files import CleanFile, Limits, Taken
from shared.media.fingerprint import hamming
from shared.media.refusals import (
    FileDamaged,
    FileEmpty,
    FileRefused,
    FileSuspicious,
    FileTooLarge,
    FileTypeNotAccepted,
    ImageTooLarge,
)
from tests.support.files import PLACE, encoded, moving, photo, picture

LIMITS = Limits()


def opened(cleaned: CleanFile) -> Image.Image:
    """Look at what would be served."""
    return Image.open(BytesIO(cleaned.content))


def png_of(width: int, height: int) -> bytes:
    """Make the smallest PNG that says that it is so large; its pixels are a bomb of zeros."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return len(content).to_bytes(4) + name + content + crc32(name + content).to_bytes(4)

    header = width.to_bytes(4) + height.to_bytes(4) + b"\x08\x02\0\0\0"
    pixels = compress(bytes(1_000_000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def test_photo_keeps_nothing_of_what_the_phone_wrote_into_it() -> None:
    cleaned = clean(photo(), LIMITS)

    assert cleaned.media_type == "image/jpeg"
    assert not opened(cleaned).getexif()
    for trace in (b"Exif", b"Ponsel", b"Wagiman", b"2026:03:09"):
        assert trace in photo()
        assert trace not in cleaned.content
        assert cleaned.thumbnail is not None
        assert trace not in cleaned.thumbnail


@pytest.mark.parametrize(("offset", "hour"), [(None, 1), ("+09:00", 23), ("+00:00", 8)])
def test_place_and_time_are_read_before(offset: str | None, hour: int) -> None:
    taken = clean(photo(offset=offset), LIMITS).taken

    assert taken.at is not None
    assert taken.at == datetime(2026, 3, 8 if hour == 23 else 9, hour, 30, tzinfo=UTC)
    assert (taken.lat, taken.lon) == pytest.approx(PLACE)


@pytest.mark.parametrize(
    ("tag", "value"),
    [(2, (91.0, 0.0, 0.0)), (2, (1.0,)), (1, "X"), (4, (0.0, 0.0, float("inf")))],
)
def test_a_place_that_cannot_be_is_left_out(tag: int, value: object) -> None:
    exif = Image.Exif()
    position = exif.get_ifd(0x8825)
    position |= {1: "S", 2: (7.0, 37.0, 43.5), 3: "E", 4: (111.0, 31.0, 50.4)}
    position[tag] = value

    assert clean(encoded(picture(), "JPEG", exif=exif), LIMITS).taken == Taken()


def test_photo_is_turned_upright() -> None:
    cleaned = clean(photo(orientation=6), LIMITS)

    assert (cleaned.width, cleaned.height) == (240, 320)
    assert opened(cleaned).size == (240, 320)


@pytest.mark.parametrize(
    ("encoder", "media_type"),
    [
        ("JPEG", "image/jpeg"),
        ("PNG", "image/png"),
        ("GIF", "image/png"),
        ("WEBP", "image/jpeg"),
    ],
)
def test_picture_stays_what_it_shows(encoder: str, media_type: str) -> None:
    cleaned = clean(encoded(picture(), encoder), LIMITS)

    assert cleaned.media_type == media_type
    assert cleaned.kind == "image"
    distance = hamming(cleaned.fingerprint, clean(encoded(picture(), "PNG"), LIMITS).fingerprint)
    assert distance is not None
    assert distance <= 6


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_every_way_to_store_colours_is_read(mode: str) -> None:
    encoder = "JPEG" if mode == "CMYK" else "PNG"
    image = Image.new("I;16", (64, 64), 40_000) if mode == "I;16" else picture(64, 64).convert(mode)

    shown = opened(clean(encoded(image, encoder), LIMITS))

    assert shown.size == (64, 64)
    if mode == "I;16":
        assert shown.getpixel((0, 0)) == 40_000 // 256


def test_large_photo_is_scaled_down() -> None:
    cleaned = clean(encoded(picture(1000, 500), "JPEG"), Limits(longest_edge=400))

    assert (cleaned.width, cleaned.height) == (400, 200)
    assert cleaned.thumbnail is not None
    assert Image.open(BytesIO(cleaned.thumbnail)).size == (320, 160)


def test_same_picture_is_recognised_when_smaller_and_worse() -> None:
    original = clean(encoded(picture(640, 480), "PNG"), LIMITS).fingerprint
    copy = clean(encoded(picture(640, 480).resize((200, 150)), "JPEG", quality=30), LIMITS)
    other = clean(encoded(ImageOps.mirror(picture(640, 480)), "PNG"), LIMITS)

    near, far = hamming(original, copy.fingerprint), hamming(original, other.fingerprint)
    assert near is not None
    assert far is not None
    assert near <= 6
    assert far >= 16
    assert hamming(original, "sha256:00") is None


def test_of_a_moving_picture_the_first_frame_is_taken() -> None:
    assert opened(clean(moving(20), LIMITS)).format == "PNG"


def test_what_phones_put_behind_a_photo_is_dropped() -> None:
    behind = b"\0\0\0\x18ftypmp42" + b"film" * 100

    assert b"film" not in clean(photo() + behind, LIMITS).content


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        pytest.param(b"", FileEmpty, id="empty"),
        pytest.param(b"Lampu padam", FileTypeNotAccepted, id="text"),
        pytest.param(b"MZ\x90\0" + bytes(100), FileTypeNotAccepted, id="program"),
        pytest.param(b"\xff\xd8\xff", FileDamaged, id="no more than a beginning"),
        pytest.param(photo()[:3000], FileDamaged, id="cut off"),
        pytest.param(encoded(picture(), "PNG")[:-200], FileDamaged, id="PNG cut off"),
        pytest.param(png_of(30_000, 30_000), ImageTooLarge, id="bomb"),
        pytest.param(png_of(2**31 - 1, 2**31 - 1), FileRefused, id="greatest size there is"),
        pytest.param(png_of(1, 2**31 - 1), ImageTooLarge, id="one pixel wide"),
        pytest.param(moving(1_000), FileSuspicious, id="moves too much"),
        pytest.param(encoded(picture(), "BMP"), FileTypeNotAccepted, id="BMP"),
        pytest.param(encoded(picture(), "AVIF"), FileTypeNotAccepted, id="AVIF"),
        pytest.param(b"\0\0\0\x18ftypheic" + bytes(50), FileTypeNotAccepted, id="HEIC"),
        pytest.param(b"<svg onload='x()'/>", FileTypeNotAccepted, id="SVG"),
        pytest.param(
            encoded(picture(), "PNG") + b"<HTML><Script>x()</script>", FileSuspicious, id="and HTML"
        ),
        pytest.param(
            encoded(picture(), "GIF") + b"PK\x05\x06" + bytes(18), FileSuspicious, id="and ZIP"
        ),
        pytest.param(bytes(21 * 1024**2), FileTooLarge, id="too many bytes"),
    ],
)
def test_hostile_file_is_refused(data: bytes, refusal: type[FileRefused]) -> None:
    with pytest.raises(refusal) as refused:
        clean(data, LIMITS)
    assert refused.value.detail


def test_text_hidden_in_a_picture_that_unpacks_to_much_is_refused() -> None:
    # A compressed comment of 100 MB in a file of 100 kB.
    bomb = b"zTXt"
    content = b"Comment\0\0" + compress(bytes(100 * 1024**2), 9)
    chunk = len(content).to_bytes(4) + bomb + content + crc32(bomb + content).to_bytes(4)
    data = encoded(picture(), "PNG")

    with pytest.raises(FileDamaged):
        clean(data[:33] + chunk + data[33:], LIMITS)


def test_more_pixels_than_allowed_are_refused_before_any_is_decoded() -> None:
    with pytest.raises(ImageTooLarge):
        clean(encoded(picture(200, 200), "PNG"), Limits(most_pixels=39_999))
