"""Debian's Prometheus and its `promtool`, run as a person at a terminal would run them."""

import asyncio
import shutil
from pathlib import Path

from tests.dashboards.expressions import PROMETHEUS, RULES

_HOW_TO_GET_IT = (
    "`{name}` is not installed. On Debian or Ubuntu: apt-get install prometheus "
    "(its server need not run; only the programs are wanted)."
)


class ProgramMissing(RuntimeError):
    """A program is not installed; the message says how to get it."""


class CheckFailed(RuntimeError):
    """A program found something wrong; the message is what it said."""


def program(name: str) -> Path:
    """Return where a program is; raises ProgramMissing."""
    found = shutil.which(name)
    if found is None:
        raise ProgramMissing(_HOW_TO_GET_IT.format(name=name))
    return Path(found)


async def check_files() -> str:
    """Let promtool check the configuration and the rules, and run the rules' tests."""
    said = [await _promtool("check", "config", str(PROMETHEUS / "prometheus.yml"))]
    tests = sorted(map(str, RULES.glob("*.test.yml")))
    said.append(await _promtool("test", "rules", *tests))
    return "\n".join(said)


async def check_metrics(exposition: bytes) -> None:
    """Let promtool judge the names and help texts of what a service exposes."""
    await _promtool("check", "metrics", given=exposition)


async def _promtool(*arguments: str, given: bytes = b"") -> str:
    process = await asyncio.create_subprocess_exec(
        program("promtool"),
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate(given)
    if process.returncode != 0:
        raise CheckFailed(f"promtool {' '.join(arguments)}:\n{said.decode()}")
    return said.decode().strip()
