"""Files are opened in processes that may crash, hang or eat memory: nobody else notices."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import pytest
from PIL import Image

from shared.media import workshop as module
from shared.media.files import Limits
from shared.media.refusals import FileRefused, FileSuspicious, FileTypeNotAccepted
from shared.media.workshop import Workshop
from tests.support.files import PLACE, encoded, photo

#: Takes a second or more to decode.
HEAVY = encoded(Image.new("RGB", (4000, 4000)), "PNG")
#: Takes more memory than is given in these tests.
LARGE = encoded(Image.new("RGB", (7000, 7000)), "PNG")


@pytest.fixture
async def workshop() -> AsyncIterator[Workshop]:
    """Open a workshop for one test."""
    opened = Workshop(Limits(), seconds=20)
    yield opened
    await opened.close()


async def test_file_comes_back_as_what_is_left_of_it(workshop: Workshop) -> None:
    cleaned = await workshop.clean(photo(offset="+07:00"))

    assert (cleaned.media_type, cleaned.kind) == ("image/jpeg", "image")
    assert cleaned.taken.at is not None
    assert cleaned.taken.at.isoformat() == "2026-03-09T01:30:00+00:00"
    assert (cleaned.taken.lat, cleaned.taken.lon) == pytest.approx(PLACE)
    assert cleaned.thumbnail


async def test_refusal_comes_back_in_its_own_words(workshop: Workshop) -> None:
    with pytest.raises(FileTypeNotAccepted, match="JPEG"):
        await workshop.clean(b"\0\0\0\x18ftypheic")
    assert await workshop.clean(photo())


async def test_processes_are_used_again_and_no_more_than_allowed(workshop: Workshop) -> None:
    await asyncio.gather(*(workshop.clean(photo()) for _ in range(6)))
    assert 1 <= len(workshop._idle) <= 2  # noqa: SLF001


async def test_file_that_takes_too_long_is_given_up(workshop: Workshop) -> None:
    await workshop.clean(photo())
    workshop._seconds = 1  # noqa: SLF001
    (process,) = workshop._idle  # noqa: SLF001
    # A decoder that never comes back.
    os.kill(process.pid, signal.SIGSTOP)

    async with asyncio.timeout(30):
        with pytest.raises(FileSuspicious):
            await workshop.clean(photo())

    assert await process.wait() == -signal.SIGKILL


async def test_file_that_takes_too_much_memory_is_refused() -> None:
    poor = Workshop(Limits(), megabytes=256)

    with pytest.raises(FileRefused):
        await poor.clean(LARGE)
    assert await poor.clean(photo())
    await poor.close()


async def test_crash_of_a_process_refuses_its_file_alone(workshop: Workshop) -> None:
    await workshop.clean(photo())
    (process,) = workshop._idle  # noqa: SLF001
    work = asyncio.create_task(workshop.clean(HEAVY))
    await asyncio.sleep(0.3)
    process.kill()

    with pytest.raises(FileSuspicious):
        await work
    assert await workshop.clean(photo())


async def test_process_that_died_while_idle_is_replaced(workshop: Workshop) -> None:
    await workshop.clean(photo())
    (process,) = workshop._idle  # noqa: SLF001
    process.kill()
    await process.wait()

    assert await workshop.clean(photo())


async def test_idle_processes_go(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_IDLE_SECONDS", 0.05)
    await workshop.clean(photo())
    (process,) = workshop._idle  # noqa: SLF001

    assert await asyncio.wait_for(process.wait(), 30) == -signal.SIGKILL
    assert workshop._idle == []  # noqa: SLF001


async def test_caller_who_goes_away_leaves_no_half_answer_behind(workshop: Workshop) -> None:
    work = asyncio.create_task(workshop.clean(HEAVY))
    await asyncio.sleep(0.2)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work

    cleaned = await workshop.clean(photo())
    assert (cleaned.width, cleaned.height) == (320, 240)


async def test_process_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANGGAP_MASTER_KEY", "rahasia")
    workshop = Workshop(Limits())
    await workshop.clean(photo())
    (process,) = workshop._idle  # noqa: SLF001

    told = await asyncio.to_thread(_environment_of, process.pid)

    assert b"rahasia" not in told
    await workshop.close()


def _environment_of(pid: int) -> bytes:
    with open(f"/proc/{pid}/environ", "rb") as file:  # noqa: PTH123 - no file of ours
        return file.read()
