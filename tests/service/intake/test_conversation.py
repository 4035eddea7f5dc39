"""Messages, feedback and withdrawals: with the secret, where legal, once, and masked."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.intake import CitizenMessageReceived, ComplaintWithdrawn, FeedbackGiven
from shared.ids import new_id
from tests.service.intake.driver import REPORTER, Driver, Lodged
from tests.service.intake.events import Telling
from tests.support.numbers import tells_number

BODIES: dict[str, dict[str, Any]] = {
    "messages": {"text": "Tiangnya di sebelah pos ronda."},
    "feedback": {"satisfied": True},
    "withdraw": {"reason": "Sudah menyala."},
}


async def _in_state(intake: Driver, state: str) -> tuple[Lodged, Telling]:
    lodged = await intake.lodge(reporter=REPORTER)
    telling = Telling(lodged.complaint_id, intake.now)
    if state not in {"received", "withdrawn"}:
        await intake.tell(telling.assigned())
    if state == "waiting_citizen":
        await intake.tell(telling.asked("tanya-1"))
    if state in {"resolved", "closed"}:
        await intake.tell(telling.resolved())
    if state == "closed":
        await intake.tell(telling.closed())
    if state == "rejected":
        await intake.tell(telling.rejected())
    if state == "merged":
        await intake.tell(telling.merged(new_id()))
    if state == "withdrawn":
        assert (await intake.say(lodged, "withdraw", BODIES["withdraw"])).status_code == 201
    assert (await intake.track(lodged))["status"] == state
    return lodged, telling


LEGAL = {
    "received": {"messages", "withdraw"},
    "assigned": {"messages", "withdraw"},
    "waiting_citizen": {"messages", "withdraw"},
    "resolved": {"messages", "feedback"},
    "closed": {"messages", "feedback"},
    "rejected": {"messages"},
    "merged": {"messages"},
    "withdrawn": set[str](),
}


@pytest.mark.parametrize("step", sorted(BODIES))
@pytest.mark.parametrize("state", sorted(LEGAL))
async def test_each_step_is_legal_where_the_table_says(
    intake: Driver, state: str, step: str
) -> None:
    lodged, _ = await _in_state(intake, state)
    answer = await intake.say(lodged, step, BODIES[step])
    if step in LEGAL[state]:
        assert answer.status_code == 201, answer.text
        return
    said = answer.json()
    assert answer.status_code == 409
    assert said["status_now"] == state
    names = {"message": "messages"}
    assert {names.get(each, each) for each in said["legal"]} == LEGAL[state]
    assert "Yang dapat dilakukan:" in said["detail"]


async def test_a_message_answers_the_open_question(intake: Driver) -> None:
    lodged, telling = await _in_state(intake, "waiting_citizen")
    seen = await intake.track(lodged, known=True)
    assert seen["open_request"] == "Nomor berapa?"
    answer = await intake.say(lodged, "messages", {"text": "Nomor 12, telp 0812-0000-0001."})
    assert answer.json()["request_id"] == "tanya-1"
    event = CitizenMessageReceived.model_validate_json(
        (await intake.published(lodged.complaint_id))[-1]["payload"]
    )
    assert event.request_id == "tanya-1"
    assert event.message_id == answer.json()["message_id"]
    assert event.text == "Nomor 12, telp [telepon]."
    await intake.tell(telling.told("tanya-1"))
    later = await intake.say(lodged, "messages", {"text": "Satu lagi."})
    assert later.json()["request_id"] is None


async def test_what_is_published_names_nobody(intake: Driver) -> None:
    lodged, telling = await _in_state(intake, "assigned")
    await intake.say(lodged, "messages", {"text": "Ini Wagiman lagi, wagiman@contoh.example"})
    await intake.tell(telling.resolved())
    await intake.say(lodged, "feedback", {"satisfied": False, "text": "Kata WAGIMAN belum."})
    payloads = [row["payload"] for row in await intake.published(lodged.complaint_id)]
    assert "wagiman" not in json.dumps(payloads).lower()
    feedback = FeedbackGiven.model_validate_json(payloads[-1])
    assert feedback.satisfied is False
    assert feedback.text == "Kata [nama] belum."


async def test_own_messages_come_back_as_written(intake: Driver) -> None:
    lodged, telling = await _in_state(intake, "assigned")
    await intake.say(lodged, "messages", {"text": "Ini Wagiman, 0812-0000-0001."})
    intake.system.clock.advance(timedelta(seconds=1))
    await intake.tell(telling.resolved())
    await intake.say(lodged, "feedback", {"satisfied": True, "text": "Terima kasih."})
    messages = (await intake.track(lodged, known=True))["own"]["messages"]
    assert [(each["kind"], each["text"], each["satisfied"]) for each in messages] == [
        ("message", "Ini Wagiman, 0812-0000-0001.", None),
        ("feedback", "Terima kasih.", True),
    ]
    kinds = [item["kind"] for item in (await intake.track(lodged))["timeline"]]
    assert {"message_received", "feedback_given"} <= set(kinds)


async def test_a_withdrawal_is_seen_at_once_and_published(intake: Driver) -> None:
    lodged, _ = await _in_state(intake, "assigned")
    answer = await intake.say(lodged, "withdraw", {"reason": "Pak Wagiman sudah puas."})
    assert answer.json()["status"] == "withdrawn"
    event = ComplaintWithdrawn.model_validate_json(
        (await intake.published(lodged.complaint_id))[-1]["payload"]
    )
    assert event.reason == "Pak [nama] sudah puas."
    seen = await intake.track(lodged)
    assert seen["status"] == "withdrawn"
    assert seen["legal_actions"] == []
    assert "Wagiman" not in json.dumps(seen)


@pytest.mark.parametrize("step", sorted(BODIES))
@pytest.mark.parametrize("secret", [None, "", "AAAAAAAAAAAAAAAAAAAA", "é" * 20, "x" * 64])
async def test_without_the_right_secret_nothing_is_taken(
    intake: Driver, step: str, secret: str | None
) -> None:
    lodged = await intake.lodge()
    headers = [] if secret is None else [(b"X-Tracking-Secret", secret.encode())]
    answer = await intake.client.post(f"{lodged.path}/{step}", json=BODIES[step], headers=headers)
    assert answer.status_code == 403, answer.text
    assert len(await intake.published(lodged.complaint_id)) == 1


async def test_the_secret_of_another_complaint_opens_nothing(intake: Driver) -> None:
    mine, foreign = await intake.lodge(), await intake.lodge()
    assert (await intake.client.get(mine.path, headers=foreign.key)).status_code == 403
    answer = await intake.client.post(
        f"{mine.path}/messages", json=BODIES["messages"], headers=foreign.key
    )
    assert answer.status_code == 403


async def test_a_secret_may_be_typed_as_people_type(intake: Driver) -> None:
    lodged = await intake.lodge()
    typed = "-".join(lodged.secret.lower()[at : at + 5] for at in range(0, 20, 5))
    answer = await intake.client.get(lodged.path, headers={"X-Tracking-Secret": typed})
    assert answer.status_code == 200
    assert answer.json()["own"] is not None


@pytest.mark.parametrize("step", sorted(BODIES))
async def test_the_same_key_has_one_effect(intake: Driver, step: str) -> None:
    lodged, _ = await _in_state(intake, "resolved" if step == "feedback" else "assigned")
    headers = {**lodged.key, "Idempotency-Key": new_id()}
    first, second = [
        await intake.client.post(f"{lodged.path}/{step}", json=BODIES[step], headers=headers)
        for _ in range(2)
    ]
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert len(await intake.published(lodged.complaint_id)) == 2
    other = await intake.client.post(
        f"{lodged.path}/{step}",
        json={**BODIES[step], "text": "lain"} if step != "withdraw" else {"reason": "lain"},
        headers=headers,
    )
    assert other.status_code == 422


async def test_two_withdrawals_at_once_have_one_effect(intake: Driver) -> None:
    lodged, _ = await _in_state(intake, "assigned")
    answers = await asyncio.gather(
        *(intake.say(lodged, "withdraw", BODIES["withdraw"]) for _ in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert len(await intake.published(lodged.complaint_id)) == 2


@pytest.mark.parametrize(
    ("step", "body"),
    [
        ("messages", {"text": ""}),
        ("messages", {"text": "a\0b"}),
        ("messages", {"text": "a" * 4001}),
        ("messages", {}),
        ("feedback", {"satisfied": "ya"}),
        ("feedback", {"text": "x"}),
        ("withdraw", {"reason": "  "}),
        ("withdraw", {"reason": "x", "now": True}),
    ],
)
async def test_a_wrong_body_is_refused(intake: Driver, step: str, body: dict[str, Any]) -> None:
    lodged = await intake.lodge()
    assert (await intake.say(lodged, step, body)).status_code == 422


@pytest.mark.parametrize("step", ["messages", "withdraw"])
async def test_lone_surrogates_are_refused(intake: Driver, step: str) -> None:
    lodged = await intake.lodge()
    answer = await intake.client.post(
        f"{lodged.path}/{step}",
        content=b'{"text":"\\ud800","reason":"\\ud800"}',
        headers={**lodged.key, "Content-Type": "application/json"},
    )
    assert answer.status_code == 422


async def test_a_mistyped_code_is_told_from_an_unknown_one(intake: Driver) -> None:
    lodged = await intake.lodge()
    swapped = ("2" if lodged.code[0] != "2" else "3") + lodged.code[1:]
    mistyped = await intake.client.get(f"/intake/v1/complaints/{swapped}")
    unknown = await intake.client.get("/intake/v1/complaints/2222222222")
    assert (mistyped.status_code, unknown.status_code) == (404, 404)
    assert mistyped.json()["type"].endswith("tracking-code-mistyped")
    assert unknown.json()["type"].endswith("complaint-not-found")
    typed = f"{lodged.code[:5].lower()}-{lodged.code[5:].lower()}"
    assert (await intake.client.get(f"/intake/v1/complaints/{typed}")).status_code == 200
    for hostile in ("%00", "a" * 39, "%F0%9F%9A%A7", "' OR 1=1"):
        answer = await intake.client.get(f"/intake/v1/complaints/{hostile}")
        assert answer.status_code == 404, hostile


async def test_of_a_secret_complaint_the_public_sees_status_and_dates_alone(
    intake: Driver,
) -> None:
    lodged = await intake.lodge(secret=True, anonymous=True, reporter=REPORTER)
    telling = Telling(lodged.complaint_id, intake.now)
    await intake.tell(telling.assigned(), telling.answered("Rahasia."))
    public = await intake.track(lodged)
    assert public["status"] == "in_progress"
    assert public["classification"] is None
    said = json.dumps(public)
    assert "DISHUB" not in said
    assert "Perhubungan" not in said
    private = await intake.track(lodged, known=True)
    assert private["opd"] == "DISHUB"
    assert private["timeline"][-1]["text"] == "Rahasia."


@pytest.mark.parametrize("anonymous", [False, True])
async def test_nobodys_name_is_shown_to_anyone(intake: Driver, anonymous: bool) -> None:
    lodged = await intake.lodge("Lampu.", reporter=REPORTER, anonymous=anonymous)
    for known in (False, True):
        said = json.dumps(await intake.track(lodged, known=known)).lower()
        assert "wagiman" not in said
        assert not tells_number(said, REPORTER["phone"])
