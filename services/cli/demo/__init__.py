"""`tanggap demo`: plays a simulated day through the doors of a running system, and shows it."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated
from uuid import uuid4
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from services.cli.demo.doors import Doors, find_running
from services.cli.demo.outcome import print_outcome
from services.cli.demo.player import Player
from services.cli.demo.respondents import answer_survey
from services.cli.demo.screen import Screen
from services.cli.demo.script import DemoDay, read_day
from services.cli.serving import FIRST_STACK_PORT
from shared.clock import SteeredClock, SystemClock
from shared.local_issuer import LocalIssuer
from shared.settings import CoreSettings

console = Console(highlight=False)

# After the day's last minute the clocks of the unanswered go on, and faster, until the leader has
# heard of them.
_AFTERMATH = timedelta(hours=26)
_FASTER = 6


def demo(
    profile: Annotated[
        Path, typer.Option(exists=True, file_okay=False, help="Profile that holds `demo/`.")
    ] = Path("deploy/profiles/contoh"),
    minutes: Annotated[
        float, typer.Option(min=0.5, max=1440, help="How long the day takes on your watch.")
    ] = 4,
    complaints: Annotated[
        int | None, typer.Option(min=1, help="Play only the first so many complaints.")
    ] = None,
) -> None:
    """Play a day of complaints against whichever of `make run` and `make stack` is running.

    Its clock shows a day of this week meanwhile, and runs fast; it is the wall clock again
    when the day is over. Everybody in the script is invented.
    """
    core = CoreSettings()
    day = read_day(profile)
    if complaints is not None:
        day = day.first(complaints)
    base = asyncio.run(find_running(core.port, FIRST_STACK_PORT))
    if base is None:
        console.print("Nothing is running: start `make run` or `make stack` first.")
        raise typer.Exit(1)
    clock = SteeredClock((core.clock_file or core.home / "clock.json").absolute())
    issuer = LocalIssuer(core.home, issuer=core.oidc_issuer, audience=core.oidc_audience)
    begins = _three_days_before(SystemClock().now(), day)
    speed = day.minutes / minutes
    clock.steer(begins, speed)
    try:
        asyncio.run(_play(day, Doors(base, issuer, clock), clock, begins, speed))
    finally:
        clock.release()


async def _play(
    day: DemoDay, doors: Doors, clock: SteeredClock, begins: datetime, speed: float
) -> None:
    async with doors:
        player = Player(day, doors, clock, begins, speed)
        with Screen(console, day, player, clock):
            await player.play()
            clock.steer(clock.now(), speed * _FASTER)
            await player.wait_until(begins + timedelta(minutes=day.minutes) + _AFTERMATH)
            await asyncio.sleep(1.5)
        await print_outcome(console, doors, player)
        asked = await answer_survey(doors, uuid4().hex[:12], begins)
        console.print(
            f"{asked} citizens told an interviewer how they were served; "
            "see /survey/v1/pages/dukcapil for what was asked."
        )


def _three_days_before(now: datetime, day: DemoDay) -> datetime:
    """Return the script's opening hour, so far back that day and aftermath are over by now."""
    local = now.astimezone(ZoneInfo(day.zone)) - timedelta(days=3)
    hour, minute = (int(part) for part in day.opens_at.split(":"))
    return local.replace(hour=hour, minute=minute, second=0, microsecond=0).astimezone(UTC)
