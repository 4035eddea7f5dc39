"""The survey at its full size: reports and indexes over a million answers, and answers taken in."""

import asyncio
import json
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from itertools import count
from statistics import quantiles
from time import perf_counter
from typing import Final
from urllib.parse import urlsplit
from uuid import uuid4

from sqlalchemy import text

from services.survey import profile
from services.survey.context import SurveyContext
from services.survey.operations.reporting import read_index, report_pemda
from services.survey.profile import SurveyProfile
from services.survey.queries import recount
from shared.clock import ManualClock
from shared.database import Database
from shared.embedded.ports import HOST
from shared.migrating import migrate
from shared.unit_of_work import UnitsOfWork
from tests.load.cores import cpu_seconds, started_on
from tests.load.figures import Figure
from tests.load.measure_submit import check_load
from tests.load.plan import Plan
from tests.load.rig import Rig
from tests.load.wire import Clients, post_request
from tests.support.servers import PROFILE
from tests.support.stack import running_stack

UNITS: Final = 200
PERIODS: Final = tuple(f"2026-{month:02}" for month in range(1, 13))
INDEXES: Final = 100
CLIENTS: Final = 32
_NOW: Final = datetime(2027, 1, 20, tzinfo=UTC)
#: Invented answers: scores lean to 3, and units differ a little. Always the same.
_FILL: Final = text(
    """
    INSERT INTO answer (answer_id, period, unit, service, channel, answered_on, language, sex, age,
        education, occupation, u1, u2, u3, u4, u5, u6, u7, u8, u9)
    SELECT gen_random_uuid(), :period, 'unit-' || (n % :units), 'layanan-' || (n / :units % 4),
        (ARRAY['public', 'kiosk', 'link', 'interview', 'paper'])[1 + n % 5],
        CAST(:day AS date), 'id', (ARRAY['male', 'female', NULL])[1 + n % 3],
        (ARRAY['under_20', '20_29', '30_39', '40_49', '50_59', '60_up'])[1 + n % 6],
        (ARRAY['sd', 'smp', 'sma', 'diploma', 's1', 's2'])[1 + n % 7],
        (ARRAY['asn', 'private', 'business', 'student', 'other'])[1 + n % 5],
        s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8], s[9]
    FROM generate_series(1, :answers) n
    CROSS JOIN LATERAL (
        SELECT array_agg(CASE WHEN x < 4 THEN 1 WHEN x < 20 THEN 2 WHEN x < 70 THEN 3 ELSE 4 END)
        FROM (SELECT abs(hashint4(n * 9 + k + hashtext(:period))) % 100 AS x
              FROM generate_series(1, 9) k) drawn
    ) AS scored (s)
    """
)
_COMMENTS: Final = text(
    """
    INSERT INTO comment (comment_id, period, unit, service, text, themes)
    SELECT gen_random_uuid(), :period, 'unit-' || (n % :units), 'layanan-' || (n % 4),
        'Antreannya lama', ARRAY[(ARRAY['antrean', 'petugas', 'biaya'])[1 + n % 3]]
    FROM generate_series(1, :comments) n
    """
)


async def measure_survey(rig: Rig, plan: Plan) -> list[Figure]:
    """Fill a survey with answers of a year, read reports of its last month, and take answers in."""
    await asyncio.to_thread(rig.postgres.create_database, "bench_survey")
    url = rig.superuser_url("bench_survey")
    await migrate("survey", url)
    database = Database(url)
    bench = _SurveyBench(database, plan)
    try:
        counting = await bench.fill(plan.answers)
        note = f"{plan.answers:,} answers of {len(PERIODS)} months"
        figures = [
            Figure(
                "survey-report",
                f"survey: reports of {UNITS} units",
                "ms",
                tuple([await bench.report() for _ in range(plan.rounds)]),
                goal=2_000,
                better="less",
                note=f"{note}; one month, every section, as JSON",
            ),
            Figure(
                "survey-index",
                "survey: one index, p95",
                "ms",
                tuple([await bench.index() for _ in range(plan.rounds)]),
                goal=50,
                better="less",
                note="of one unit and month, with its interval",
            ),
            Figure(
                "survey-recount",
                "survey: counting anew",
                "answers/s",
                (counting,),
                note="`tanggap survey recount`, month by month",
            ),
        ]
    finally:
        await database.close()
    return [*figures, await _measure_answers(rig, plan)]


class _SurveyBench:
    def __init__(self, database: Database, plan: Plan) -> None:
        self._units = UnitsOfWork(database, ManualClock(_NOW))
        self._database = database
        self._plan = plan
        self._context = SurveyContext(_large_profile(), "bench")

    async def fill(self, answers: int) -> float:
        """Store so many answers of a year; returns how many a second were then counted."""
        seconds = 0.0
        each = answers // len(PERIODS)
        for period in PERIODS:
            values = {"period": period, "units": UNITS}
            async with self._database.transaction() as connection:
                await connection.execute(
                    text("INSERT INTO survey_period (period, closed_at) VALUES (:period, now())"),
                    {"period": period},
                )
                day = datetime.fromisoformat(f"{period}-15").date()
                await connection.execute(_FILL, {**values, "answers": each, "day": day})
                await connection.execute(_COMMENTS, {**values, "comments": each // 10})
            began = perf_counter()
            async with self._database.transaction() as connection:
                await recount(connection, period)
            seconds += perf_counter() - began
            self._plan.say(f"survey: {period} stored")
        async with self._database.engine.connect() as connection:
            plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await plain.execute(text("VACUUM ANALYZE"))
        return each * len(PERIODS) / seconds

    async def report(self) -> float:
        """Return the ms of the reports of all units for the last month, written as JSON."""
        began = perf_counter()
        async with self._units.begin() as unit:
            reports = await report_pemda(unit, self._context, PERIODS[-1], "http://contoh.example")
        written = reports.model_dump_json()
        milliseconds = (perf_counter() - began) * 1e3
        if len(reports.units) != UNITS or not reports.whole.index.ikm or len(written) < UNITS:
            raise RuntimeError("the report is not whole")
        return milliseconds

    async def index(self) -> float:
        """Return the p95 in ms of reading the indexes of some units."""
        times = []
        for asked in self._context.profile.units[:INDEXES]:
            began = perf_counter()
            async with self._units.begin() as unit:
                await read_index(unit, self._context, asked, PERIODS[-1])
            times.append(perf_counter() - began)
        return quantiles(times, n=20)[-1] * 1e3


def _large_profile() -> SurveyProfile:
    """Return the profile contoh with many units of four services each."""
    contoh = profile.read(PROFILE)
    units = [
        contoh.units[0].model_copy(
            update={
                "code": f"unit-{number}",
                "name": f"Unit {number}",
                "services": tuple(
                    contoh.units[0]
                    .services[0]
                    .model_copy(update={"code": f"layanan-{service}", "name": f"Layanan {service}"})
                    for service in range(4)
                ),
            }
        )
        for number in range(UNITS)
    ]
    return contoh.model_copy(update={"units": tuple(units)})


async def _measure_answers(rig: Rig, plan: Plan) -> Figure:
    """Send answers to one process on one core; every one that was accepted must be there."""
    run, numbers, accepted = uuid4().hex[:12], count(), 0
    rates, processor = [], []

    def next_request() -> bytes:
        number = next(numbers)
        scores = {f"U{element}": 1 + (number + element) % 4 for element in range(1, 10)}
        body = {
            "unit": "dukcapil",
            "service": "ktp-el",
            "scores": scores,
            "respondent": {"sex": "female", "age": "30_39"},
            "comment": f"Antreannya lama, nomor {number}",
        }
        headers = {"X-Device-Id": f"bench-{run}-{number}", "Idempotency-Key": f"{run}-{number}"}
        return post_request("/survey/v1/answers", json.dumps(body).encode(), headers)

    async with AsyncExitStack() as stack:
        with started_on(rig.cores.server):
            home = rig.root / "survey"
            system = await stack.enter_async_context(running_stack(home, names=("survey",)))
        port = urlsplit(system.base["survey"]).port or 0
        pid = system.supervisor.pids()["survey"]
        clients = Clients(HOST, port, next_request, CLIENTS)
        stack.callback(clients.close)
        check_load(await clients.run(plan.warm_up_seconds))
        for _ in range(plan.rounds):
            before, began = cpu_seconds(pid), perf_counter()
            load = await clients.run(plan.seconds)
            check_load(load)
            rates.append(len(load.seconds) / (perf_counter() - began))
            processor.append((cpu_seconds(pid) - before) / len(load.seconds) * 1e6)
            plan.say(f"survey: {rates[-1]:,.0f} answers/s")
        accepted = next(numbers)
        stored = Database(system.databases["survey"])
        async with stored.transaction() as connection:
            found = await connection.execute(
                text(
                    "SELECT (SELECT count(*) FROM answer) AS answers, (SELECT sum(answers) "
                    "FROM tally WHERE dimension = 'all') AS counted"
                )
            )
            row = found.one()
        await stored.close()
        if not row.answers == row.counted or row.answers > accepted:
            raise RuntimeError(f"{row.answers} stored, {row.counted} counted, {accepted} sent")
    return Figure(
        "survey-answers",
        "survey: answers taken",
        "requests/s",
        tuple(rates),
        goal=500,
        note=f"{CLIENTS} clients; one core; {sorted(processor)[len(processor) // 2]:.0f} µs each",
    )
