"""Records of cases: the same from any order of topics, once each, and filled for what was there."""

from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection

from shared.contracts.event import Event, Location
from shared.contracts.intake import ComplaintAmended, FeedbackGiven
from shared.contracts.routing import CaseMerged, CaseUnmerged
from shared.ids import ComplaintId, new_id
from shared.migrating import alembic_config
from tests.service.sla.driver import OFFICER, Case, Sla


async def record(sla: Sla, case: Case) -> dict[str, Any]:
    """Return the record of a case."""
    [row] = await sla.rows(
        "SELECT * FROM case_record WHERE complaint_id = :id", id=case.complaint_id
    )
    return row


def feedback(case: Case, hours: float, *, satisfied: bool) -> FeedbackGiven:
    """Let the citizen say whether it helped."""
    return FeedbackGiven(**case._at(hours), satisfied=satisfied)  # noqa: SLF001 - its own time


def story(case: Case) -> tuple[list[Event], list[Event]]:
    """Return what intake and routing tell of one case that was reopened."""
    return (
        [
            case.submitted(channel="whatsapp", location=Location(area_code="99.71.01.1001")),
            feedback(case, 6, satisfied=False),
            feedback(case, 10, satisfied=True),
        ],
        [
            case.triaged(),
            case.assigned("PUPR", hours=1),
            case.answered(hours=1.5),
            case.assigned("DLH", hours=2),
            case.progressed(hours=3),
            case.resolved(hours=5),
            case.reopened(hours=6),
            case.resolved(hours=9),
            case.closed(hours=10),
        ],
    )


class TestKeeping:
    async def test_a_record_tells_who_answered_first_and_who_resolved_it(self, sla: Sla) -> None:
        case = sla.case()
        start = sla.clock.now()
        for events in story(case):
            await sla.hear(*events)
        found = await record(sla, case)
        hours = {
            name: (found[name] - start).total_seconds() / 3600
            for name in found
            if name.endswith(("_at", "_since")) and found[name] is not None
        }
        assert hours == {
            "submitted_at": 0,
            "held_since": 2,
            "verified_at": 1,
            "answered_at": 1.5,
            "answered_held_since": 1,
            "followed_up_at": 3,
            "resolved_at": 5,
        }
        expected = {
            "channel": "whatsapp",
            "area": "99.71.01.1001",
            "opd": "DLH",
            "answered_opd": "PUPR",
            "answered_officer": OFFICER,
            "resolved_opd": "DLH",
            "reopened": 1,
            "satisfied": True,
            "state": "closed",
            "ended": True,
            "closing_reason": "satisfied",
        }
        assert {name: found[name] for name in expected} == expected

    @pytest.mark.parametrize("sizes", [1, 3, 20])
    async def test_topics_may_come_in_any_order_and_in_any_batches(
        self, sla: Sla, sizes: int
    ) -> None:
        first, second = sla.case(), sla.case()
        told = [story(first), story(second)]
        await sla.hear(*told[0][0], *told[0][1])
        late = [*told[1][1], *told[1][0]]
        for place in range(0, len(late), sizes):
            await sla.hear(*late[place : place + sizes])
        one, other = await record(sla, first), await record(sla, second)
        del one["complaint_id"], other["complaint_id"]
        assert one == other

    async def test_a_second_delivery_changes_nothing(self, sla: Sla) -> None:
        case = sla.case()
        submitted, routed = story(case)
        messages = await sla.hear(*submitted, *routed)
        before = await record(sla, case)
        await sla.inbox.handle(messages)
        assert await record(sla, case) == before

    async def test_what_is_amended_merged_and_withdrawn_is_noted(self, sla: Sla) -> None:
        case = sla.case()
        into = ComplaintId(new_id())
        at = case._at(1)  # noqa: SLF001 - its own time
        await sla.hear(
            case.submitted(),
            ComplaintAmended(
                **at,
                classification="aspiration",
                secret=True,
                spam=True,
                location=Location(area_code="99.71.02"),
            ),
            CaseMerged(**at, into=into),
        )
        found = await record(sla, case)
        assert (found["classification"], found["area"]) == ("aspiration", "99.71.02")
        assert [found[name] for name in ("secret", "spam", "merged")] == [True, True, True]
        await sla.hear(CaseUnmerged(**at, into=into), case.withdrawn(hours=2))
        found = await record(sla, case)
        assert found["merged"] is False
        assert found["withdrawn_at"] is not None

    async def test_a_contributing_opd_does_not_end_the_case(self, sla: Sla) -> None:
        case = sla.case()
        await sla.hear(
            case.submitted(), case.assigned("PUPR"), case.assigned("DLH", hours=1, part=1)
        )
        found = await record(sla, case)
        assert (found["opd"], found["ended"]) == ("PUPR", False)

    async def test_where_the_answer_names_no_opd_it_is_who_has_the_case(self, sla: Sla) -> None:
        case = sla.case()
        await sla.hear(case.submitted(), case.assigned("DINKES"))
        await sla.hear(case.rejected(hours=1))
        assert (await record(sla, case))["answered_opd"] == "DINKES"


async def test_cases_from_before_there_were_records_get_theirs(sla: Sla) -> None:
    """The migration fills what the clocks know; place, officers and secrecy they do not."""
    cases = [sla.case() for _ in range(3)]
    for events in story(cases[0]):
        await sla.hear(*events)
    await sla.hear(cases[1].submitted(), cases[1].assigned("PDAM", hours=1))
    await sla.hear(cases[2].triaged(), cases[2].rejected(hours=1))
    query = "SELECT * FROM case_record ORDER BY complaint_id"
    before = await sla.rows(query)

    def down_and_up(connection: Connection) -> None:
        config = alembic_config("sla")
        config.attributes["connection"] = connection
        command.downgrade(config, "0003")
        command.upgrade(config, "head")

    async with sla.units.database.transaction() as connection:
        await connection.run_sync(down_and_up)
    unknown = {"area", "answered_officer", "resolved_officer", "satisfied", "closing_reason"}
    # Of OPDs that had it before, only the one that has it now is known.
    unknown |= {"answered_opd", "answered_held_since", "secret", "topic", "emergency"}
    for then, now in zip(before, await sla.rows(query), strict=True):
        same = then.keys() - unknown
        assert {name: now[name] or None for name in same} == {
            name: then[name] or None for name in same
        }
        assert now["secret"] is True
