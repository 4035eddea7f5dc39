"""YAML read together with the line on which each part of it stands, for messages that say where."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

Location = tuple[str | int, ...]

MAX_FILE_BYTES = 2_000_000
MAX_DEPTH = 40

_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+\Z")
_QUOTED = ("'", '"', "|", ">")
_CONSTANTS: dict[str, bool | None] = {
    "": None,
    "~": None,
    "null": None,
    "true": True,
    "false": False,
}


@dataclass
class YamlDocument:
    """The plain value of one YAML file, the line of each part of it, and what is wrong with it.

    `value` is a dict, or None where the file cannot be read; a problem is a line and a message.
    `texts` has line, column and style of each scalar.
    """

    value: Any = None
    lines: dict[Location, int] = field(default_factory=dict)
    texts: dict[Location, tuple[int, int, str | None]] = field(default_factory=dict)
    problems: list[tuple[int, str]] = field(default_factory=list)

    def line_of(self, location: Location) -> int:
        """Return the line of the location, or of the nearest thing around it that has one."""
        while location and location not in self.lines:
            location = location[:-1]
        return self.lines.get(location, 1)

    def written_place(self, location: Location) -> Location:
        """Return the location without what only a model knows, such as the type of one of several.

        Its last part stays, because a key that is missing stands nowhere.
        """
        place: Location = ()
        for part in location[:-1]:
            if (*place, part) in self.lines:
                place = (*place, part)
        return (*place, *location[-1:])

    def place_in(self, location: Location, line: int, column: int) -> tuple[int, int]:
        """Return where in the file a place inside a text is; all four count from 1.

        The column is 0 where it cannot be told: YAML joins the lines of a folded text.
        """
        first, start, style = self.texts.get(location, (self.line_of(location), 1, None))
        if style == "|":
            return first + line, 0
        quote = 1 if style in ("'", '"') else 0
        return first, start + quote + column - 1 if line == 1 else 0


def read_yaml(path: Path) -> YamlDocument:
    """Read one file that holds a mapping; never raises, the problems are in the document."""
    document = YamlDocument()
    try:
        value = _Walk(document).value_of(_compose(path), ())
    except _UnreadableError as error:
        document.problems.append((error.line, str(error)))
        return document
    if isinstance(value, dict):
        document.value = value
    else:
        document.problems.append((1, "a mapping (key: value) is needed here"))
    return document


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
        _require_plain(text)
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


def _require_plain(text: str) -> None:
    # libyaml's composer recurses in C: brackets nested deep enough end the whole process. Aliases
    # may refer to themselves or multiply without end, and a profile needs none.
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            raise _UnreadableError("aliases (*name) are not read here; write it out", line)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise _UnreadableError(f"nested deeper than {MAX_DEPTH} levels", line)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


class _Walk:
    """Turns YAML nodes into plain values and writes down the line of each.

    Scalars follow YAML 1.2's core only, so that `07:30` and `no` stay what they look like.
    """

    def __init__(self, document: YamlDocument) -> None:
        self.lines = document.lines
        self.problems = document.problems
        self.texts = document.texts

    def value_of(self, node: yaml.Node, location: Location) -> Any:
        line = node.start_mark.line + 1
        self.lines.setdefault(location, line)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, location)
        if isinstance(node, yaml.SequenceNode):
            return [
                self.value_of(item, (*location, index)) for index, item in enumerate(node.value)
            ]
        style = getattr(node, "style", None)
        self.texts[location] = (line, node.start_mark.column + 1, style)
        return _scalar(node)

    def _mapping(self, node: yaml.MappingNode, location: Location) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.append((line, "a key must be a plain word"))
                continue
            key = str(key_node.value)
            if key in values:
                self.problems.append((line, f"the key '{key}' stands here twice"))
                continue
            self.lines[*location, key] = line
            values[key] = self.value_of(value_node, (*location, key))
        return values


def _scalar(node: yaml.Node) -> str | int | float | bool | None:
    text = str(node.value)
    if getattr(node, "style", None) in _QUOTED:
        return text
    if text.lower() in _CONSTANTS:
        return _CONSTANTS[text.lower()]
    if _INTEGER.match(text) and len(text) < 19:
        return int(text)
    if _DECIMAL.match(text) and len(text) < 19:
        return float(text)
    return text
