"""What peers got wrong, each as a test here: the rows on clocks of the comparison with peers."""

from datetime import datetime
from typing import Any

from services.sla import profile
from services.sla.consumers import handlers
from services.sla.context import make_context
from services.sla.operations import adjusting
from services.sla.profile import SlaProfile
from shared.contracts.intake import CitizenMessageReceived
from shared.contracts.sla import CaseEscalated, ClockRescheduled, DeadlineMissed, DeadlineNear
from shared.inbox import Inbox
from tests.service.sla.driver import Case, Sla, names, running
from tests.support.servers import PROFILE

FIRED = (DeadlineNear, DeadlineMissed, CaseEscalated)


def about(case: Case, sla: Sla) -> dict[str, Any]:
    """Return what each event says of its case."""
    return {"complaint_id": case.complaint_id, "occurred_at": sla.clock.now()}


def with_holiday(shipped: SlaProfile, *days: str) -> SlaProfile:
    """Return the profile with more local holidays in the Pemda's own calendar."""
    office = shipped.calendars[0]
    more = [{"date": day, "kind": "holiday", "name": "Libur daerah"} for day in days]
    edited = type(office).model_validate(
        {**office.model_dump(), "overrides": [*office.model_dump()["overrides"], *more]}
    )
    return shipped.model_copy(update={"calendars": (edited, *shipped.calendars[1:])})


async def test_ccrs_a_citizens_comment_postpones_no_escalation(sla: Sla) -> None:
    case = sla.case()
    await sla.hear(case.submitted(), case.assigned())
    for _ in range(26):
        await sla.advance(hours=1)
        await sla.hear(CitizenMessageReceived(**about(case, sla), text="Kapan diperbaiki?"))
    await sla.advance(hours=1)
    told = [e for e in await sla.told(case, CaseEscalated) if e.stage == "first_response"]
    assert [event.level for event in told] == [0, 1, 2, 3]


async def test_ccrs_what_nobody_was_assigned_escalates_all_the_same(sla: Sla) -> None:
    unheard, triaged = sla.case(), sla.case()
    await sla.hear(unheard.submitted(), triaged.submitted(), triaged.triaged())
    await sla.advance(hours=27)
    for case in (unheard, triaged):
        told = [e for e in await sla.told(case, CaseEscalated) if e.stage == "first_response"]
        assert [e.to_role for e in told] == ["triage", "triage", "sekda", "leader"]


async def test_ccrs_more_than_a_hundred_rows_are_scanned(sla: Sla) -> None:
    cases = [sla.case() for _ in range(130)]
    await sla.hear(*(case.submitted() for case in cases))
    await sla.advance(hours=2)
    [missed] = await sla.rows(
        "SELECT count(*) AS n FROM clock WHERE stage = 'first_response' AND missed_fired_at = :now",
        now=sla.clock.now(),
    )
    assert missed["n"] == 130


async def test_zammad_3140_what_was_answered_is_not_escalated(sla: Sla) -> None:
    case = sla.case()
    await sla.hear(case.submitted(), case.assigned(), case.progressed(hours=1))
    await sla.hear(case.resolved(hours=1.5))
    await sla.advance(days=9)
    assert names(await sla.told(case, CaseEscalated)) == []


async def test_zammad_534_a_calendar_edit_moves_running_clocks_and_says_which(sla: Sla) -> None:
    running_one, done, paused = sla.case(), sla.case(), sla.case()
    await sla.hear(running_one.submitted(), running_one.assigned())
    await sla.hear(done.submitted(), done.assigned(), done.resolved(hours=1))
    await sla.hear(paused.submitted(), paused.assigned(), paused.asked(hours=1))
    before = {case.complaint_id: await sla.clocks(case) for case in (running_one, done, paused)}
    shipped = profile.read(PROFILE)
    first = make_context(shipped, "first", sla.context.metrics)
    later = make_context(with_holiday(shipped, "2026-03-12"), "later", sla.context.metrics)
    async with sla.units.begin() as unit:
        await adjusting.notice_calendars(unit, first)
    while await adjusting.work_off(sla.units, first):
        pass
    assert await sla.told(running_one, ClockRescheduled) == []
    async with sla.units.begin() as unit:
        asked = await adjusting.notice_calendars(unit, later)
        assert asked is not None
        assert await adjusting.notice_calendars(unit, later) is None
    # One case a batch, as if there were thousands.
    while await adjusting.work_off(sla.units, later, batch=1):
        pass
    moved = {}
    for case in (running_one, paused):
        [event] = [e for e in await sla.told(case, ClockRescheduled) if e.stage == "resolution"]
        row = (await sla.clocks(case))["resolution", 0]
        assert row["due_at"] == event.due_at > before[case.complaint_id]["resolution", 0]["due_at"]
        moved[case.complaint_id] = event.due_at
    assert await sla.told(done, ClockRescheduled) == []
    assert await sla.clocks(done) == before[done.complaint_id]
    rows = await sla.rows("SELECT * FROM adjusted_clock WHERE stage = 'resolution'")
    assert {row["complaint_id"]: row["new_due_at"] for row in map(_plain, rows)} == moved
    [report] = await sla.rows(
        "SELECT * FROM adjustment WHERE profile_version = 'later'",
    )
    assert report["finished_at"] is not None
    assert report["moved"] == len(moved)
    # What was heard of it afterwards goes by the new calendar, in the old process and the new.
    inbox = Inbox(sla.units, "sla", handlers(later))
    await inbox.handle([sla.message(running_one.assigned("DLH", hours=2))])
    assert (await sla.clocks(running_one))["resolution", 0]["due_at"] == moved[
        running_one.complaint_id
    ]


async def test_chatwoot_10178_no_clock_runs_on_after_resolution(sla: Sla) -> None:
    case = sla.case()
    await sla.hear(case.submitted(), case.assigned(), case.asked(hours=1), case.resolved(hours=2))
    assert running(await sla.clocks(case)) == {"closing"}
    await sla.hear(case.closed(hours=3))
    assert running(await sla.clocks(case)) == set()
    await sla.advance(days=100)
    assert await sla.told(case, *FIRED) == []


async def test_chatwoot_6409_what_is_sent_by_itself_is_no_first_response(sla: Sla) -> None:
    case = sla.case()
    # An acknowledgement of receipt is intake's own and no event of an officer; an assignment, a
    # contribution or a stage tells the citizen something, but is no answer of a human.
    await sla.hear(case.submitted(), case.assigned(), case.assigned("DLH", hours=0.5))
    await sla.hear(CitizenMessageReceived(**about(case, sla), text="Terima kasih."))
    assert (await sla.clocks(case))["first_response", 0]["state"] == "running"
    await sla.advance(hours=2)
    assert "DeadlineMissed first_response" in names(await sla.told(case, DeadlineMissed))


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: each if isinstance(each, datetime) else str(each) for name, each in row.items()}
