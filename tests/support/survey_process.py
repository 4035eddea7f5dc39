"""Survey as a process of its own, for tests that kill it."""

import asyncio
import os
import sys
from pathlib import Path
from time import monotonic
from typing import Self

from services.all_in_one import settings_of
from services.deployment import load_profile
from shared.embedded.ports import HOST, free_port
from shared.settings import CoreSettings
from tests.load.client import Door, Unanswered, Unreachable
from tests.support.servers import PROFILE, Databases

_READY_SECONDS = 40


class SurveyProcess:
    """`tanggap serve survey` on a database of the run's Postgres."""

    def __init__(self, database_url: str, home: Path) -> None:
        """Choose a port; nothing is started yet."""
        self.database_url = database_url
        self._port = free_port()
        self.base = f"http://{HOST}:{self._port}"
        self._environment = {
            **os.environ,
            "TANGGAP_HOME": str(home),
            "TANGGAP_PORT": str(self._port),
            "TANGGAP_HOST": HOST,
            "TANGGAP_LOG_LEVEL": "ERROR",
            "TANGGAP_SURVEY_DATABASE_URL": database_url,
            # Not used by a service that stands alone; it keeps a Postgres from being started.
            "TANGGAP_BUS_DATABASE_URL": database_url,
        }
        self._process: asyncio.subprocess.Process | None = None

    @classmethod
    async def start(cls, databases: Databases, home: Path) -> Self:
        """Prepare a database and start the process on it."""
        url = await databases.fresh("survey")
        core = CoreSettings(home=home)
        await load_profile(PROFILE, {"survey": settings_of("survey", core=core, database_url=url)})
        made = cls(url, home)
        await made._launch()
        return made

    async def kill_and_restart(self) -> None:
        """End the process as `kill -9` does, and start it again."""
        await self._kill()
        await self._launch()

    async def stop(self) -> None:
        """End the process."""
        await self._kill()

    async def _kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def _launch(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.cli", "serve", "survey", env=self._environment
        )
        door = Door(self.base, timeout_seconds=5)
        deadline = monotonic() + _READY_SECONDS
        try:
            while monotonic() < deadline:
                try:
                    if (await door.ask("GET", "/survey/readyz")).status == 200:
                        return
                except (Unreachable, Unanswered):
                    pass
                await asyncio.sleep(0.05)
        finally:
            await door.close()
        raise TimeoutError("survey is not ready")
