"""What holds for every module: size, name, docstring, no clock read, patterns read alike."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.architecture.documents import ROOT

MODULES = sorted(
    path.relative_to(ROOT)
    for folder in ("services", "shared")
    for path in (ROOT / folder).rglob("*.py")
)
TESTS = sorted(path.relative_to(ROOT) for path in (ROOT / "tests").rglob("*.py"))
NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}
CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today")}
TIME_FUNCTIONS = {("time", "time"), ("time", "time_ns"), ("time", "localtime"), ("time", "gmtime")}


def test_each_module_can_be_read_in_one_sitting() -> None:
    lengths = {path: len(_text(path).splitlines()) for path in (*MODULES, *TESTS)}

    assert {path: lines for path, lines in lengths.items() if lines > 400} == {}


def test_each_module_says_what_it_is() -> None:
    assert [path for path in MODULES if path.stem in NAMES_THAT_SAY_NOTHING] == []
    described = [path for path in MODULES if path.parent.name != "versions"]
    assert [path for path in described if not ast.get_docstring(_tree(path))] == []


def test_only_the_clock_reads_the_time() -> None:
    others = [path for path in MODULES if path != Path("shared/clock.py")]
    assert [place for path in others for place in _readings_of_time(path)] == []
    assert _readings_of_time(Path("shared/clock.py"))


def _readings_of_time(path: Path) -> list[str]:
    """Return the places of a module that read the time, as `path:line`."""
    found = []
    for node in ast.walk(_tree(path)):
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=read):
                reads = (name, read) in CLOCKS | TIME_FUNCTIONS
            case ast.ImportFrom(module=module, names=names):
                reads = any((module, each.name) in TIME_FUNCTIONS for each in names)
            case _:
                continue
        if reads:
            found.append(f"{path}:{node.lineno}")
    return found


@cache
def _text(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(_text(path))


#: Wrong before Python 3.11.5: what a repetition of the group took before it failed stays taken.
_GIVES_NOTHING_BACK = re.compile(r"\)(?:[*+?]|\{[0-9,]+\})\+|\(\?>")


def _patterns_in(path: Path) -> Iterator[str]:
    """Yield the constant parts of what a module gives to `re`."""
    for call in ast.walk(_tree(path)):
        if isinstance(call, ast.Call) and ast.unparse(call.func).startswith("re.") and call.args:
            for part in ast.walk(call.args[0]):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value


def test_patterns_are_found_and_judged() -> None:
    assert any("@" in each for each in _patterns_in(Path("shared/masking.py")))
    assert _GIVES_NOTHING_BACK.search(r"(?:\.\w+)*+")
    assert _GIVES_NOTHING_BACK.search(r"(?>\w+)")
    assert not _GIVES_NOTHING_BACK.search(r"\(?\d++(?:\.\d++)*")


def test_no_pattern_repeats_a_group_possessively() -> None:
    found = {
        path: bad
        for path in MODULES
        if (bad := list(filter(_GIVES_NOTHING_BACK.search, _patterns_in(path))))
    }
    assert found == {}
