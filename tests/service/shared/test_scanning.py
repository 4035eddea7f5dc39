"""The virus scanner: what it finds is refused, and nothing passes while it is away."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from shared.embedded.ports import HOST, free_port
from shared.media import scanning
from shared.media.files import Limits
from shared.media.refusals import FileTypeNotAccepted, MalwareFound, ScannerUnavailable
from shared.media.scanning import Scanner
from shared.media.workshop import Workshop

Verdict = Callable[[bytes], Awaitable[bytes]]
#: Stands for a virus, as EICAR's file does among scanners.
VIRUS = b"virus contoh"


@asynccontextmanager
async def clamd(verdict: Verdict) -> AsyncIterator[Scanner]:
    """Serve clamd's command INSTREAM: chunks with their lengths, an empty one, a line back."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readline() == b"nINSTREAM\n"
        received = b""
        while length := int.from_bytes(await reader.readexactly(4)):
            received += await reader.readexactly(length)
        writer.write(await verdict(received))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, HOST, 0)
    port: int = server.sockets[0].getsockname()[1]
    async with server:
        yield Scanner(f"{HOST}:{port}")


async def honest(data: bytes) -> bytes:
    """Answer as clamd does."""
    return b"stream: Contoh-1 FOUND\n" if VIRUS in data else b"stream: OK\n"


async def test_clean_file_passes_and_a_virus_does_not() -> None:
    async with clamd(honest) as scanner:
        await scanner.check(b"isi" * 1_000_000)
        with pytest.raises(MalwareFound):
            await scanner.check(bytes(1_000_000) + VIRUS)


@pytest.mark.parametrize(
    "said",
    [b"", b"stream: INSTREAM: Can't allocate ERROR\n", b"INSTREAM size limit exceeded. ERROR\n"],
)
async def test_no_verdict_is_no_pass(said: bytes) -> None:
    async def silent(_data: bytes) -> bytes:
        return said

    async with clamd(silent) as scanner:
        with pytest.raises(ScannerUnavailable):
            await scanner.check(b"isi")


async def test_scanner_that_is_away_lets_nothing_pass() -> None:
    with pytest.raises(ScannerUnavailable):
        await Scanner(f"{HOST}:{free_port()}").check(b"isi")


async def test_scanner_that_hangs_lets_nothing_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "_SECONDS", 0.2)

    async def hangs(_data: bytes) -> bytes:
        await asyncio.sleep(1)
        return b""

    async with clamd(hangs) as scanner:
        with pytest.raises(ScannerUnavailable):
            await scanner.check(b"isi")


async def test_file_is_scanned_before_it_is_opened() -> None:
    async with clamd(honest) as scanner:
        workshop = Workshop(Limits(), scanner=scanner)
        with pytest.raises(MalwareFound):
            await workshop.clean(VIRUS)
        with pytest.raises(FileTypeNotAccepted):
            await workshop.clean(b"teks")
        await workshop.close()
