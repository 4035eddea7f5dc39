"""Reads `deploy/` as Docker and Compose would, for the tests that hold it to the code."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"

_VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<how>[-?])(?P<rest>[^}]*))?\}")
_ENV_LINE = re.compile(r"(?P<off>#?)(?P<name>[A-Z_]+)=(?P<value>.*)")


def compose() -> dict[str, Any]:
    """Return compose.yaml, its variables as they are written."""
    document: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return document


def variables(text: str) -> dict[str, bool]:
    """Return the variables in a text, and whether Compose refuses to go on without each."""
    return {found["name"]: found["how"] == "?" for found in _VARIABLE.finditer(text)}


def render(value: Any, given: Mapping[str, str]) -> Any:
    """Put values in the place of variables, as Compose does; KeyError for one that is demanded."""
    if isinstance(value, dict):
        return {key: render(each, given) for key, each in value.items()}
    if isinstance(value, list):
        return [render(each, given) for each in value]
    if not isinstance(value, str):
        return value
    return _VARIABLE.sub(lambda found: _value_of(found, given), value)


def _value_of(found: re.Match[str], given: Mapping[str, str]) -> str:
    value = given.get(found["name"], "")
    if value or found["how"] is None:
        return value
    if found["how"] == "?":
        raise KeyError(found["name"])
    return str(found["rest"])


def container_environment(service: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, str]:
    """Return what a container sees: a name without a value is passed on, or left unset."""
    rendered = render(service.get("environment", {}), given)
    passed = {name: given.get(name) if value is None else value for name, value in rendered.items()}
    return {name: str(value) for name, value in passed.items() if value is not None}


def example_environment() -> tuple[dict[str, str], dict[str, str]]:
    """Return the names and values of .env.example: those that are set, and those offered."""
    lines = (DEPLOY / ".env.example").read_text().splitlines()
    found = [match for line in lines if (match := _ENV_LINE.fullmatch(line))]
    return (
        {match["name"]: match["value"] for match in found if not match["off"]},
        {match["name"]: match["value"] for match in found if match["off"]},
    )


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction of a Dockerfile, continuation lines joined."""

    word: str
    rest: str

    def words(self) -> list[str]:
        """Return the arguments without `--flags`."""
        return [word for word in shlex.split(self.rest) if not word.startswith("--")]


def dockerfile() -> list[Instruction]:
    """Return the Dockerfile's instructions in order."""
    text = (DEPLOY / "Dockerfile").read_text()
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines()
    return [Instruction(*line.split(maxsplit=1)) for line in joined]


def image_environment() -> dict[str, str]:
    """Return what ENV sets in the last stage."""
    stage = dockerfile()
    start = max(place for place, each in enumerate(stage) if each.word == "FROM")
    pairs = [word for each in stage[start:] if each.word == "ENV" for word in each.words()]
    return dict(pair.split("=", 1) for pair in pairs)


def reaches_build(path: str) -> bool:
    """Tell whether a path passes Dockerfile.dockerignore: the last line that fits it decides."""
    passes = True
    for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!")
        if line and not line.startswith("#"):
            above = [Path(path), *Path(path).parents]
            anywhere = pattern.removeprefix("**/") if pattern.startswith("**/") else None
            if any(each.name == anywhere or fnmatch(str(each), pattern) for each in above):
                passes = line.startswith("!")
    return passes


def locked(path: Path) -> dict[tuple[str, str], int]:
    """Return the number of hashes of each package and version of a lock file.

    A package has two versions where one of them no longer serves every Python.
    """
    found = re.finditer(
        r"^(?P<name>[\w.-]+)==(?P<version>[^\s;]+).*\\\n(?P<hashes>(?: +--hash=sha256:.*\n)+)",
        path.read_text(),
        re.MULTILINE,
    )
    return {(each["name"], each["version"]): each["hashes"].count("--hash") for each in found}
