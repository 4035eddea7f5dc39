"""Complaints about one matter: found, offered, joined; each reporter hears what becomes of it."""

import asyncio
from itertools import permutations
from time import monotonic
from typing import Any

import httpx
import pytest

from services.intake.duplicate_queries import LIST_NEAR, MOST_NEAR, take_newcomers
from services.intake.operations.likeness import look_at_newcomers
from shared.auth import Role
from shared.contracts.event import Event
from shared.ids import new_id
from tests.service.intake.driver import COMPLAINTS, Driver, Lodged
from tests.service.intake.events import Telling

LAMP = "Lampu jalan di depan pos ronda RT 03 padam sejak kemarin."
#: Places more than a kilometre apart, one for each test.
PLACES = iter({"lat": -7.56 - 0.012 * n, "lon": 111.47 + 0.01 * n} for n in range(11))


async def looked(intake: Driver) -> None:
    """Wait until somebody has looked at everything that came."""
    deadline = monotonic() + 30
    while (await intake.rows("SELECT count(*) AS n FROM newcomer"))[0]["n"]:
        assert monotonic() < deadline, "nobody looks for duplicates"
        await asyncio.sleep(0.02)


async def placed(intake: Driver, place: dict[str, Any], text: str = LAMP, **form: Any) -> Lodged:
    """Lodge a complaint at a place, which an OPD has then."""
    lodged = await intake.lodge(text, location=place, **form)
    await intake.tell(Telling(lodged.complaint_id, intake.now).assigned())
    await looked(intake)
    return lodged


async def join(intake: Driver, own: Lodged, other: Lodged) -> httpx.Response:
    """Say "saya juga"."""
    return await intake.say(own, "join", {"joined": other.code})


async def types(intake: Driver, lodged: Lodged) -> list[str]:
    """Return what intake published of a complaint."""
    return [row["type"].split(".")[2] for row in await intake.published(lodged.complaint_id)]


# ------------------------------------------------------------------------------------- found


async def test_a_like_complaint_nearby_is_offered_and_told(intake: Driver) -> None:
    place = next(PLACES)
    first = await placed(intake, place, title="Lampu padam")
    second = await placed(intake, {**place, "lat": place["lat"] + 0.0003})
    other = await placed(intake, place, "Sampah menumpuk di pinggir kali.")
    (found,) = (await intake.track(second, known=True))["similar"]
    assert (found["tracking_code"], found["summary"]) == (first.code, "Lampu padam")
    assert found["score"] >= 0.8
    assert await types(intake, second) == ["ComplaintSubmitted", "ComplaintAmended"]
    assert first.complaint_id in (await intake.published(second.complaint_id))[1]["payload"]
    assert await types(intake, first) == await types(intake, other) == ["ComplaintSubmitted"]
    assert (await intake.track(second))["similar"] == []


async def test_what_is_like_a_complaint_is_shown_before_anybody_looked(alone: Driver) -> None:
    place = {"lat": -7.62874, "lon": 111.53067}
    first, secret = await placed(alone, place), await placed(alone, place, secret=True)
    async with alone.doors.units.begin() as unit:
        await take_newcomers(unit.connection, 0)
        # The background waits for the lock until the answers are there.
        second = await alone.lodge(LAMP, location=place)
        links = second.answer["links"]
        asked = await alone.client.get(links["similar"], headers=second.key)
        tracked = (await alone.track(second, known=True))["similar"]
    assert asked.status_code == 200
    assert [each["tracking_code"] for each in asked.json()["items"]] == [first.code]
    assert secret.code not in asked.text
    assert tracked == asked.json()["items"]
    await looked(alone)
    again = await alone.client.get(links["similar"], headers=second.key)
    assert again.json() == asked.json()
    assert (await alone.client.get(links["similar"])).status_code == 403
    foreign = await alone.client.get(links["similar"], headers=first.key)
    assert foreign.status_code == 403
    await alone.say(second, "join", {"joined": first.code})
    await alone.tell(Telling(second.complaint_id, alone.now).merged(first.complaint_id))
    assert (await alone.client.get(links["similar"], headers=second.key)).json()["items"] == []


async def test_two_that_are_looked_at_at_one_moment_find_each_other(alone: Driver) -> None:
    context, place = alone.doors.context, {"lat": -7.62874, "lon": 111.53067}
    own = [await alone.lodge(LAMP, location=place) for _ in range(2)]
    await looked(alone)
    async with alone.doors.units.begin() as unit:
        await unit.connection.exec_driver_sql("TRUNCATE likeness, sighting")
        await unit.connection.exec_driver_sql(
            "INSERT INTO newcomer SELECT complaint_id FROM complaint"
        )

    async def replica() -> int:
        async with alone.doors.units.begin() as unit:
            looked_at = await look_at_newcomers(unit, context, 1)
            # Long enough for the other to search too, if it did not have to wait.
            await asyncio.sleep(0.1)
            return looked_at

    await asyncio.gather(*(replica() for _ in range(2)))
    await looked(alone)
    (row,) = await alone.rows(
        "SELECT complaint_id::text AS one, other_id::text AS other FROM likeness"
    )
    assert {row["one"], row["other"]} == {each.complaint_id for each in own}


async def test_somebody_may_ask_before_complaining(intake: Driver) -> None:
    place = next(PLACES)
    public = await placed(intake, place)
    secret = await placed(intake, place, secret=True)
    form = {"text": LAMP, "location": place}
    answer = await intake.client.post(f"{COMPLAINTS}/similar", json=form)
    assert answer.status_code == 200
    assert [each["tracking_code"] for each in answer.json()["items"]] == [public.code]
    assert secret.code not in answer.text
    far = {"text": LAMP, "location": {**place, "lat": place["lat"] + 0.005}}
    assert (await intake.client.post(f"{COMPLAINTS}/similar", json=far)).json()["items"] == []


@pytest.mark.parametrize(
    "form",
    [
        {"text": LAMP},
        {"text": "", "location": {}},
        {"text": LAMP, "location": {"lat": 0.0, "lon": 0.0}},
        {"text": LAMP, "location": {"area_code": "00"}},
        {"text": LAMP, "location": {}, "more": 1},
    ],
)
async def test_a_question_that_cannot_be_is_refused(intake: Driver, form: Any) -> None:
    assert (await intake.client.post(f"{COMPLAINTS}/similar", json=form)).status_code == 422


async def test_what_ended_or_is_spam_is_not_offered(intake: Driver) -> None:
    place = next(PLACES)
    ended, spam = await placed(intake, place), await placed(intake, place)
    await intake.say(ended, "withdraw", {"reason": "Sudah menyala."})
    path = f"/intake/v1/staff/complaints/{spam.complaint_id}/spam"
    await intake.client.post(
        path, json={"reason": "Iseng."}, headers=intake.system.staff(Role.TRIAGE)
    )
    form = {"text": LAMP, "location": place}
    answer = await intake.client.post(f"{COMPLAINTS}/similar", json=form)
    assert answer.json()["items"] == []


async def test_a_look_that_fails_is_taken_again(alone: Driver) -> None:
    place = {"lat": -7.62874, "lon": 111.53067}
    await placed(alone, place)
    context = alone.doors.context

    async def look_and_die() -> None:
        async with alone.doors.units.begin() as unit:
            await unit.connection.exec_driver_sql(
                "INSERT INTO newcomer SELECT complaint_id FROM complaint"
            )
            assert await look_at_newcomers(unit, context, 10) == 1
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        await look_and_die()
    assert (await alone.rows("SELECT * FROM likeness")) == []
    second = await placed(alone, place)
    assert len((await alone.track(second, known=True))["similar"]) == 1


async def test_the_search_reads_its_indexes_and_few_rows(alone: Driver) -> None:
    async with alone.doors.units.database.transaction() as connection:
        await connection.exec_driver_sql(
            """INSERT INTO sighting SELECT gen_random_uuid(), 1 + n % 500, '99.71.0' || n % 5,
            now() - n * interval '1 minute' FROM generate_series(1, 20000) n"""
        )
        await connection.exec_driver_sql("ANALYZE sighting")
        given = ("ARRAY[1, 2, 3]", "ARRAY['99.71.01']", "now() - interval '30 days'")
        query = LIST_NEAR
        values = (*given, str(MOST_NEAR), "ARRAY['assigned']")
        for number, value in enumerate(values, 1):
            query = query.replace(f"${number}", value)
        plan = "\n".join(
            row[0] for row in await connection.exec_driver_sql(f"EXPLAIN ANALYZE {query}")
        )
    assert "sighting_by_cell" in plan
    assert "sighting_by_area" in plan
    assert "Seq Scan on sighting" not in plan
    assert "Seq Scan on complaint" not in plan


# ------------------------------------------------------------------------------------- joined


async def test_a_citizen_joins_another_complaint_once(intake: Driver) -> None:
    place = next(PLACES)
    leader, own = await placed(intake, place), await placed(intake, place)
    answers = await asyncio.gather(*(join(intake, own, leader) for _ in range(2)))
    assert [each.status_code for each in answers] == [201, 201]
    assert answers[0].json() == {"status": "assigned", "joined": leader.code}
    assert (await types(intake, own)).count("ReporterJoined") == 1
    kinds = [item["kind"] for item in (await intake.track(own))["timeline"]]
    assert kinds.count("joined") == 1
    assert leader.code not in str((await intake.track(own))["timeline"])


async def test_joining_needs_the_own_secret_and_a_code_that_is(intake: Driver) -> None:
    place = next(PLACES)
    leader, own = await placed(intake, place), await placed(intake, place)
    body = {"joined": leader.code}
    assert (await intake.client.post(f"{own.path}/join", json=body)).status_code == 403
    foreign = await intake.client.post(f"{own.path}/join", json=body, headers=leader.key)
    assert foreign.status_code == 403
    mistyped = await intake.say(own, "join", {"joined": "AAAAAAAAAA"})
    assert mistyped.status_code == 404
    itself = await join(intake, own, own)
    assert (itself.status_code, itself.json()["reason"]) == (409, "itself")


async def test_what_is_secret_over_or_too_new_cannot_be_joined(intake: Driver) -> None:
    place = next(PLACES)
    own, secret = await placed(intake, place), await placed(intake, place, secret=True)
    new = await intake.lodge(LAMP)
    over = await placed(intake, place)
    await intake.say(over, "withdraw", {"reason": "Sudah menyala."})
    reasons = [(await join(intake, own, each)).json()["reason"] for each in (secret, new, over)]
    assert reasons == ["secret", "early", "over"]
    await intake.say(own, "withdraw", {"reason": "Sudah menyala."})
    assert (await join(intake, own, secret)).json()["type"].endswith("action-not-legal")


async def test_a_new_complaint_may_join_at_once(intake: Driver) -> None:
    leader = await placed(intake, next(PLACES))
    form = {"text": LAMP, "join": leader.code}
    first = await intake.post(form, key="saya-juga-1")
    again = await intake.post(form, key="saya-juga-1")
    assert first.status_code == 201
    assert first.json() == again.json()
    rows = await intake.published(first.json()["complaint_id"])
    assert [row["type"].split(".")[2] for row in rows] == ["ComplaintSubmitted", "ReporterJoined"]
    unknown = await intake.post({"text": LAMP, "join": "AAAAAAAAAA"})
    assert unknown.status_code == 404


# ----------------------------------------------------------------------------------- followed


def _story(leader: Telling, member: Telling) -> tuple[list[Event], list[Event]]:
    """Return the events of a leader and of a case that was merged into it."""
    ours: list[Event] = [member.assigned(), member.merged(leader.complaint_id)]
    leader.at = member.at
    theirs: list[Event] = [
        leader.asked(new_id(), "Bu Wagiman, nomor berapa?"),
        leader.answered("Teknisi berangkat."),
        leader.resolved("Lampu sudah menyala."),
    ]
    member.at = leader.at
    return theirs, ours


async def test_the_leaders_answers_reach_whoever_was_merged_in_any_order(intake: Driver) -> None:
    for order in sorted(set(permutations("llmm"))):
        leader, own = await intake.lodge(LAMP), await intake.lodge(LAMP)
        theirs, ours = _story(
            Telling(leader.complaint_id, intake.now), Telling(own.complaint_id, intake.now)
        )
        queues = {"l": [theirs[:2], theirs[2:]], "m": [ours[:1], ours[1:]]}
        for which in order:
            await intake.tell(*queues[which].pop(0))
        seen = await intake.track(own, known=True)
        assert (seen["status"], seen["followed_status"]) == ("merged", "resolved")
        assert seen["resolution"] == "Lampu sudah menyala."
        texts = [item["text"] for item in seen["timeline"]]
        assert "Teknisi berangkat." in texts
        assert "Wagiman" not in str(seen)
        assert seen["legal_actions"] == ["message", "feedback"]
        public = await intake.track(own)
        assert {item["text"] for item in public["timeline"]} == {None}


async def test_after_the_separation_the_leader_is_not_followed(intake: Driver) -> None:
    leader, own = await intake.lodge(LAMP), await intake.lodge(LAMP)
    telling, other = Telling(leader.complaint_id, intake.now), Telling(own.complaint_id, intake.now)
    await intake.tell(telling.answered("Sebelum digabung."))
    other.at = telling.at
    await intake.tell(other.assigned(), other.merged(leader.complaint_id))
    telling.at = other.at
    await intake.tell(telling.answered("Selama digabung."))
    other.at = telling.at
    await intake.tell(other.unmerged(leader.complaint_id, "assigned"))
    telling.at = other.at
    await intake.tell(telling.answered("Sesudah dipisah."))
    seen = await intake.track(own, known=True)
    texts = [item["text"] for item in seen["timeline"] if item["text"]]
    assert texts == ["Selama digabung."]
    assert (seen["status"], seen["followed_status"]) == ("assigned", None)


async def test_a_chain_is_followed_to_its_end(intake: Driver) -> None:
    last, middle, own = [await intake.lodge(LAMP) for _ in range(3)]
    tell = {each.code: Telling(each.complaint_id, intake.now) for each in (last, middle, own)}
    await intake.tell(tell[own.code].merged(middle.complaint_id))
    await intake.tell(tell[middle.code].merged(last.complaint_id))
    tell[last.code].at = tell[middle.code].at
    await intake.tell(tell[last.code].assigned(), tell[last.code].resolved("Semua menyala."))
    for each in (own, middle):
        seen = await intake.track(each, known=True)
        assert (seen["followed_status"], seen["resolution"]) == ("resolved", "Semua menyala.")


async def test_nobody_learns_what_the_other_said_of_the_result(intake: Driver) -> None:
    leader, own = await intake.lodge(LAMP), await intake.lodge(LAMP)
    telling, other = Telling(leader.complaint_id, intake.now), Telling(own.complaint_id, intake.now)
    await intake.tell(other.merged(leader.complaint_id))
    telling.at = other.at
    await intake.tell(telling.assigned(), telling.resolved())
    await intake.say(leader, "feedback", {"satisfied": True, "text": "Puas sekali."})
    await intake.tell(telling.closed("satisfied"))
    seen = await intake.track(own, known=True)
    assert "persetujuan" not in str(seen)
    assert "uas" not in str([item["sentence"] for item in seen["timeline"]][1:])
    assert leader.code not in str(seen)
    assert leader.complaint_id not in str(seen)
    assert own.code not in str(await intake.track(leader, known=True)).replace(own.path, "")


async def test_each_reporter_judges_the_result_and_may_leave(intake: Driver) -> None:
    leader, own = await intake.lodge(LAMP), await intake.lodge(LAMP)
    telling, other = Telling(leader.complaint_id, intake.now), Telling(own.complaint_id, intake.now)
    await intake.tell(other.assigned(), other.merged(leader.complaint_id))
    early = await intake.say(own, "feedback", {"satisfied": False})
    assert early.status_code == 409
    telling.at = other.at
    await intake.tell(telling.assigned(), telling.resolved())
    judged = await intake.say(own, "feedback", {"satisfied": False, "text": "Masih mati."})
    assert judged.status_code == 201
    assert (await types(intake, own))[-1] == "FeedbackGiven"
    assert "feedback_given" not in [
        item["kind"] for item in (await intake.track(leader))["timeline"]
    ]
    await intake.tell(telling.reopened())
    left = await intake.say(own, "withdraw", {"reason": "Tidak perlu lagi."})
    assert left.status_code == 201
    await intake.tell(telling.answered("Untuk yang lain."))
    assert "Untuk yang lain." not in str(await intake.track(own, known=True))


async def test_the_leading_opd_reads_what_merged_reporters_wrote(intake: Driver) -> None:
    leader, own = await intake.lodge(LAMP), await intake.lodge(LAMP)
    telling, other = Telling(leader.complaint_id, intake.now), Telling(own.complaint_id, intake.now)
    await intake.tell(telling.assigned("PUPR", "Dinas PUPR"), other.assigned())

    async def read(opd: str) -> int:
        path = f"/intake/v1/staff/complaints/{own.complaint_id}"
        headers = intake.system.staff(Role.OFFICER, opd=opd)
        return (await intake.client.get(path, headers=headers)).status_code

    assert [await read("DISHUB"), await read("PUPR")] == [200, 404]
    await intake.tell(other.merged(leader.complaint_id))
    assert [await read("DISHUB"), await read("PUPR")] == [404, 200]
    await intake.tell(other.unmerged(leader.complaint_id, "assigned"))
    assert [await read("DISHUB"), await read("PUPR")] == [200, 404]
