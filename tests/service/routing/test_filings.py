"""What is filled in without a network is sent later, many at once, and never lost."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx

from services.routing.operations.deciding_stages import decide as really_decide
from shared.contracts.routing import StageEntered
from shared.ids import new_id
from tests.service.routing.applications import (
    ROOF_GOOD,
    apply,
    at_survey,
    decide,
    head,
    officer,
    survey,
)
from tests.service.routing.driver import Driver

DECIDE = "services.routing.operations.filing.decide"


async def filled(routing: Driver, case: str, **values: Any) -> dict[str, Any]:
    return {
        "client_id": f"tablet-{new_id()}",
        "complaint_id": case,
        "stage": "survei",
        "decision": "layak",
        "answers": await survey(routing, case),
        "filled_at": routing.now.isoformat(),
        **values,
    }


async def send(
    routing: Driver, *filings: dict[str, Any], headers: dict[str, str] | None = None
) -> httpx.Response:
    return await routing.post(
        "stages/decisions", headers or officer(routing), {"decisions": list(filings)}
    )


def outcomes(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [each["outcome"] for each in answer.json()["results"]]


def slug(result: dict[str, Any]) -> str:
    return str(result["problem"]["type"].rsplit(":")[-1])


async def test_each_has_its_own_result_and_sending_again_answers_the_same(routing: Driver) -> None:
    good, bad, gone = [await at_survey(routing) for _ in range(3)]
    await decide(
        routing,
        gone,
        "tidak-layak",
        reason="nilai-kurang",
        answers=await survey(routing, gone, ROOF_GOOD),
        headers=officer(routing, "petugas-8"),
    )
    batch = [
        await filled(routing, good),
        await filled(routing, bad, answers={}),
        await filled(routing, gone),
        await filled(routing, new_id(), answers={}),
    ]
    first = await send(routing, *batch)
    assert outcomes(first) == ["taken", "refused", "conflict", "refused"]
    taken, refused, conflict, foreign = first.json()["results"]
    assert taken["case"]["stage"] == "penetapan"
    assert "/answers/foto_0" in {each["field"] for each in refused["problem"]["errors"]}
    assert (slug(conflict), slug(foreign)) == ("not-in-stage", "case-not-found")
    events = len(await routing.published(good))
    assert (await send(routing, *batch)).json() == first.json()
    assert len(await routing.published(good)) == events
    kept = await routing.get("stages/decisions", officer(routing), outcome="conflict")
    mine = [each for each in kept.json()["items"] if each["complaint_id"] == gone]
    assert mine[0]["filing"]["answers"]["foto_0"] == batch[2]["answers"]["foto_0"]
    assert mine[0]["result"]["outcome"] == "conflict"


async def test_refused_may_be_corrected_under_the_same_id_and_taken_may_not(
    routing: Driver,
) -> None:
    case = await at_survey(routing)
    wish = await filled(routing, case)
    assert outcomes(await send(routing, {**wish, "answers": {}})) == ["refused"]
    assert outcomes(await send(routing, wish)) == ["taken"]
    again = await send(routing, {**wish, "text": "Lain."})
    assert outcomes(again) == ["refused"]
    assert slug(again.json()["results"][0]) == "client-id-reused"
    assert outcomes(await send(routing, wish)) == ["taken"]


async def test_two_at_once_take_effect_once(routing: Driver) -> None:
    case = await at_survey(routing)
    wish = await filled(routing, case)
    same = await asyncio.gather(*(send(routing, wish) for _ in range(3)))
    assert [outcomes(each) for each in same] == [["taken"]] * 3
    assert same[0].json() == same[1].json() == same[2].json()
    other = await at_survey(routing)
    wishes = [await filled(routing, other) for _ in range(2)]
    rivals = await asyncio.gather(
        *(
            send(routing, each, headers=officer(routing, f"petugas-{number}"))
            for number, each in enumerate(wishes)
        )
    )
    assert sorted(outcomes(each)[0] for each in rivals) == ["conflict", "taken"]
    entered = [e for e in await routing.published(other) if isinstance(e, StageEntered)]
    assert [each.stage for each in entered][-1] == "rtlh.penetapan"


async def test_batch_that_broke_off_is_sent_again_as_it_is(
    routing: Driver, monkeypatch: Any
) -> None:
    one, two = await at_survey(routing), await at_survey(routing)
    batch = [await filled(routing, one), await filled(routing, two)]
    seen = []

    async def break_off(*args: Any, **values: Any) -> Any:
        seen.append(1)
        if len(seen) == 2:
            raise ConnectionResetError("the database went away")
        return await really_decide(*args, **values)

    monkeypatch.setattr(DECIDE, break_off)
    assert (await send(routing, *batch)).status_code == 503
    assert (await routing.case(two))["stage"] == "survei"
    monkeypatch.setattr(DECIDE, really_decide)
    again = await send(routing, *batch)
    assert outcomes(again) == ["taken", "taken"], again.text
    assert len([e for e in await routing.published(one) if isinstance(e, StageEntered)]) == 3


async def test_form_of_an_earlier_stay_in_the_stage_is_a_conflict(routing: Driver) -> None:
    case = await at_survey(routing)
    old = await filled(routing, case)
    low = await survey(routing, case, ROOF_GOOD)
    await decide(routing, case, "tidak-layak", reason="nilai-kurang", answers=low)
    await routing.act(case, "reconsider", routing.desk())
    routing.later(hours=1)
    back = {"opd": "DISPERKIM", "reason": "Ada bukti baru."}
    assert (await routing.act(case, "assign", routing.desk(), back)).status_code == 200
    result = await send(routing, old)
    assert outcomes(result) == ["conflict"]
    assert slug(result.json()["results"][0]) == "stage-left"
    slow = (routing.now - timedelta(seconds=0)).isoformat()
    assert outcomes(await send(routing, await filled(routing, case, filled_at=slow))) == ["taken"]


async def test_only_offline_stages_and_only_staff_of_an_opd(routing: Driver) -> None:
    case = await apply(routing)
    wish = await filled(routing, case, stage="administrasi", decision="lengkap", answers={})
    result = await send(routing, wish)
    assert outcomes(result) == ["refused"]
    assert slug(result.json()["results"][0]) == "stage-not-offline"
    assert (await send(routing, wish, headers=routing.desk())).status_code == 403
    foreign = await send(routing, wish, headers=routing.officer("DISHUB"))
    assert slug(foreign.json()["results"][0]) == "case-not-found"
    for nonsense in ([], [{**wish, "filled_at": "2026-03-09"}], [{**wish, "client_id": "x"}]):
        answer = await routing.post("stages/decisions", officer(routing), {"decisions": nonsense})
        assert answer.status_code == 422
    assert (await decide(routing, case, "lengkap", headers=head(routing))).status_code == 200
