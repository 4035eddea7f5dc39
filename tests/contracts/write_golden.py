"""Adds what is missing: `python -m tests.contracts.write_golden [--next]`.

A golden file is never overwritten: it stands for messages that are stored already. `--next` adds
a further file for each class whose example has grown. docs/asyncapi.yaml, which only follows the
code, is written anew.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Final

from shared.contracts.asyncapi import asyncapi_yaml
from shared.contracts.event import Event
from shared.contracts.topics import EVENT_CLASSES
from tests.contracts.golden_files import golden_paths, next_path, present_form, read_golden

ASYNCAPI_FILE: Final = Path(__file__).parents[2] / "docs" / "asyncapi.yaml"


def main(arguments: list[str]) -> int:
    """Write what is missing; 1 if a class has changed and `--next` was not given."""
    parser = argparse.ArgumentParser(prog="tests.contracts.write_golden", description=__doc__)
    parser.add_argument(
        "--next", action="store_true", help="add a further file for each class that has grown"
    )
    may_add = parser.parse_args(arguments).next
    refused = [cls.__name__ for cls in EVENT_CLASSES if not _write_missing(cls, may_add)]
    if refused:
        sys.stderr.write(
            f"Not as in the golden file: {', '.join(refused)}. If only optional fields came, run "
            "this again with --next; otherwise the change breaks v1.\n"
        )
        return 1
    ASYNCAPI_FILE.write_text(asyncapi_yaml(), encoding="utf-8")
    return 0


def _write_missing(event_class: type[Event], may_add: bool) -> bool:
    """Write the class's golden file if it is missing; False if it differs and must not."""
    paths = golden_paths(event_class)
    golden = present_form(event_class)
    if paths and read_golden(paths[-1]) == golden:
        return True
    if paths and not may_add:
        return False
    with next_path(event_class, len(paths)).open("x", encoding="utf-8") as file:
        json.dump(golden, file, ensure_ascii=False, indent=2)
        file.write("\n")
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
