"""The data bank at its full size: search, trends, import and export over a million complaints."""

import asyncio
import resource
from collections.abc import Iterator
from itertools import islice
from statistics import quantiles
from time import perf_counter
from types import SimpleNamespace
from typing import cast
from zoneinfo import ZoneInfo

from sqlalchemy import text

from services.intake import profile
from services.intake.bank_upkeep_queries import insert_imports, learn_words
from services.intake.context import IntakeContext
from services.intake.operations.bank_upkeep import SAMPLE
from services.intake.operations.exporting import export_entries
from services.intake.operations.importing import import_rows
from services.intake.operations.searching import search
from services.intake.operations.trends import read_trends
from services.intake.rules.archives import Names, named
from services.intake.rules.old_logs import Row
from services.intake.rules.searching import Filters
from shared.clock import ManualClock
from shared.database import Database
from shared.migrating import migrate
from shared.unit_of_work import UnitsOfWork
from tests.load.bank_rows import NEWEST, BankRows
from tests.load.figures import Figure
from tests.load.plan import Plan
from tests.load.rig import Rig
from tests.support.servers import PROFILE

ENTRIES = 1_000_000
IMPORTED = 100_000
SEARCHES = 300
TRENDS = 20
EXPORTED = 100_000
_QUICK_SHARE = 20
_CHUNK = 5_000
_KIB_PER_MB = 1024
_REBUILT = (
    "CREATE INDEX bank_entry_words ON bank_entry USING gin (words) "
    "WITH (gin_pending_list_limit = 512)"
)


async def measure_bank(rig: Rig, plan: Plan) -> list[Figure]:
    """Fill a bank, and measure what people wait for; a quick plan takes a twentieth of it all."""
    share = 1 if plan.seconds >= Plan().seconds else _QUICK_SHARE
    await asyncio.to_thread(rig.postgres.create_database, "bench_bank")
    url = rig.superuser_url("bench_bank")
    await migrate("intake", url)
    database = Database(url)
    # The bank's operations look at nothing but the profile.
    context = cast(IntakeContext, SimpleNamespace(profile=profile.read(PROFILE)))
    bench = _BankBench(database, context, plan)
    try:
        await bench.fill(ENTRIES // share)
        note = f"{ENTRIES // share:,} complaints"
        return [
            Figure(
                "bank-search",
                "bank: search, p95",
                "ms",
                tuple(await bench.search(SEARCHES)),
                goal=50,
                better="less",
                note=f"{note}; the newest 20, one or two words drawn by frequency",
            ),
            Figure(
                "bank-trends",
                "bank: trends, p95",
                "ms",
                tuple(await bench.trends(TRENDS)),
                goal=200,
                better="less",
                note="26 weeks, and the topics that rise in them",
            ),
            Figure(
                "bank-import",
                "bank: import",
                "rows/s",
                (await bench.import_log(IMPORTED // share),),
                goal=3_000,
                note="read, masked and stored by one process, into the full bank",
            ),
            Figure(
                "bank-export",
                "bank: memory that an export adds",
                "MB",
                (await bench.export(EXPORTED // share),),
                goal=30,
                better="less",
                note=f"{EXPORTED // share:,} rows as CSV",
            ),
        ]
    finally:
        await database.close()


class _BankBench:
    def __init__(self, database: Database, context: IntakeContext, plan: Plan) -> None:
        self._database = database
        self._context = context
        self._plan = plan
        self._rows = BankRows()
        self._zone = context.profile.pemda.zone

    async def fill(self, count: int) -> None:
        """Store so many complaints; the index is made when they are there."""
        rows = self._rows.rows(count)
        await self._execute("DROP INDEX bank_entry_words")
        done = 0
        while chunk := list(islice(rows, _CHUNK)):
            async with self._database.transaction() as connection:
                await insert_imports(connection, chunk, self._zone)
            done += len(chunk)
            if done % 100_000 == 0:
                self._plan.say(f"bank: {done:,} stored")
        for statement in (
            "TRUNCATE bank_announcement",
            _REBUILT,
            "VACUUM ANALYZE bank_entry",
            "VACUUM ANALYZE bank_week",
        ):
            await self._execute(statement)
        async with self._database.transaction() as connection:
            await learn_words(connection, SAMPLE)

    async def search(self, count: int) -> list[float]:
        """Return the p95 in ms of each round of searches."""
        rounds = []
        for _ in range(self._plan.rounds):
            words = self._rows.terms(2 * count)
            texts = [
                *words[: count // 2],
                *map(" ".join, zip(words[::2], words[1::2], strict=True)),
            ]
            times = []
            for each in texts[:count]:
                began = perf_counter()
                async with self._database.transaction() as connection:
                    await search(connection, self._context, Filters(text=each), NEWEST)
                times.append(perf_counter() - began)
            rounds.append(_p95(times))
        return rounds

    async def trends(self, count: int) -> list[float]:
        """Return the p95 in ms of each round of trends."""
        rounds = []
        for _ in range(self._plan.rounds):
            times = []
            for _ in range(count):
                began = perf_counter()
                async with self._database.transaction() as connection:
                    await read_trends(connection, self._context, NEWEST, weeks=26, recent=2)
                times.append(perf_counter() - began)
            rounds.append(_p95(times))
        return rounds

    async def import_log(self, count: int) -> float:
        """Return the rows a second of importing a log."""
        found = self._context.profile
        names = Names(
            ZoneInfo(self._zone),
            named(found.opds.items()),
            named(found.topic_names().items()),
            named(found.area_names().items()),
        )
        units = UnitsOfWork(self._database, ManualClock(NEWEST))
        rows = list(self._log(count))
        began = perf_counter()
        outcome = await import_rows(units, rows, names, "bench")
        if outcome.stored != count:
            raise RuntimeError(f"{outcome.stored} of {count} rows were stored")
        return count / (perf_counter() - began)

    async def export(self, count: int) -> float:
        """Return by how many MB this process grows while so many rows are exported."""
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        lines = 0
        async for part in export_entries(self._database, self._context, Filters(), NEWEST):
            lines += part.count("\n")
            if lines > count:
                break
        return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / _KIB_PER_MB

    def _log(self, count: int) -> Iterator[Row]:
        for line, row in enumerate(self._rows.rows(count), 2):
            yield Row(
                line,
                {
                    "key": str(line),
                    "text": f"{row['text']}, telepon 081234567890",
                    "submitted_at": f"{row['submitted_at']:%d/%m/%Y %H:%M}",
                    "opd": row["opd"],
                    "topic": row["topic"],
                    "area": row["area_code"],
                    "lat": str(row["lat"]),
                    "lon": str(row["lon"]),
                },
            )

    async def _execute(self, statement: str) -> None:
        async with self._database.engine.connect() as connection:
            plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await plain.execute(text(statement))


def _p95(times: list[float]) -> float:
    """Return the 95th percentile of seconds, in ms."""
    return quantiles(times, n=20)[-1] * 1e3
