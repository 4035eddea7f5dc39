"""A complaint about several matters: parts with OPDs of their own, each done by itself."""

from typing import Any

import pytest

from shared.contracts.routing import CaseAssigned, CaseSplit, ContributionDone
from tests.service.routing.driver import UNPLACED_TEXT, Driver

LAMP = {"opd": "DISHUB", "topic": "pju-padam", "text": "Lampu jalan padam."}
ROAD = {"opd": "PUPR", "text": "Aspal di bawahnya amblas."}
WASTE = {"opd": "DLH", "text": "Sampah menumpuk di lubangnya."}


def _body(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"parts": list(parts), "reason": "Beberapa urusan."}


async def _split(routing: Driver, *parts: dict[str, Any]) -> str:
    complaint_id = await routing.open()
    answer = await routing.act(complaint_id, "split", routing.desk(), _body(*parts))
    assert answer.status_code == 200, answer.text
    return complaint_id


async def test_each_part_goes_to_its_opd_and_the_lead_stays(routing: Driver) -> None:
    complaint_id = await _split(routing, LAMP, ROAD, WASTE)
    case = await routing.case(complaint_id)
    assert (case["state"], case["opd"]) == ("assigned", "DISHUB")
    split, road, waste = (await routing.published(complaint_id))[-3:]
    assert isinstance(split, CaseSplit)
    assert [(part.part, part.opd) for part in split.parts] == [
        (0, "DISHUB"),
        (1, "PUPR"),
        (2, "DLH"),
    ]
    assert isinstance(road, CaseAssigned)
    assert isinstance(waste, CaseAssigned)
    assert [(road.part, road.opd), (waste.part, waste.opd)] == [(1, "PUPR"), (2, "DLH")]
    shown = await routing.look(complaint_id, routing.officer("PUPR"))
    assert [part["opd"] for part in shown.json()["parts"]] == ["PUPR", "DLH"]
    assert shown.json()["legal_actions"] == []
    assert (await routing.look(complaint_id, routing.officer("DINSOS"))).status_code == 404


async def test_a_case_of_the_desk_gets_a_lead_by_being_split(routing: Driver) -> None:
    complaint_id = await routing.open(UNPLACED_TEXT)
    answer = await routing.act(complaint_id, "split", routing.desk(), _body(ROAD, LAMP))
    assert (answer.json()["state"], answer.json()["opd"]) == ("assigned", "PUPR")
    events = (await routing.published(complaint_id))[-2:]
    assert [(each.part, each.opd) for each in events if isinstance(each, CaseAssigned)] == [
        (0, "PUPR"),
        (1, "DISHUB"),
    ]


async def test_a_part_is_finished_like_any_contribution(routing: Driver) -> None:
    complaint_id = await _split(routing, LAMP, ROAD)
    done = await routing.act(
        complaint_id, "contributions/1/done", routing.officer("PUPR"), {"text": "Sudah ditambal."}
    )
    assert done.status_code == 200
    event = (await routing.published(complaint_id))[-1]
    assert isinstance(event, ContributionDone)
    assert (event.part, event.opd, event.text) == (1, "PUPR", "Sudah ditambal.")


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ([LAMP], "/parts"),
        ([LAMP] * 11, "/parts"),
        ([LAMP, LAMP], "/parts/1/opd"),
        ([LAMP, {**ROAD, "opd": "TIDAK-ADA"}], "/parts/1/opd"),
        ([LAMP, {**ROAD, "topic": "tidak-ada"}], "/parts/1/topic"),
        ([ROAD, LAMP], "/parts/0/opd"),
        ([LAMP, {**ROAD, "text": ""}], "/parts/1/text"),
    ],
)
async def test_parts_that_cannot_be_are_refused(
    routing: Driver, parts: list[dict[str, Any]], field: str
) -> None:
    complaint_id = await routing.open()
    answer = await routing.act(complaint_id, "split", routing.desk(), _body(*parts))
    assert answer.status_code == 422, answer.text
    assert [each["field"] for each in answer.json()["errors"]] == [field]
    assert (await routing.case(complaint_id))["version"] == 1


async def test_a_case_is_split_again_for_further_opds_alone(routing: Driver) -> None:
    complaint_id = await _split(routing, LAMP, ROAD)
    again = await routing.act(complaint_id, "split", routing.desk(), _body(LAMP, ROAD))
    assert again.json()["errors"][0]["field"] == "/parts/1/opd"
    further = await routing.act(complaint_id, "split", routing.desk(), _body(LAMP, WASTE))
    assert further.status_code == 200
    shown = (await routing.look(complaint_id, routing.desk())).json()
    assert [(part["part"], part["opd"]) for part in shown["parts"]] == [(1, "PUPR"), (2, "DLH")]
