"""Play a city's year through sla, and compare what its clocks say with what the file says.

    python -m tests.load.replay_year complaints.csv

The file has the columns opd, submitted_at and responded_at (local times, the last may be empty);
other columns, such as a text, are not looked at. Every complaint becomes the ordinary events of
intake and routing, which go through sla's own inbox on a real Postgres; the clock is moved from
answer to answer, and the scanner fires in between. Then shares, median and 90th percentile are
taken from sla's clocks, and from the file by subtraction: they must be equal.
"""

import argparse
import asyncio
import csv
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from zoneinfo import ZoneInfo

from prometheus_client import CollectorRegistry

from services.sla import profile
from services.sla.context import make_context
from services.sla.metrics import SlaMetrics
from shared.clock import ManualClock
from shared.contracts.event import Event
from shared.contracts.intake import ComplaintSubmitted
from shared.contracts.routing import CaseAssigned, CaseTriaged, ResponseGiven
from shared.database import Database
from shared.ids import ComplaintId, new_id
from shared.transport.message import ReceivedMessage
from shared.unit_of_work import UnitsOfWork
from tests.service.sla.driver import Sla
from tests.support.servers import PROFILE, Databases, running_postgres

_BATCH = 200


@dataclass(frozen=True, slots=True)
class Row:
    """One complaint of the file; times in UTC."""

    opd: str
    submitted_at: datetime
    responded_at: datetime | None

    @property
    def waited(self) -> timedelta | None:
        """Return how long the citizen waited; an answer before the question took no time."""
        if self.responded_at is None:
            return None
        return max(self.responded_at - self.submitted_at, timedelta(0))


@dataclass(frozen=True, slots=True)
class Figures:
    """How fast a city answered those whom it answered."""

    complaints: int
    answered: int
    within_2_hours: float
    within_24_hours: float
    median_seconds: float
    ninetieth_seconds: float
    missed: int


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay found: by subtraction, by the clocks, and how often who was told."""

    from_file: Figures
    from_clocks: Figures
    met: int
    escalations: dict[int, int]
    expected_escalations: dict[int, int]
    seconds: float


def read_rows(path: Path, zone: str) -> list[Row]:
    """Read a file whose times are those of the city's clocks."""
    local = ZoneInfo(zone)

    def instant(written: str) -> datetime | None:
        return (
            datetime.fromisoformat(written).replace(tzinfo=local).astimezone(UTC)
            if written
            else None
        )

    with path.open(newline="", encoding="utf-8") as file:
        return [
            Row(row["opd"], submitted_at, instant(row["responded_at"]))
            for row in csv.DictReader(file)
            if (submitted_at := instant(row["submitted_at"])) is not None
        ]


def figures_of(waited: Sequence[timedelta], complaints: int, missed: int) -> Figures:
    """Compute the figures; percentiles are by nearest rank."""
    seconds = sorted(each.total_seconds() for each in waited)
    return Figures(
        complaints=complaints,
        answered=len(seconds),
        within_2_hours=_share(seconds, 7_200),
        within_24_hours=_share(seconds, 86_400),
        median_seconds=_percentile(seconds, 50),
        ninetieth_seconds=_percentile(seconds, 90),
        missed=missed,
    )


async def replay(sla: Sla, clock: ManualClock, rows: Sequence[Row], tail: timedelta) -> Replayed:
    """Play the rows, and `tail` of silence after the last of them."""
    begun = perf_counter()
    stories = sorted(
        (event for row in rows for event in _events(row)), key=lambda event: event.occurred_at
    )
    clock.set(stories[0].occurred_at)
    last = stories[-1].occurred_at + tail
    waiting: list[Event] = []
    for event in stories:
        if isinstance(event, ResponseGiven):
            await _hear(sla, waiting)
            waiting = []
            # Whatever is due before the answer comes before it, as on a machine that never sleeps.
            clock.set(max(event.occurred_at - timedelta(microseconds=1), clock.now()))
            await sla.scan()
            clock.set(max(event.occurred_at, clock.now()))
        waiting.append(event)
    await _hear(sla, waiting)
    clock.set(last)
    await sla.scan()
    return await _compare(sla, rows, perf_counter() - begun)


def _events(row: Row) -> Iterator[Event]:
    """Yield what intake and routing would have told of a complaint; its words are invented."""
    complaint_id = ComplaintId(new_id())
    yield ComplaintSubmitted(
        complaint_id=complaint_id,
        occurred_at=row.submitted_at,
        tracking_code="TGP2345678",
        channel="web",
        classification="complaint",
        text="Lampu jalan padam.",
        submitted_at=row.submitted_at,
    )
    placed_at = row.submitted_at + timedelta(seconds=1)
    if row.opd:
        yield CaseAssigned(
            complaint_id=complaint_id,
            occurred_at=placed_at,
            opd=row.opd,
            opd_name=row.opd,
            by="rule",
            reason="Kata kunci.",
        )
    else:
        yield CaseTriaged(
            complaint_id=complaint_id, occurred_at=placed_at, reason="Tidak ada aturan yang cocok."
        )
    if row.responded_at is not None:
        yield ResponseGiven(
            complaint_id=complaint_id,
            occurred_at=row.responded_at,
            text="Kami periksa.",
            kind="answer",
            officer_id="petugas-1",
        )


async def _hear(sla: Sla, events: Sequence[Event]) -> None:
    messages: list[ReceivedMessage] = [sla.message(event) for event in events]
    for start in range(0, len(messages), _BATCH):
        await sla.inbox.handle(messages[start : start + _BATCH])


async def _compare(sla: Sla, rows: Sequence[Row], seconds: float) -> Replayed:
    clocks = await sla.rows(
        "SELECT state, outcome, elapsed_seconds, missed_fired_at FROM clock"
        " WHERE stage = 'first_response'"
    )
    stopped = [
        timedelta(seconds=each["elapsed_seconds"]) for each in clocks if each["state"] == "stopped"
    ]
    missed = sum(each["missed_fired_at"] is not None for each in clocks)
    told = await sla.rows(
        "SELECT e.level, count(*) AS n FROM escalation e JOIN clock c USING (clock_id)"
        " WHERE c.stage = 'first_response' GROUP BY e.level"
    )
    waited = [row.waited for row in rows]
    return Replayed(
        from_file=figures_of(
            [each for each in waited if each is not None],
            len(rows),
            sum(each is None or each > timedelta(hours=2) for each in waited),
        ),
        from_clocks=figures_of(stopped, len(clocks), missed),
        met=sum(each["outcome"] == "met" for each in clocks),
        escalations={each["level"]: each["n"] for each in told},
        expected_escalations=dict(_ladder(waited)),
        seconds=seconds,
    )


def _ladder(waited: Iterable[timedelta | None]) -> Iterator[tuple[int, int]]:
    """Yield how often each level should have been told: those who waited until then, or wait."""
    known = list(waited)
    for level, after in enumerate((1.5, 2, 6, 26)):
        moment = timedelta(hours=after)
        number = sum(each is None or each > moment for each in known)
        if number:
            yield level, number


def _share(seconds: Sequence[float], limit: float) -> float:
    return sum(each <= limit for each in seconds) / len(seconds) if seconds else 0.0


def _percentile(seconds: Sequence[float], percent: int) -> float:
    if not seconds:
        return 0.0
    return seconds[max(-(-len(seconds) * percent // 100) - 1, 0)]


async def _play(path: Path, root: Path) -> Replayed:
    with running_postgres(root) as server:
        database = Database(await Databases(server, root).fresh("sla"))
        clock = ManualClock(datetime(2022, 1, 1, tzinfo=UTC))
        shipped = profile.read(PROFILE)
        context = make_context(shipped, "replay", SlaMetrics(CollectorRegistry()))
        try:
            sla = Sla(UnitsOfWork(database, clock), context, clock)
            return await replay(sla, clock, read_rows(path, shipped.zone), timedelta(days=3))
        finally:
            await database.close()


def main() -> int:
    """Play the file and print both columns of figures; 1 if they differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    path = parser.parse_args().file
    with TemporaryDirectory(prefix="tanggap-replay-") as root:
        found = asyncio.run(_play(path, Path(root)))
    for name in Figures.__dataclass_fields__:
        one, other = getattr(found.from_file, name), getattr(found.from_clocks, name)
        sys.stdout.write(f"{name:20} file {one:14.6g}   clocks {other:14.6g}\n")
    sys.stdout.write(
        f"escalations expected {found.expected_escalations}, told {found.escalations}\n"
    )
    sys.stdout.write(f"{found.met} answered in time; played in {found.seconds:.0f} s\n")
    return int(found.from_file != found.from_clocks)


if __name__ == "__main__":
    sys.exit(main())
