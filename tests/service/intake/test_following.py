"""What citizens see follows routing and sla, in whatever order the two topics come."""

from collections.abc import Callable
from itertools import combinations
from random import Random
from typing import Any

import pytest

from shared.contracts.event import Event
from shared.ids import new_id
from tests.service.intake.driver import Driver, Lodged
from tests.service.intake.events import Telling


async def _lodged(intake: Driver, **form: Any) -> tuple[Lodged, Telling]:
    lodged = await intake.lodge(**form)
    return lodged, Telling(lodged.complaint_id, intake.now)


def _kinds(seen: dict[str, Any]) -> list[str]:
    return [item["kind"] for item in seen["timeline"]]


async def test_a_new_complaint_is_received_and_nothing_more(intake: Driver) -> None:
    lodged, _ = await _lodged(intake)
    seen = await intake.track(lodged)
    assert seen["status"] == "received"
    assert _kinds(seen) == ["received"]
    assert seen["opd"] is None
    assert seen["expected"] == []
    assert seen["own"] is None


async def test_an_assignment_is_seen_with_the_opds_name(intake: Driver) -> None:
    lodged, telling = await _lodged(intake)
    await intake.tell(telling.assigned())
    seen = await intake.track(lodged)
    assert (seen["status"], seen["opd"], seen["opd_name"]) == (
        "assigned",
        "DISHUB",
        "Dinas Perhubungan",
    )
    assert seen["timeline"][-1]["sentence"] == "Laporan diteruskan kepada Dinas Perhubungan."
    (row,) = await intake.rows(
        """SELECT recorded_at > clock_timestamp() - interval '1 minute' AS fresh
        FROM timeline_entry WHERE complaint_id = CAST(:id AS uuid) AND kind = 'assigned'""",
        id=lodged.complaint_id,
    )
    assert row["fresh"]


async def test_a_whole_case_is_followed_to_its_end(intake: Driver) -> None:
    lodged, telling = await _lodged(intake)
    question = new_id()
    states = []
    for event in (
        telling.triaged(),
        telling.assigned("PUPR", "Dinas PUPR"),
        telling.returned("PUPR"),
        telling.assigned(),
        telling.answered(),
        telling.asked(question),
        telling.told(question),
        telling.answered("Tiang dipesan.", "progress"),
        telling.resolved(),
        telling.reopened(),
        telling.resolved("Sudah menyala."),
        telling.closed("satisfied"),
    ):
        await intake.tell(event)
        states.append((await intake.track(lodged))["status"])
    assert states == [
        "triage",
        "assigned",
        "triage",
        "assigned",
        "in_progress",
        "waiting_citizen",
        "in_progress",
        "in_progress",
        "resolved",
        "assigned",
        "resolved",
        "closed",
    ]
    seen = await intake.track(lodged, known=True)
    assert seen["resolution"] == "Sudah menyala."
    assert seen["opd"] == "DISHUB"
    sentences = [item["sentence"] for item in seen["timeline"]]
    assert "Dinas PUPR mengembalikan laporan ke meja disposisi" in sentences[3]
    assert sentences[-1] == "Laporan ditutup atas persetujuan pelapor."
    times = [item["at"] for item in seen["timeline"]]
    assert times == sorted(times)


async def test_officers_words_are_for_whoever_has_the_secret(intake: Driver) -> None:
    lodged, telling = await _lodged(intake)
    await intake.tell(telling.assigned(), telling.answered("Kepada Ibu: kami datang."))
    public = await intake.track(lodged)
    private = await intake.track(lodged, known=True)
    assert [item["text"] for item in public["timeline"]] == [None, None, None]
    assert private["timeline"][-1]["text"] == "Kepada Ibu: kami datang."
    assert public["resolution"] is None


async def test_a_rejection_is_explained_to_its_reporter(intake: Driver) -> None:
    lodged, telling = await _lodged(intake)
    await intake.tell(telling.triaged(), telling.rejected("Di luar kewenangan; hubungi PLN."))
    seen = await intake.track(lodged, known=True)
    assert seen["status"] == "rejected"
    assert seen["timeline"][-1]["text"] == "Di luar kewenangan; hubungi PLN."


async def test_a_merged_case_becomes_what_it_was(intake: Driver) -> None:
    lodged, telling = await _lodged(intake)
    other = new_id()
    await intake.tell(telling.assigned(), telling.answered(), telling.merged(other))
    seen = await intake.track(lodged)
    assert seen["status"] == "merged"
    assert other not in str(seen)
    await intake.tell(telling.unmerged(other))
    assert (await intake.track(lodged))["status"] == "in_progress"


async def test_expected_times_follow_their_clocks(intake: Driver) -> None:
    lodged, telling = await _lodged(intake)
    started = [telling.clock("first_response"), telling.clock("follow_up", hours=24)]
    await intake.tell(*started, telling.clock("verification"), telling.clock("closing"))

    async def expected() -> dict[str, tuple[str, str]]:
        seen = await intake.track(lodged)
        return {each["stage"]: (each["state"], each["due_at"]) for each in seen["expected"]}

    first = started[0].due_at.isoformat().replace("+00:00", "Z")
    assert set(await expected()) == {"first_response", "follow_up"}
    assert (await expected())["first_response"] == ("running", first)
    await intake.tell(telling.paused("follow_up"), telling.missed("first_response"))
    assert (await expected())["follow_up"][0] == "paused"
    assert (await expected())["first_response"][0] == "missed"
    resumed = telling.resumed("follow_up", hours=30)
    await intake.tell(resumed, telling.stopped("first_response", "missed"))
    assert (await expected())["follow_up"] == (
        "running",
        resumed.due_at.isoformat().replace("+00:00", "Z"),
    )
    await intake.tell(telling.stopped("follow_up"))
    assert (await expected())["follow_up"][0] == "met"
    again = telling.clock("follow_up", hours=48, epoch=1)
    await intake.tell(again)
    assert (await expected())["follow_up"][0] == "running"


async def test_lateness_is_shown_and_the_opds_inner_matters_are_not(intake: Driver) -> None:
    lodged, telling = await _lodged(intake)
    await intake.tell(
        telling.assigned(),
        telling.clock("first_response"),
        telling.near("first_response"),
        telling.escalated("first_response", "officer"),
        telling.missed("first_response"),
        telling.escalated("first_response", "sekda"),
        telling.missed("closing"),
    )
    seen = await intake.track(lodged)
    assert _kinds(seen) == ["received", "assigned", "deadline_missed", "escalated"]
    assert seen["timeline"][-1]["sentence"].endswith("kepada Sekretaris Daerah.")
    assert seen["status"] == "assigned"


def _interleavings(one: list[Event], other: list[Event]) -> list[list[Event]]:
    """Every order of two topics' events in which each topic keeps its own."""
    size = len(one) + len(other)
    orders = []
    for places in combinations(range(size), len(one)):
        left, right = iter(one), iter(other)
        orders.append([next(left) if at in places else next(right) for at in range(size)])
    return orders


def _story(telling: Telling) -> tuple[list[Event], list[Event]]:
    """What routing and sla tell of one complaint."""
    routing: list[Event] = [
        telling.assigned(),
        telling.asked("q-1"),
        telling.told("q-1"),
        telling.resolved(),
    ]
    sla: list[Event] = [
        telling.clock("follow_up"),
        telling.paused("follow_up"),
        telling.missed("follow_up"),
        telling.stopped("follow_up", "missed"),
    ]
    return routing, sla


async def test_the_order_between_the_topics_does_not_matter(intake: Driver) -> None:
    count = len(_interleavings(*_story(Telling(new_id(), intake.now))))
    lodged = [await _lodged(intake) for _ in range(count)]
    orders = [
        _interleavings(*_story(telling))[number] for number, (_, telling) in enumerate(lodged)
    ]
    # One event of each complaint at a time, so that no batch puts them in order again.
    for step in zip(*orders, strict=True):
        await intake.tell(*step)
    seen = set()
    for each, _ in lodged:
        found = await intake.track(each, known=True)
        timeline = tuple((item["kind"], item["at"], item["text"]) for item in found["timeline"])
        expected = tuple((each["stage"], each["state"]) for each in found["expected"])
        seen.add((found["status"], found["opd"], timeline, expected))
    assert (count, len(seen)) == (70, 1)


async def test_a_second_delivery_changes_nothing(intake: Driver) -> None:
    lodged, telling = await _lodged(intake)
    envelopes = await intake.tell(telling.assigned(), telling.answered(), telling.resolved())
    before = await intake.track(lodged, known=True)
    await intake.deliver(envelopes)
    await intake.deliver(list(reversed(envelopes)))
    assert await intake.track(lodged, known=True) == before


async def test_an_event_of_an_unknown_complaint_is_put_aside(alone: Driver) -> None:
    telling = Telling(new_id(), alone.now)
    await alone.tell(telling.assigned())
    (dead,) = await alone.rows("SELECT reason FROM dead_letter")
    assert "ComplaintMissing" in dead["reason"]


@pytest.mark.parametrize("late", ["triaged", "assigned", "answered", "resolved"])
async def test_a_withdrawn_complaint_stays_withdrawn_whatever_comes_late(
    intake: Driver, late: str
) -> None:
    lodged, telling = await _lodged(intake)
    assert (await intake.say(lodged, "withdraw", {"reason": "Sudah beres."})).status_code == 201
    await intake.tell(getattr(telling, late)())
    assert (await intake.track(lodged))["status"] == "withdrawn"


def _wild_story(telling: Telling, other: str, number: int) -> tuple[list[Event], list[Event]]:
    """Make up what routing says of a case, and then sla, some of it senseless."""
    choose = Random(number)  # noqa: S311 - no secret
    question = new_id()
    stages = ("first_response", "follow_up", "verification")
    ways: list[Callable[[], Event]] = [
        telling.triaged,
        telling.assigned,
        telling.answered,
        telling.resolved,
        telling.reopened,
        telling.closed,
        telling.rejected,
        telling.returned,
        lambda: telling.asked(question),
        lambda: telling.told(question),
        lambda: telling.merged(other),
        lambda: telling.unmerged(other),
    ]
    ticks: list[Callable[[], Event]] = [
        lambda: telling.clock(choose.choice(stages), hours=choose.randint(1, 9)),
        lambda: telling.resumed(choose.choice(stages)),
        lambda: telling.paused(choose.choice(stages)),
        lambda: telling.missed(choose.choice(stages)),
        lambda: telling.stopped(choose.choice(stages), choose.choice(("met", "missed"))),
    ]
    return [choose.choice(ways)() for _ in range(9)], [choose.choice(ticks)() for _ in range(9)]


async def _shown(intake: Driver, lodged: Lodged) -> list[list[dict[str, Any]]]:
    """Return what is stored of a complaint, less what differs between two."""
    return [
        await intake.rows(sql, id=lodged.complaint_id)
        for sql in (
            """SELECT state, opd, opd_name, topic, epoch, request_id IS NULL AS asked,
            state_before_merge, retained_since FROM complaint WHERE complaint_id = :id""",
            """SELECT kind, happened_at, opd, opd_name, text, detail FROM timeline_entry
            WHERE complaint_id = :id ORDER BY seq""",
            "SELECT stage, due_at, state FROM deadline WHERE complaint_id = :id ORDER BY stage",
        )
    ]


@pytest.mark.parametrize("number", range(12))
async def test_what_comes_together_is_shown_as_if_it_came_one_by_one(
    intake: Driver, number: int
) -> None:
    one_by_one, together = await intake.lodge(), await intake.lodge()
    other = (await intake.lodge()).complaint_id
    for publisher in _wild_story(Telling(one_by_one.complaint_id, intake.now), other, number):
        for event in publisher:
            await intake.tell(event)
    # Between two publishers there is no order.
    for publisher in _wild_story(Telling(together.complaint_id, intake.now), other, number):
        await intake.tell(*publisher)
    assert await _shown(intake, together) == await _shown(intake, one_by_one)
    dead = "SELECT * FROM dead_letter WHERE aggregateid = :id"
    assert await intake.rows(dead, id=together.complaint_id) == []
