"""Drives the data bank: lets it catch up, puts old complaints in, and reads as staff."""

import asyncio
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from services.intake.operations.importing import import_entries
from services.intake.rules.archives import Names, named, read_row
from shared.auth import Role
from tests.service.intake.driver import Driver

BANK = "/intake/v1/bank"
ZONE = ZoneInfo("Asia/Jakarta")


async def caught_up(intake: Driver, queue: str = "bank_change", seconds: float = 30) -> None:
    """Wait until the bank shows every complaint as it is, or has announced every import."""
    deadline = monotonic() + seconds
    while await intake.rows(f"SELECT 1 FROM {queue} LIMIT 1"):  # noqa: S608 - a table's name
        assert monotonic() < deadline, f"{queue} is not worked off"
        await asyncio.sleep(0.02)


async def read(
    intake: Driver,
    door: str,
    role: Role = Role.TRIAGE,
    of: str | None = None,
    **query: Any,
) -> httpx.Response:
    """Ask one of the bank's doors, as staff of an OPD or of none."""
    headers = intake.system.staff(role, opd=of)
    return await intake.client.get(f"{BANK}/{door}", params=query, headers=headers)


async def found(
    intake: Driver,
    role: Role = Role.TRIAGE,
    of: str | None = None,
    **query: Any,
) -> list[dict[str, Any]]:
    """Search, and return the page's items."""
    answer = await read(intake, "search", role, of, **query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def put_in(intake: Driver, *rows: dict[str, str], source: str = "uji") -> int:
    """Import rows of an old log; those without a time are a day old."""
    names = names_of(intake)
    yesterday = (intake.now - timedelta(days=1)).isoformat()
    entries = [
        read_row({"submitted_at": yesterday, **row}, names, source, intake.now) for row in rows
    ]
    async with intake.doors.units.begin() as unit:
        return await import_entries(unit, entries, ZONE.key)


def names_of(intake: Driver) -> Names:
    """Return what the profile's names mean."""
    profile = intake.doors.context.profile
    return Names(
        ZONE,
        named(profile.opds.items()),
        named(profile.topic_names().items()),
        named(profile.area_names().items()),
    )


def days_ago(intake: Driver, days: float) -> datetime:
    """Return an instant so long ago."""
    return intake.now - timedelta(days=days)
