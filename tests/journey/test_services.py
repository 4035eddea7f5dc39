"""Each service of the catalogue, walked: to its end, to a refusal, by a correction, too late."""

from pathlib import Path

import pytest

from services.cli.demo.applications import DemoApplication, Turn, read_applications
from shared.catalogue.definition import APPLICANT, REFUSED, Decision, Service, Stage
from shared.catalogue.reading import read_services
from shared.profile import ProfileReader
from tests.journey.applying import Walk, apply
from tests.journey.town import Town
from tests.support.servers import PROFILE


def _services(folder: Path) -> dict[str, Service]:
    reader = ProfileReader(folder)
    services = read_services(folder, reader)
    reader.finish()
    return {service.code: service for service in services}


SERVICES = _services(PROFILE)
SCRIPTS = {script.id: script for script in read_applications(PROFILE)}
#: One script for each service, that leads to its end.
WAYS = {script.service: script for script in reversed(SCRIPTS.values()) if script.outcome == "done"}


def _ways_of(service: Service, wanted: str) -> list[tuple[Stage, Decision]]:
    return [
        (stage, decision)
        for stage in service.stages
        for decision in stage.decisions
        if decision.next == wanted
    ]


def _until(script: DemoApplication, stage: Stage) -> tuple[Turn, ...]:
    """Return the turns of a script that lead into a stage."""
    taken: list[Turn] = []
    for turn in script.turns:
        if any(decision.code == turn.decision for decision in stage.decisions):
            break
        taken.append(turn)
    return tuple(taken)


def _reachable(script: DemoApplication, wanted: str) -> tuple[Stage, Decision]:
    """Return the first decision of this kind in a stage that the script passes through."""
    service = SERVICES[script.service]
    codes = {turn.decision for turn in script.turns}
    # What has no condition first: it can be decided whatever came before.
    ways = sorted(_ways_of(service, wanted), key=lambda way: way[1].when is not None)
    for stage, decision in ways:
        if any(each.code in codes for each in stage.decisions):
            return stage, decision
    raise LookupError(f"{script.service} never leads to {wanted}")


def test_every_service_has_a_script_that_leads_to_its_end() -> None:
    assert set(WAYS) == set(SERVICES)


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS.keys())
async def test_it_is_walked_as_the_script_says(town: Town, script: DemoApplication) -> None:
    walk = await apply(town, script)
    for turn in script.turns:
        await walk.take(turn)
    state = {"done": "resolved", "refused": "rejected"}
    if script.outcome in state:
        assert (await walk.complaint.case())["state"] == state[script.outcome]
        stages = [clock for key, clock in (await walk.complaint.clocks()).items() if "." in key[0]]
        assert all(clock["state"] == "stopped" for clock in stages), stages
    documents = await walk.documents()
    assert {each["code"] for each in documents} == set(script.documents)
    for each in documents:
        content = await walk.download(each)
        assert content.startswith((b"%PDF-", b"\xff\xd8"))
        # Whoever scans its code sees that it is valid, and nobody's name.
        page = await town.system.client.get(each["confirm_path"], headers={"Accept": "text/html"})
        assert page.status_code == 200, page.text
        assert "Contoh 9" not in page.text
        assert str(script.answers.get("nik")) not in page.text


@pytest.mark.parametrize("code", WAYS)
async def test_it_is_refused_for_a_reason_that_the_applicant_reads(town: Town, code: str) -> None:
    script = WAYS[code]
    stage, decision = _reachable(script, REFUSED)
    walk = await apply(town, script)
    for turn in _until(script, stage):
        await walk.take(turn)
    turn = await _turn_for(walk, decision)
    # Without a reason of the service's own nothing is refused.
    await walk.take(Turn(0, turn.decision, turn.answers, reason="asal"), expect=422)
    await walk.take(turn)
    assert (await walk.complaint.case())["state"] == "rejected"
    seen = await walk.complaint.look(known=True)
    assert decision.reasons[0].text in str(seen["timeline"])


@pytest.mark.parametrize("code", WAYS)
async def test_the_applicant_corrects_what_is_asked_and_the_stage_goes_on(
    town: Town, code: str
) -> None:
    script = WAYS[code]
    if not _ways_of(SERVICES[code], APPLICANT):
        pytest.fail(f"{code} never asks its applicant")
    stage, decision = _reachable(script, APPLICANT)
    walk = await apply(town, script)
    before = _until(script, stage)
    for turn in before:
        await walk.take(turn)
    await walk.correct({}, expect=409)
    await walk.take(Turn(0, decision.code, {}, text="Mohon periksa isian Anda sekali lagi."))
    assert (await walk.complaint.case())["state"] == "waiting_citizen"
    if stage.clock is not None and stage.clock.pauses:
        assert (await walk.stage_clock(stage.code))["state"] == "paused"
    await walk.correct({})
    seen = await walk.stage()
    assert (seen["stage"], seen["rounds"]) == (stage.code, 1)
    for turn in script.turns[len(before) :]:
        await walk.take(turn)
    assert (await walk.complaint.case())["state"] == "resolved"


@pytest.mark.parametrize("code", WAYS)
async def test_a_stage_that_takes_too_long_is_missed_and_goes_on(town: Town, code: str) -> None:
    script = WAYS[code]
    service = SERVICES[code]
    stage = next(stage for stage in service.stages if stage.clock is not None)
    assert stage.clock is not None
    walk = await apply(town, script)
    before = _until(script, stage)
    for turn in before:
        await walk.take(turn)
    limit = stage.clock.days or stage.clock.seconds or 0
    by = {"days": limit * 2 + 10} if stage.clock.days else {"seconds": limit * 8 + 400_000}
    await town.system.advance(**by)
    clock = await walk.stage_clock(stage.code)
    assert 1 in {step["level"] for step in clock["escalations"]}, clock
    for turn in script.turns[len(before) :]:
        await walk.take(turn)
    assert (await walk.stage_clock(stage.code))["outcome"] == "missed"


async def _turn_for(walk: Walk, decision: Decision) -> Turn:
    """Return a turn that takes this decision, with what its stage asks as the script has it."""
    stage = next(
        stage for stage in SERVICES[walk.script.service].stages if decision in stage.decisions
    )
    codes = {each.code for each in stage.decisions}
    own = next((turn for turn in walk.script.turns if turn.decision in codes), None)
    answers = own.answers if own is not None else {}
    return Turn(0, decision.code, answers, reason=decision.reasons[0].code)
