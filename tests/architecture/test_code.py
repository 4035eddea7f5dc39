"""What holds for every module: size, name, docstring, no clock read, patterns read alike."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

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


@pytest.mark.parametrize("path", [*MODULES, *TESTS], ids=str)
def test_module_can_be_read_in_one_sitting(path: Path) -> None:
    assert len((ROOT / path).read_text().splitlines()) <= 400


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_module_says_what_it_is(path: Path) -> None:
    assert path.stem not in NAMES_THAT_SAY_NOTHING
    if path.parent.name != "versions":
        assert ast.get_docstring(ast.parse((ROOT / path).read_text()))


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_only_the_clock_reads_the_time(path: Path) -> None:
    if path == Path("shared/clock.py"):
        return
    tree = ast.parse((ROOT / path).read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert (node.value.id, node.attr) not in CLOCKS | TIME_FUNCTIONS, node.lineno
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            read = {(node.module, alias.name) for alias in node.names}
            assert not read & TIME_FUNCTIONS, node.lineno


#: Wrong before Python 3.11.5: what a repetition of the group took before it failed stays taken.
_GIVES_NOTHING_BACK = re.compile(r"\)(?:[*+?]|\{[0-9,]+\})\+|\(\?>")


def _patterns_in(path: Path) -> Iterator[str]:
    """Yield the constant parts of what a module gives to `re`."""
    for call in ast.walk(ast.parse(path.read_text())):
        if isinstance(call, ast.Call) and ast.unparse(call.func).startswith("re.") and call.args:
            for part in ast.walk(call.args[0]):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value


def test_patterns_are_found_and_judged() -> None:
    assert any("@" in each for each in _patterns_in(ROOT / "shared" / "masking.py"))
    assert _GIVES_NOTHING_BACK.search(r"(?:\.\w+)*+")
    assert _GIVES_NOTHING_BACK.search(r"(?>\w+)")
    assert not _GIVES_NOTHING_BACK.search(r"\(?\d++(?:\.\d++)*")


def test_no_pattern_repeats_a_group_possessively() -> None:
    found = {
        path: bad
        for path in MODULES
        if (bad := list(filter(_GIVES_NOTHING_BACK.search, _patterns_in(ROOT / path))))
    }
    assert found == {}
