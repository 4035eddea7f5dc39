"""What may wait, waits for the morning; a flood is one message; and once a day all is summed up."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from services.sla.notices_profile import Flood
from services.sla.sending import resolver
from shared.contracts.routing import CaseMerged
from shared.messaging import queue
from tests.service.sla.driver import Sla
from tests.service.sla.post import (
    BY_MAIL,
    KNOWN,
    context_with,
    letters,
    messages,
    morning_after,
    night,
    notices,
    open_case,
    post,
    profile_with,
    with_context,
)


@pytest.fixture
def desk(sla: Sla) -> Sla:
    """Return an sla that writes e-mail; it is nine o'clock on a Monday."""
    return with_context(sla, BY_MAIL)


class TestNight:
    async def test_the_officer_sleeps_until_the_morning(self, desk: Sla) -> None:
        night(desk)
        case = await open_case(desk)
        await post(desk)
        assert await notices(desk, case) == [("assigned", "officer/PUPR", "waiting")]
        morning = morning_after(desk)
        desk.clock.set(morning - timedelta(seconds=1))
        await post(desk)
        assert await messages(desk) == []
        desk.clock.set(morning)
        await post(desk)
        assert len(await messages(desk)) == 1

    @pytest.mark.parametrize("end", ["withdrawn", "answered", "merged"])
    async def test_what_ended_by_night_wakes_nobody_in_the_morning(
        self, desk: Sla, end: str
    ) -> None:
        night(desk)
        case = await open_case(desk)
        await post(desk)
        at = {"complaint_id": case.complaint_id, "occurred_at": desk.clock.now()}
        news = {
            "withdrawn": case.withdrawn(),
            "answered": case.answered(),
            "merged": CaseMerged(**at, into=desk.case().complaint_id),
        }
        await desk.hear(news[end])
        desk.clock.set(morning_after(desk))
        await post(desk)
        assert await notices(desk, case) == [("assigned", "officer/PUPR", "dropped")]

    async def test_an_emergency_does_not_wait(self, desk: Sla) -> None:
        night(desk)
        case = await open_case(desk, emergency=True)
        await post(desk)
        assert await notices(desk, case) == [("assigned", "officer/PUPR", "handed")]

    async def test_what_climbs_to_the_leader_does_not_wait(self, desk: Sla) -> None:
        night(desk)
        desk.clock.advance(timedelta(hours=-26))
        case = await open_case(desk)
        await desk.advance(hours=26)
        await post(desk)
        states = {
            (kind, to): state
            for kind, to, state in await notices(desk, case)
            if kind == "escalated"
        }
        assert states["escalated", "leader"] == "handed"
        assert states["escalated", "head/PUPR"] == "waiting"

    async def test_a_contacts_own_hours_go_before_those_of_the_role(self, sla: Sla) -> None:
        quiet = KNOWN.contacts[3].model_validate(
            {**KNOWN.contacts[3].model_dump(), "quiet": {"start": "00:00", "end": "00:00"}}
        )
        contacts = tuple(quiet if each is KNOWN.contacts[3] else each for each in KNOWN.contacts)
        awake = KNOWN.model_copy(update={"contacts": contacts})
        desk = with_context(sla, context_with(awake))
        night(desk)
        case = await open_case(desk)
        await post(desk)
        assert await notices(desk, case) == [("assigned", "officer/PUPR", "handed")]


class TestFlood:
    async def test_many_at_once_are_one_message_with_counts_and_the_oldest(self, desk: Sla) -> None:
        cases = [desk.case() for _ in range(25)]
        await desk.hear(*(e for case in cases for e in (case.submitted(), case.assigned())))
        await post(desk)
        [message] = await messages(desk)
        assert message["template"] == "digest"
        assert message["parameters"]["counts"] == {"assigned": 25}
        assert len(message["parameters"]["oldest"]) == 10
        assert {state for _, _, state in await notices(desk)} == {"digested"}
        assert await letters(desk) == [
            ("penghubung.pupr@contoh.example", "25 pemberitahuan laporan")
        ]
        # The next lot waits for the quarter of an hour, but for an emergency.
        await desk.hear(*(e for c in cases for e in (c.assigned("DLH", 0.01), c.assigned())))
        more = [desk.case() for _ in range(12)]
        await desk.hear(*(e for case in more for e in (case.submitted(), case.assigned())))
        urgent = await open_case(desk, emergency=True)
        await post(desk)
        assert ("assigned", "officer/PUPR", "handed") in await notices(desk, urgent)
        held = [n for n in await notices(desk) if n[1:] == ("officer/PUPR", "waiting")]
        assert len(held) >= 12
        await desk.advance(minutes=15)
        await post(desk)
        digests = [m for m in await messages(desk) if m["lane"] == "officer/PUPR/email"]
        assert [m["template"] for m in digests] == ["digest", "assigned", "digest"]

    async def test_what_was_done_meanwhile_is_counted_and_not_listed(self, sla: Sla) -> None:
        few = profile_with(daily=None, flood=Flood(more_than=1, within_minutes=15, cases=5))
        desk = with_context(sla, context_with(few))
        one, other = desk.case(), desk.case()
        await desk.hear(*(e for c in (one, other) for e in (c.submitted(), c.assigned())))
        await post(desk)
        await desk.hear(one.answered(hours=0.01))
        async with desk.units.begin() as unit:
            [claimed] = await queue.claim(unit.connection, "email", unit.now, 10)
            letter = await resolver(desk.context.offices, desk.clock)(unit.connection, claimed)
        assert "Ada 2 pemberitahuan" in letter.text
        assert letter.text.count("TGP2345678") == 1


class TestMorning:
    async def test_heads_and_the_leader_get_one_overview_a_day(self, sla: Sla) -> None:
        desk = with_context(sla, context_with(profile_with()))
        await open_case(desk)
        for _ in range(2):
            await asyncio.gather(post(desk), post(desk))
        heads = sum(each.role in {"head", "leader"} for each in KNOWN.contacts)
        assert len(await daily(desk)) == heads
        sent = await letters(desk)
        # Where nothing is open, nobody is bothered.
        assert {to for to, subject in sent if subject.startswith("Laporan terbuka")} == {
            "kepala.pupr@contoh.example",
            "walikota@contoh.example",
        }
        desk.clock.advance(timedelta(hours=21, minutes=59))
        await post(desk)
        assert len(await daily(desk)) == heads
        desk.clock.advance(timedelta(minutes=1))
        await post(desk)
        assert len(await daily(desk)) == 2 * heads


async def daily(sla: Sla) -> list[dict[str, Any]]:
    return [row for row in await messages(sla) if row["template"] == "daily"]
