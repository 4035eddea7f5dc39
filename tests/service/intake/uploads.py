"""Sends files to intake as citizens and officers do."""

import json
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

import httpx

from shared.auth import Role
from shared.media.store import FolderStore
from tests.service.intake.driver import Driver, Lodged
from tests.support.files import photo

UPLOADS = "/intake/v1/attachments"
STAFF = "/intake/v1/staff/complaints"
DESK = (Role.TRIAGE,)


async def upload(
    intake: Driver,
    data: bytes | None = None,
    *,
    name: str = "foto.jpg",
    key: str | None = None,
    **fields: str,
) -> httpx.Response:
    """Upload a file before a complaint."""
    headers = {"Idempotency-Key": key} if key else {}
    content = photo() if data is None else data
    return await intake.client.post(
        UPLOADS, files={"file": (name, content, "text/html")}, data=fields, headers=headers
    )


async def uploaded(intake: Driver, data: bytes | None = None, **fields: str) -> dict[str, Any]:
    """Upload a file that is taken."""
    answer = await upload(intake, data, **fields)
    assert answer.status_code == 201, answer.text
    said: dict[str, Any] = answer.json()
    return said


async def attach(
    intake: Driver,
    lodged: Lodged,
    data: bytes | None = None,
    *,
    key: str | None = None,
    **fields: str,
) -> httpx.Response:
    """Add a file to a complaint, with its secret."""
    headers = {**lodged.key, **({"Idempotency-Key": key} if key else {})}
    content = photo() if data is None else data
    return await intake.client.post(
        f"{lodged.path}/attachments", files={"file": content}, data=fields, headers=headers
    )


async def prove(
    intake: Driver, lodged: Lodged, headers: dict[str, str], data: bytes | None = None
) -> httpx.Response:
    """Add an officer's evidence."""
    content = photo() if data is None else data
    return await intake.client.post(
        f"{STAFF}/{lodged.complaint_id}/attachments", files={"file": content}, headers=headers
    )


async def files_of(intake: Driver, lodged: Lodged) -> list[dict[str, Any]]:
    """Return a complaint's files as its reporter sees them."""
    own: dict[str, Any] = (await intake.track(lodged, known=True))["own"]
    files: list[dict[str, Any]] = own["attachments"]
    return files


async def read(
    intake: Driver, lodged: Lodged, attachment_id: str, *, step: str = "", **headers: str
) -> httpx.Response:
    """Read a file with the secret, or with other headers instead."""
    return await intake.client.get(
        f"{lodged.path}/attachments/{attachment_id}{step}", headers=headers or lodged.key
    )


def payloads(events: Iterable[Mapping[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """Return the class and the payload of what was published."""
    return [(each["type"].split(".")[2], json.loads(each["payload"])) for each in events]


async def untouched() -> AsyncIterator[bytes]:
    """Yield a body of which no byte may be asked for."""
    for byte in b"x":
        assert not byte, "the body was read"
        yield b""


def stored(intake: Driver) -> list[str]:
    """Return the names of all files in the store."""
    store = intake.doors.context.files.store
    assert isinstance(store, FolderStore)
    return sorted(path.name for path in store._folder.rglob("*") if path.is_file())  # noqa: SLF001
