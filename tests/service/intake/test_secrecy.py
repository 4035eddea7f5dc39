"""Rahasia is proposed, taken at once where nobody can be asked, and switched by whom it may be."""

import asyncio

import pytest

from shared.auth import Role
from tests.service.intake.driver import REPORTER, Driver, Lodged
from tests.service.intake.events import Telling

TELLING = "Anak tetangga saya dipukuli tiap malam."
STAFF = "/intake/v1/staff/complaints"


async def _switch(intake: Driver, lodged: Lodged, secret: bool) -> int:
    answer = await intake.say(lodged, "secrecy", {"secret": secret})
    return answer.status_code


async def _staff_switches(
    intake: Driver, lodged: Lodged, secret: bool, role: Role = Role.TRIAGE, opd: str | None = None
) -> int:
    answer = await intake.client.post(
        f"{STAFF}/{lodged.complaint_id}/secrecy",
        json={"secret": secret, "reason": "Menyangkut seorang anak."},
        headers=intake.system.staff(role, opd=opd, subject="meja-1"),
    )
    return answer.status_code


async def test_a_form_is_told_to_propose_secrecy_and_nothing_is_forced(intake: Driver) -> None:
    lodged = await intake.lodge(TELLING)
    assert lodged.answer["secret_suggested"] is True
    assert (await intake.track(lodged))["secret"] is False
    plain = await intake.lodge("Lampu padam.")
    assert plain.answer["secret_suggested"] is False
    chosen = await intake.lodge(TELLING, secret=True)
    assert chosen.answer["secret_suggested"] is False


async def test_the_title_counts_and_a_repetition_is_answered_alike(intake: Driver) -> None:
    form = {"title": "KDRT", "text": "Tolong kami."}
    first = await intake.post(form, key="kunci-rahasia-1")
    again = await intake.post(form, key="kunci-rahasia-1")
    assert first.json()["secret_suggested"] is True
    assert again.json() == first.json()


async def test_where_nobody_can_be_asked_it_is_secret_at_once(intake: Driver) -> None:
    lodged = await intake.lodge(TELLING, channel="whatsapp")
    assert lodged.answer["secret_suggested"] is False
    assert (await intake.track(lodged))["secret"] is True
    (event, *_) = await intake.published(lodged.complaint_id)
    assert '"secret":true' in event["payload"].replace(" ", "")
    # It was nobody's choice, so that the desk may lift it too.
    assert await _staff_switches(intake, lodged, secret=False) == 200
    assert (await intake.track(lodged))["secret"] is False


async def test_the_reporter_switches_it_and_the_others_hear_of_it(intake: Driver) -> None:
    lodged = await intake.lodge(TELLING)
    for secret in (True, True, False):
        assert await _switch(intake, lodged, secret) == 200
        assert (await intake.track(lodged))["secret"] is secret
    events = await intake.published(lodged.complaint_id)
    assert ["ComplaintAmended" in event["type"] for event in events] == [False, True, True]
    assert [each["aggregate_version"] for each in events] == [1, 2, 3]


async def test_what_the_reporter_chose_staff_cannot_lift(intake: Driver) -> None:
    lodged = await intake.lodge(secret=True)
    assert await _staff_switches(intake, lodged, secret=False) == 409
    assert (await intake.track(lodged))["secret"] is True
    assert await _switch(intake, lodged, secret=False) == 200


async def test_staff_say_why_and_it_is_written_down(alone: Driver) -> None:
    lodged = await alone.lodge()
    assert await _staff_switches(alone, lodged, secret=True) == 200
    (entry,) = await alone.rows("SELECT * FROM audit_entry")
    assert entry["actor"] == "meja-1"
    assert entry["action"] == "secrecy_changed"
    assert entry["object"] == f"complaint:{lodged.complaint_id}"
    assert entry["reason"] == "Menyangkut seorang anak."
    # The reporter may still lift what the desk did.
    assert await _switch(alone, lodged, secret=False) == 200


async def test_only_the_opd_in_charge_switches(intake: Driver) -> None:
    lodged = await intake.lodge()
    await intake.tell(Telling(lodged.complaint_id, intake.now).assigned())
    assert await _staff_switches(intake, lodged, True, Role.OFFICER, "PUPR") == 404
    assert await _staff_switches(intake, lodged, True, Role.TRIAGE) == 404
    assert await _staff_switches(intake, lodged, True, Role.LEADER) == 403
    assert await _staff_switches(intake, lodged, True, Role.OFFICER, "DISHUB") == 200


async def test_two_switches_at_once_end_as_one_of_them(intake: Driver) -> None:
    lodged = await intake.lodge()
    answers = await asyncio.gather(*(_switch(intake, lodged, flag) for flag in (True, False) * 3))
    assert set(answers) == {200}
    events = await intake.published(lodged.complaint_id)
    state = (await intake.track(lodged))["secret"]
    assert len(events) == 1 or f'"secret":{str(state).lower()}' in events[-1]["payload"].replace(
        " ", ""
    )


@pytest.mark.parametrize("body", [{}, {"secret": "ya"}, {"secret": 1}, {"secret": True, "x": 1}])
async def test_a_bad_switch_is_refused(intake: Driver, body: dict[str, object]) -> None:
    lodged = await intake.lodge()
    assert (await intake.say(lodged, "secrecy", body)).status_code == 422


async def test_the_public_is_told_status_and_dates_of_a_secret_complaint_alone(
    intake: Driver,
) -> None:
    lodged = await intake.lodge(secret=True, reporter=REPORTER)
    telling = Telling(lodged.complaint_id, intake.now)
    await intake.tell(
        telling.assigned(),
        telling.clock("first_response"),
        telling.missed("first_response"),
        telling.escalated("first_response", "sekda"),
        telling.asked("q1"),
    )
    await intake.say(lodged, "messages", {"text": "Rumah nomor 9."})
    await intake.tell(telling.told("q1"), telling.resolved())
    await intake.say(lodged, "feedback", {"satisfied": True})
    await intake.tell(telling.closed("satisfied"))

    public = await intake.track(lodged)
    kinds = [step["kind"] for step in public["timeline"]]
    assert kinds == [
        "received",
        "assigned",
        "information_requested",
        "information_received",
        "resolved",
        "closed",
    ]
    assert public["expected"] == []
    assert public["timeline"][-1]["sentence"] == "Laporan ditutup."
    private = [step["kind"] for step in (await intake.track(lodged, known=True))["timeline"]]
    assert {"deadline_missed", "escalated", "message_received", "feedback_given"} <= set(private)
