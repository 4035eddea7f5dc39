"""A folder of its own for each server."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def new_folder() -> Iterator[Callable[[], Path]]:
    """Makes folders that are removed at the end.

    Not `tmp_path`: another run of pytest closes its parent to all but us, and a PostgreSQL
    that was started by root runs under another account.
    """
    made: list[Path] = []

    def make() -> Path:
        made.append(Path(tempfile.mkdtemp(prefix="tanggap-embedded-")))
        return made[-1]

    yield make
    for folder in made:
        shutil.rmtree(folder)
