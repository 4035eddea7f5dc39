"""Reads an existing register from CSV: headings to columns, texts to typed cells. Pure."""

import csv
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from io import StringIO
from typing import Any, Final

from services.intake.rules.registers import NUMBER, Book
from shared.catalogue.fields import AnyField

MOST_ROWS: Final = 200_000
_MOST_CELL: Final = 1_000
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
#: What a place's columns are called, whatever the register.
_PLACE: Final[Mapping[str, str]] = {
    "lat": "lat", "latitude": "lat", "lintang": "lat",
    "lon": "lon", "lng": "lon", "longitude": "lon", "bujur": "lon",
    "alamat": "address", "address": "address",
}  # fmt: skip
_PLACE_NAMES: Final = frozenset(_PLACE.values())
_YES: Final[Mapping[str, bool]] = {
    "ya": True, "yes": True, "true": True, "1": True,
    "tidak": False, "no": False, "false": False, "0": False,
}  # fmt: skip
_DAY_FIRST: Final = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")


class FileUnreadable(ValueError):
    """The whole file cannot be read; the text says why, in Indonesian."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the file: its cells, its place, and what says that it is the same row again."""

    line: int
    cells: dict[str, Any]
    place: dict[str, Any] | None
    origin: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was not taken, and why."""

    line: int
    reason: str


def read_register(book: Book, text: str) -> Iterator[Row | Refused]:
    """Read rows one by one; raises FileUnreadable for a file without any heading that is known.

    Cells are separated by comma or semicolon; headings are codes or labels of columns, and `lat`,
    `lon`, `alamat`. Days may be written 2026-03-09 or 09/03/2026, numbers 1234.5 or 1.234,5.
    """
    first = text.partition("\n")[0]
    separator = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(StringIO(text.removeprefix("\ufeff")), delimiter=separator)
    try:
        headings = _headings(book, next(reader, []))
        for number, values in enumerate(reader, 1):
            if number > MOST_ROWS:
                raise FileUnreadable(f"Paling banyak {MOST_ROWS} baris; pecah berkasnya.")
            if any(value.strip() for value in values):
                yield _row(book, headings, reader.line_num, values)
    except csv.Error as error:
        raise FileUnreadable(f"Baris {reader.line_num} tidak dapat dibaca.") from error


def _headings(book: Book, written: list[str]) -> list[str]:
    known = {column.code: column.code for column in book.columns}
    known |= {column.label.casefold(): column.code for column in book.columns}
    places = {name: target for name, target in _PLACE.items() if name not in known}
    found: list[str] = []
    for heading in written:
        name = " ".join(heading.casefold().split())
        target = known.get(name) or places.get(name)
        if target is None:
            listed = ", ".join([*(column.code for column in book.columns), "lat", "lon", "alamat"])
            raise FileUnreadable(f"Judul kolom '{heading[:60]}' tidak dikenal. Yang ada: {listed}.")
        found.append(target)
    if not found:
        raise FileUnreadable("Berkas ini kosong.")
    if len(set(found)) < len(found):
        raise FileUnreadable("Satu kolom disebut dua kali.")
    return found


def _row(book: Book, headings: list[str], line: int, values: list[str]) -> Row | Refused:
    if len(values) > len(headings):
        return Refused(line, "Lebih banyak sel daripada judul kolom.")
    read: dict[str, Any] = {}
    for heading, value in zip(headings, values, strict=False):
        try:
            if value.strip():
                read[heading] = _read(book, heading, value.strip())
        except ValueError as error:
            return Refused(line, f"{heading}: {error}")
    place = {name: value for name, value in read.items() if name in _PLACE_NAMES}
    cells = {name: value for name, value in read.items() if name not in place}
    if ("lat" in place) != ("lon" in place):
        return Refused(line, "lat dan lon harus ada berdua.")
    if not cells:
        return Refused(line, "Tidak ada isinya.")
    located = place if "lat" in place and not book.place_is_personal else None
    return Row(line, cells, located, _origin(book, cells, place))


def _read(book: Book, heading: str, written: str) -> Any:
    if heading not in _PLACE_NAMES or book.column(heading) is not None:
        return _cell(book.fields.get(heading), written)
    if heading == "address":
        return _text(written)
    return _degrees(written, 90 if heading == "lat" else 180)


def _origin(book: Book, cells: Mapping[str, Any], place: Mapping[str, Any]) -> str:
    """Name what makes a row itself: its number, else all of it."""
    for column in book.columns:
        if (column.source or column.code) == NUMBER and cells.get(column.code):
            return f"number/{' '.join(str(cells[column.code]).lower().split())}"
    said = json.dumps([cells, place], sort_keys=True, ensure_ascii=False)
    return f"row/{hashlib.sha256(said.encode()).hexdigest()}"


def _cell(field: AnyField | None, written: str) -> Any:
    kind = "text" if field is None else field.type
    if kind == "number":
        return _number(written)
    if kind == "date":
        return _day(written)
    if kind == "yes_no":
        if written.casefold() not in _YES:
            raise ValueError("tulis ya atau tidak")
        return _YES[written.casefold()]
    if kind == "choice":
        return _choice(field, written)
    if kind == "many":
        return [_choice(field, each.strip()) for each in re.split("[;|]", written) if each.strip()]
    return _text(written)


def _text(written: str) -> str:
    if len(written) > _MOST_CELL or _CONTROL.search(written):
        raise ValueError(f"paling banyak {_MOST_CELL} huruf, tanpa tanda kendali")
    return written


def _number(written: str) -> float | int:
    plain = written.replace(" ", "")
    if "," in plain:
        plain = plain.replace(".", "").replace(",", ".")
    if not re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,20})?", plain):
        raise ValueError("bukan bilangan")
    number = float(plain)
    return int(number) if number == int(number) else number


def _degrees(written: str, most: int) -> float:
    number = float(_number(written))
    if not -most <= number <= most:
        raise ValueError("di luar peta")
    return number


def _day(written: str) -> str:
    found = _DAY_FIRST.fullmatch(written)
    try:
        if found is not None:
            return date(int(found[3]), int(found[2]), int(found[1])).isoformat()
        return date.fromisoformat(written).isoformat()
    except ValueError:
        raise ValueError("tulis tanggal seperti 2026-03-09") from None


def _choice(field: Any, written: str) -> str:
    for option in field.options:
        if written.casefold() in {option.value.casefold(), option.label.casefold()}:
            return str(option.value)
    listed = ", ".join(option.label for option in field.options[:10])
    raise ValueError(f"pilih salah satu: {listed}")
