"""Reads old complaints row by row: CSV as spreadsheets save it, or a JSON object a line."""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

from services.intake.rules.archives import FIELDS, REQUIRED, RowRefused

Form = Literal["csv", "jsonl"]

#: A cell may hold a long letter, and no more than that.
_LONGEST_CELL: Final = 1_000_000
_SAMPLE: Final = 64 * 1024
_DELIMITERS: Final = ",;\t|"


class TextLines(Protocol):
    """A text file: its lines, and a way back to its beginning."""

    def __iter__(self) -> Iterator[str]: ...
    def read(self, size: int, /) -> str: ...
    def seek(self, to: int, /) -> int: ...


class ColumnsMissing(Exception):
    """The file has not the columns that it must have; names those that are missing."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row by our own names, or why it cannot be read; `line` is where it ends in the file."""

    line: int
    values: Mapping[str, str]
    refusal: RowRefused | None = None


def read_rows(file: TextLines, form: Form, columns: Mapping[str, str]) -> Iterator[Row]:
    """Yield every row of a file; `columns` are its names for our fields, where they differ.

    Raises ColumnsMissing. A row that cannot be read is yielded with its refusal.
    """
    names = {field: columns.get(field, field) for field in FIELDS}
    return _csv_rows(file, names) if form == "csv" else _json_rows(file, names)


def _csv_rows(file: TextLines, names: Mapping[str, str]) -> Iterator[Row]:
    csv.field_size_limit(_LONGEST_CELL)
    head = file.read(_SAMPLE).partition("\n")[0]
    file.seek(0)
    # Sniffed from the head alone: in the rows, citizens' own commas would have a say.
    delimiter = max(_DELIMITERS, key=head.count)
    reader = csv.reader(file, delimiter=delimiter)
    columns = [name.strip().removeprefix("\ufeff") for name in next(reader, [])]
    if missing := [names[field] for field in REQUIRED if names[field] not in columns]:
        raise ColumnsMissing(", ".join(missing))
    places = {field: columns.index(name) for field, name in names.items() if name in columns}
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield Row(reader.line_num, {}, RowRefused("Baris ini tidak dapat dibaca sebagai CSV."))
            continue
        if not any(cells):
            continue
        values = {field: cells[at] for field, at in places.items() if at < len(cells)}
        yield Row(reader.line_num, values)


def _json_rows(file: TextLines, names: Mapping[str, str]) -> Iterator[Row]:
    for line, written in enumerate(file, 1):
        if not written.strip():
            continue
        try:
            found = json.loads(written)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, dict):
            values = {field: _as_text(found.get(name)) for field, name in names.items()}
            yield Row(line, values)
        else:
            yield Row(line, {}, RowRefused("Baris ini bukan objek JSON."))


def _as_text(value: Any) -> str:
    """Write a value as a cell would show it; what is no single value is no text."""
    if value is None or isinstance(value, dict | list):
        return ""
    return str(value)
