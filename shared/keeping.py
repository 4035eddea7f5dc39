"""Secrets that are made once and kept in files that only their owner reads."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp


def write_once(path: Path, make: Callable[[], bytes]) -> bytes:
    """Return the file's content; where it is missing, make it first.

    Of several processes that come at once, all return what the first one wrote: the content is
    complete before it gets its name.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # A draft of each one's own, which mkstemp lets nobody else read.
        descriptor, draft = mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(make())
            with suppress(FileExistsError):
                os.link(draft, path)
        finally:
            Path(draft).unlink()
    return path.read_bytes()
