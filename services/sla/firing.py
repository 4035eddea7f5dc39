"""What a running clock does by itself, and what of a clock was told before. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from services.sla.policies import Rung
from services.sla.stopwatch import Change


class Firing(NamedTuple):
    """Something that a running clock does by itself at a moment: near, missed, or a rung."""

    kind: Literal["near", "missed", "rung"]
    at: datetime
    rung: Rung | None = None


def firings(near_at: datetime, due_at: datetime, rungs: Iterable[Rung]) -> list[Firing]:
    """Return all that a clock will do by itself if it runs on, in the order of time."""
    moments = {"near": near_at, "missed": due_at}
    steps = [
        Firing("rung", moments[rung.on] + timedelta(seconds=rung.after_seconds), rung)
        for rung in rungs
    ]
    # Sorting is stable: at one moment the deadline comes before those who are told of it.
    plain = [Firing("near", near_at), Firing("missed", due_at)]
    return sorted([*plain, *steps], key=lambda firing: firing.at)


def role_to_tell(rung: Rung, opd: str | None) -> str:
    """Choose whom a rung tells: while no OPD has the case, the one for that."""
    return rung.to_role if opd is not None else rung.to_role_unassigned


def first_news(changes: Sequence[Change], told: Sequence[str]) -> int:
    """Return from which change on nothing was published yet; `told` are fingerprints."""
    for index, change in enumerate(changes):
        if index >= len(told) or told[index] != change.fingerprint:
            return index
    return len(changes)


def has_verdict(told: Iterable[str]) -> bool:
    """Tell whether a clock's end, in time or late, was published before."""
    return any(each.endswith((" met", " missed")) for each in told)
