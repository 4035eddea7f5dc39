"""Files that citizens send on platforms: fetched there, made clean, given to a complaint once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from services.intake.channels.remote import RemoteFiles
from services.intake.fetching import LEASE, MOST_TRIES, fetch_one
from shared.messaging.port import TryLater
from tests.service.intake.driver import Driver
from tests.service.intake.writing import (
    REPORT,
    arrives,
    complaints_of,
    events_of,
    open_to_platforms,
)
from tests.support.deliveries import ACCOUNTS, write
from tests.support.files import photo
from tests.support.platforms import Platforms, running_platforms, sending_settings
from tests.support.servers import Databases

PLATFORMS = sorted(ACCOUNTS)
PHOTO = photo()


@dataclass
class Album:
    """Intake whose own fetching stands still, and the platforms that have files."""

    intake: Driver
    platforms: Platforms
    remote: RemoteFiles

    async def fetch(self, remote: Any = None) -> bool:
        """Fetch one file that is due."""
        doors = self.intake.doors
        return await fetch_one(doors.units, doors.context, remote or self.remote)

    async def send(self, platform: str, sender: str, content: bytes | None = PHOTO) -> str:
        """Let somebody send a photo with words; returns the complaint."""
        name = str(abs(hash((platform, sender))))
        if content is not None:
            self.platforms.files["1" if platform == "telegram" else name] = content
        by_address = {"messenger", "instagram", "x"}
        reference = f"{self.platforms.url(platform)}/cdn/{name}" if platform in by_address else name
        await arrives(self.intake, write(platform, REPORT, sender=sender, image=reference))
        (complaint,) = await complaints_of(self.intake, platform, sender)
        return str(complaint["complaint_id"])

    async def files_of(self, complaint_id: str) -> list[dict[str, Any]]:
        """Return the files that a complaint has."""
        return await self.intake.rows(
            "SELECT * FROM attachment WHERE complaint_id = :id", id=complaint_id
        )

    async def waiting(self) -> list[dict[str, Any]]:
        """Return what is still to be fetched."""
        return await self.intake.rows("SELECT * FROM remote_file")


@pytest.fixture(scope="module")
async def albums(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Album]:
    """Run intake beside platforms that have files."""
    async with running_platforms() as platforms:
        messaging = sending_settings(
            platforms,
            whatsapp_tokens={ACCOUNTS["whatsapp"]: "token-wa"},
            telegram_tokens={ACCOUNTS["telegram"]: "111:token-tg"},
        )
        home = tmp_path_factory.mktemp("albums")
        async with open_to_platforms(databases, home, messaging=messaging) as system:
            remote = RemoteFiles(messaging, system.clock, ("127.0.0.1",), 1_000_000)
            yield Album(Driver(system), platforms, remote)
            await remote.close()


@pytest.fixture
async def album(albums: Album) -> Album:
    """Begin with nothing to fetch."""
    await albums.intake.rows("DELETE FROM remote_file RETURNING file_id")
    return albums


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_photo_is_fetched_and_given_to_its_complaint(
    album: Album, platform: str, sender: str
) -> None:
    complaint_id = await album.send(platform, sender)
    assert await album.fetch()
    (file,) = await album.files_of(complaint_id)
    assert (file["kind"], file["by"]) == ("image", "citizen")
    kinds = [kind for kind, _ in await events_of(album.intake, complaint_id)]
    assert kinds == ["ComplaintSubmitted", "CitizenMessageReceived", "EvidenceAdded"]
    assert await album.waiting() == []
    assert not await album.fetch()


async def test_two_processes_give_a_file_once(album: Album, sender: str) -> None:
    complaint_id = await album.send("whatsapp", sender)
    await asyncio.gather(*(album.fetch() for _ in range(3)))
    assert len(await album.files_of(complaint_id)) == 1


async def test_file_whose_lease_ran_out_is_given_by_the_other_alone(
    album: Album, sender: str
) -> None:
    complaint_id = await album.send("telegram", sender)
    held = asyncio.Event()
    fetched = asyncio.Event()

    class Slow:
        async def fetch(self, *_: str) -> bytes:
            held.set()
            await fetched.wait()
            return PHOTO

        async def close(self) -> None:
            """Have nothing to close."""

    slow = asyncio.create_task(album.fetch(Slow()))
    await held.wait()
    assert not await album.fetch()
    album.intake.system.clock.advance(LEASE + timedelta(seconds=1))
    assert await album.fetch()
    fetched.set()
    await slow
    assert len(await album.files_of(complaint_id)) == 1


async def test_platform_that_is_away_is_asked_again_and_not_for_ever(
    album: Album, sender: str
) -> None:
    class Away:
        tries = 0

        async def fetch(self, *_: str) -> bytes:
            self.tries += 1
            raise TryLater("HTTP 503")

        async def close(self) -> None:
            """Have nothing to close."""

    away = Away()
    await album.send("whatsapp", sender)
    for _ in range(MOST_TRIES + 3):
        await album.fetch(away)
        assert not await album.fetch(away)
        album.intake.system.clock.advance(timedelta(hours=24))
    assert away.tries == MOST_TRIES
    assert await album.waiting() == []


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_file_that_is_gone_or_no_file_is_given_up(
    album: Album, platform: str, sender: str
) -> None:
    album.platforms.files.pop("1", None)
    gone = await album.send(platform, sender, None)
    assert await album.fetch()
    hostile = await album.send(platform, f"{sender}1", b"<script>alert(1)</script>")
    assert await album.fetch()
    for complaint_id in (gone, hostile):
        assert await album.files_of(complaint_id) == []
    assert await album.waiting() == []


async def test_file_too_large_is_not_read_to_its_end(album: Album, sender: str) -> None:
    complaint_id = await album.send("messenger", sender, b"x" * 3_000_000)
    assert await album.fetch()
    assert await album.files_of(complaint_id) == []
    assert await album.waiting() == []


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://localhost:8000/intake/metrics",
        "http://127.0.0.1.contoh.example/x",
        "file:///etc/passwd",
        "http://[::1",
        "//127.0.0.2/x",
    ],
)
async def test_address_elsewhere_is_never_called(album: Album, address: str, sender: str) -> None:
    await arrives(album.intake, write("messenger", REPORT, sender=sender, image=address))
    assert await album.fetch()
    assert await album.waiting() == []


async def test_erased_persons_file_is_forgotten(album: Album, sender: str) -> None:
    complaint_id = await album.send("whatsapp", sender)
    await album.intake.rows(
        "UPDATE reporter SET wrapped_key = NULL, identity = NULL WHERE reporter_id = "
        "(SELECT reporter_id FROM complaint WHERE complaint_id = :id) RETURNING reporter_id",
        id=complaint_id,
    )
    assert await album.fetch()
    assert await album.files_of(complaint_id) == []
    assert await album.waiting() == []
