"""A service's stages have clocks: stored, fired, explained, and the same in whichever order."""

from datetime import timedelta
from typing import Any

from shared.auth import Role
from shared.contracts.intake import ComplaintSubmitted
from shared.contracts.routing import CaseAssigned, StageEntered, StageTerms
from shared.contracts.sla import CaseEscalated, ClockStarted, ClockStopped, DeadlineMissed
from tests.service.sla.driver import Case, Sla, names
from tests.support.system import System

CHECK = "rtlh.administrasi"
TERMS = StageTerms(counts="elapsed", seconds=86_400)


def submitted(case: Case) -> ComplaintSubmitted:
    return case.submitted(service_code="rtlh", service_version="1")


def assigned(case: Case) -> CaseAssigned:
    return case.assigned("DISPERKIM").model_copy(update={"topic": "rtlh", "topic_name": "RTLH"})


def entered(case: Case, stage: str = CHECK, **fields: Any) -> StageEntered:
    at = case.clock.now() + timedelta(hours=fields.pop("hours", 0))
    about = {"part": 0, "opd": "DISPERKIM", "service_code": "rtlh", "service_version": "1"}
    given = {"stage_title": "Pemeriksaan berkas", "terms": TERMS, **fields}
    return StageEntered(
        complaint_id=case.complaint_id, occurred_at=at, stage=stage, **{**about, **given}
    )


async def test_missed_stage_is_told_once_and_escalates_by_its_ladder(sla: Sla) -> None:
    case = sla.case()
    await sla.hear(submitted(case), assigned(case), entered(case))
    await sla.advance(hours=25)
    missed = await sla.told(case, DeadlineMissed)
    assert CHECK in {each.stage for each in missed}
    assert any(each.stage == CHECK for each in await sla.told(case, CaseEscalated))
    await sla.hear(entered(case, "rtlh.survei"))
    stopped = [e for e in await sla.told(case, ClockStopped) if e.stage == CHECK]
    assert [each.outcome for each in stopped] == ["missed"]
    assert len([e for e in await sla.told(case, DeadlineMissed) if e.stage == CHECK]) == 1
    started = await sla.told(case, ClockStarted)
    assert {each.stage for each in started} & {"follow_up", "resolution"} == set()


async def test_topics_in_the_other_order_and_messages_twice_come_to_the_same(sla: Sla) -> None:
    one, other = sla.case(), sla.case()
    await sla.hear(submitted(one), assigned(one), entered(one), entered(one, "rtlh.survei"))
    for event in (assigned(other), entered(other), entered(other, "rtlh.survei")):
        message = sla.message(event)
        await sla.inbox.handle([message])
        await sla.inbox.handle([message])
    await sla.hear(submitted(other))
    found, too = await sla.clocks(one), await sla.clocks(other)
    assert found.keys() == too.keys()
    for key, row in found.items():
        for column in ("state", "due_at", "near_at", "opd", "policy", "rungs", "outcome"):
            assert row[column] == too[key][column]
    assert sorted(names(await sla.told(one))) == sorted(names(await sla.told(other)))


async def test_doors_show_explain_and_list_a_stage(system: System, desk: Sla) -> None:
    case = desk.case()
    due_at = system.clock.now() + timedelta(days=2)
    given = TERMS.model_copy(update={"due_at": due_at})
    part = entered(
        case, "rtlh.disposisi", part=101, opd="PUPR", terms=given, stage_title="Disposisi"
    )
    await desk.hear(submitted(case), assigned(case), entered(case), part)
    headers = system.staff(Role.HEAD, opd="DISPERKIM", subject="kepala-1")
    path = f"/sla/v1/cases/{case.complaint_id}"
    shown = (await system.client.get(f"{path}/clocks", headers=headers)).json()["clocks"]
    by_stage = {each["stage"]: each for each in shown}
    assert by_stage["rtlh.disposisi"]["opd"] == "PUPR"
    told = (await system.client.get(f"{path}/explanation", headers=headers)).json()["clocks"]
    sentences = {each["stage"]: each["sentences"] for each in told}
    assert sentences[CHECK][0].startswith("Layanan rtlh versi 1, tahap “Pemeriksaan berkas”:")
    assert sentences["rtlh.disposisi"][0].startswith("Tenggat ditetapkan bersama “Disposisi”")
    listed = await system.client.get(
        "/sla/v1/clocks", headers=headers, params={"stage": CHECK, "state": "running"}
    )
    assert case.complaint_id in {each["complaint_id"] for each in listed.json()["clocks"]}
    foreign = system.staff(Role.HEAD, opd="DISHUB", subject="kepala-2")
    assert (await system.client.get(f"{path}/clocks", headers=foreign)).status_code == 404
