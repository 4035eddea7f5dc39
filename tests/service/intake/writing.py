"""Writes to intake as people do on the platforms, and looks at what became of it."""

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.intake import fetching
from services.intake.operations.submission import sender_index
from shared.contracts.topics import ServiceName
from tests.service.intake.driver import Driver
from tests.support.deliveries import CHANNELS as CHANNEL_OF
from tests.support.deliveries import SECRETS, SMS_KEY, Delivery
from tests.support.servers import Databases
from tests.support.system import System, running_system

REPORT = "Lampu jalan di depan pos ronda RT 03 padam sejak tiga hari"


@asynccontextmanager
async def open_to_platforms(
    databases: Databases, home: Path, services: Iterable[ServiceName] = ("intake",), **values: Any
) -> AsyncIterator[System]:
    """Run intake, or more, with the secrets of every platform, and limits that a test can reach.

    Files are fetched when a test says so, and not by the service itself.
    """
    async with AsyncExitStack() as stack:
        still = stack.enter_context(pytest.MonkeyPatch.context())
        still.setattr(fetching, "_POLL_SECONDS", 3600)
        with pytest.MonkeyPatch.context() as environment:
            for name, secret in SECRETS.items():
                environment.setenv(f"TANGGAP_INTAKE_{name.upper()}", secret)
            environment.setenv("TANGGAP_INTAKE_LIMIT_SENDER", "30 per hour")
            environment.setenv("TANGGAP_INTAKE_PARTNER_SMS_KEYS", SMS_KEY)
            starting = running_system(databases, home, services=services, **values)
            system = await stack.enter_async_context(starting)
        yield system


async def post(intake: Driver, delivery: Delivery) -> httpx.Response:
    """Deliver as the platform does."""
    return await intake.client.post(delivery.path, content=delivery.body, headers=delivery.headers)


async def arrives(intake: Driver, delivery: Delivery) -> None:
    """Deliver what is taken in."""
    answer = await post(intake, delivery)
    assert answer.status_code == 200, answer.text


async def complaints_of(intake: Driver, platform: str, sender: str) -> list[dict[str, Any]]:
    """Return what a person has reported on a platform, the oldest first."""
    vault = intake.doors.context.vault
    index = sender_index(vault, CHANNEL_OF[platform], sender)
    return await intake.rows(
        "SELECT c.* FROM complaint c JOIN reporter r USING (reporter_id) WHERE r.sender_hash = :h "
        "ORDER BY c.submitted_at, c.complaint_id",
        h=index,
    )


async def events_of(intake: Driver, complaint_id: str) -> list[tuple[str, dict[str, Any]]]:
    """Return what was published of a complaint."""
    rows = await intake.published(str(complaint_id))
    return [(row["type"].split(".")[-2], json.loads(row["payload"])) for row in rows]


async def meanings_of(intake: Driver, complaint_id: str) -> list[str]:
    """Return what the messages of a complaint were taken for."""
    rows = await intake.rows(
        "SELECT meaning FROM received_message WHERE complaint_id = :id ORDER BY received_at, "
        "meaning",
        id=complaint_id,
    )
    return [row["meaning"] for row in rows]
