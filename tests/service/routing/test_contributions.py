"""Several OPDs on one case: one leads, the others are asked for their part and answer for it."""

import asyncio

from shared.contracts.routing import CaseReturned, ContributionDone, ContributionRequested
from shared.ids import new_id
from tests.service.routing.driver import Driver

ASK = {"opd": "DLH", "text": "Mohon pangkas pohon yang menutupi lampu."}
DONE = {"text": "Pohon sudah dipangkas."}


def _dlh(routing: Driver) -> dict[str, str]:
    return routing.officer("DLH", subject="petugas-dlh")


async def _asked(routing: Driver) -> str:
    case = await routing.open()
    answer = await routing.post(f"cases/{case}/contributions", routing.officer(), ASK)
    assert answer.status_code == 200, answer.text
    return case


async def test_asked_opd_sees_the_case_and_does_its_part(routing: Driver) -> None:
    case = await _asked(routing)
    assert (await routing.look(case, _dlh(routing))).status_code == 200
    done = await routing.post(f"cases/{case}/contributions/1/done", _dlh(routing), DONE)
    assert done.status_code == 200
    asked, finished = (await routing.published(case))[-2:]
    assert isinstance(asked, ContributionRequested)
    assert isinstance(finished, ContributionDone)
    assert (asked.part, asked.opd, finished.part) == (1, "DLH", 1)
    assert (await routing.case(case))["opd"] == "DISHUB"
    listed = (await routing.get("contributions", _dlh(routing), state="done")).json()["items"]
    assert (case, "Pohon sudah dipangkas.") in [
        (item["complaint_id"], item["answer"]) for item in listed
    ]


async def test_asked_opd_leads_nothing(routing: Driver) -> None:
    case = await _asked(routing)
    for action in ("respond", "resolve", "return", "reject"):
        assert (await routing.act(case, action, _dlh(routing))).status_code == 404
    assert (await routing.post(f"cases/{case}/claim", _dlh(routing), {})).status_code == 404


async def test_returned_part_lets_another_opd_be_asked(routing: Driver) -> None:
    case = await _asked(routing)
    body = {"reason": "Pohon itu milik kecamatan."}
    given = await routing.post(f"cases/{case}/contributions/1/return", _dlh(routing), body)
    assert given.status_code == 200
    event = (await routing.published(case))[-1]
    assert isinstance(event, CaseReturned)
    assert event.part == 1
    assert (await routing.case(case))["state"] == "assigned"
    again = await routing.post(f"cases/{case}/contributions", routing.officer(), ASK)
    assert again.status_code == 200
    over = await routing.post(f"cases/{case}/contributions/1/done", _dlh(routing), DONE)
    assert over.status_code == 409


async def test_part_is_finished_once(routing: Driver) -> None:
    case = await _asked(routing)
    answers = await asyncio.gather(
        *(routing.post(f"cases/{case}/contributions/1/done", _dlh(routing), DONE) for _ in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]


async def test_nobody_is_asked_twice_or_for_their_own_case(routing: Driver) -> None:
    case = await _asked(routing)
    for opd in ("DLH", "DISHUB"):
        answer = await routing.post(
            f"cases/{case}/contributions", routing.officer(), {**ASK, "opd": opd}
        )
        assert answer.status_code == 409
    unknown = await routing.post(
        f"cases/{case}/contributions", routing.officer(), {**ASK, "opd": "TIDAKADA"}
    )
    assert unknown.status_code == 422


async def test_others_part_is_not_to_be_finished(routing: Driver) -> None:
    case = await _asked(routing)
    for headers in (routing.officer(), routing.officer("PUPR", subject="petugas-pupr")):
        answer = await routing.post(f"cases/{case}/contributions/1/done", headers, DONE)
        assert answer.status_code == 404
    assert (
        await routing.post(f"cases/{case}/contributions/2/done", _dlh(routing), DONE)
    ).status_code == 404
    assert (
        await routing.post(f"cases/{new_id()}/contributions/1/done", _dlh(routing), DONE)
    ).status_code == 404


async def test_same_request_twice_asks_once(routing: Driver) -> None:
    case = await routing.open()
    headers = {**routing.officer(), "Idempotency-Key": "bantuan-1-abc"}
    first = await routing.post(f"cases/{case}/contributions", headers, ASK)
    again = await routing.post(f"cases/{case}/contributions", headers, ASK)
    assert first.json() == again.json()
    events = [e for e in await routing.published(case) if isinstance(e, ContributionRequested)]
    assert len(events) == 1


async def test_triage_and_ended_cases_ask_nobody(routing: Driver) -> None:
    for state in ("triage", "resolved", "closed", "withdrawn"):
        case = await routing.case_in(state)
        answer = await routing.post(f"cases/{case}/contributions", routing.desk(), ASK)
        assert answer.status_code == 409, state
