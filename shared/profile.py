"""Read a Pemda's profile, a folder of YAML, and say of every mistake in which file and line it is.

What the files mean is each service's own business (`services/<name>/profile.py`); here are only
the reading, the line numbers, the mapping of Pydantic's complaints to lines, and the version.
"""

import hashlib
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, ValidationError

from shared.yaml_lines import Location, YamlDocument, read_yaml

ModelT = TypeVar("ModelT", bound=BaseModel)

#: What makes up a profile's version.
_KEPT = ("*.yaml", "*.geojson", "services/*.yaml")
INDONESIAN_ZONES = ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura")


class ProfilePart(BaseModel):
    """What every model of a profile is: frozen, and without unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


@dataclass(frozen=True, slots=True, order=True)
class ProfileProblem:
    """One mistake in a profile; `line` and, where it is known, `column` count from 1."""

    file: str
    line: int
    message: str
    column: int = 0

    def __str__(self) -> str:
        place = f"{self.line}:{self.column}" if self.column else f"{self.line}"
        return f"{self.file}:{place}: {self.message}"


class ProfileInvalid(Exception):
    """The profile cannot be used; `problems` lists every mistake that was found."""

    def __init__(self, problems: Iterable[ProfileProblem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class ProfileReader:
    """Reads the files of one folder and gathers every problem before it complains."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[ProfileProblem] = []
        self._documents: dict[str, YamlDocument] = {}

    def read(self, file: str, model: type[ModelT]) -> ModelT | None:
        """Return the file as `model`, or None after its problems have been noted."""
        document = self._document(file)
        if document.value is None:
            return None
        try:
            return model.model_validate(document.value)
        except ValidationError as error:
            for each in error.errors(include_url=False, include_context=False):
                location = document.written_place(tuple(each["loc"]))
                message = f"{_dotted(location)}: {_plain(each['type'], each['msg'])}"
                self.note(file, document.line_of(location), message)
            return None

    def complain(self, file: str, location: Location, message: str) -> None:
        """Note a problem at a place such as `("topics", 3, "opd")` in a file."""
        line = self._document(file).line_of(location)
        self.note(file, line, f"{_dotted(location)}: {message}" if location else message)

    def complain_inside(
        self, file: str, location: Location, line: int, column: int, message: str
    ) -> None:
        """Note a problem at a line and column inside a text, such as an expression."""
        at, character = self._document(file).place_in(location, line, column)
        inside = "" if character else f" (line {line}, column {column})"
        self.note(file, at, f"{_dotted(location)}{inside}: {message}", character)

    def require_unique(
        self, file: str, location: Location, values: Iterable[Hashable], key: str
    ) -> None:
        """Complain of each value that came before; `values` are in the order of the file's list."""
        seen: dict[Hashable, int] = {}
        document = self._document(file)
        for index, value in enumerate(values):
            if value in seen:
                first = document.line_of((*location, seen[value], key))
                self.complain(
                    file, (*location, index, key), f"'{value}' stands already in line {first}"
                )
            else:
                seen[value] = index

    def codes(self, file: str, items: str, key: str = "code") -> frozenset[str]:
        """Return the `key` of every item in a list of another service's file.

        What is wrong with that file is for its owner to say; here it just yields fewer codes.
        """
        found = (row.get(key) for row in self._rows(file, items))
        return frozenset(code for code in found if isinstance(code, str))

    def names(self, file: str, items: str) -> dict[str, str]:
        """Return the names by code in a list of another service's file; see `codes`."""
        pairs = ((row.get("code"), row.get("name")) for row in self._rows(file, items))
        return {
            code: name for code, name in pairs if isinstance(code, str) and isinstance(name, str)
        }

    def finish(self) -> None:
        """Raise `ProfileInvalid` if anything was wrong."""
        if self.problems:
            raise ProfileInvalid(self.problems)

    def note(self, file: str, line: int, message: str, column: int = 0) -> None:
        """Note a problem at a line of a file."""
        self.problems.append(ProfileProblem(file, line, message, column))

    def _rows(self, file: str, items: str) -> list[dict[Any, Any]]:
        value = self._document(file, quiet=True).value
        rows = value.get(items) if isinstance(value, dict) else None
        return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []

    def _document(self, file: str, *, quiet: bool = False) -> YamlDocument:
        if file not in self._documents:
            document = read_yaml(self.folder / file)
            if quiet:
                return document
            self._documents[file] = document
            for line, message in document.problems:
                self.note(file, line, message)
        return self._documents[file]


def version_of(folder: Path) -> str:
    """Return the SHA-256, in hex, of the names and contents of the folder's YAML and GeoJSON.

    Line ends are made equal first, so that a checkout on Windows has the same version.
    """
    digest = hashlib.sha256()
    for path in sorted(each for kind in _KEPT for each in folder.glob(kind)):
        content = path.read_bytes().replace(b"\r\n", b"\n")
        name = path.relative_to(folder).as_posix()
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def indonesian_zone(name: str) -> str:
    """Return the name if it is one of Indonesia's three zones, else raise ValueError."""
    if name not in INDONESIAN_ZONES:
        raise ValueError(f"'{name}' is not one of {', '.join(INDONESIAN_ZONES)}")
    ZoneInfo(name)
    return name


def _dotted(location: Location) -> str:
    """Write a place the way a reader would say it: `topics[3].opd`."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "the file"


def _plain(kind: str, message: str) -> str:
    """Say in plain words what Pydantic says of the mistakes that are made most."""
    if kind == "extra_forbidden":
        return "unknown key"
    if kind == "missing":
        return "this key is missing"
    if kind == "string_type":
        return "must be text; put it between quotation marks"
    return message.removeprefix("Value error, ")
