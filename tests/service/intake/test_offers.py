"""Saya juga: who reports on a chat what is known already is asked to join it, and answers there."""

import asyncio
from datetime import timedelta
from time import monotonic
from typing import Any

import pytest

from tests.service.intake.events import Telling
from tests.service.intake.talking import PLATFORMS, Talk, recipient_of, talk, talking, text_of
from tests.service.intake.test_duplicates import looked
from tests.service.intake.writing import (
    REPORT,
    arrives,
    complaints_of,
    events_of,
    meanings_of,
)
from tests.support.deliveries import write

__all__ = ["talk", "talking"]

#: Places more than a kilometre apart, one for each test.
_POINTS = iter((-7.56 - 0.01 * n, 111.46 + 0.005 * n) for n in range(13))


async def _places(
    talk: Talk, platform: str, sender: str, point: tuple[float, float]
) -> dict[str, Any]:
    """Report in one message and send the point in the next, as people do; an OPD has it then."""
    await arrives(talk.intake, write(platform, REPORT, sender=sender))
    (complaint,) = await complaints_of(talk.intake, platform, sender)
    telling = Telling(str(complaint["complaint_id"]), talk.intake.now)
    await talk.intake.tell(telling.assigned())
    await arrives(talk.intake, write(platform, "", sender=sender, point=point))
    await looked(talk.intake)
    return complaint


async def _hears_of(talk: Talk, platform: str, sender: str, words: str) -> str:
    """Wait until somebody is told something with these words, and return it."""
    deadline = monotonic() + 30
    while True:
        said = [
            text_of(call)
            for call in talk.platforms.accepted(platform)
            if recipient_of(call) == sender and words in text_of(call)
        ]
        if said:
            return said[-1]
        assert monotonic() < deadline, [text_of(call) for call in talk.platforms.calls]
        await asyncio.sleep(0.01)


# X's direct messages carry no point.
@pytest.mark.parametrize("platform", [each for each in PLATFORMS if each != "x"])
async def test_who_reports_what_is_known_is_offered_to_join_it(
    talk: Talk, platform: str, sender: str
) -> None:
    point = next(_POINTS)
    first = await _places(talk, "telegram", f"{sender}0", point)
    own = await _places(talk, platform, sender, point)
    offer = await _hears_of(talk, platform, sender, "balas IKUT 1")
    assert own["tracking_code"] in offer
    assert f"1. {REPORT}" in offer
    assert first["tracking_code"] not in offer
    assert not [
        call
        for call in talk.platforms.accepted("telegram")
        if recipient_of(call) == f"{sender}0" and "IKUT" in text_of(call)
    ]
    wish = write(platform, "Ikut 1", sender=sender)
    await arrives(talk.intake, wish)
    await arrives(talk.intake, wish)
    assert own["tracking_code"] in await _hears_of(talk, platform, sender, "ikut laporan serupa")
    events = await events_of(talk.intake, own["complaint_id"])
    joined = [
        payload["joined_complaint_id"] for name, payload in events if name == "ReporterJoined"
    ]
    assert joined == [str(first["complaint_id"])]
    amended = [payload for name, payload in events if name == "ComplaintAmended"]
    assert [set(each) - {"complaint_id", "occurred_at"} for each in amended] == [
        {"location"},
        {"candidates"},
    ]
    assert sorted(await meanings_of(talk.intake, own["complaint_id"])) == [
        "complaint",
        "join",
        "message",
    ]


async def test_what_ended_meanwhile_or_was_not_offered_is_not_joined(
    talk: Talk, sender: str
) -> None:
    point = next(_POINTS)
    first = await _places(talk, "telegram", f"{sender}0", point)
    own = await _places(talk, "whatsapp", sender, point)
    await arrives(talk.intake, write("whatsapp", "IKUT 2", sender=sender))
    assert "tidak dapat diikuti" in await _hears_of(talk, "whatsapp", sender, "diikuti")
    telling = Telling(str(first["complaint_id"]), talk.intake.now)
    await talk.intake.tell(telling.resolved("Sudah menyala."))
    talk.platforms.calls.clear()
    await arrives(talk.intake, write("whatsapp", "IKUT 1", sender=sender))
    assert "tidak dapat diikuti" in await _hears_of(talk, "whatsapp", sender, "diikuti")
    names = [name for name, _ in await events_of(talk.intake, own["complaint_id"])]
    assert "ReporterJoined" not in names


async def test_who_knows_a_code_joins_by_it(talk: Talk, sender: str) -> None:
    first = await _places(talk, "telegram", f"{sender}0", next(_POINTS))
    own = await _places(talk, "whatsapp", sender, next(_POINTS))
    code = first["tracking_code"]
    await arrives(talk.intake, write("whatsapp", f"saya juga {code}", sender=sender))
    await _hears_of(talk, "whatsapp", sender, "ikut laporan serupa")
    assert "ReporterJoined" in dict(await events_of(talk.intake, own["complaint_id"]))


async def test_the_reporter_of_a_secret_complaint_is_offered_nothing(
    talk: Talk, sender: str
) -> None:
    point = next(_POINTS)
    await _places(talk, "telegram", f"{sender}0", point)
    await arrives(talk.intake, write("telegram", REPORT, sender=sender))
    (own,) = await complaints_of(talk.intake, "telegram", sender)
    async with talk.intake.doors.units.begin() as unit:
        await unit.connection.exec_driver_sql(
            f"UPDATE complaint SET secret = true WHERE complaint_id = '{own['complaint_id']}'"  # noqa: S608 - ours
        )
    await arrives(talk.intake, write("telegram", "", sender=sender, point=point))
    await looked(talk.intake)
    rows = await talk.intake.rows(
        "SELECT offered_as FROM likeness WHERE complaint_id = :id", id=own["complaint_id"]
    )
    assert [row["offered_as"] for row in rows] == [None]


async def test_a_point_outside_or_a_second_one_moves_no_complaint(talk: Talk, sender: str) -> None:
    own = await _places(talk, "telegram", sender, (51.5, 0.1))
    (before,) = await complaints_of(talk.intake, "telegram", sender)
    point, other = next(_POINTS), next(_POINTS)
    for each in (point, other):
        await arrives(talk.intake, write("telegram", "", sender=sender, point=each))
    (after,) = await complaints_of(talk.intake, "telegram", sender)
    assert (before["lat"], (after["lat"], after["lon"])) == (None, point)
    amended = [
        payload["location"]["lat"]
        for name, payload in await events_of(talk.intake, own["complaint_id"])
        if name == "ComplaintAmended" and "location" in payload
    ]
    assert amended == [point[0]]


async def test_a_point_waits_for_its_words_and_is_used_once(talk: Talk, sender: str) -> None:
    point = next(_POINTS)
    await arrives(talk.intake, write("whatsapp", "", sender=sender, point=(51.5, 0.1)))
    await arrives(talk.intake, write("whatsapp", "", sender=sender, point=point))
    await arrives(talk.intake, write("whatsapp", REPORT, sender=sender))
    await arrives(talk.intake, write("whatsapp", f"LAPOR {REPORT} lagi", sender=sender))
    places = [
        (row["lat"], row["lon"]) for row in await complaints_of(talk.intake, "whatsapp", sender)
    ]
    assert places == [point, (None, None)]
    assert await talk.intake.rows("SELECT * FROM waiting_place") == []
    other = f"{sender}1"
    await arrives(talk.intake, write("whatsapp", "", sender=other, point=point))
    talk.intake.system.clock.advance(timedelta(hours=2))
    await arrives(talk.intake, write("whatsapp", REPORT, sender=other))
    (late,) = await complaints_of(talk.intake, "whatsapp", other)
    assert late["lat"] is None
