"""A document as a PDF: the same bytes each time, whatever people wrote, and a code that is read."""

from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.intake.document_pdf import Paper, draw_document, printable, shown_code
from shared.catalogue.composing import Rows, Words

PAPER = Paper(
    pemda="Pemerintah Kota Contoh Raya",
    place="Kota Contoh Raya",
    opd="Dinas Contoh",
    title="Izin papan nama",
    number="001/DPMPTSP/III/2026",
    blocks=(Words("Diberikan kepada Wagiman Contohnya."), Rows((("Nama", "Wagiman"),))),
    signed_by="Kepala Dinas Contoh",
    issued_at=datetime(2026, 3, 9, 2, tzinfo=UTC),
    issued_on=date(2026, 3, 9),
    valid_until=date(2027, 3, 9),
    code="K7M3PXA2WQ4DZT6E",
    address="https://layanan.contoh.example/intake/v1/documents/K7M3PXA2WQ4DZT6E",
)


def pages_of(content: bytes) -> list[bytes]:
    with pikepdf.open(BytesIO(content)) as pdf:
        return [page.Contents.read_bytes() for page in pdf.pages]


def test_the_same_paper_makes_the_same_bytes() -> None:
    first = draw_document(PAPER)
    assert first == draw_document(PAPER)
    assert first != draw_document(replace(PAPER, number="002/DPMPTSP/III/2026"))


def test_all_that_belongs_there_stands_there() -> None:
    (page,) = pages_of(draw_document(PAPER))
    for words in (b"PEMERINTAH", b"DINAS", b"001/DPMPTSP/III/2026", b"Wagiman", b"Kepala"):
        assert words in page
    assert shown_code(PAPER.code).encode() in page


def test_nothing_of_the_person_is_in_what_programs_read_of_a_file() -> None:
    with pikepdf.open(BytesIO(draw_document(PAPER))) as pdf:
        assert "Wagiman" not in str(dict(pdf.docinfo))
        assert pdf.Root.Lang == "id-ID"


def test_a_long_one_goes_on_and_its_end_stays_together() -> None:
    long = replace(PAPER, blocks=tuple(Words(f"Butir {n}. " + "kata " * 60) for n in range(30)))
    pages = pages_of(draw_document(long))
    assert len(pages) > 2
    assert b"Ditetapkan" in pages[-1]
    assert b"Kode:" in pages[-1]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Jalan \u201cMawar\u201d \u2013 3\u2026", 'Jalan "Mawar" - 3...'),
        ("Śląsk, Đà Nẵng", "Slask, Dà Nang"),
        ("100 m² è é", "100 m² è é"),
        ("漢字 😀\x00\u200b", "?? "),
        ("satu\ndua", "satu\ndua"),
    ],
)
def test_what_the_letters_do_not_have_is_written_with_the_nearest(
    written: str, expected: str
) -> None:
    assert printable(written) == expected


@given(st.text(max_size=200), st.text(max_size=60))
@settings(max_examples=15, deadline=None)
def test_whatever_people_wrote_it_is_drawn(text: str, cell: str) -> None:
    blocks = (Words(text), Rows(((cell or "-", text or "-"),)), Words("x" * 300))
    assert draw_document(replace(PAPER, blocks=blocks, title=cell or "-")).startswith(b"%PDF")
