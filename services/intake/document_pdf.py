"""Draws a document as a PDF: the same paper always makes the same bytes.

The letters are those of the core fonts that every reader of PDF has: all of Latin-1, which is more
than Indonesian needs. What is beyond is written with the letters nearest to it.
"""

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from shared.catalogue.composing import Block, Rows
from shared.indonesian import write_day

if TYPE_CHECKING:
    from fpdf import FPDF

_FONT: Final = "Times"
_MARGIN: Final = 25.0
_FOOT: Final = 18.0
_WIDTH: Final = 210 - 2 * _MARGIN
_LABEL_WIDTH: Final = 52.0
_COLON_WIDTH: Final = 4.0
_LINE: Final = 6.0
_QR: Final = 30.0
#: What the end of a document takes: date, function, code and address, which belong together.
_END: Final = 78.0
_NEAREST: Final = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201b", "'"),
        **dict.fromkeys("\u201c\u201d", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\u2022", "-"),
        **dict.fromkeys("\t\r", " "),
        "\u2026": "...",
        "\u20ac": "EUR",
        "\u2264": "<=",
        "\u2265": ">=",
        "\u0142": "l",
        "\u0141": "L",
        "\u0111": "d",
        "\u0110": "D",
        "\u0153": "oe",
        "\u0152": "OE",
    }
)


@dataclass(frozen=True, slots=True)
class Paper:
    """What stands on a document; `address` is where it is confirmed, by `code`."""

    pemda: str
    place: str
    opd: str
    title: str
    number: str | None
    blocks: tuple[Block, ...]
    signed_by: str | None
    issued_at: datetime
    issued_on: date
    valid_until: date | None
    code: str
    address: str


def draw_document(paper: Paper) -> bytes:
    """Return the PDF."""
    # Loaded where used: most processes never draw one, and it takes a quarter of a second.
    from fpdf import FPDF  # noqa: PLC0415

    class Sheet(FPDF):
        def footer(self) -> None:
            self.set_y(-_FOOT + 4)
            self.set_font(_FONT, size=8)
            self.set_text_color(90)
            self.cell(
                _WIDTH, 4, f"{shown_code(paper.code)}  -  halaman {self.page_no()}", align="C"
            )
            self.set_text_color(0)

    sheet = Sheet(format="A4")
    # All that else would change from one drawing to the next.
    sheet.set_creation_date(paper.issued_at)
    sheet.set_producer("Tanggap")
    sheet.set_lang("id-ID")
    sheet.set_title(printable(paper.title))
    sheet.set_margins(_MARGIN, 18, _MARGIN)
    sheet.set_auto_page_break(True, _FOOT)
    sheet.add_page()
    _draw_head(sheet, paper)
    for block in paper.blocks:
        _draw_block(sheet, block)
    if sheet.get_y() + _END > sheet.h - _FOOT:
        sheet.add_page()
    _draw_end(sheet, paper)
    return bytes(sheet.output())


def shown_code(code: str) -> str:
    """Write a verification code in groups of four, as it is read out."""
    return "-".join(code[first : first + 4] for first in range(0, len(code), 4))


def printable(text: str) -> str:
    """Write a text with Latin-1 alone: other letters without their marks, other signs as `?`."""
    return "".join(map(_nearest, unicodedata.normalize("NFC", text).translate(_NEAREST)))


def _nearest(sign: str) -> str:
    if sign == "\n" or (ord(sign) < 256 and sign.isprintable()):
        return sign
    if sign == "\xad" or unicodedata.category(sign) in {"Cc", "Cf", "Mn", "So", "Cs"}:
        # Controls, marks without a letter, pictures: nothing that is read.
        return ""
    if sign.isspace():
        return " "
    parts = unicodedata.normalize("NFKD", sign)
    return "".join(each for each in parts if ord(each) < 256 and each.isprintable()) or "?"


def _draw_head(sheet: "FPDF", paper: Paper) -> None:
    _write(sheet, paper.pemda.upper(), size=14, bold=True, align="C")
    _write(sheet, paper.opd.upper(), size=12, bold=True, align="C")
    line = sheet.get_y() + 2
    sheet.set_line_width(0.9)
    sheet.line(_MARGIN, line, _MARGIN + _WIDTH, line)
    sheet.set_line_width(0.2)
    sheet.line(_MARGIN, line + 1.1, _MARGIN + _WIDTH, line + 1.1)
    sheet.set_y(line + 9)
    _write(sheet, paper.title.upper(), size=13, bold=True, align="C")
    if paper.number is not None:
        _write(sheet, f"Nomor: {paper.number}", align="C")
    sheet.ln(5)


def _draw_block(sheet: "FPDF", block: Block) -> None:
    if not isinstance(block, Rows):
        _write(sheet, block.text, align="J")
        sheet.ln(2)
        return
    sheet.set_font(_FONT, size=12)
    with sheet.table(
        borders_layout="NONE",
        col_widths=(_LABEL_WIDTH, _COLON_WIDTH, _WIDTH - _LABEL_WIDTH - _COLON_WIDTH),
        first_row_as_headings=False,
        line_height=_LINE,
        padding=(0, 1, 0, 0),
        text_align="LEFT",
        width=_WIDTH,
    ) as table:
        for label, text in block.rows:
            row = table.row()
            row.cell(printable(label))
            row.cell(":")
            row.cell(printable(text))
    sheet.ln(3)


def _draw_end(sheet: "FPDF", paper: Paper) -> None:
    sheet.ln(6)
    half = _WIDTH / 2
    sheet.set_left_margin(_MARGIN + half)
    sheet.set_x(_MARGIN + half)
    _write(sheet, f"Ditetapkan di {paper.place}", width=half)
    _write(sheet, f"pada tanggal {write_day(paper.issued_on)}", width=half)
    if paper.signed_by is not None:
        sheet.ln(1)
        _write(sheet, paper.signed_by, bold=True, width=half)
    sheet.set_left_margin(_MARGIN)
    sheet.ln(8)
    top = sheet.get_y()
    _draw_qr(sheet, paper.address, _MARGIN, top)
    beside = _MARGIN + _QR + 5
    sheet.set_left_margin(beside)
    sheet.set_xy(beside, top)
    said = ["Keaslian dokumen ini diperiksa dengan memindai kode QR, atau di alamat ini:"]
    said.append(paper.address)
    if paper.valid_until is not None:
        said.append(f"Berlaku sampai {write_day(paper.valid_until)}.")
    for line in said:
        _write(sheet, line, size=9.5, width=_WIDTH - _QR - 5, height=4.6)
    _write(sheet, f"Kode: {shown_code(paper.code)}", size=9.5, bold=True, height=5.5)
    sheet.set_left_margin(_MARGIN)


def _draw_qr(sheet: "FPDF", address: str, left: float, top: float) -> None:
    import segno  # noqa: PLC0415 - loaded where used

    # A quarter of it may be stained or folded.
    rows = [bytes(row) for row in segno.make(address, error="q", micro=False).matrix]
    side = _QR / len(rows)
    sheet.set_fill_color(0)
    for line, row in enumerate(rows):
        for first, length in _runs(row):
            # A hair wider than it is, so that no reader draws white between two lines.
            sheet.rect(
                left + first * side, top + line * side, length * side, side * 1.02, style="F"
            )


def _runs(row: bytes) -> list[tuple[int, int]]:
    """Return where dark modules of a line begin, and how many follow one another."""
    runs: list[tuple[int, int]] = []
    for place, is_dark in enumerate(row):
        if not is_dark:
            continue
        if runs and sum(runs[-1]) == place:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((place, 1))
    return runs


def _write(
    sheet: "FPDF",
    text: str,
    *,
    size: float = 12,
    bold: bool = False,
    align: str = "L",
    width: float = 0,
    height: float = _LINE,
) -> None:
    sheet.set_font(_FONT, style="B" if bold else "", size=size)
    sheet.multi_cell(width, height, printable(text), align=align, new_x="LMARGIN", new_y="NEXT")
