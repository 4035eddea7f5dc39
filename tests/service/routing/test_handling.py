"""Colleagues on one case: claims, handing over, notes, what is late, and counts that are true."""

import asyncio

from services.routing.states import OPEN_STATES
from shared.auth import Role
from shared.contracts.sla import ClockRescheduled, ClockStopped
from shared.ids import ClockId, ComplaintId, new_id
from tests.service.routing.driver import Driver


def _other(routing: Driver) -> dict[str, str]:
    return routing.officer(subject="petugas-2")


def _head(routing: Driver, opd: str = "DISHUB") -> dict[str, str]:
    return routing.system.staff(Role.HEAD, opd=opd, subject="kepala-1")


async def test_officer_has_a_claimed_case_and_a_colleague_is_refused(routing: Driver) -> None:
    case = await routing.open()
    claimed = await routing.post(f"cases/{case}/claim", routing.officer(), {})
    assert claimed.status_code == 200
    again = await routing.post(f"cases/{case}/claim", routing.officer(), {})
    assert again.json()["version"] == claimed.json()["version"]
    refused = await routing.post(f"cases/{case}/claim", _other(routing), {})
    assert refused.status_code == 409
    assert refused.json()["type"].endswith("case-taken-by-colleague")
    mine = await routing.get("cases", routing.officer(), mine=True)
    assert case in [item["complaint_id"] for item in mine.json()["items"]]


async def test_of_two_claims_at_once_one_wins(routing: Driver) -> None:
    case = await routing.open()
    answers = await asyncio.gather(
        *(
            routing.post(f"cases/{case}/claim", routing.officer(subject=f"petugas-{n}"), {})
            for n in range(6)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 5]


async def test_head_takes_a_case_from_an_officer(routing: Driver) -> None:
    case = await routing.open()
    await routing.post(f"cases/{case}/claim", routing.officer(), {})
    taken = await routing.post(f"cases/{case}/claim", _head(routing), {})
    assert taken.status_code == 200
    assert (await routing.case(case))["handler_id"] == "kepala-1"


async def test_handing_over_names_the_colleague_and_tells_the_citizen_nothing(
    routing: Driver,
) -> None:
    case = await routing.open()
    before = len(await routing.published(case))
    body = {"to": "petugas-2", "note": "Tinggal survei."}
    given = await routing.post(f"cases/{case}/hand-over", routing.officer(), body)
    assert given.status_code == 200
    assert (await routing.case(case))["handler_id"] == "petugas-2"
    assert len(await routing.published(case)) == before
    fact = (await routing.facts(case))[-1]
    assert (fact["action"], fact["text"]) == ("hand-over", "Tinggal survei.")
    again = await routing.post(f"cases/{case}/hand-over", routing.officer(), body)
    assert again.status_code == 409


async def test_transfer_to_another_opd_leaves_nobody_of_the_old_one_with_it(
    routing: Driver,
) -> None:
    case = await routing.open()
    await routing.post(f"cases/{case}/claim", routing.officer(), {})
    await routing.act(case, "assign", routing.desk())
    assert (await routing.case(case))["handler_id"] is None


async def test_foreign_officer_and_watchers_work_on_nothing(routing: Driver) -> None:
    case = await routing.open()
    stranger = routing.officer("DLH", subject="petugas-dlh")
    auditor = routing.system.staff(Role.AUDITOR, subject="auditor-1")
    for path, body in (
        ("claim", {}),
        ("hand-over", {"to": "x"}),
        ("notes", {"text": "Halo."}),
        ("contributions", {"opd": "PUPR", "text": "Tolong."}),
    ):
        assert (await routing.post(f"cases/{case}/{path}", stranger, body)).status_code == 404
        assert (await routing.post(f"cases/{case}/{path}", auditor, body)).status_code == 403
    assert (await routing.get(f"cases/{case}/notes", stranger)).status_code == 404


async def test_ended_case_cannot_be_claimed(routing: Driver) -> None:
    for state in ("resolved", "closed", "rejected", "withdrawn"):
        case = await routing.case_in(state)
        answer = await routing.post(f"cases/{case}/claim", routing.officer(), {})
        assert answer.status_code == 409, state


async def test_stale_etag_stops_a_claim(routing: Driver) -> None:
    case = await routing.open()
    await routing.act(case, "respond", routing.officer())
    answer = await routing.post(f"cases/{case}/claim", {**routing.officer(), "If-Match": '"1"'}, {})
    assert answer.status_code == 412


async def test_notes_are_for_colleagues_and_leave_routing_in_no_event(routing: Driver) -> None:
    case = await routing.open()
    headers = {**routing.officer(), "Idempotency-Key": "catatan-1-abc"}
    body = {"text": "Tiang 17, lihat berkas 3578010101010001."}
    first = await routing.post(f"cases/{case}/notes", headers, body)
    again = await routing.post(f"cases/{case}/notes", headers, body)
    assert first.status_code == 201
    assert again.json() == first.json()
    notes = (await routing.get(f"cases/{case}/notes", routing.desk())).json()["items"]
    assert [note["author"] for note in notes] == ["petugas-1"]
    assert "3578010101010001" not in notes[0]["text"]
    assert (await routing.case(case))["version"] == 1
    assert not any("Tiang" in event.model_dump_json() for event in await routing.published(case))


async def test_late_is_what_a_clock_ran_out_for_until_it_stops(routing: Driver) -> None:
    case = await routing.open()
    missed = routing.missed(case, stage="first_response", opd="DISHUB")
    await routing.tell(missed)
    late = await routing.get("cases", routing.officer(), late=True)
    assert case in [item["complaint_id"] for item in late.json()["items"]]
    await routing.tell(
        ClockStopped(
            complaint_id=ComplaintId(case),
            occurred_at=routing.now,
            clock_id=missed.clock_id,
            outcome="missed",
            elapsed_seconds=1,
            working_seconds=1,
        )
    )
    late = await routing.get("cases", routing.officer(), late=True)
    assert case not in [item["complaint_id"] for item in late.json()["items"]]


async def test_clock_that_was_moved_makes_nothing_late(routing: Driver) -> None:
    case = await routing.open()
    missed = routing.missed(case, stage="follow_up")
    await routing.tell(missed)
    routing.later(minutes=1)
    moved = ClockRescheduled(
        complaint_id=ComplaintId(case),
        occurred_at=routing.now,
        clock_id=ClockId(missed.clock_id),
        stage="follow_up",
        epoch=0,
        policy="p",
        due_at=routing.now.replace(year=routing.now.year + 1),
    )
    await routing.tell(moved)
    late = await routing.get("cases", routing.officer(), late=True)
    assert case not in [item["complaint_id"] for item in late.json()["items"]]


async def test_closing_clock_makes_nothing_late(routing: Driver) -> None:
    case = await routing.case_in("resolved")
    await routing.tell(routing.missed(case))
    assert (await routing.case(case))["state"] == "closed"
    late = await routing.get("cases", routing.desk(), late=True)
    assert case not in [item["complaint_id"] for item in late.json()["items"]]


async def test_counts_are_those_of_the_lists(routing: Driver) -> None:
    me = f"petugas-{new_id()[:8]}"
    headers = routing.officer(subject=me)
    claimed = await routing.open()
    await routing.post(f"cases/{claimed}/claim", headers, {})
    await routing.tell(routing.missed(await routing.open(), stage="verification"))
    counts = (await routing.get("inbox", headers)).json()
    assert set(counts["by_state"]) == {str(state) for state in OPEN_STATES}
    for state, count in counts["by_state"].items():
        assert count == await _listed(routing, headers, status=state)
    open_states = [str(state) for state in OPEN_STATES]
    assert counts["mine"] == sum(
        [await _listed(routing, headers, status=state, mine=True) for state in open_states]
    )
    assert counts["late"] == sum(
        [await _listed(routing, headers, status=state, late=True) for state in open_states]
    )


async def test_lists_filter_by_topic_and_area(routing: Driver) -> None:
    case = await routing.open()
    topic = (await routing.case(case))["topic"]
    found = await routing.get("cases", routing.officer(), topic=topic, area="99.71.01")
    assert case in [item["complaint_id"] for item in found.json()["items"]]
    for query in ({"topic": "tidak-ada"}, {"area": "99.71.02"}):
        missing = await routing.get("cases", routing.officer(), **query)
        assert case not in [item["complaint_id"] for item in missing.json()["items"]]
    assert (await routing.get("cases", routing.officer(), area="99%")).status_code == 422


async def _listed(routing: Driver, headers: dict[str, str], **query: object) -> int:
    count, cursor = 0, None
    while True:
        more: dict[str, str] = {"cursor": cursor} if cursor else {}
        page = (await routing.get("cases", headers, limit=100, **query, **more)).json()
        count += len(page["items"])
        cursor = page["next"]
        if cursor is None:
            return count
