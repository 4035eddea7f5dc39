"""Secrets that are made once and kept in files that only their owner reads."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def write_once(path: Path, make: Callable[[], bytes]) -> bytes:
    """Return the file's content; where it is missing, make it first.

    Of several processes that come at once, all return what the first one wrote: the content is
    complete before it gets its name.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_suffix(f".{os.getpid()}.draft")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(make())
        with suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_bytes()
