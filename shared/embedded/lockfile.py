"""A lock between processes, held on a file and let go by the kernel when its holder dies."""

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self


class LockNotFreeError(TimeoutError):
    """Another process kept the lock for longer than the caller was ready to wait."""


class FileLock:
    """An exclusive `flock` on `path`; two instances exclude each other in one process too.

    A record lock (`lockf`) would not do: it belongs to the process and not to the open file,
    so a second instance in the same process would believe that it holds the lock.
    """

    def __init__(self, path: Path, timeout_seconds: float = 120.0) -> None:
        self._path = path
        self._timeout_seconds = timeout_seconds
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Whether this very instance holds the lock."""
        return self._descriptor is not None

    def try_acquire(self) -> bool:
        """Take the lock if it is free; returns whether this instance now holds it."""
        if self._descriptor is not None:
            return True
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def acquire(self) -> None:
        """Wait for the lock. Raises LockNotFreeError after `timeout_seconds`."""
        deadline = time.monotonic() + self._timeout_seconds
        while not self.try_acquire():
            if time.monotonic() > deadline:
                raise LockNotFreeError(f"{self._path} is held by another process; is it stuck?")
            time.sleep(0.02)

    def release(self) -> None:
        """Let the lock go; harmless when it is not held. The file stays, for the next holder."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()
