"""Has files made clean by processes that can be given up: no file holds up or harms the service."""

import asyncio
import json
import os
import sys
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

import structlog

from shared.media.files import CleanFile, Limits, Taken
from shared.media.refusals import REFUSALS, FileRefused, FileSuspicious
from shared.media.scanning import Scanner

log = structlog.get_logger(__name__)

_LENGTH_BYTES: Final = 4
#: What a process that opens hostile files is told of its surroundings; no key is among it.
_ENVIRONMENT: Final = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "SYSTEMROOT")
#: A process that has had nothing to do for this long gives its memory back.
_IDLE_SECONDS: Final = 60.0


class Workshop:
    """Cleans files, a few at one time; the processes are started when there is something to do."""

    def __init__(
        self,
        limits: Limits,
        *,
        scanner: Scanner | None = None,
        workers: int = 2,
        seconds: int = 20,
        megabytes: int = 1024,
    ) -> None:
        """`seconds` and `megabytes` (of address space) are what one file may take.

        With a scanner, a file is opened only after it has been scanned.
        """
        self.limits = limits
        self._scanner = scanner
        self._seconds = seconds
        arguments = (json.dumps(asdict(limits)), str(seconds), str(megabytes))
        self._command = (sys.executable, "-m", "shared.media.worker", *arguments)
        self._places = asyncio.Semaphore(workers)
        self._idle: list[asyncio.subprocess.Process] = []
        self._retiring: asyncio.TimerHandle | None = None

    async def clean(self, data: bytes) -> CleanFile:
        """Return what is left of a file; raises a FileRefused, or ScannerUnavailable."""
        if self._scanner is not None:
            await self._scanner.check(data)
        async with self._places:
            process = await self._process()
            try:
                async with asyncio.timeout(self._seconds):
                    cleaned = await _exchange(process, data)
            except FileRefused:
                self._rest(process)
                raise
            except (TimeoutError, asyncio.IncompleteReadError, OSError) as error:
                # It took too long, or too much memory, or made a library crash.
                log.warning("file_not_cleaned", size=len(data), error=type(error).__name__)
                _give_up(process)
                raise FileSuspicious from error
            except BaseException:
                _give_up(process)
                raise
            self._rest(process)
            return cleaned

    async def run(self) -> None:
        """Wait until cancelled, and then let every process go: for a service's background."""
        try:
            await asyncio.Event().wait()
        finally:
            await self.close()

    async def close(self) -> None:
        """Let every process go."""
        processes = list(self._idle)
        self._retire()
        for process in processes:
            await process.wait()

    async def _process(self) -> asyncio.subprocess.Process:
        if self._retiring is not None:
            self._retiring.cancel()
        while self._idle:
            process = self._idle.pop()
            if process.returncode is None:
                return process
        return await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
        )

    def _rest(self, process: asyncio.subprocess.Process) -> None:
        self._idle.append(process)
        if self._retiring is not None:
            self._retiring.cancel()
        loop = asyncio.get_running_loop()
        self._retiring = loop.call_later(_IDLE_SECONDS, self._retire)

    def _retire(self) -> None:
        if self._retiring is not None:
            self._retiring.cancel()
        while self._idle:
            _give_up(self._idle.pop())


async def _exchange(process: asyncio.subprocess.Process, data: bytes) -> CleanFile:
    """Hand a file over and take back what is left of it."""
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the process was started without pipes")
    process.stdin.write(len(data).to_bytes(_LENGTH_BYTES) + data)
    await process.stdin.drain()
    known, content, thumbnail = [await _frame(process.stdout) for _ in range(3)]
    return _read_answer(json.loads(known), content, thumbnail)


async def _frame(stream: asyncio.StreamReader) -> bytes:
    length = await stream.readexactly(_LENGTH_BYTES)
    return await stream.readexactly(int.from_bytes(length))


def _read_answer(known: dict[str, Any], content: bytes, thumbnail: bytes) -> CleanFile:
    if "refused" in known:
        raise REFUSALS[known["refused"]](known["detail"])
    taken = known.pop("taken")
    at = datetime.fromisoformat(taken["at"]) if taken["at"] else None
    return CleanFile(
        **known,
        content=content,
        thumbnail=thumbnail or None,
        taken=Taken(at, taken["lat"], taken["lon"]),
    )


def _give_up(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()
