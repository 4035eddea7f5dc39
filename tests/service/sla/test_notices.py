"""What staff are told, and that it is once: of assignments and of deadlines."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from services.sla import notice_lookups, notice_queries
from services.sla import postman as postman_module
from shared.contracts.routing import ContributionRequested
from shared.database import fetch
from tests.service.sla.driver import Sla
from tests.service.sla.post import (
    ALL_CHANNELS,
    BY_MAIL,
    KNOWN,
    context_with,
    letters,
    messages,
    night,
    notices,
    open_case,
    post,
    with_context,
)


@pytest.fixture
def desk(sla: Sla) -> Sla:
    """Return an sla that writes e-mail; it is nine o'clock on a Monday."""
    return with_context(sla, BY_MAIL)


class TestAssignments:
    async def test_the_opds_officers_are_told_where_they_are_reached(self, desk: Sla) -> None:
        case = await open_case(desk)
        assert await notices(desk, case) == [("assigned", "officer/PUPR", "waiting")]
        await post(desk)
        assert await notices(desk, case) == [("assigned", "officer/PUPR", "handed")]
        [(recipient, subject)] = await letters(desk)
        assert recipient == "penghubung.pupr@contoh.example"
        assert subject == "Laporan baru TGP2345678: -"

    async def test_the_queue_knows_no_address_and_no_words(self, desk: Sla) -> None:
        await open_case(desk, text="Bu Sri, 081234567890, lampunya padam")
        await post(desk)
        stored = str(await messages(desk)) + str(await desk.rows("SELECT * FROM notice"))
        for secret in ("@", "contoh.example", "0812", "Sri", "lampu"):
            assert secret not in stored

    async def test_what_comes_twice_is_told_once(self, desk: Sla) -> None:
        case = desk.case()
        assigned = case.assigned()
        heard = await desk.hear(case.submitted(), assigned)
        await desk.inbox.handle(heard)
        # The topic is read anew by a group that knows nothing, and the fact has another id.
        await desk.rows("WITH d AS (DELETE FROM inbox RETURNING 1) SELECT count(*) FROM d")
        desk.versions.clear()
        await desk.hear(case.submitted(), assigned)
        await post(desk)
        await post(desk)
        assert len(await messages(desk)) == 1

    async def test_a_transfer_tells_the_new_opd_and_lets_the_old_one_be(self, desk: Sla) -> None:
        case = desk.case()
        await desk.hear(case.submitted(), case.assigned("PUPR"))
        await desk.hear(case.assigned("DLH", hours=0.1))
        await post(desk)
        assert set(await notices(desk, case)) == {
            ("assigned", "officer/PUPR", "dropped"),
            ("assigned", "officer/DLH", "handed"),
        }

    async def test_a_contributing_opd_is_told_of_its_part(self, desk: Sla) -> None:
        case = await open_case(desk)
        at = {"complaint_id": case.complaint_id, "occurred_at": desk.clock.now()}
        await desk.hear(
            ContributionRequested(**at, part=1, opd="DLH", opd_name="DLH", reason="Pohon.")
        )
        await post(desk)
        assert ("contribution", "officer/DLH", "handed") in await notices(desk, case)

    async def test_what_is_returned_goes_back_to_the_desk(self, desk: Sla) -> None:
        case = await open_case(desk)
        await desk.hear(case.returned(hours=0.1))
        await post(desk)
        assert set(await notices(desk, case)) == {
            ("assigned", "officer/PUPR", "dropped"),
            ("returned", "triage", "handed"),
        }

    async def test_a_case_that_is_open_again_is_told_to_whoever_has_it(self, desk: Sla) -> None:
        case = await open_case(desk)
        await desk.hear(case.resolved(hours=0.1))
        await post(desk)
        again = case.reopened(hours=0.2)
        await desk.hear(again)
        await desk.hear(again)
        await post(desk)
        assert await notices(desk, case) == [
            ("assigned", "officer/PUPR", "dropped"),
            ("reopened", "officer/PUPR", "handed"),
        ]

    async def test_news_of_routing_before_intakes_are_told_all_the_same(self, desk: Sla) -> None:
        case = desk.case()
        await desk.hear(case.assigned())
        await post(desk)
        assert await notices(desk, case) == [("assigned", "officer/PUPR", "handed")]

    async def test_without_a_channel_that_sends_it_is_kept_to_be_read(self, sla: Sla) -> None:
        case = await open_case(sla)
        await post(sla)
        assert await notices(sla, case) == [("assigned", "officer/PUPR", "kept")]
        assert await messages(sla) == []

    async def test_every_channel_of_a_contact_is_used(self, sla: Sla) -> None:
        desk = with_context(sla, context_with(KNOWN, ALL_CHANNELS))
        await open_case(desk)
        await post(desk)
        found = {(row["channel"], row["account"]) for row in await messages(desk)}
        assert found == {("email", ""), ("whatsapp", ""), ("telegram", ""), ("webhook", "situs")}


class TestDeadlines:
    async def test_each_step_of_the_ladder_is_told_once(self, desk: Sla) -> None:
        case = await open_case(desk)
        await post(desk)
        for _ in range(56):
            await desk.advance(hours=0.5)
            await post(desk)
        rows = await desk.rows(
            """SELECT kind, contact, count(*) FROM notice
            WHERE complaint_id = :id AND stage = 'first_response' GROUP BY 1, 2""",
            id=case.complaint_id,
        )
        assert {(row["kind"], row["contact"], row["count"]) for row in rows} == {
            ("near", "officer/PUPR", 1),
            ("missed", "officer/PUPR", 1),
            ("escalated", "head/PUPR", 1),
            ("escalated", "sekda", 1),
            ("escalated", "leader", 1),
        }

    async def test_a_clock_set_back_tells_nothing_early_and_nothing_twice(self, desk: Sla) -> None:
        case = await open_case(desk)
        await desk.advance(hours=2.5)
        await post(desk)
        before = await notices(desk, case)
        await desk.advance(hours=-2)
        other = await open_case(desk)
        for hours in (0.0, 1.0):
            await desk.advance(hours=hours)
            await post(desk)
        assert await notices(desk, case) == before
        assert {kind for kind, _, _ in await notices(desk, other)} == {"assigned"}

    async def test_after_three_days_down_each_level_is_told_once(self, desk: Sla) -> None:
        case = await open_case(desk)
        await post(desk)
        await desk.advance(days=3, hours=2)
        await desk.scan()
        told = [(kind, to) for kind, to, _ in await notices(desk, case)]
        assert ("near", "officer/PUPR") not in told
        # Of two stages, the first response and the follow-up.
        for contact in ("head/PUPR", "sekda", "leader"):
            assert told.count(("escalated", contact)) == 2

    async def test_what_was_answered_meanwhile_is_not_told(self, desk: Sla) -> None:
        case = await open_case(desk)
        await post(desk)
        await desk.advance(hours=1.6)
        await desk.hear(case.answered())
        await post(desk)
        assert ("near", "officer/PUPR", "dropped") in await notices(desk, case)

    async def test_what_is_answered_between_queue_and_sending_is_not_sent(self, desk: Sla) -> None:
        case = await open_case(desk)
        await post(desk)
        await letters(desk)
        await desk.advance(hours=1.6)
        await post(desk)
        await desk.hear(case.answered())
        assert await letters(desk) == []


class TestOnce:
    async def test_two_postmen_hand_on_each_notice_once(self, desk: Sla) -> None:
        for opd in ("PUPR", "DLH", "DISHUB"):
            for _ in range(3):
                await open_case(desk, opd)
        await asyncio.gather(*(post(desk) for _ in range(4)))
        assert len(await messages(desk)) == 9
        assert {state for _, _, state in await notices(desk)} == {"handed"}

    async def test_a_crash_before_the_commit_leaves_it_to_the_next_round(
        self, desk: Sla, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        case = await open_case(desk)

        async def killed(*_args: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(postman_module, "enqueue", killed)
            with pytest.raises(KeyboardInterrupt):
                await post(desk)
        assert await notices(desk, case) == [("assigned", "officer/PUPR", "waiting")]
        await post(desk)
        assert len(await messages(desk)) == 1

    async def test_a_crash_after_the_commit_repeats_nothing(self, desk: Sla) -> None:
        await open_case(desk)
        await post(desk)
        # The next life of the process knows nothing of the last one.
        await post(with_context(desk, context_with(KNOWN)))
        assert len(await messages(desk)) == 1

    async def test_what_waits_for_a_contact_that_is_gone_is_dropped(self, desk: Sla) -> None:
        night(desk)
        case = await open_case(desk)
        without = KNOWN.model_copy(
            update={"contacts": tuple(c for c in KNOWN.contacts if c.opd != "PUPR")}
        )
        await postman_module.forget_old(desk.units, context_with(without))
        assert await notices(desk, case) == [("assigned", "officer/PUPR", "dropped")]

    async def test_old_notices_are_forgotten_and_waiting_ones_are_not(self, sla: Sla) -> None:
        await open_case(sla)
        sla.clock.advance(timedelta(days=91))
        await postman_module.forget_old(sla.units, sla.context)
        assert await notices(sla) == []


async def test_a_profile_without_notices_tells_nobody(sla: Sla) -> None:
    silent = with_context(sla, context_with(KNOWN.model_copy(update={"notices": None})))
    await open_case(silent)
    await post(silent)
    assert await notices(silent) == []


class TestAtScale:
    async def test_the_postmans_searches_read_indexes(self, desk: Sla) -> None:
        await desk.rows(
            """WITH made AS (
                INSERT INTO notice (notice_id, event_key, contact, kind, complaint_id, part,
                                    to_role, opd, happened_at, due_at, state)
                SELECT gen_random_uuid(), n::text, 'officer/' || n % 100, 'assigned',
                       gen_random_uuid(), 0, 'officer', 'OPD' || n % 100, :now, :now,
                       CASE WHEN n % 50 = 0 THEN 'waiting' ELSE 'handed' END
                FROM generate_series(1, 20000) n RETURNING 1
            ) SELECT count(*) FROM made""",
            now=desk.clock.now(),
        )
        async with desk.units.begin() as unit:
            await unit.connection.execute(text("ANALYZE notice"))
        now = desk.clock.now()
        for index, statement, values in (
            ("notice_waiting", notice_queries.CONTACTS_DUE, (["officer/1"], now)),
            ("notice_waiting", notice_queries.COUNT_DUE, ("officer/1", now)),
            ("notice_waiting", notice_queries.DROP_UNTRUE, ("officer/1", now)),
            ("notice_newest", notice_lookups.PAGE, (None, None, False, None, None, 51)),
            ("notice_by_opd", notice_lookups.PAGE, ("OPD1", ["officer"], False, None, None, 51)),
        ):
            async with desk.units.begin() as unit:
                await unit.connection.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
                plan = await fetch(unit.connection, f"EXPLAIN {statement}", *values)
            lines = "\n".join(row[0] for row in plan)
            assert index in lines, lines
            assert "Seq Scan on notice" not in lines, lines
