"""PDF: written anew from what its pages need."""

from io import BytesIO

import pytest
from pikepdf import Encryption, Pdf

from shared.media.cleaning import clean
from shared.media.files import Limits
from shared.media.refusals import FileDamaged, FileLocked
from tests.support.files import document, hostile_document, photo, saved

LIMITS = Limits()
#: What would have to be there for a PDF to do or tell something.
HOSTILE = (
    *(b"/JavaScript", b"/JS", b"/Launch", b"/URI", b"/OpenAction", b"/AA", b"/EmbeddedFile"),
    *(b"/XFA", b"/Metadata", b"jahat", b"Wagiman", b"Exif", b"Ponsel"),
)


def plainly(data: bytes) -> bytes:
    """Write a PDF so that a search finds what is in it."""
    return saved(Pdf.open(BytesIO(data)), qdf=True, object_stream_mode=0, compress_streams=False)


def test_nothing_in_a_document_runs_or_hides_any_more() -> None:
    before = plainly(hostile_document())
    cleaned = clean(hostile_document(), LIMITS)
    after = plainly(cleaned.content)

    assert cleaned.media_type == "application/pdf"
    assert cleaned.kind == "document"
    assert [trace for trace in HOSTILE if trace not in before] == []
    assert [trace for trace in HOSTILE if trace in after] == []


def test_pages_and_their_photos_stay() -> None:
    pdf = Pdf.open(BytesIO(clean(hostile_document(), LIMITS).content))

    assert len(pdf.pages) == 1
    image = pdf.pages[0].obj.Resources.XObject.Im0
    assert image.read_raw_bytes()[:2] == b"\xff\xd8"
    assert len(image.read_raw_bytes()) < len(photo())


def test_cleaning_again_changes_nothing_more() -> None:
    once = clean(hostile_document(), LIMITS).content

    assert plainly(clean(once, LIMITS).content) == plainly(once)


def test_document_with_a_password_is_refused_with_advice() -> None:
    locked = saved(document(), encryption=Encryption(owner="rahasia", user="rahasia"))

    with pytest.raises(FileLocked, match="kata sandi"):
        clean(locked, LIMITS)


def test_document_that_opens_without_a_password_is_served_without_one() -> None:
    restricted = saved(document(), encryption=Encryption(owner="rahasia", user=""))

    assert not Pdf.open(BytesIO(clean(restricted, LIMITS).content)).is_encrypted


@pytest.mark.parametrize(
    "data", [b"%PDF-1.7\n", b"%PDF-1.7\n" + bytes(2000), saved(document(pages=0))]
)
def test_document_without_pages_is_damaged(data: bytes) -> None:
    with pytest.raises(FileDamaged):
        clean(data, LIMITS)


def test_what_else_the_file_was_is_gone() -> None:
    archive = b"PK\x03\x04 jahat PK\x05\x06" + bytes(18)

    assert b"PK" not in clean(saved(document()) + archive, LIMITS).content
