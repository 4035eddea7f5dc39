"""The board: what it counts, for whom, how it follows changes, and by which indexes it is read."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from services.sla import board_queries
from services.sla.board import BoardKeeper, Frame
from services.sla.board_schemas import Board
from services.sla.drawing_board import Names
from shared.auth import Role
from shared.contracts.event import Location
from shared.database import Database
from tests.load.board_rows import fill_board
from tests.service.sla.driver import Sla
from tests.support.servers import Databases
from tests.support.system import START, System, running_system

NAMES = Names({"PUPR": "Dinas Pekerjaan Umum"}, {"99.71.01": "Mekarsari"})
SEEING_ALL = (Role.LEADER, Role.SEKDA, Role.AUDITOR, Role.ADMIN)
SEEING_NOTHING = sorted(set(Role) - {*SEEING_ALL, Role.HEAD, Role.OFFICER})

Figures = dict[str, Any]


def keeper(sla: Sla, seconds: float = 0.01) -> BoardKeeper:
    """Make a board that may be read as often as a test likes."""
    return BoardKeeper(sla.units.database, sla.clock, ZoneInfo("Asia/Jakarta"), NAMES, seconds)


def figures_of(written: str) -> Figures:
    """Return all that a board says, but when it was read."""
    figures: Figures = json.loads(written)
    del figures["as_of"]
    return figures


async def board(sla: Sla, opd: str | None = None) -> Board:
    """Read the board anew."""
    return (await keeper(sla).current()).board(opd)


@asynccontextmanager
async def reading(kept: BoardKeeper) -> AsyncIterator[None]:
    """Read for listeners until the block ends, also where it fails."""
    running = asyncio.create_task(kept.run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


class TestFigures:
    async def test_open_cases_are_counted_by_age_and_opd(self, sla: Sla) -> None:
        ages = (0, 1, 3, 30, 100, 300)
        for age in ages:
            case = sla.case()
            await sla.hear(case.submitted(hours=-age), case.assigned("PUPR", hours=-age))
        desk, gone, done, other = (sla.case() for _ in range(4))
        await sla.hear(desk.submitted(hours=-5), gone.submitted(), gone.withdrawn())
        await sla.hear(done.submitted(), done.assigned(), done.resolved(hours=0.1))
        await sla.hear(other.submitted(hours=-2), other.assigned("DLH"))
        everybody = await board(sla)
        assert everybody.open.model_dump() == {
            "cases": 8,
            "under_2h": 2,
            "h2_to_h24": 3,
            "d1_to_d3": 1,
            "d3_to_d10": 1,
            "over_d10": 1,
        }
        assert (await board(sla, "PUPR")).open.cases == 6
        lines = {line.opd: line.open for line in everybody.opds}
        assert lines == {"PUPR": 6, "DLH": 1, None: 1}

    async def test_the_late_are_told_by_opd_and_area_once_each(self, sla: Sla) -> None:
        late, soon = sla.case(), sla.case()
        there = Location(area_code="99.71.01")
        await sla.hear(
            # Both its first response and its follow-up are late: it is one case.
            late.submitted(hours=-30, location=there),
            late.assigned("PUPR", hours=-29.5),
            soon.submitted(hours=-1.5),
            soon.assigned("DLH", hours=-1),
        )
        await sla.scan()
        found = await board(sla)
        assert (found.overdue, found.due_within_hour) == (1, 1)
        assert [(each.opd_name, each.cases) for each in found.overdue_by_opd] == [
            ("Dinas Pekerjaan Umum", 1)
        ]
        assert [(each.area_name, each.cases) for each in found.overdue_by_area] == [
            ("Mekarsari", 1)
        ]
        assert found.escalated.leader == 1
        assert [each.complaint_id for each in found.oldest] == [
            late.complaint_id,
            soon.complaint_id,
        ]
        own = await board(sla, "DLH")
        assert (own.overdue, own.due_within_hour, own.escalated.leader) == (0, 1, 0)
        assert [each.complaint_id for each in own.oldest] == [soon.complaint_id]

    async def test_answers_are_counted_in_the_pemdas_own_days_weeks_and_months(
        self, sla: Sla
    ) -> None:
        # It is Monday 9 March, 09:00 in Jakarta: nine hours ago was yesterday, and last week.
        waits = {-1.0: 0.5, -2.0: 3.0, -10.0: 1.0, -30.0: 30.0}
        for answered, waited in waits.items():
            case = sla.case()
            await sla.hear(
                case.submitted(hours=answered - waited),
                case.assigned("PUPR", hours=answered - waited),
                case.answered(hours=answered),
            )
        found = await board(sla)
        assert (found.today.answered, found.today.within_2h, found.today.within_24h) == (2, 1, 2)
        assert found.today.share_within_2h == 0.5
        assert found.this_week.answered == 2
        assert found.this_month.answered == 4
        assert found.this_month.median_seconds == 2 * 3600
        assert found.this_month.p90_seconds == pytest.approx((3 + 0.7 * 27) * 3600)
        assert (await board(sla, "DLH")).this_month.median_seconds is None
        assert (await board(sla, "PUPR")).this_month == found.this_month

    async def test_the_last_hour_is_a_flow(self, sla: Sla) -> None:
        case = sla.case()
        await sla.hear(case.submitted(hours=-2), case.assigned(), case.answered(hours=-0.5))
        await sla.hear(case.resolved(hours=-0.2), sla.case().submitted(hours=-0.9))
        assert (await board(sla)).last_hour.model_dump() == {
            "received": 1,
            "answered": 1,
            "resolved": 1,
        }


class TestSharing:
    async def test_all_who_look_within_a_moment_share_one_reading(self, sla: Sla) -> None:
        kept = keeper(sla, seconds=60)
        found = await asyncio.gather(*(kept.current() for _ in range(50)))
        await sla.hear(sla.case().submitted())
        found.append(await kept.current())
        assert {id(each) for each in found} == {id(found[0])}

    async def test_a_clock_that_is_moved_makes_it_old(self, sla: Sla) -> None:
        kept = keeper(sla, seconds=60)
        await sla.hear(sla.case().submitted())
        assert (await kept.current()).board(None).open.under_2h == 1
        sla.clock.advance(timedelta(hours=3))
        assert (await kept.current()).board(None).open.h2_to_h24 == 1

    async def test_listeners_are_told_of_changes_and_of_nothing_else(self, sla: Sla) -> None:
        kept = keeper(sla)
        await kept.current()
        seen: list[Frame] = []

        async def listen() -> None:
            last: Figures | None = None
            async for frame in kept.follow(None, None, 20):
                seen.append(frame)
                if last is None:
                    await sla.hear(sla.case().submitted())
                    last = figures_of((await board(sla)).model_dump_json())
                # What is past is read less often than what is open: it may come in several frames.
                if figures_of(frame.json) == last:
                    return

        async with reading(kept):
            async with asyncio.timeout(20):
                await listen()
            told = [figures_of(frame.json) for frame in seen]
            assert all(after != before for before, after in pairwise(told))
            # Who had the last one gets nothing until there is another.
            resumed = [frame async for frame in kept.follow(None, seen[-1].id, 0.2)]
            assert resumed == []
            again = [frame async for frame in kept.follow(None, seen[0].id, 0.2)]
            assert [frame.id for frame in again] == [seen[-1].id]

    async def test_what_cannot_be_read_ends_no_stream(
        self, sla: Sla, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kept = keeper(sla)
        await kept.current()
        real = board_queries.count_open
        failures = 0

        async def failing(*arguments: Any) -> Any:
            nonlocal failures
            failures += 1
            if failures < 3:
                raise ConnectionError("the database is away")
            return await real(*arguments)

        monkeypatch.setattr(board_queries, "count_open", failing)
        await sla.hear(sla.case().submitted())
        async with reading(kept), asyncio.timeout(20):
            async for frame in kept.follow(None, None, 20):
                if json.loads(frame.json)["open"]["cases"] == 1:
                    break
        assert failures >= 3


def events_of(body: str) -> list[dict[str, str]]:
    """Read a stream of events."""
    blocks = [block for block in body.split("\n\n") if block and not block.startswith(":")]
    return [dict(line.split(": ", 1) for line in block.splitlines()) for block in blocks]


@pytest.fixture(scope="module")
async def system(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[System]:
    """Run sla with two cases: one of PUPR, one of DLH."""
    home: Path = tmp_path_factory.mktemp("board")
    async with running_system(databases, home, services=["sla"]) as running:
        context = running.app.apps["sla"].state.context
        sla = Sla(running.service("sla").units, context, running.clock)
        for opd in ("PUPR", "DLH"):
            case = sla.case()
            await sla.hear(case.submitted(hours=-1), case.assigned(opd))
        yield running


class TestDoors:
    @pytest.mark.parametrize("path", ["/sla/v1/board", "/sla/v1/board/stream"])
    @pytest.mark.parametrize("role", SEEING_NOTHING)
    async def test_other_roles_see_nothing(self, system: System, path: str, role: Role) -> None:
        answer = await system.client.get(path, headers=system.staff(role, opd="PUPR"))
        assert answer.status_code == 403

    @pytest.mark.parametrize("role", SEEING_ALL)
    async def test_leaders_see_all_and_may_choose(self, system: System, role: Role) -> None:
        headers = system.staff(role)
        found = (await system.client.get("/sla/v1/board", headers=headers)).json()
        assert (found["opd"], found["open"]["cases"]) == (None, 2)
        asked = {"opd": "DLH"}
        found = (await system.client.get("/sla/v1/board", params=asked, headers=headers)).json()
        assert (found["opd"], found["open"]["cases"]) == ("DLH", 1)
        answer = await system.client.get("/sla/v1/board?opd=XYZ", headers=headers)
        assert (answer.status_code, answer.json()["type"].rsplit(":", 1)[-1]) == (
            422,
            "opd-unknown",
        )

    @pytest.mark.parametrize("path", ["/sla/v1/board", "/sla/v1/board/stream"])
    @pytest.mark.parametrize("role", [Role.HEAD, Role.OFFICER])
    async def test_an_opd_sees_its_own_and_no_other(
        self, system: System, path: str, role: Role
    ) -> None:
        headers = system.staff(role, opd="PUPR")
        answer = await system.client.get(path, headers=headers)
        shown = (
            answer.json() if "stream" not in path else json.loads(events_of(answer.text)[0]["data"])
        )
        assert (shown["opd"], shown["open"]["cases"]) == ("PUPR", 1)
        assert [line["opd"] for line in shown["opds"]] == ["PUPR"]
        answer = await system.client.get(path, params={"opd": "DLH"}, headers=headers)
        assert answer.status_code == 403
        answer = await system.client.get(path, headers=system.staff(role))
        assert answer.json()["type"].rsplit(":", 1)[-1] == "opd-missing"

    async def test_a_stream_is_resumed_by_the_last_event(self, system: System) -> None:
        headers = system.staff(Role.LEADER)
        first = await system.client.get("/sla/v1/board/stream", headers=headers)
        assert first.headers["content-type"].startswith("text/event-stream")
        [event] = events_of(first.text)
        assert (event["event"], json.loads(event["data"])["open"]["cases"]) == ("board", 2)
        headers["Last-Event-ID"] = event["id"]
        again = await system.client.get("/sla/v1/board/stream", headers=headers)
        assert events_of(again.text) == []
        headers["Last-Event-ID"] = "from-another-day"
        other = await system.client.get("/sla/v1/board/stream", headers=headers)
        assert [each["id"] for each in events_of(other.text)] == [event["id"]]


@pytest.fixture(scope="module")
async def full(databases: Databases) -> AsyncIterator[Database]:
    """Give all plans a database with some thousand cases, of which few are open."""
    database = Database(await databases.fresh("sla"))
    async with database.transaction() as connection:
        await fill_board(connection, 20_000, START)
    yield database
    await database.close()


class TestPlans:
    """A board over a million cases must not read a million rows, once a second."""

    @pytest.mark.parametrize(
        ("statement", "indexes"),
        [
            ("OPEN_BY_AGE", {"case_record_open"}),
            ("OLDEST", {"case_record_open"}),
            ("DUE", {"clock_", "case_record_pkey", "escalation_pkey"}),
            ("FLOW", {"case_record_received", "case_record_answered", "case_record_resolved"}),
            ("RECEIVED", {"case_record_received"}),
            ("ANSWERS", {"case_record_answered"}),
        ],
    )
    async def test_each_statement_reads_by_its_index(
        self, full: Database, statement: str, indexes: set[str]
    ) -> None:
        values = {
            "now": START,
            "soon": START + timedelta(hours=1),
            "since": START - timedelta(hours=1),
            "opds": ["OPD-1"],
            "most": 10,
        }
        sql = getattr(board_queries, statement)
        used = {name: values[name] for name in sql.compile().params}
        async with full.transaction() as connection:
            found = await connection.execute(text(f"EXPLAIN {sql.text}"), used)
            plan = "\n".join(row[0] for row in found)
        assert {name for name in indexes if name in plan} == indexes, plan
        assert "Seq Scan" not in plan
