"""Writes to intake as people do on the platforms, and looks at what became of it."""

import json
from typing import Any

import httpx

from services.intake.operations.submission import sender_index
from tests.service.intake.driver import Driver
from tests.support.deliveries import CHANNELS as CHANNEL_OF
from tests.support.deliveries import Delivery

REPORT = "Lampu jalan di depan pos ronda RT 03 padam sejak tiga hari"


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
