"""Read a Pemda's profile, a folder of YAML, and say of every mistake in which file and line it is.

What the files mean is each service's own business (`services/<name>/profile.py`); here are only
the reading, the line numbers, the mapping of Pydantic's complaints to lines, and the version.
"""

import hashlib
import re
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

Location = tuple[str | int, ...]
ModelT = TypeVar("ModelT", bound=BaseModel)

MAX_FILE_BYTES = 2_000_000
MAX_DEPTH = 40
INDONESIAN_ZONES = ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura")

_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+\Z")
_CONSTANTS: dict[str, bool | None] = {
    "": None,
    "~": None,
    "null": None,
    "true": True,
    "false": False,
}


class ProfilePart(BaseModel):
    """What every model of a profile is: frozen, and without unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


@dataclass(frozen=True, slots=True, order=True)
class ProfileProblem:
    """One mistake in a profile; `line` counts from 1."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class ProfileInvalid(Exception):
    """The profile cannot be used; `problems` lists every mistake that was found."""

    def __init__(self, problems: Iterable[ProfileProblem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass
class _Document:
    """The plain value of one YAML file, and the line on which each part of it stands."""

    value: Any = None
    lines: dict[Location, int] = field(default_factory=dict)

    def line_of(self, location: Location) -> int:
        """Return the line of the location, or of the nearest thing around it that has one."""
        while location and location not in self.lines:
            location = location[:-1]
        return self.lines.get(location, 1)


class ProfileReader:
    """Reads the files of one folder and gathers every problem before it complains."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[ProfileProblem] = []
        self._documents: dict[str, _Document] = {}

    def read(self, file: str, model: type[ModelT]) -> ModelT | None:
        """Return the file as `model`, or None after its problems have been noted."""
        document = self._document(file)
        if document.value is None:
            return None
        try:
            return model.model_validate(document.value)
        except ValidationError as error:
            for each in error.errors(include_url=False, include_context=False):
                location = tuple(each["loc"])
                message = f"{_dotted(location)}: {_plain(each['type'], each['msg'])}"
                self._note(file, document.line_of(location), message)
            return None

    def complain(self, file: str, location: Location, message: str) -> None:
        """Note a problem at a place such as `("topics", 3, "opd")` in a file."""
        line = self._document(file).line_of(location)
        self._note(file, line, f"{_dotted(location)}: {message}" if location else message)

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
        value = self._document(file, quiet=True).value
        rows = value.get(items) if isinstance(value, dict) else None
        if not isinstance(rows, list):
            return frozenset()
        found = (row.get(key) for row in rows if isinstance(row, dict))
        return frozenset(code for code in found if isinstance(code, str))

    def finish(self) -> None:
        """Raise `ProfileInvalid` if anything was wrong."""
        if self.problems:
            raise ProfileInvalid(self.problems)

    def _note(self, file: str, line: int, message: str) -> None:
        self.problems.append(ProfileProblem(file, line, message))

    def _document(self, file: str, *, quiet: bool = False) -> _Document:
        if file not in self._documents:
            document, problems = _load(self.folder / file)
            if quiet:
                return document
            self._documents[file] = document
            self.problems.extend(problems)
        return self._documents[file]


def version_of(folder: Path) -> str:
    """Return the SHA-256, in hex, of the names and contents of the folder's YAML files.

    Line ends are made equal first, so that a checkout on Windows has the same version.
    """
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.yaml")):
        content = path.read_bytes().replace(b"\r\n", b"\n")
        digest.update(f"{path.name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def indonesian_zone(name: str) -> str:
    """Return the name if it is one of Indonesia's three zones, else raise ValueError."""
    if name not in INDONESIAN_ZONES:
        raise ValueError(f"'{name}' is not one of {', '.join(INDONESIAN_ZONES)}")
    ZoneInfo(name)
    return name


def _load(path: Path) -> tuple[_Document, list[ProfileProblem]]:
    """Read one file; a mistake in its YAML gives a document without a value."""
    document = _Document()
    try:
        root = _compose(path)
    except _UnreadableError as error:
        return document, [ProfileProblem(path.name, error.line, str(error))]
    walk = _Walk(path.name, document.lines)
    value = walk.value_of(root, ())
    if isinstance(value, dict):
        document.value = value
    else:
        walk.problems.append(ProfileProblem(path.name, 1, "a mapping (key: value) is needed here"))
    return document, walk.problems


class _UnreadableError(Exception):
    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.line = line


def _compose(path: Path) -> yaml.Node:
    """Return the file's root node, or say why there is none."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise _UnreadableError(f"larger than {MAX_FILE_BYTES} bytes")
        text = path.read_text(encoding="utf-8")
        _require_shallow(text)
        root = yaml.compose(text, Loader=_LOADER)
    except OSError as error:
        raise _UnreadableError(f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise _UnreadableError(f"not UTF-8: {error.reason}") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _UnreadableError(
            f"not YAML: {error.problem}", mark.line + 1 if mark else 1
        ) from error
    except yaml.YAMLError as error:
        raise _UnreadableError(f"not YAML: {error}") from error
    if root is None:
        raise _UnreadableError("the file is empty")
    return root


def _require_shallow(text: str) -> None:
    # libyaml's composer recurses in C: brackets nested deep enough end the whole process.
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                line = event.start_mark.line + 1 if event.start_mark else 1
                raise _UnreadableError(f"nested deeper than {MAX_DEPTH} levels", line)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


class _Walk:
    """Turns YAML nodes into plain values and writes down the line of each.

    Scalars follow YAML 1.2's core only, so that `07:30` and `no` stay what they look like.
    """

    def __init__(self, file: str, lines: dict[Location, int]) -> None:
        self.file = file
        self.lines = lines
        self.problems: list[ProfileProblem] = []
        self._seen: set[int] = set()

    def value_of(self, node: yaml.Node, location: Location) -> Any:
        line = node.start_mark.line + 1
        self.lines.setdefault(location, line)
        if id(node) in self._seen:
            # An alias may refer to itself or multiply without end; a profile needs none.
            self._note(line, "aliases (*name) are not read here; write it out")
            return None
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, location)
        if isinstance(node, yaml.SequenceNode):
            return [
                self.value_of(item, (*location, index)) for index, item in enumerate(node.value)
            ]
        return _scalar(node)

    def _mapping(self, node: yaml.MappingNode, location: Location) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self._note(line, "a key must be a plain word")
                continue
            key = str(key_node.value)
            if key in values:
                self._note(line, f"the key '{key}' stands here twice")
                continue
            self.lines[*location, key] = line
            values[key] = self.value_of(value_node, (*location, key))
        return values

    def _note(self, line: int, message: str) -> None:
        self.problems.append(ProfileProblem(self.file, line, message))


def _scalar(node: yaml.Node) -> str | int | float | bool | None:
    text = str(node.value)
    if getattr(node, "style", None) is not None:  # quoted, or a block of text
        return text
    if text.lower() in _CONSTANTS:
        return _CONSTANTS[text.lower()]
    if _INTEGER.match(text) and len(text) < 19:
        return int(text)
    if _DECIMAL.match(text) and len(text) < 19:
        return float(text)
    return text


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
