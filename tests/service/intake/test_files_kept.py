"""What becomes of files: deleted unless a complaint names them, after a crash, with their owner."""

import asyncio
from datetime import timedelta

import pytest
from PIL import Image

from services.intake.operations.erasure import erase_reporters
from services.intake.uploads import delete_expired
from shared.media.store import FolderStore
from tests.service.intake.driver import Driver
from tests.service.intake.uploads import files_of, read, stored, upload, uploaded
from tests.support.files import encoded


async def test_file_that_no_complaint_names_is_deleted_after_a_day(alone: Driver) -> None:
    kept = await uploaded(alone)
    lodged = await alone.lodge(attachments=[kept["upload_token"]])
    lost = await uploaded(alone)
    assert len(stored(alone)) == 4

    alone.system.clock.advance(timedelta(hours=24, seconds=1))
    assert (
        await alone.post({"text": "Lampu padam.", "attachments": [lost["upload_token"]]})
    ).status_code in {409, 422}
    await delete_expired(alone.doors.units, alone.doors.context)

    assert len(stored(alone)) == 2
    assert (
        await alone.rows("SELECT attachment_id FROM attachment")
        == [{"attachment_id": kept["attachment_id"]}]
        or len(await alone.rows("SELECT 1 FROM attachment")) == 1
    )
    assert (await read(alone, lodged, kept["attachment_id"])).status_code == 200


async def test_crash_while_a_file_is_stored_leaves_nothing_for_ever(
    alone: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = alone.doors.context.files.store
    put = type(store).put
    puts = 0

    async def dies(self: FolderStore, name: str, content: bytes) -> None:
        nonlocal puts
        puts += 1
        if puts == 2:
            raise OSError("the power went")
        await put(self, name, content)

    monkeypatch.setattr(type(store), "put", dies)
    assert (await upload(alone)).status_code == 503
    assert len(stored(alone)) == 1

    alone.system.clock.advance(timedelta(hours=25))
    await delete_expired(alone.doors.units, alone.doors.context)

    assert stored(alone) == []
    assert await alone.rows("SELECT 1 FROM attachment") == []


async def test_room_for_files_that_wait_is_bounded(
    alone: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "services.intake.attachment_queries.sum_waiting", lambda _connection: _so_many(2 * 1024**3)
    )
    answer = await upload(alone)

    assert answer.status_code == 503
    assert answer.json()["type"].endswith("uploads-full")
    assert stored(alone) == []


async def _so_many(size: int) -> int:
    return size


async def test_erasing_a_reporter_destroys_their_files(alone: Driver) -> None:
    lodged = await alone.lodge(attachments=[(await uploaded(alone))["upload_token"]])
    (file,) = await files_of(alone, lodged)
    (row,) = await alone.rows(
        "SELECT reporter_id FROM complaint WHERE complaint_id = :id", id=lodged.complaint_id
    )
    async with alone.doors.units.begin() as unit:
        assert await erase_reporters(unit, [str(row["reporter_id"])]) == 1

    assert (await read(alone, lodged, file["attachment_id"])).status_code == 404
    assert await files_of(alone, lodged) == []
    alone.system.clock.advance(timedelta(seconds=1))
    await delete_expired(alone.doors.units, alone.doors.context)
    assert stored(alone) == []


async def test_others_are_answered_while_a_heavy_file_is_opened(intake: Driver) -> None:
    heavy = encoded(Image.new("RGB", (5000, 5000)), "PNG")
    work = asyncio.create_task(upload(intake, heavy))
    answered = 0
    while not work.done():
        assert (await intake.client.get("/intake/livez")).status_code == 200
        answered += 1
        await asyncio.sleep(0.01)

    assert (await work).status_code == 201
    assert answered > 20


async def test_when_too_many_files_come_at_once_some_wait(alone: Driver) -> None:
    places = alone.doors.context.files.places
    async with asyncio.TaskGroup() as held:
        for _ in range(8):
            held.create_task(places.acquire())
    answer = await upload(alone)

    assert answer.status_code == 503
    assert answer.headers["retry-after"]
