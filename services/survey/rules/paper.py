"""Reads a file of paper forms: CSV with a comma or semicolon, one form a row.

Values may be codes or the Indonesian words of the form. Every mistake is told with its row.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from services.survey.rules.answers import Given
from services.survey.rules.index import ELEMENTS

#: Columns as they are called in the file, and what each is.
GROUP_COLUMNS: Final[Mapping[str, str]] = {
    "jenis_kelamin": "sex",
    "usia": "age",
    "pendidikan": "education",
    "pekerjaan": "occupation",
}
REQUIRED: Final = ("unit", "layanan", "tanggal", *ELEMENTS)
OPTIONAL: Final = (*GROUP_COLUMNS, "saran")
MOST_ROWS: Final = 20_000
_LONGEST_CELL: Final = 5_000
_NUMBERS: Final = frozenset("1234567890")


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong in a line of the file (the heading is line 1), and in which column."""

    line: int
    column: str
    message: str


@dataclass(frozen=True, slots=True)
class PaperForm:
    """One form, with the line it stands on."""

    line: int
    unit: str
    service: str
    day: date
    given: Given
    comment: str


class FileUnreadable(ValueError):
    """The file is no CSV with the right columns; the text says why, for who sent it."""


def read_paper(
    content: bytes, words: Mapping[str, Mapping[str, str]]
) -> tuple[list[PaperForm], list[Mistake]]:
    """Return the forms of a file and its mistakes; raises FileUnreadable.

    `words` has, for each dimension, the value for each text (in small letters) that stands for it.
    """
    rows = _rows(content)
    forms: list[PaperForm] = []
    mistakes: list[Mistake] = []
    for line, row in rows:
        found = _form(line, row, words)
        if isinstance(found, PaperForm):
            forms.append(found)
        else:
            mistakes.extend(found)
    if not forms and not mistakes:
        raise FileUnreadable("Berkas tidak berisi satu formulir pun.")
    return forms, mistakes


def _rows(content: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileUnreadable("Simpan berkas sebagai CSV UTF-8.") from error
    if "\x00" in text:
        raise FileUnreadable("Berkas bukan CSV.")
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text), delimiter=";" if ";" in first else ",", strict=True)
    try:
        header = [_column(name) for name in next(reader, [])]
        _check_header(header)
        table = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise FileUnreadable(f"Baris {reader.line_num} bukan CSV yang benar.") from error
    if len(table) > MOST_ROWS:
        raise FileUnreadable(f"Paling banyak {MOST_ROWS} formulir dalam satu berkas.")
    for line, row in table:
        cells = [*row, *[""] * (len(header) - len(row))]
        # What stands beyond the last column belongs nowhere: the row is told to be too long.
        yield line, {**dict(zip(header, cells, strict=False)), "": "".join(cells[len(header) :])}


def _column(name: str) -> str:
    plain = name.strip()
    return plain.upper() if plain.upper() in ELEMENTS else plain.lower()


def _check_header(header: Sequence[str]) -> None:
    missing = [name for name in REQUIRED if name not in header]
    unknown = [name for name in header if name not in (*REQUIRED, *OPTIONAL)]
    twice = sorted({name for name in header if header.count(name) > 1})
    said = [
        f"{words}: {', '.join(name[:40] or '(kosong)' for name in names[:20])}"
        for words, names in (
            ("Kolom yang kurang", missing),
            ("Kolom yang tidak dikenal", unknown),
            ("Kolom yang ganda", twice),
        )
        if names
    ]
    if said:
        raise FileUnreadable(
            f"{'. '.join(said)}. Kolom yang ada: {', '.join(REQUIRED + OPTIONAL)}."
        )


def _form(
    line: int, row: Mapping[str, str], words: Mapping[str, Mapping[str, str]]
) -> PaperForm | list[Mistake]:
    scores, of_scores = _scores(line, row)
    groups, of_groups = _groups(line, row, words)
    mistakes = [*of_scores, *of_groups]
    if row[""].strip():
        mistakes.append(Mistake(line, "-", "Baris ini lebih panjang daripada judul kolom."))
    day = _day(row["tanggal"])
    if day is None:
        mistakes.append(Mistake(line, "tanggal", "Tulis tanggal seperti 2026-03-09 atau 9/3/2026."))
    if mistakes or day is None:
        return mistakes
    return PaperForm(
        line=line,
        unit=row["unit"].strip(),
        service=row["layanan"].strip(),
        day=day,
        given=Given(scores, groups),
        comment=row.get("saran", "")[:_LONGEST_CELL],
    )


def _scores(line: int, row: Mapping[str, str]) -> tuple[dict[str, int], list[Mistake]]:
    scores: dict[str, int] = {}
    mistakes = []
    for code in ELEMENTS:
        written = row[code].strip()
        if written in {"1", "2", "3", "4"}:
            scores[code] = int(written)
        elif written:
            shown = written[:20]
            mistakes.append(Mistake(line, code, f"Nilai “{shown}” tidak ada; tulis 1 sampai 4."))
    if not scores and not mistakes:
        mistakes.append(Mistake(line, "U1", "Sekurang-kurangnya satu unsur harus dijawab."))
    return scores, mistakes


def _groups(
    line: int, row: Mapping[str, str], words: Mapping[str, Mapping[str, str]]
) -> tuple[dict[str, str], list[Mistake]]:
    groups: dict[str, str] = {}
    mistakes = []
    for column, dimension in GROUP_COLUMNS.items():
        written = row.get(column, "").strip().casefold()
        value = words[dimension].get(written)
        if value is not None:
            groups[dimension] = value
        elif written:
            mistakes.append(Mistake(line, column, f"“{written[:40]}” bukan salah satu pilihan."))
    return groups, mistakes


def _day(written: str) -> date | None:
    """Read 2026-03-09, 9/3/2026 or 09-03-2026: the day comes first where the year comes last."""
    parts = written.strip().replace("/", "-").replace(".", "-").split("-")
    if len(parts) != 3 or not all(part and set(part) <= _NUMBERS for part in parts):
        return None
    numbers = [int(part) for part in parts] if max(map(len, parts)) <= 4 else [0, 0, 0]
    year, month, day = numbers if len(parts[0]) == 4 else reversed(numbers)
    try:
        return date(year, month, day) if 2000 <= year < 3000 else None
    except ValueError:
        return None
