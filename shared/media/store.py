"""Where files are kept: a port, and the folder that is its default. What is kept is sealed already.

An adapter for S3 would be a second class with the same three verbs.
"""

import asyncio
import os
import re
from pathlib import Path
from secrets import token_hex
from typing import Final, Protocol

_NAME: Final = re.compile(r"[0-9a-f]{32}")


class FileMissing(Exception):
    """There is no file of this name."""


class FileStore(Protocol):
    """Keeps bytes under names that `new_name` made; every verb may be tried again."""

    async def put(self, name: str, content: bytes) -> None:
        """Keep this; when it returns, it is on stable storage."""
        ...

    async def open(self, name: str) -> bytes:
        """Return what was kept; raises FileMissing."""
        ...

    async def delete(self, name: str) -> None:
        """Let go of it; no effect where it is gone already."""
        ...


def new_name() -> str:
    """Return a name that tells nothing and that nobody can guess."""
    return token_hex(16)


class FolderStore:
    """Keeps files below a folder, 256 folders wide; replicas must see the same folder."""

    def __init__(self, folder: Path) -> None:
        """The folder is made with the first file."""
        self._folder = folder

    async def put(self, name: str, content: bytes) -> None:
        """Keep this; when it returns, it is on stable storage."""
        await asyncio.to_thread(self._put, name, content)

    async def open(self, name: str) -> bytes:
        """Return what was kept; raises FileMissing."""
        try:
            return await asyncio.to_thread(self._path(name).read_bytes)
        except FileNotFoundError as error:
            raise FileMissing(name) from error

    async def delete(self, name: str) -> None:
        """Let go of it, also of what a crash left half written."""
        await asyncio.to_thread(self._delete, name)

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ValueError("names of files are made by new_name")
        return self._folder / name[:2] / name

    def _put(self, name: str, content: bytes) -> None:
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = _draft_of(path)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        draft.replace(path)
        _sync_folder(path.parent)

    def _delete(self, name: str) -> None:
        path = self._path(name)
        path.unlink(missing_ok=True)
        _draft_of(path).unlink(missing_ok=True)


def _draft_of(path: Path) -> Path:
    return path.with_suffix(".part")


def _sync_folder(folder: Path) -> None:
    """Let the new name survive a loss of power, where folders can be synced (not on Windows)."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
