"""Runs the parts of a stack as processes of their own, with their lines on one output.

No child outlives the supervisor, even when that is killed with SIGKILL.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, TextIO

from shared.embedded.lifeline import Lifeline
from shared.embedded.processes import step_back

_COLOURS = (36, 32, 33, 35, 34, 96, 92, 93)
# A longer line is broken, so that a child that writes no line ends cannot fill our memory.
_LONGEST_LINE = 256 * 1024


class OnExit(StrEnum):
    """What follows when a child ends without having been told to."""

    IGNORE = "ignore"
    STOP_ALL = "stop all"
    RESTART = "restart"


@dataclass
class _Child:
    """One named part, over all its restarts."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    folder: Path | None
    on_exit: OnExit
    colour: int
    log: BinaryIO | None
    niceness: int = 0
    starts: int = 0
    process: asyncio.subprocess.Process | None = None
    runner: asyncio.Task[None] | None = None
    reader: asyncio.Task[None] | None = None
    up: asyncio.Event = field(default_factory=asyncio.Event)
    told_to_stop: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def pid(self) -> int | None:
        process = self.process
        return process.pid if process is not None and process.returncode is None else None


class Supervisor:
    """Starts, watches, restarts and stops child processes; one event loop, not thread safe.

    Each child leads a process group of its own, which ends with it. Its lines go to `output`
    as `name | line`, in colour when that is a terminal, and to `log_dir/name.log` when given.
    """

    def __init__(
        self,
        grace_seconds: float = 10.0,
        restart_delay_seconds: float = 0.5,
        log_dir: Path | None = None,
        output: TextIO | None = None,
    ) -> None:
        self._grace_seconds = grace_seconds
        self._restart_delay_seconds = restart_delay_seconds
        self._log_dir = log_dir
        self._output: TextIO | None = output if output is not None else sys.stdout
        self._in_colour = self._output.isatty() and "NO_COLOR" not in os.environ
        self._children: dict[str, _Child] = {}
        self._lifeline = Lifeline(grace_seconds)
        self._over: asyncio.Future[int] | None = None

    async def start(
        self,
        name: str,
        argv: Sequence[str],
        env: Mapping[str, str] | None = None,
        on_exit: OnExit = OnExit.STOP_ALL,
        folder: Path | None = None,
        niceness: int = 0,
    ) -> int:
        """Start `argv` as `name` and return its pid; `env` comes on top of our environment.

        Where processors are scarce, it steps back behind the others by its `niceness` (0 to 19).

        Raises ValueError when `name` runs already, OSError when the program cannot be started.
        """
        known = self._children.get(name)
        if known is not None and known.runner is not None and not known.runner.done():
            raise ValueError(f"{name} runs already")
        child = _Child(
            name=name,
            argv=argv,
            # A pipe makes Python keep its lines back in blocks of 8 kB.
            env={**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})},
            folder=folder,
            on_exit=on_exit,
            colour=known.colour if known else _COLOURS[len(self._children) % len(_COLOURS)],
            log=self._open_log(name),
            niceness=niceness,
            starts=known.starts if known else 0,
        )
        try:
            process = await self._spawn(child)
        except BaseException:
            if child.log is not None:
                child.log.close()
            raise
        self._children[name] = child
        child.runner = asyncio.create_task(self._run(child, process), name=f"supervise {name}")
        return process.pid

    def pids(self) -> dict[str, int]:
        """The pid of each child that lives, by name."""
        return {name: child.pid for name, child in self._children.items() if child.pid is not None}

    def starts(self, name: str) -> int:
        """How often `name` was started, its first start included."""
        return self._children[name].starts

    def kill(self, name: str, sign: signal.Signals = signal.SIGKILL) -> None:
        """Send `sign` to `name` as a stranger would; what follows is its `on_exit`.

        Raises ProcessLookupError when it does not live.
        """
        pid = self._children[name].pid
        if pid is None:
            raise ProcessLookupError(f"{name} does not run")
        os.kill(pid, sign)

    async def wait_started(self, name: str, starts: int) -> int:
        """Wait until `name` was started `starts` times and lives; returns its pid."""
        child = self._children[name]
        while (pid := child.pid) is None or child.starts < starts:
            child.up.clear()
            await child.up.wait()
        return pid

    async def restart(self, name: str) -> int:
        """Stop `name` in order and start it again as it was; returns the new pid."""
        child = self._children[name]
        await self._stop_child(child)
        return await self.start(
            name, child.argv, child.env, child.on_exit, child.folder, child.niceness
        )

    async def stop(self) -> None:
        """SIGTERM to all, SIGKILL to who is left after the grace time; returns when all ended."""
        await asyncio.gather(*(self._stop_child(child) for child in self._children.values()))
        self._lifeline.close()

    async def run_until_stopped(self) -> int:
        """Wait for SIGINT, SIGTERM or a child's end that stops all; stop all; the exit code.

        A second signal while stopping kills at once. Needs the main thread's event loop.
        """
        loop = asyncio.get_running_loop()
        over = self._over = loop.create_future()
        for sign in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(sign, self._on_signal, over)
        try:
            for child in self._children.values():
                self._conclude(child)
            code: int = await over
        finally:
            await self.stop()
            self._over = None
            for sign in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(sign)
        return code

    def _on_signal(self, over: asyncio.Future[int]) -> None:
        if over.done():
            for child in self._children.values():
                if child.runner is not None and not child.runner.done():
                    self._signal_group(child, signal.SIGKILL)
        else:
            over.set_result(0)

    async def _spawn(self, child: _Child) -> asyncio.subprocess.Process:
        # A pipe of our own: with asyncio's, wait() does not return while a grandchild holds it.
        reading_end, writing_end = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *child.argv,
                env=child.env,
                cwd=child.folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=writing_end,
                stderr=writing_end,
                # Ctrl-C reaches us alone, and a signal to the group reaches its children too.
                start_new_session=True,
            )
        except BaseException:
            os.close(reading_end)
            raise
        finally:
            os.close(writing_end)
        self._lifeline.guard(-process.pid)
        if child.niceness:
            step_back(process.pid, child.niceness)
        child.reader = asyncio.create_task(self._copy_lines(child, reading_end))
        child.process = process
        child.starts += 1
        child.up.set()
        return process

    async def _run(self, child: _Child, process: asyncio.subprocess.Process) -> None:
        """Watch one child until it ends for good."""
        while True:
            code = await process.wait()
            # Its own children must not live on and answer on its port.
            self._signal_group(child, signal.SIGKILL)
            self._lifeline.release(-process.pid)
            await self._finish_reading(child)
            if child.told_to_stop.is_set():
                break
            self._say(f"{child.name} {_ending(code)}")
            if child.on_exit is not OnExit.RESTART or await self._stopped_while_waiting(child):
                break
            try:
                process = await self._spawn(child)
            except OSError as error:
                self._say(f"{child.name} cannot be started again: {error}")
                break
        if child.log is not None:
            child.log.close()
        self._conclude(child)

    async def _stopped_while_waiting(self, child: _Child) -> bool:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(child.told_to_stop.wait(), self._restart_delay_seconds)
        return child.told_to_stop.is_set()

    def _conclude(self, child: _Child) -> None:
        """End `run_until_stopped` if the end of this child is to stop all."""
        code = child.process.returncode if child.process is not None else None
        if code is None or child.told_to_stop.is_set() or child.on_exit is not OnExit.STOP_ALL:
            return
        if self._over is not None and not self._over.done():
            self._over.set_result(code if code > 0 else 1)

    async def _stop_child(self, child: _Child) -> None:
        child.told_to_stop.set()
        if child.runner is None or child.runner.done():
            return
        # A process stopped with SIGSTOP would keep its SIGTERM until it goes on.
        self._signal_group(child, signal.SIGTERM)
        self._signal_group(child, signal.SIGCONT)
        _, late = await asyncio.wait({child.runner}, timeout=self._grace_seconds)
        if late:
            self._say(f"{child.name} did not stop in {self._grace_seconds:g} s: killing it")
            self._signal_group(child, signal.SIGKILL)
        await child.runner

    def _signal_group(self, child: _Child, sign: signal.Signals) -> None:
        if child.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.process.pid, sign)

    async def _finish_reading(self, child: _Child) -> None:
        """Read what is left; not for ever, since a daemon may have taken the pipe along."""
        if child.reader is not None:
            _, late = await asyncio.wait({child.reader}, timeout=1)
            for reader in late:
                reader.cancel()
                await asyncio.wait({reader})

    async def _copy_lines(self, child: _Child, reading_end: int) -> None:
        """Copy the child's output line by line until it is closed."""
        stream = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(reading_end, "rb", 0)
        )
        try:
            await self._copy_stream(child, stream)
        finally:
            transport.close()

    async def _copy_stream(self, child: _Child, stream: asyncio.StreamReader) -> None:
        rest = b""
        while chunk := await stream.read(65536):
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) > _LONGEST_LINE:
                lines, rest = [*lines, rest], b""
            for line in lines:
                self._write_line(child, line)
        if rest:
            self._write_line(child, rest)

    def _write_line(self, child: _Child, line: bytes) -> None:
        if child.log is not None:
            child.log.write(line + b"\n")
            child.log.flush()
        self._print(child.name, child.colour, line.decode(errors="replace").rstrip("\r"))

    def _say(self, text: str) -> None:
        self._print("supervisor", 1, text)

    def _print(self, name: str, colour: int, text: str) -> None:
        if self._output is None:
            return
        width = max(map(len, ("supervisor", *self._children)))
        label = f"{name:<{width}} |"
        label = f"\x1b[{colour}m{label}\x1b[0m" if self._in_colour else label
        try:
            self._output.write(f"{label} {text}\n")
            self._output.flush()
        except (BrokenPipeError, ValueError):
            # Nobody reads any more; the children must be drained all the same.
            self._output = None

    def _open_log(self, name: str) -> BinaryIO | None:
        if self._log_dir is None:
            return None
        self._log_dir.mkdir(parents=True, exist_ok=True)
        return (self._log_dir / f"{name}.log").open("ab")


def _ending(code: int) -> str:
    if code >= 0:
        return f"ended with code {code}"
    return f"was ended by {signal.Signals(-code).name}"
