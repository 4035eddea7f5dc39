"""The supervisor: lines, restarts, and no process left behind, however it ends."""

import asyncio
import io
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from shared.embedded.supervisor import OnExit, Supervisor

SLEEP = "import time; print('up'); time.sleep(60)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEP
PARENT = (
    "import subprocess, sys, time\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
    "print('grandchild', child.pid)\n"
    "time.sleep(60)\n"
)


def python(program: str) -> list[str]:
    return [sys.executable, "-c", program]


def is_alive(pid: int) -> bool:
    """Whether the process runs; a zombie that nobody has collected yet does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def niceness_of(pid: int) -> set[int]:
    """How far a process steps back, and its session, where the system compares sessions.

    The file is empty for who never left the session that the system began with.
    """
    niceness = {os.getpriority(os.PRIO_PROCESS, pid)}
    autogroup = Path(f"/proc/{pid}/autogroup")
    if autogroup.exists():
        niceness.update(map(int, autogroup.read_text().split()[-1:]))
    return niceness


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - it waits for the system, which sets no event
            await asyncio.sleep(0.02)


@pytest.fixture
def output() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
async def supervisor(output: io.StringIO, tmp_path: Path) -> AsyncIterator[Supervisor]:
    running = Supervisor(
        grace_seconds=0.5, restart_delay_seconds=0.1, log_dir=tmp_path, output=output
    )
    yield running
    await running.stop()


async def test_lines_are_told_apart_and_kept(
    supervisor: Supervisor, output: io.StringIO, tmp_path: Path
) -> None:
    both = "import sys; print('terima'); print('ralat', file=sys.stderr); print('tanpa', end='')"
    await supervisor.start("intake", python(both), on_exit=OnExit.IGNORE)
    await supervisor.start("sla", python("import os; print(os.environ['KOTA'])"), {"KOTA": "Ambon"})
    await until(lambda: not supervisor.pids() and "sla ended" in output.getvalue())
    await until(lambda: "intake ended" in output.getvalue())
    lines = output.getvalue().splitlines()
    assert "intake     | terima" in lines
    assert "intake     | ralat" in lines
    assert "intake     | tanpa" in lines
    assert "sla        | Ambon" in lines
    assert "supervisor | sla ended with code 0" in lines
    assert "\x1b" not in output.getvalue()
    assert (tmp_path / "intake.log").read_text() == "terima\nralat\ntanpa\n"


async def test_stop_ends_also_who_ignores_sigterm_and_grandchildren(
    supervisor: Supervisor, output: io.StringIO
) -> None:
    await supervisor.start("stubborn", python(STUBBORN))
    await supervisor.start("parent", python(PARENT))
    await until(lambda: "| up" in output.getvalue() and "| grandchild" in output.getvalue())
    grandchild = int(output.getvalue().split("| grandchild ")[1].split()[0])
    pids = [*supervisor.pids().values(), grandchild]
    # Left alone, they would sleep for a minute.
    async with asyncio.timeout(30):
        await supervisor.stop()
    await until(lambda: not any(map(is_alive, pids)))
    assert "stubborn did not stop in 0.5 s" in output.getvalue()
    assert supervisor.pids() == {}


async def test_killed_child_comes_back_and_takes_its_group_along(
    supervisor: Supervisor, output: io.StringIO
) -> None:
    first = await supervisor.start("routing", python(PARENT), on_exit=OnExit.RESTART)
    await until(lambda: "| grandchild" in output.getvalue())
    grandchild = int(output.getvalue().split("| grandchild ")[1].split()[0])
    supervisor.kill("routing", signal.SIGKILL)
    second = await asyncio.wait_for(supervisor.wait_started("routing", 2), 30)
    assert second != first
    assert supervisor.starts("routing") == 2
    assert "routing was ended by SIGKILL" in output.getvalue()
    await until(lambda: not is_alive(grandchild))


async def test_who_steps_back_does_so_after_a_restart_too(supervisor: Supervisor) -> None:
    ahead = await supervisor.start("intake", python(SLEEP))
    first = await supervisor.start("sla", python(SLEEP), niceness=7)
    second = await supervisor.restart("sla")
    assert second != first
    assert niceness_of(second) == {7}
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    assert ours in niceness_of(ahead) <= {ours, 0} - {7}


async def test_restart_is_orderly_and_counts(supervisor: Supervisor, output: io.StringIO) -> None:
    first = await supervisor.start("intake", python(SLEEP))
    await until(lambda: "| up" in output.getvalue())
    assert await supervisor.restart("intake") != first
    assert supervisor.starts("intake") == 2
    assert not is_alive(first)


async def test_name_is_taken_while_its_child_runs(supervisor: Supervisor) -> None:
    await supervisor.start("intake", python(SLEEP))
    with pytest.raises(ValueError, match="runs already"):
        await supervisor.start("intake", python(SLEEP))
    with pytest.raises(FileNotFoundError):
        await supervisor.start("sla", ["/no/such/program"])


async def test_death_of_one_stops_all(supervisor: Supervisor) -> None:
    await supervisor.start("sla", python(SLEEP))
    await supervisor.start("intake", python("raise SystemExit(3)"))
    assert await asyncio.wait_for(supervisor.run_until_stopped(), 30) == 3
    assert supervisor.pids() == {}


STACK = f"""
import asyncio, sys
from shared.embedded.supervisor import Supervisor
async def main():
    supervisor = Supervisor(grace_seconds=0.5)
    await supervisor.start("plain", [sys.executable, "-c", {SLEEP!r}])
    await supervisor.start("stubborn", [sys.executable, "-c", {STUBBORN!r}])
    print("pids", *supervisor.pids().values(), flush=True)
    return await supervisor.run_until_stopped()
raise SystemExit(asyncio.run(main()))
"""


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
async def test_no_child_outlives_the_supervisor(sign: signal.Signals) -> None:
    stack = await asyncio.create_subprocess_exec(*python(STACK), stdout=subprocess.PIPE)
    assert stack.stdout is not None
    lines = [(await stack.stdout.readline()).decode() for _ in range(3)]
    (pids,) = (line.split()[1:] for line in lines if line.startswith("pids"))
    assert all(is_alive(int(pid)) for pid in pids)
    os.kill(stack.pid, sign)
    code = await asyncio.wait_for(stack.wait(), 30)
    assert code == (-signal.SIGKILL if sign == signal.SIGKILL else 0)
    await until(lambda: not any(is_alive(int(pid)) for pid in pids))
