"""A submitted complaint becomes exactly one case, whoever tells of it how often."""

from services.routing.tables import metadata
from shared.contracts.envelope import encode
from shared.contracts.intake import ComplaintAmended
from shared.contracts.routing import CaseAssigned, CaseTriaged
from shared.ids import EventId, new_id
from tests.service.routing.driver import UNPLACED_TEXT, Driver


async def test_rule_places_the_complaint_and_says_why(routing: Driver) -> None:
    complaint_id = await routing.open()
    case = await routing.case(complaint_id)
    assert (case["state"], case["opd"], case["assigned_by"]) == ("assigned", "DISHUB", "rule")
    (event,) = await routing.published(complaint_id)
    assert isinstance(event, CaseAssigned)
    assert (event.opd, event.opd_name, event.part) == ("DISHUB", "Dinas Perhubungan", 0)
    assert event.by == "rule"
    assert "Aturan" in event.reason
    assert event.proposals[0].opd == "DISHUB"
    (fact,) = await routing.facts(complaint_id)
    assert (fact["version"], fact["action"], fact["by"]) == (1, "open", "rule")


async def test_what_no_rule_places_goes_to_the_triage_desk(routing: Driver) -> None:
    complaint_id = await routing.open(UNPLACED_TEXT)
    case = await routing.case(complaint_id)
    assert (case["state"], case["opd"]) == ("triage", None)
    (event,) = await routing.published(complaint_id)
    assert isinstance(event, CaseTriaged)
    assert event.reason


async def test_place_of_the_complaint_chooses_the_sub_district(routing: Driver) -> None:
    complaint_id = await routing.open("Mohon surat keterangan ahli waris segera selesai.")
    assert (await routing.case(complaint_id))["opd"] == "KEC-MEKARSARI"


async def test_emergency_flag_makes_the_case_an_emergency(routing: Driver) -> None:
    complaint_id = await routing.open(emergency=True)
    assert (await routing.case(complaint_id))["priority"] == "emergency"


async def test_second_delivery_changes_nothing(routing: Driver) -> None:
    (envelope,) = await routing.tell(event := routing.submitted())
    await routing.publish([encode(envelope), encode(envelope)])
    assert len(await routing.published(event.complaint_id)) == 1
    assert (await routing.case(event.complaint_id))["version"] == 1


async def test_submission_under_another_event_id_changes_nothing(routing: Driver) -> None:
    event = routing.submitted()
    await routing.tell(event)
    await routing.tell(event.model_copy(update={"text": UNPLACED_TEXT}))
    assert len(await routing.published(event.complaint_id)) == 1
    assert await routing.dead(event.complaint_id) == []


async def test_batch_of_two_hundred_is_placed_whole(alone: Driver) -> None:
    events = [alone.submitted() for _ in range(200)]
    await alone.tell(*events)
    rows = await alone.system.rows("routing", "SELECT count(*) AS n FROM cases")
    assert rows == [{"n": 200}]


async def test_late_first_event_parks_what_follows_and_then_frees_it(alone: Driver) -> None:
    event = alone.submitted()
    first = alone.envelope(event)
    second = alone.envelope(alone.withdrawn(event.complaint_id))
    await alone.deliver([second])
    assert await alone.system.rows("routing", "SELECT * FROM cases") == []
    await alone.deliver([first])
    assert (await alone.case(event.complaint_id))["state"] == "withdrawn"


async def test_event_of_a_complaint_never_submitted_is_kept_as_a_dead_letter(
    routing: Driver,
) -> None:
    await routing.tell(event := routing.feedback(new_id(), satisfied=True))
    (dead,) = await routing.dead(event.complaint_id)
    assert "CaseMissing" in dead["reason"]


async def test_amendment_changes_what_it_names_and_nothing_else(routing: Driver) -> None:
    event = routing.submitted(title="Lampu")
    amended = ComplaintAmended(
        complaint_id=event.complaint_id, occurred_at=routing.now, text="Lebih jelas.", secret=True
    )
    await routing.tell(event, amended)
    case = await routing.case(event.complaint_id)
    assert (case["text"], case["secret"], case["title"]) == ("Lebih jelas.", True, "Lampu")
    assert (case["state"], case["opd"], case["version"]) == ("assigned", "DISHUB", 2)


async def test_forged_body_is_buried_and_the_next_complaint_flows(alone: Driver) -> None:
    good = encode(alone.envelope(alone.submitted()))
    bad_headers = {**good.headers, "ce_id": EventId(new_id())}
    bad = type(good)(good.topic, good.key, b"{no json", bad_headers)
    await alone.publish([bad, good])
    assert len(await alone.dead()) == 1
    assert len(await alone.system.rows("routing", "SELECT * FROM cases")) == 1


def test_routing_declares_its_own_tables_only() -> None:
    assert set(metadata.tables) >= {"cases", "case_history", "case_note", "case_part"}
    assert not {"complaint", "reporter", "clock"} & set(metadata.tables)
