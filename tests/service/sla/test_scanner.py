"""What clocks do by themselves: never early, each thing once, whatever happens to the scanner."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from services.sla import announcements, due_queries, scanner
from services.sla.scanner import scan_once, scan_until_idle
from shared.contracts.sla import CaseEscalated, DeadlineMissed, DeadlineNear
from shared.database import Database, array_text, fetch
from shared.unit_of_work import UnitsOfWork
from tests.service.sla.driver import Case, Sla, hours_between, names

FIRED = (DeadlineNear, DeadlineMissed, CaseEscalated)
LADDER = [
    "DeadlineNear first_response",
    "CaseEscalated 0",
    "DeadlineMissed first_response",
    "CaseEscalated 1",
    "CaseEscalated 2",
    "CaseEscalated 3",
]


class Killed(BaseException):
    """Stands for the end of the process at this point."""


async def first_response(sla: Sla, case: Case) -> list[Any]:
    """Return what fired of a case's first response."""
    return [e for e in await sla.told(case, *FIRED) if e.stage == "first_response"]


class TestTheLadder:
    async def test_each_level_comes_at_its_hour_and_is_told_to_its_role(self, sla: Sla) -> None:
        case = sla.case()
        start = sla.clock.now()
        await sla.hear(case.submitted(), case.assigned(), case.progressed(hours=0))
        # Its first response is given; another case waits.
        waiting = sla.case()
        await sla.hear(waiting.submitted(), waiting.assigned())
        for _ in range(60):
            await sla.advance(minutes=30)
        fired = await first_response(sla, waiting)
        assert names(fired) == LADDER
        moments = [hours_between(start, event.occurred_at) for event in fired]
        assert moments == [1.5, 1.5, 2, 2, 6, 26]
        told = [e for e in fired if isinstance(e, CaseEscalated)]
        assert [e.to_role for e in told] == ["officer", "head", "sekda", "leader"]
        assert {e.opd for e in told} == {"PUPR"}
        assert await sla.told(case, *FIRED) == []

    async def test_an_unassigned_case_calls_the_triage_desk(self, sla: Sla) -> None:
        case = sla.case()
        await sla.hear(case.submitted(), case.triaged())
        await sla.advance(hours=27)
        told = [e for e in await first_response(sla, case) if isinstance(e, CaseEscalated)]
        assert [e.to_role for e in told] == ["triage", "triage", "sekda", "leader"]
        assert {e.opd for e in told} == {None}

    async def test_the_role_is_chosen_when_it_is_told(self, sla: Sla) -> None:
        case = sla.case()
        await sla.hear(case.submitted())
        await sla.advance(hours=1.5)
        await sla.hear(case.assigned("DLH"))
        await sla.advance(hours=0.5)
        told = [e for e in await first_response(sla, case) if isinstance(e, CaseEscalated)]
        assert [(e.to_role, e.opd) for e in told] == [("triage", None), ("head", "DLH")]

    async def test_an_answered_case_is_not_escalated(self, sla: Sla) -> None:
        case = sla.case()
        await sla.hear(case.submitted(), case.assigned(), case.answered(hours=1))
        await sla.advance(hours=23)
        assert await first_response(sla, case) == []

    async def test_no_clock_runs_on_after_resolution(self, sla: Sla) -> None:
        case = sla.case()
        await sla.hear(case.submitted(), case.assigned(), case.resolved(hours=1))
        await sla.advance(days=9)
        assert names(await sla.told(case, *FIRED)) == ["DeadlineNear closing"]

    async def test_silence_is_missed_and_told_to_nobody(self, sla: Sla) -> None:
        case = sla.case()
        await sla.hear(case.submitted(), case.assigned(), case.resolved(hours=1))
        await sla.advance(days=10, hours=1)
        fired = names(await sla.told(case, *FIRED))
        assert fired == ["DeadlineNear closing", "DeadlineMissed closing"]


class TestTheMoment:
    async def test_nothing_fires_a_moment_early(self, sla: Sla) -> None:
        case = sla.case()
        await sla.hear(case.submitted(), case.assigned())
        for near, missed in ((1.5, 2.0),):
            await self._just_before(sla, case, near, [])
            await self._just_before(sla, case, missed, LADDER[:2])
        await sla.advance(microseconds=1)
        assert names(await first_response(sla, case)) == LADDER[:4]

    async def _just_before(self, sla: Sla, case: Case, hours: float, fired: list[str]) -> None:
        [clock] = [c for k, c in (await sla.clocks(case)).items() if k[0] == "first_response"]
        moment = clock["started_at"] + timedelta(hours=hours)
        sla.clock.set(moment - timedelta(microseconds=1))
        await sla.scan()
        assert names(await first_response(sla, case)) == fired

    async def test_a_wall_clock_set_back_fires_nothing_early_and_nothing_twice(
        self, sla: Sla
    ) -> None:
        case = sla.case()
        await sla.hear(case.submitted(), case.assigned())
        await sla.advance(hours=2.5)
        assert names(await first_response(sla, case)) == LADDER[:4]
        await sla.advance(hours=-2)
        later = sla.case()
        await sla.hear(later.submitted())
        for hours in (0, 1.4, 0.7):
            await sla.advance(hours=hours)
        assert names(await first_response(sla, case)) == LADDER[:4]
        assert names(await first_response(sla, later)) == LADDER[:4]
        for event in await first_response(sla, later):
            assert event.occurred_at >= sla.clock.now() - timedelta(hours=0.7)

    async def test_after_three_days_down_all_fires_once_in_the_order_of_time(
        self, sla: Sla
    ) -> None:
        one, other = sla.case(), sla.case()
        await sla.hear(one.submitted(), one.assigned())
        await sla.hear(other.submitted(hours=1), other.assigned(hours=1))
        await sla.advance(days=3, hours=2)
        assert names(await first_response(sla, one)) == LADDER
        for case in (one, other):
            levels = [
                e.level for e in await sla.told(case, CaseEscalated) if e.stage == "follow_up"
            ]
            assert levels == [0, 1, 2, 3]
        order = await sla.rows(
            """SELECT aggregateid AS case, payload::json ->> 'stage' AS stage FROM outbox
            WHERE type LIKE '%DeadlineMissed%' ORDER BY seq"""
        )
        expected = [
            (case.complaint_id, stage)
            for stage in ("first_response", "follow_up")
            for case in (one, other)
        ]
        assert [(row["case"], row["stage"]) for row in order] == expected
        await sla.advance(days=1)
        assert names(await first_response(sla, one)) == LADDER

    async def test_a_pause_holds_the_ladder_and_moves_it(self, sla: Sla) -> None:
        case = sla.case()
        await sla.hear(case.submitted(), case.assigned(), case.answered(), case.asked(hours=1))
        await sla.advance(hours=100)
        assert [n for n in names(await sla.told(case, *FIRED)) if "follow_up" in n] == []
        await sla.hear(case.informed())
        await sla.advance(hours=22.9)
        missed = [n for n in names(await sla.told(case, *FIRED)) if n == "DeadlineMissed follow_up"]
        assert missed == []
        await sla.advance(hours=0.2)
        assert "DeadlineMissed follow_up" in names(await sla.told(case, *FIRED))

    async def test_what_fired_before_a_pause_does_not_fire_again_after_it(self, sla: Sla) -> None:
        case = sla.case()
        await sla.hear(case.submitted(), case.assigned(), case.answered())
        await sla.advance(hours=25)
        await sla.hear(case.asked())
        await sla.advance(hours=5)
        await sla.hear(case.informed())
        await sla.advance(hours=40)
        fired = [e for e in await sla.told(case, *FIRED) if e.stage == "follow_up"]
        assert names(fired) == [name.replace("first_response", "follow_up") for name in LADDER]


class TestTwoAtOnce:
    async def test_two_scanners_fire_each_level_once(self, sla: Sla) -> None:
        cases = [sla.case() for _ in range(30)]
        await sla.hear(*(case.submitted() for case in cases))
        sla.clock.advance(timedelta(days=4))
        scans = [scan_until_idle(sla.units, sla.context, 7) for _ in range(4)]
        await asyncio.gather(*scans)
        for case in cases:
            assert names(await first_response(sla, case)) == LADDER

    async def test_a_clock_that_is_being_changed_is_passed_over_and_then_seen(
        self, sla: Sla
    ) -> None:
        case, free = sla.case(), sla.case()
        await sla.hear(case.submitted(), free.submitted())
        sla.clock.advance(timedelta(hours=2))
        async with sla.units.begin() as unit:
            await unit.connection.execute(
                text("SELECT 1 FROM clock WHERE complaint_id = :id FOR UPDATE"),
                {"id": case.complaint_id},
            )
            await sla.scan()
            assert len(await sla.told(free, DeadlineMissed)) == 1
        assert await sla.told(case, DeadlineMissed) == []
        await sla.scan()
        assert len(await sla.told(case, DeadlineMissed)) == 1

    async def test_an_answer_and_a_scan_at_the_same_moment_agree(self, sla: Sla) -> None:
        cases = [sla.case() for _ in range(20)]
        await sla.hear(*(e for case in cases for e in (case.submitted(), case.assigned())))
        sla.clock.advance(timedelta(hours=2))
        answers = [case.answered() for case in cases]
        await asyncio.gather(sla.scan(), sla.hear(*answers), sla.scan())
        for case in cases:
            clock = (await sla.clocks(case))["first_response", 0]
            assert (clock["outcome"], clock["next_fire_at"]) == ("met", None)
            fired = names(await first_response(sla, case))
            assert fired in ([], LADDER[:2], LADDER[:4])


class TestCrash:
    @pytest.mark.parametrize("point", ["note_fired", "insert_escalations"])
    async def test_a_crash_before_the_commit_leaves_it_to_the_next_scan(
        self, sla: Sla, monkeypatch: pytest.MonkeyPatch, point: str
    ) -> None:
        case = sla.case()
        await sla.hear(case.submitted(), case.assigned())
        sla.clock.advance(timedelta(hours=2))

        async def killed(*_args: object) -> None:
            raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(due_queries, point, killed)
            with pytest.raises(Killed):
                await sla.scan()
        assert await first_response(sla, case) == []
        await sla.scan()
        assert names(await first_response(sla, case)) == LADDER[:4]

    async def test_a_crash_after_the_commit_repeats_nothing(self, sla: Sla) -> None:
        case = sla.case()
        await sla.hear(case.submitted(), case.assigned())
        sla.clock.advance(timedelta(hours=2))

        def killed() -> None:
            raise Killed

        with pytest.raises(Killed):
            await scan_once(UnitsOfWork(sla.units.database, sla.clock, killed), sla.context)
        await sla.scan()
        assert names(await first_response(sla, case)) == LADDER[:4]

    async def test_a_clock_that_cannot_be_handled_holds_up_no_other(
        self, sla: Sla, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        broken, sound = sla.case(), sla.case()
        await sla.hear(broken.submitted(hours=-0.1), sound.submitted())
        sla.clock.advance(timedelta(hours=2))
        real = announcements.firing_event

        def failing(clock: Any, *rest: Any) -> Any:
            if clock.complaint_id == broken.complaint_id:
                raise ValueError("this one cannot be told")
            return real(clock, *rest)

        with monkeypatch.context() as patch:
            patch.setattr(scanner, "firing_event", failing)
            await sla.scan()
        assert await first_response(sla, broken) == []
        assert names(await first_response(sla, sound)) == LADDER[:4]
        await sla.advance(minutes=1)
        assert names(await first_response(sla, broken)) == LADDER[:4]


class TestAtScale:
    async def test_the_search_reads_the_index_of_what_is_due(self, sla: Sla) -> None:
        await _many_clocks(sla.units.database, 20_000, sla.clock.now() + timedelta(days=30))
        await sla.rows(
            """WITH told AS (
                INSERT INTO escalation (clock_id, level, to_role, fired_at)
                SELECT clock_id, 0, 'officer', :now FROM clock RETURNING 1
            ) SELECT count(*) FROM told""",
            now=sla.clock.now(),
        )
        async with sla.units.begin() as unit:
            await unit.connection.execute(text("ANALYZE escalation"))
        now = sla.clock.now()
        ids = [row["clock_id"] for row in await sla.rows("SELECT clock_id FROM clock LIMIT 50")]
        texts = array_text(ids)
        for index, statement, values in (
            ("clock_fires", due_queries.LOCK_DUE, (now, 500)),
            ("clock_fires", due_queries.NEXT_FIRE, ()),
            ("escalation_pkey", due_queries.LEVELS, (ids,)),
            ("clock_pkey", due_queries.NOTE_FIRED, (texts, *[array_text([now] * 50)] * 3)),
        ):
            async with sla.units.begin() as unit:
                if statement is not due_queries.NOTE_FIRED:
                    await due_queries.keep_to_indexes(unit.connection)
                plan = await fetch(unit.connection, f"EXPLAIN {statement}", *values)
            lines = "\n".join(row[0] for row in plan)
            assert index in lines, lines
            assert "Seq Scan" not in lines, lines

    async def test_a_burst_that_the_statistics_know_nothing_of_is_not_sorted_for_each_batch(
        self, sla: Sla
    ) -> None:
        await _many_clocks(sla.units.database, 20_000, sla.clock.now() + timedelta(days=30))
        now = sla.clock.now()
        async with sla.units.begin() as unit:
            await unit.connection.execute(text("ALTER TABLE clock SET (autovacuum_enabled = off)"))
            await unit.connection.execute(
                text("UPDATE clock SET next_fire_at = :now"), {"now": now}
            )
            await due_queries.keep_to_indexes(unit.connection)
            plan = await fetch(unit.connection, f"EXPLAIN {due_queries.LOCK_DUE}", now, 500)
        lines = "\n".join(row[0] for row in plan)
        assert "Index Scan using clock_fires" in lines, lines
        assert "Sort" not in lines, lines

    async def test_many_that_are_due_at_once_all_fire(self, sla: Sla) -> None:
        await _many_clocks(sla.units.database, 3_000, sla.clock.now())
        await sla.advance(hours=1)
        [found] = await sla.rows(
            """SELECT count(*) FILTER (WHERE type LIKE '%DeadlineMissed%') AS missed,
            count(*) FILTER (WHERE type LIKE '%DeadlineNear%') AS near FROM outbox"""
        )
        assert found == {"missed": 3_000, "near": 3_000}


async def _many_clocks(database: Database, count: int, due_at: datetime) -> None:
    async with database.transaction() as connection:
        await connection.execute(
            text(
                """
                INSERT INTO case_facts (complaint_id, channel, classification, marks, clocks,
                                        opds, is_open)
                SELECT uuidv7(), 'web', 'complaint', '[]', '[]', '[]', true
                FROM generate_series(1, :count)
                """
            ),
            {"count": count},
        )
        await connection.execute(
            text(
                """
                INSERT INTO clock (clock_id, complaint_id, part, stage, epoch, policy,
                                   profile_version, rungs, state, started_at, due_at, near_at,
                                   next_fire_at)
                SELECT gen_random_uuid(), complaint_id, 0, 'first_response', 0, 'p', 'v', '[]',
                       'running', :due, :due, :due, :due
                FROM case_facts
                """
            ),
            {"due": due_at},
        )
        await connection.execute(text("ANALYZE clock"))
