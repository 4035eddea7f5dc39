"""One server as a child process: its log, its end, and its life tied to ours."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

from shared.embedded.lifeline import Lifeline


class RunAs(TypedDict, total=False):
    """Arguments of `subprocess` that change the account; empty to stay who we are."""

    user: int
    group: int
    extra_groups: list[int]


class ServerProcess:
    """At most one running child; all its output goes to the end of `log_path`.

    `orphan_signal` is what the child gets when this program dies without stopping it.
    """

    def __init__(self, log_path: Path, orphan_signal: signal.Signals) -> None:
        self._log_path = log_path
        self._orphan_signal = orphan_signal
        self._child: subprocess.Popen[bytes] | None = None
        self._lifeline = Lifeline()
        self._log_began = 0

    @property
    def pid(self) -> int | None:
        """The child's process id; None when there is none or it has ended."""
        child = self._child
        return child.pid if child is not None and child.poll() is None else None

    def spawn(self, command: Sequence[str], folder: Path, account: RunAs) -> None:
        """Start `command` in `folder`. The caller waits for readiness in its own way."""
        with self._log_path.open("ab") as log:
            self._log_began = log.tell()
            self._child = subprocess.Popen(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C in the terminal is for us: we stop the server after its clients.
                start_new_session=True,
                **account,
            )
        self._lifeline.guard(self._child.pid, self._orphan_signal)

    def said(self) -> str:
        """What the child of the last `spawn` has written so far."""
        with self._log_path.open("rb") as log:
            log.seek(self._log_began)
            return log.read().decode(errors="replace").strip()

    def send(self, sign: signal.Signals) -> None:
        """Send `sign` to the child if it lives."""
        if self._child is not None and self._child.poll() is None:
            self._child.send_signal(sign)

    def end(self, sign: signal.Signals, patience_seconds: float, then: signal.Signals) -> None:
        """Send `sign`, wait, send `then` after `patience_seconds`; returns when it is gone."""
        if self._child is None:
            return
        self.send(sign)
        try:
            self._child.wait(patience_seconds)
        except subprocess.TimeoutExpired:
            self.send(then)
            self._child.wait()
        self._lifeline.release(self._child.pid)
        self._child = None

    def close(self) -> None:
        """Let go of everything that is left once the child has ended."""
        self._lifeline.close()


def step_back(pid: int, niceness: int) -> None:
    """Let a process that leads a session have the processor after the others, if they are scarce.

    With Linux' autogroups each session has an equal share, and the processes of one compare their
    niceness with each other alone (sched(7)): so the session gets it too.
    """
    with contextlib.suppress(ProcessLookupError):
        os.setpriority(os.PRIO_PROCESS, pid, niceness)
    with contextlib.suppress(OSError):
        Path("/proc", str(pid), "autogroup").write_text(str(niceness), encoding="ascii")


def end_stranger(pid: int, folder: Path, sign: signal.Signals) -> None:
    """End a process that is not our child and runs in `folder`; returns when it is gone."""
    if runs_in(pid, folder):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, sign)
        while runs_in(pid, folder):
            time.sleep(0.02)


def runs_in(pid: int, folder: Path) -> bool:
    """Whether process `pid` lives and works in `folder`.

    The kernel gives pids out again, so a number in a file says nothing without the folder. A
    zombie counts as dead. Where there is no /proc, any living process counts.
    """
    process = Path("/proc", str(pid))
    if not Path("/proc/self").exists():
        command = ["/bin/ps", "-o", "stat=", "-p", str(pid)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return bool(done.stdout.strip()) and not done.stdout.startswith("Z")
    try:
        dead = process.joinpath("stat").read_text().rsplit(")", 1)[1].split()[0] in "ZX"
        return not dead and process.joinpath("cwd").readlink() == folder.resolve()
    except PermissionError:
        return True
    except OSError:
        return False
