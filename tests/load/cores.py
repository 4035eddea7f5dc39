"""Which core runs what: the server under test has one to itself, all else shares the others."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cores:
    """The server's core and the others; both empty where the system cannot pin."""

    server: frozenset[int]
    others: frozenset[int]

    @property
    def description(self) -> str:
        """Say what is pinned where."""
        if not self.server:
            return "not pinned: this system cannot"
        if self.server == self.others:
            return "one core for everything: ratios suffer"
        server, others = (", ".join(map(str, sorted(s))) for s in (self.server, self.others))
        return f"server on core {server}; load, Postgres and Kafka on {others}"


def share_cores() -> Cores:
    """Divide the cores that this process may use."""
    if not hasattr(os, "sched_setaffinity"):
        return Cores(frozenset(), frozenset())
    mine = sorted(os.sched_getaffinity(0))
    # One core for the rest, as on the machine that the goals were set for.
    return Cores(frozenset(mine[:1]), frozenset(mine[1:2] or mine))


@contextmanager
def started_on(cores: frozenset[int]) -> Iterator[None]:
    """Let every process that is started inside inherit these cores."""
    if not cores:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a process has used; 0 where /proc does not tell."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:  # noqa: PTH123 - no real file
            fields = stat.read().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def family_cpu_seconds(pid: int) -> float:
    """Return the processor time of a process and its children, also those that have ended."""
    children = [int(each.name) for each in Path("/proc").glob("[0-9]*") if _parent(each) == pid]
    return _waited_for(pid) + sum(map(cpu_seconds, [pid, *children]))


def _waited_for(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def _parent(process: Path) -> int | None:
    try:
        return int((process / "stat").read_text(encoding="ascii").rpartition(")")[2].split()[1])
    except (OSError, UnicodeDecodeError):
        return None


def resident_megabytes(pid: int) -> float:
    """Return the resident memory of a process in MB (10^6 bytes); 0 where /proc does not tell."""
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as statm:  # noqa: PTH123 - no real file
            pages = int(statm.read().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
