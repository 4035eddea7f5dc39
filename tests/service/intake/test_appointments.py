"""Sessions: what is offered, one place for each applicant, changed, given back, and who comes."""

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.intake.operations.appointments import release
from services.intake.paper_errors import SessionFull, SessionUnknown
from shared.auth import Role
from shared.ids import new_id
from tests.service.intake.driver import REPORTER, Driver, Lodged
from tests.service.intake.events import Telling
from tests.service.intake.papers import CODE, FRIDAY, LATER, OPD, apply, book_for

SESSIONS = f"/intake/v1/services/{CODE}/sessions"
NEXT_WEEK = "2026-03-27T09:00"


async def left(driver: Driver, session: str) -> int:
    answer = await driver.client.get(SESSIONS)
    assert answer.status_code == 200, answer.text
    found: dict[str, int] = {each["session"]: each["left"] for each in answer.json()["sessions"]}
    return found[session]


async def rebook(driver: Driver, lodged: Lodged, session: str, **headers: str) -> Any:
    return await driver.client.put(
        f"/intake/v1/applications/{lodged.code}/appointment",
        json={"session": session},
        headers={**lodged.key, **headers},
    )


@pytest.fixture(autouse=True)
async def nobody_has_booked(papers: Driver) -> None:
    async with papers.doors.units.begin() as unit:
        for row in await papers.rows("SELECT complaint_id FROM booking"):
            await release(unit, str(row["complaint_id"]))


async def test_the_sessions_of_the_coming_days_are_listed(papers: Driver) -> None:
    answer = (await papers.client.get(SESSIONS)).json()
    # The Friday after next is closed, and the one after that more than a fortnight away.
    assert [each["session"] for each in answer["sessions"]] == [FRIDAY, LATER]
    assert answer["sessions"][0]["starts_at"] == "2026-03-13T09:00:00+07:00"
    assert (answer["place"], answer["bring"]) == ("Mal Pelayanan Publik", ["KTP asli"])


@pytest.mark.parametrize("code", ["rtlh", "tidak-ada"])
async def test_a_service_without_sessions_has_none(papers: Driver, code: str) -> None:
    assert (await papers.client.get(f"/intake/v1/services/{code}/sessions")).status_code == 404


async def test_a_booking_takes_one_place_however_often_it_is_made(papers: Driver) -> None:
    lodged = await apply(papers)
    async with papers.doors.units.begin() as unit:
        await book_for(papers, unit, lodged.complaint_id, FRIDAY)
    assert await left(papers, FRIDAY) == 1


@pytest.mark.parametrize(
    "session",
    ["2026-03-12T09:00", "2026-03-13T09:30", "2026-03-20T09:00", NEXT_WEEK, "2026-02-30T09:00"],
)
async def test_a_session_that_there_is_not_names_those_there_are(
    papers: Driver, session: str
) -> None:
    lodged = await apply(papers, None)
    answer = await rebook(papers, lodged, session)
    assert answer.status_code == 422
    assert answer.json()["next_sessions"] == [FRIDAY, LATER]


async def test_of_two_at_once_one_gets_the_last_place(papers: Driver) -> None:
    await apply(papers)
    rivals = [await apply(papers, None) for _ in range(2)]
    answers = await asyncio.gather(*(rebook(papers, each, FRIDAY) for each in rivals))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    refused = next(answer.json() for answer in answers if answer.status_code == 409)
    assert refused["type"].endswith("session-full")
    assert refused["next_sessions"] == [LATER]


async def test_a_submission_that_fails_takes_no_place(papers: Driver) -> None:
    async def fail() -> None:
        async with papers.doors.units.begin() as unit:
            await book_for(papers, unit, new_id(), FRIDAY)
            raise RuntimeError("gone")

    with pytest.raises(RuntimeError, match="gone"):
        await fail()
    assert await left(papers, FRIDAY) == 2


async def test_an_applicant_comes_to_another_session(papers: Driver) -> None:
    lodged = await apply(papers)
    answer = await rebook(papers, lodged, LATER)
    assert answer.status_code == 200, answer.text
    assert answer.json()["starts_at"] == "2026-03-13T10:00:00+07:00"
    assert (await left(papers, FRIDAY), await left(papers, LATER)) == (2, 4)
    again = await rebook(papers, lodged, LATER)
    assert again.status_code == 200
    assert await left(papers, LATER) == 4


async def test_two_who_change_places_do_not_wait_for_each_other(papers: Driver) -> None:
    one, other = await apply(papers, FRIDAY), await apply(papers, LATER)
    answers = await asyncio.gather(rebook(papers, one, LATER), rebook(papers, other, FRIDAY))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert (await left(papers, FRIDAY), await left(papers, LATER)) == (1, 4)


async def test_only_the_applicant_rebooks(papers: Driver) -> None:
    lodged, other = await apply(papers), await apply(papers)
    for key in (other.key, {"X-Tracking-Secret": ""}):
        assert (await rebook(papers, lodged, LATER, **key)).status_code == 403
    plain = await papers.lodge()
    assert (await rebook(papers, plain, LATER)).status_code == 404


async def test_what_is_withdrawn_gives_its_place_back_and_books_none(papers: Driver) -> None:
    lodged = await apply(papers)
    assert (await papers.say(lodged, "withdraw", {"reason": "Batal."})).status_code == 201
    assert await left(papers, FRIDAY) == 2
    assert (await rebook(papers, lodged, LATER)).status_code == 409


async def test_what_is_rejected_gives_its_place_back_once(papers: Driver) -> None:
    lodged = await apply(papers)
    await apply(papers)
    telling = Telling(lodged.complaint_id, papers.now)
    await papers.tell(telling.assigned(OPD, "DPMPTSP"), telling.rejected(), telling.rejected())
    assert await left(papers, FRIDAY) == 1


async def test_the_opd_reads_who_comes_and_that_is_written_down(papers: Driver) -> None:
    lodged = await apply(papers, reporter=REPORTER)
    path = f"/intake/v1/staff/services/{CODE}/sessions/{FRIDAY}"
    answer = await papers.client.get(path, headers=papers.system.staff(Role.OFFICER, opd=OPD))
    assert answer.status_code == 200, answer.text
    visitor = answer.json()["visitors"][0]
    assert (visitor["tracking_code"], visitor["name"]) == (lodged.code, REPORTER["name"])
    entries = await papers.rows("SELECT * FROM audit_entry WHERE action = 'visitors_read'")
    assert [(each["object"], each["actor"]) for each in entries] == [
        (f"session:{CODE}/{FRIDAY}", "staff-1")
    ]
    elsewhere = papers.system.staff(Role.OFFICER, opd="DLH")
    assert (await papers.client.get(path, headers=elsewhere)).status_code == 403
    assert (
        await papers.client.get(path, headers=papers.system.staff(Role.ADMIN))
    ).status_code == 403
    assert (await papers.client.get(path)).status_code == 401
    missing = f"/intake/v1/staff/services/{CODE}/sessions/2026-03-12T09:00"
    own = papers.system.staff(Role.HEAD, opd=OPD)
    assert (await papers.client.get(missing, headers=own)).status_code == 422


_WISHES = st.lists(
    st.tuples(
        st.sampled_from(["book", "release"]),
        st.integers(0, 5),
        st.sampled_from([FRIDAY, LATER]),
    ),
    max_size=24,
)


@given(wishes=_WISHES)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_a_session_is_never_fuller_than_it_can_be(
    papers: Driver, wishes: list[tuple[str, int, str]]
) -> None:
    """Six people book, change and give back, all at one time; the counter is what there is."""
    people = [new_id() for _ in range(6)]

    async def wish(what: str, who: int, session: str) -> None:
        async with papers.doors.units.begin() as unit:
            if what == "release":
                await release(unit, people[who])
            else:
                await book_for(papers, unit, people[who], session)

    outcomes = await asyncio.gather(*(wish(*each) for each in wishes), return_exceptions=True)
    unexpected = [
        each
        for each in outcomes
        if each is not None and not isinstance(each, SessionFull | SessionUnknown)
    ]
    assert not unexpected
    booked = await papers.rows("SELECT session, count(*) AS n FROM booking GROUP BY session")
    counted = await papers.rows("SELECT session, taken AS n FROM session_place WHERE taken > 0")
    by_booking = {each["session"]: each["n"] for each in booked}
    assert by_booking == {each["session"]: each["n"] for each in counted}
    assert by_booking.get(FRIDAY, 0) <= 2
    assert by_booking.get(LATER, 0) <= 5
    async with papers.doors.units.begin() as unit:
        for person in people:
            await release(unit, person)
