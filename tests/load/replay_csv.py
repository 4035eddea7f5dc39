"""Sends the rows of a CSV as complaints to a running stack, and reports what became of them.

`python -m tests.load.replay_csv FILE --rate 20 --limit 2000`; the file has a column `text` and, for
the share placed right, `opd`. No word of it gets into the log or the report.
"""

import argparse
import asyncio
import csv
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import monotonic
from uuid import uuid4

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from services.routing import profile
from shared.clock import SystemClock
from shared.contracts.topics import ServiceName
from shared.database import Database
from shared.profile_store import latest_profile
from tests.chaos.checker import broken, check, print_verdicts, scrape, wait_for_rest
from tests.chaos.evidence import DELIVERING, rows_of
from tests.chaos.wire import read_kafka
from tests.load.client import Door, at_rate
from tests.load.log import LoadLog, Record, percentile
from tests.load.stack_addresses import servers_below
from tests.load.traffic import SUBMIT, Errand, Sender

MOST_TEXT = 8_000
# In the file, one code stands for the OPDs of all sub-districts.
SUB_DISTRICT = "KECAMATAN"

_ASSIGNED = """
    SELECT CAST(complaint_id AS text) AS complaint_id, min(recorded_at) AS recorded_at
    FROM timeline_entry WHERE kind = 'assigned' GROUP BY complaint_id
"""
_FIRST_PLACE = """
    SELECT CAST(complaint_id AS text) AS complaint_id, to_state, opd
    FROM case_history WHERE version = 1
"""
_RUNNING = (
    "SELECT stage, CAST(complaint_id AS text) AS complaint_id FROM clock WHERE state = 'running'"
)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the file: what a citizen wrote, and the code of the OPD that answered."""

    text: str
    opd: str


@dataclass(slots=True)
class Outcome:
    """What became of the rows; seconds are from the 201 to `assigned` on intake's timeline."""

    sent: int
    accepted: int
    refused: Counter[str]
    assigned: int
    triaged: int
    running: Counter[str]
    seconds: list[float]
    with_code: int
    placed: int
    right: int
    by_code: dict[str, Counter[str]]
    sending_seconds: float


def read_rows(path: Path, limit: int | None, seed: int) -> list[Row]:
    """Read the usable rows; with a limit, as many drawn from all of them."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [
            Row(row["text"].strip(), (row.get("opd") or "").strip())
            for row in csv.DictReader(file)
            if row["text"].strip()
        ]
    usable = [row for row in rows if len(row.text) <= MOST_TEXT]
    if limit is None or limit >= len(usable):
        return usable
    return random.Random(seed).sample(usable, limit)  # noqa: S311 - a sample, not secrecy


async def send_rows(door: Door, rows: Sequence[Row], rate: float, log: LoadLog) -> list[str]:
    """Send each row at a steady rate; returns the Idempotency-Key of each, in order."""
    sender = Sender(door, log, SystemClock())
    keys = [str(uuid4()) for _ in rows]
    with Progress(transient=True) as progress:
        bar = progress.add_task("Sending", total=len(rows))

        async def send(number: int) -> None:
            body = {"text": rows[number].text, "channel": "web"}
            await sender.send(Errand("submit", SUBMIT, body, keys[number], {}))
            progress.advance(bar)

        await at_rate(rate, send, count=len(rows))
    return keys


async def find_outcome(
    databases: Mapping[ServiceName, Database],
    rows: Sequence[Row],
    keys: Sequence[str],
    records: Sequence[Record],
    sending_seconds: float,
) -> Outcome:
    """Ask the databases what became of the rows; the system must be at rest."""
    by_key = {record.key: record for record in records}
    accepted = {
        record.complaint_id: record for record in records if record.accepted and record.complaint_id
    }
    places = {row.complaint_id: row for row in await rows_of(databases["routing"], _FIRST_PLACE)}
    placed_at = {
        row.complaint_id: row.recorded_at for row in await rows_of(databases["intake"], _ASSIGNED)
    }
    found = Outcome(
        sent=len(records),
        accepted=len(accepted),
        refused=Counter(str(each.status or each.error) for each in records if not each.accepted),
        assigned=sum(places[i].to_state == "assigned" for i in accepted if i in places),
        triaged=sum(places[i].to_state == "triage" for i in accepted if i in places),
        running=Counter(
            row.stage
            for row in await rows_of(databases["sla"], _RUNNING)
            if row.complaint_id in accepted
        ),
        seconds=[
            (placed_at[i] - datetime.fromisoformat(record.answered_at)).total_seconds()
            for i, record in accepted.items()
            if i in placed_at and record.answered_at is not None
        ],
        with_code=0,
        placed=0,
        right=0,
        by_code={},
        sending_seconds=sending_seconds,
    )
    kinds = await _kinds_of_opds(databases["routing"])
    for row, key in zip(rows, keys, strict=True):
        complaint_id = by_key[key].complaint_id
        if row.opd and complaint_id in places:
            _judge_place(found, row.opd, places[complaint_id].opd, kinds)
    return found


def _judge_place(found: Outcome, wanted: str, opd: str | None, kinds: Mapping[str, str]) -> None:
    counts = found.by_code.setdefault(wanted, Counter())
    found.with_code += 1
    counts["rows"] += 1
    if opd is None:
        return
    found.placed += 1
    counts["placed"] += 1
    if opd == wanted or (wanted == SUB_DISTRICT and kinds.get(opd) == "kecamatan"):
        found.right += 1
        counts["right"] += 1


async def _kinds_of_opds(routing: Database) -> dict[str, str]:
    async with routing.transaction() as connection:
        _, content = await latest_profile(connection)
    return {opd.code: opd.kind for opd in profile.parse(content).opds}


def print_outcome(found: Outcome, rest_seconds: float) -> None:
    """Print the report."""
    console = Console(highlight=False)
    table = Table("What", "Figure")
    rate = found.sent / found.sending_seconds if found.sending_seconds else 0.0
    table.add_row("sent", f"{found.sent} in {found.sending_seconds:.1f} s ({rate:.1f}/s)")
    table.add_row("accepted (201)", str(found.accepted))
    for what, number in found.refused.most_common():
        table.add_row(f"not accepted: {what}", str(number))
    table.add_row("assigned to an OPD by a rule", str(found.assigned))
    table.add_row("sent to the triage desk", str(found.triaged))
    for stage, number in sorted(found.running.items()):
        table.add_row(f"clocks running: {stage}", str(number))
    table.add_row("at rest after", f"{rest_seconds:.1f} s")
    for name, share in (("p50", 0.5), ("p99", 0.99), ("longest", 1.0)):
        value = percentile(found.seconds, share) * 1000
        table.add_row(f"201 to `assigned` on the timeline, {name}", f"{value:.0f} ms")
    if found.with_code:
        share = found.placed / found.with_code
        table.add_row("share placed (rows with a code)", f"{share:.1%} of {found.with_code}")
    if found.placed:
        table.add_row("share right among the placed", f"{found.right / found.placed:.1%}")
    console.print(table)
    codes = Table("OPD in the file", "Rows", "Placed", "Right")
    for code, counts in sorted(found.by_code.items(), key=lambda pair: -pair[1]["rows"]):
        codes.add_row(code, *(str(counts[name]) for name in ("rows", "placed", "right")))
    if found.by_code:
        console.print(codes)


async def _run(options: argparse.Namespace) -> int:
    databases_at = {name: getattr(options, f"{name}_database") for name in DELIVERING}
    kafka = options.kafka
    if not all(databases_at.values()):
        servers = await asyncio.to_thread(servers_below, options.home)
        databases_at = {name: databases_at[name] or servers.databases[name] for name in DELIVERING}
        kafka = kafka or servers.kafka
    rows = read_rows(options.file, options.limit, options.seed)
    log = LoadLog(options.log)
    async with AsyncExitStack() as stack:
        stack.callback(log.close)
        databases = {name: Database(databases_at[name], pool_size=2) for name in DELIVERING}
        for database in databases.values():
            stack.push_async_callback(database.close)
        door = Door(options.intake, timeout_seconds=10)
        stack.push_async_callback(door.close)
        began = monotonic()
        keys = await send_rows(door, rows, options.rate, log)
        sending = monotonic() - began
        clock = SystemClock()
        rest = await wait_for_rest(databases, clock, 60)
        print_outcome(await find_outcome(databases, rows, keys, log.records, sending), rest)
        base = {"intake": options.intake, "routing": options.routing, "sla": options.sla}
        verdicts = await check(
            databases,
            clock,
            log.records,
            wire=await read_kafka(kafka) if kafka else None,
            metrics=await scrape({name: base[name] for name in DELIVERING}),
        )
    print_verdicts(verdicts)
    Console().print(f"The log is {options.log}", highlight=False, soft_wrap=True)
    return 1 if broken(verdicts) else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; returns 0 when the checker is content, 1 when it is not."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.load.replay_csv",
        description="Send the rows of a CSV as complaints and report what became of them.",
    )
    parser.add_argument("file", type=Path, help="CSV with the columns text and, better, opd")
    parser.add_argument("--rate", type=float, default=20, help="complaints per second")
    parser.add_argument("--limit", type=int, help="how many rows, drawn from all")
    parser.add_argument("--seed", type=int, default=1, help="which rows a limit draws")
    parser.add_argument("--intake", default="http://127.0.0.1:8001", metavar="URL")
    parser.add_argument("--routing", default="http://127.0.0.1:8002", metavar="URL")
    parser.add_argument("--sla", default="http://127.0.0.1:8003", metavar="URL")
    parser.add_argument(
        "--home", type=Path, default=Path(".tanggap"), help="TANGGAP_HOME of the running stack"
    )
    for name in DELIVERING:
        parser.add_argument(f"--{name}-database", metavar="URL", help="instead of the stack's own")
    parser.add_argument("--kafka", metavar="HOST:PORT", help="instead of the stack's own")
    parser.add_argument(
        "--log",
        type=Path,
        default=Path(tempfile.gettempdir()) / f"tanggap-replay-{uuid4().hex[:8]}.jsonl",
        help="where to write the log of requests",
    )
    return asyncio.run(_run(parser.parse_args(arguments)))


if __name__ == "__main__":
    sys.exit(main())
