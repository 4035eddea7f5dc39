"""`tanggap serve` as its own process: it greets, lets a day be played, and stops cleanly."""

import asyncio
import io
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import httpx
import pytest
from rich.console import Console

from services.cli.demo.doors import Doors, find_running
from services.cli.demo.outcome import print_outcome
from services.cli.demo.player import Player
from services.cli.demo.respondents import answer_survey
from services.cli.demo.screen import Screen
from services.cli.demo.script import read_day
from shared.clock import SteeredClock
from shared.contracts.topics import SERVICES, ServiceName
from shared.embedded.ports import free_port
from shared.local_issuer import LocalIssuer
from tests.support.servers import PROFILE, Databases

_PLAYING_SECONDS = 8
#: The seventh complaint's day is as long, so the sixth's stories are over well before.
_COMPLAINTS = 6


@dataclass
class Served:
    """A running `tanggap serve`."""

    process: asyncio.subprocess.Process
    home: Path
    port: int
    environment: dict[str, str]

    @property
    def clock_file(self) -> Path:
        """Where its clock is steered."""
        return self.home / "clock.json"

    async def command(self, *words: str) -> str:
        """Run another `tanggap` command beside it, and return what it prints."""
        other = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.cli", *words),
            stdout=asyncio.subprocess.PIPE,
            env=self.environment,
        )
        said, _ = await other.communicate()
        assert other.returncode == 0
        return said.decode()


@asynccontextmanager
async def served(databases: Databases, home: Path) -> AsyncIterator[Served]:
    """Run `tanggap serve all` on the run's Postgres, named in the environment."""
    urls = {
        f"TANGGAP_{name.upper()}_DATABASE_URL": await databases.empty() for name in SERVICES
    } | {"TANGGAP_BUS_DATABASE_URL": await databases.empty()}
    port = free_port()
    own = {name: value for name, value in os.environ.items() if not name.startswith("TANGGAP_")}
    environment = {
        **own,
        **urls,
        "TANGGAP_HOME": str(home),
        "TANGGAP_PORT": str(port),
        "TANGGAP_CLOCK_FILE": str(home / "clock.json"),
        "TANGGAP_LOG_LEVEL": "WARNING",
        "COLUMNS": "200",
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.cli", "serve", "all", "--prepare"),
        *("--profile", str(PROFILE)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=environment,
    )
    try:
        yield Served(process, home, port, environment)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def read_until(process: asyncio.subprocess.Process, words: str, seconds: float) -> str:
    """Read what a process prints until these words come; raises TimeoutError."""
    assert process.stdout is not None
    said = ""
    async with asyncio.timeout(seconds):
        while words not in said:
            line = await process.stdout.readline()
            assert line, f"it ended, and said: {said}"
            said += line.decode()
    return said


@pytest.mark.timeout(180)
async def test_served_system_greets_and_lets_a_day_be_played(
    databases: Databases, tmp_path: Path
) -> None:
    async with served(databases, tmp_path) as running:
        welcome = await read_until(running.process, "as the triage desk", 90)
        base = f"http://127.0.0.1:{running.port}"
        assert all(f"{base}/{name}/docs" in welcome for name in SERVICES)
        assert f"curl -s {base}/intake/v1/complaints" in welcome

        found = await find_running(running.port, free_port())
        assert found == dict.fromkeys(SERVICES, base)
        await token_opens_the_door(running, base)
        await play(running, found)

        running.process.send_signal(signal.SIGINT)
        async with asyncio.timeout(20):
            assert running.process.stdout is not None
            last = (await running.process.stdout.read()).decode()
            await running.process.wait()
        assert "Traceback" not in last, last
        assert '"level": "error"' not in last, last
        assert running.process.returncode == 0


async def token_opens_the_door(running: Served, base: str) -> None:
    """The last line of `tanggap token` is a token that the running system takes."""
    token = (await running.command("token", "--role", "triage")).splitlines()[-1]
    async with httpx.AsyncClient(base_url=base) as client:
        headers = {"Authorization": f"Bearer {token}"}
        answer = await client.get("/routing/v1/cases", headers=headers)
        assert answer.json() == {"items": [], "next": None}
        assert (await client.get("/routing/v1/cases")).status_code == 401


async def play(running: Served, base: dict[ServiceName, str]) -> None:
    """Play the first complaints of the day, and read what is printed of it."""
    day = read_day(PROFILE).first(_COMPLAINTS)
    last_minute = max(
        *(step.minute for complaint in day.complaints for step in complaint.steps),
        *(each.minute + turn.after_minutes for each in day.applications for turn in each.turns),
    )
    clock = SteeredClock(running.clock_file)
    issuer = LocalIssuer(running.home, issuer="tanggap-local", audience="tanggap")
    begins = datetime(2026, 3, 9, 0, 0, tzinfo=UTC)
    speed = last_minute * 60 / _PLAYING_SECONDS
    screen = Console(file=io.StringIO(), width=200)
    began = monotonic()
    clock.steer(begins, speed)
    async with Doors(base, issuer, clock) as doors:
        player = Player(day, doors, clock, begins, speed)
        with Screen(screen, day, player, clock):
            await player.play()
            await player.wait_until(begins + timedelta(minutes=last_minute + 1))
        paper = Console(file=io.StringIO(), width=200)
        await print_outcome(paper, doors, player)
    clock.release()

    assert monotonic() - began < 60
    assert player.refusals == []
    assert player.counts["masuk"] == _COMPLAINTS
    assert player.counts["permohonan"] == len(day.applications)
    assert player.counts["diputuskan"] == sum(len(each.turns) for each in day.applications)
    assert player.counts["dijawab"] == _COMPLAINTS
    assert player.counts["selesai"] == 5
    assert player.counts["penilaian"] == 5
    printed = paper.file.getvalue()  # type: ignore[attr-defined]
    assert "First responses of the day" in printed
    assert f"{_COMPLAINTS} complaints;" in printed
    assert "Answered within 2 h: " in printed
    assert all(complaint.belongs_to in printed for complaint in day.complaints)
    assert "masuk" in screen.file.getvalue()  # type: ignore[attr-defined]
    async with Doors(base, issuer, clock) as doors:
        units = await doors.survey_units()
        assert await answer_survey(doors, "uji-survei", clock.now()) == 12 * len(units)
        assert await answer_survey(doors, "uji-survei", clock.now()) == 0
