"""The checker: reads a load's log, the databases and the topics, and says what contradicts.

`python -m tests.chaos.checker --help` shows how to hold it against a running stack.
"""

import argparse
import asyncio
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from time import monotonic

from rich.console import Console
from rich.table import Table

from shared.clock import Clock, SystemClock
from shared.contracts.topics import ServiceName
from shared.database import Database
from tests.chaos.evidence import DELIVERING, Sample, Sent, Source, backlog
from tests.chaos.gathering import gather, read_samples
from tests.chaos.invariants import judge
from tests.chaos.verdict import Verdict
from tests.chaos.wire import read_bus, read_kafka
from tests.load.client import Door
from tests.load.log import Record, read_log


async def wait_for_rest(
    databases: Mapping[ServiceName, Source], clock: Clock, seconds: float = 30
) -> float:
    """Wait until nothing is under way; returns the seconds it took, raises TimeoutError."""
    began = monotonic()
    while waiting := await backlog(databases, clock.now()):
        if monotonic() - began > seconds:
            raise TimeoutError(f"The system did not come to rest in {seconds:g} s: {waiting}")
        await asyncio.sleep(0.1)
    return monotonic() - began


async def check(
    databases: Mapping[ServiceName, Source],
    clock: Clock,
    log: Sequence[Record] = (),
    *,
    wire: dict[str, list[Sent]] | None = None,
    metrics: dict[ServiceName, list[Sample]] | None = None,
    counts_exact: bool = False,
    latest: datetime | None = None,
) -> list[Verdict]:
    """Hold the invariants against a system at rest; whatever is not given is not looked at.

    `latest` is the latest hour that the clock ever showed, if it was set back since.
    """
    evidence = await gather(databases, clock.now(), wire)
    evidence.latest = latest or evidence.now
    evidence.metrics = metrics
    evidence.counts_exact = counts_exact
    return judge(evidence, log)


async def scrape(base: Mapping[ServiceName, str]) -> dict[ServiceName, list[Sample]]:
    """Read `/metrics` of each service at these addresses."""
    found: dict[ServiceName, list[Sample]] = {}
    for name, address in base.items():
        door = Door(address)
        try:
            answer = await door.ask("GET", f"/{name}/metrics")
        finally:
            await door.close()
        found[name] = read_samples(answer.body.decode())
    return found


def broken(verdicts: Sequence[Verdict]) -> list[str]:
    """Return every finding with its invariant; empty when all is well."""
    return [f"{each.invariant}: {finding}" for each in verdicts for finding in each.findings]


def print_verdicts(verdicts: Sequence[Verdict], most: int = 10) -> None:
    """Print the table of verdicts, and the first findings of each."""
    console = Console(highlight=False)
    table = Table("", "Invariant", "Looked at", "Contradicted", "Verdict")
    for each in verdicts:
        good = not each.findings
        verdict = "[green]holds[/green]" if good else "[red]BROKEN[/red]"
        if not each.looked_at:
            verdict = "not looked at"
        table.add_row(
            each.invariant, each.title, str(each.looked_at), str(len(each.findings)), verdict
        )
    console.print(table)
    for each in verdicts:
        for finding in each.findings[:most]:
            console.print(f"{each.invariant}: {finding}", markup=False, soft_wrap=True)
        if len(each.findings) > most:
            console.print(f"{each.invariant}: and {len(each.findings) - most} more")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; returns 0 when every invariant holds, 1 when one is broken."""
    options = _parser().parse_args(arguments)
    log = [record for path in options.log or () for record in read_log(path)]
    verdicts = asyncio.run(_run(options, log))
    print_verdicts(verdicts)
    return 1 if broken(verdicts) else 0


async def _run(options: argparse.Namespace, log: Sequence[Record]) -> list[Verdict]:
    databases = {name: Database(getattr(options, name), pool_size=2) for name in DELIVERING}
    bus = Database(options.bus, pool_size=2) if options.bus else None
    clock = SystemClock()
    try:
        await wait_for_rest(databases, clock, options.wait)
        wire = None
        if options.kafka:
            wire = await read_kafka(options.kafka)
        elif bus is not None:
            wire = await read_bus(bus)
        metrics = None
        if options.metrics:
            metrics = await scrape(dict(zip(DELIVERING, options.metrics, strict=True)))
        return await check(
            databases,
            clock,
            log,
            wire=wire,
            metrics=metrics,
            counts_exact=options.counts_exact,
        )
    finally:
        for database in (*databases.values(), *([bus] if bus else [])):
            await database.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos.checker",
        description="Hold the invariants against a system at rest.",
    )
    parser.add_argument("--log", type=Path, action="append", help="log of a load (JSON lines)")
    for name in DELIVERING:
        parser.add_argument(f"--{name}", required=True, metavar="URL", help=f"{name}'s database")
    wire = parser.add_mutually_exclusive_group()
    wire.add_argument("--kafka", metavar="HOST:PORT", help="read the topics from Kafka")
    wire.add_argument("--bus", metavar="URL", help="read the topics from the in-process bus")
    parser.add_argument(
        "--metrics",
        nargs=3,
        metavar="URL",
        help="addresses of intake, routing and sla, to compare what they show to Prometheus",
    )
    parser.add_argument(
        "--counts-exact",
        action="store_true",
        help="the services run since their databases were made: compare their counts too",
    )
    parser.add_argument(
        "--wait", type=float, default=30, metavar="SECONDS", help="how long rest may take to come"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
