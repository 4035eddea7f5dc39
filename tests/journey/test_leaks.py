"""A small day of the demonstration, lived by people who name themselves: nothing of it leaks.

The search finds what is planted, in each kind of place, so that it can be believed when it finds
nothing. Names of third persons inside free text are the known exception: no pattern knows them.
"""

import io
from collections.abc import Sequence

import pytest
import structlog
from prometheus_client import Counter
from sqlalchemy import text

from services.cli.demo.script import DemoComplaint, read_day
from shared.auth import Role
from shared.contracts.topics import SERVICES
from shared.transport.in_process import InProcessTransport
from shared.transport.message import Message
from tests.journey.haystack import Haystack
from tests.journey.people import Person
from tests.journey.test_privacy import logged
from tests.journey.town import Complaint, Town
from tests.support.servers import PROFILE
from tests.support.system import System

pytestmark = pytest.mark.xdist_group("journey")
__all__ = ["logged"]

STAFF = "/intake/v1/staff"
_FIRST = ("Wirasatya", "Gendhuksari", "Tjokrowasito", "Pambudiarto", "Rarasati", "Kertaredja")
_LAST = ("Mangunhardja", "Sastrodirdjo", "Purbaningrat", "Hadikoesoemo", "Notodiningrat")


def person(number: int) -> Person:
    """Invent somebody with numbers that nobody has."""
    first, last = _FIRST[number % len(_FIRST)], _LAST[number % len(_LAST)]
    return Person(
        f"{first} {last}",
        f"80{number:03d}000{7000 + number * 13}",
        f"99710145038{70000 + number * 101}",
        f"{first}.{number}@contoh.example".lower(),
    )


async def live(town: Town, people: Sequence[Person]) -> list[Complaint]:
    """Let each complaint of the day be somebody's, who names themselves wherever they write."""
    day = read_day(PROFILE).first(len(people))
    return [
        await _story(town, complaint, who)
        for complaint, who in zip(day.complaints, people, strict=True)
    ]


async def _story(town: Town, script: DemoComplaint, who: Person) -> Complaint:
    about = f"Saya {who.name}, NIK {who.niks()[1]}, {who.phones()[1]}, {who.email}."
    form = {**script.submission, "reporter": _fields(who)}
    complaint = await town.complain(f"{form.pop('text')} {about}", **form)
    if (await complaint.case())["opd"] is None:
        await complaint.desk("assign", opd=script.belongs_to or "PUPR", reason="Sesuai isi.")
    await complaint.officer("request-information", text="Di mana tepatnya?")
    await complaint.citizen("messages", text=f"Di depan rumah. {about}")
    await complaint.officer("resolve", text="Sudah dikerjakan.")
    await complaint.citizen("feedback", satisfied=True, text=about)
    return complaint


def _fields(who: Person) -> dict[str, str]:
    return {"name": who.name, "phone": who.phones()[0], "nik": who.nik, "email": who.email}


async def ask_about_data(town: Town, complaint: Complaint, who: Person) -> None:
    """Let staff unmask, correct, and note a breach, with reasons that name the person's numbers."""
    client, system = town.system.client, town.system
    numbers = f"Menelepon {who.phones()[0]} (NIK {who.nik}, {who.email})."
    opd = (await complaint.case())["opd"]
    shown = await client.post(
        f"{STAFF}/complaints/{complaint.complaint_id}/unmask",
        json={"fields": ["name", "phone"], "reason": numbers},
        headers=system.staff(Role.OFFICER, opd=opd),
    )
    assert shown.status_code == 200, shown.text
    desk = system.staff(Role.TRIAGE)
    asked = await client.post(
        f"{STAFF}/subject-requests",
        json={"kind": "correct", "phone": who.phones()[0], "checked": numbers, "wish": numbers},
        headers={**desk, "Idempotency-Key": "permintaan-koreksi-1"},
    )
    assert asked.status_code == 201, asked.text
    done = await client.post(
        f"{STAFF}/subject-requests/{asked.json()['request_id']}/fulfil",
        json={"reason": numbers, "reporter": {"name": f"{who.name} Adiningrat"}},
        headers=desk,
    )
    assert done.status_code == 200, done.text
    breach = {
        "what": ["nama"],
        "people": 1,
        "how": numbers,
        "remedy": numbers,
        "discovered_at": town.now.isoformat(),
    }
    entered = await client.post(
        f"{STAFF}/breaches", json=breach, headers=system.staff(Role.AUDITOR)
    )
    assert entered.status_code == 201, entered.text
    # What a client calls its request goes into events and logs unmasked.
    await client.post(
        f"/intake/v1/complaints/{complaint.code}/secrecy",
        json={"secret": True},
        headers={"X-Tracking-Secret": complaint.secret, "X-Request-Id": f"0{who.mobile}"},
    )
    await system.settle()


async def search(town: Town, written: io.StringIO, needles: set[str]) -> list[tuple[str, str, str]]:
    """Search everything that was written down."""
    haystack = Haystack()
    for name in SERVICES:
        await haystack.add_database(town.system, name)
    assert isinstance(town.system.transport, InProcessTransport)
    await haystack.add_bus(town.system.transport)
    await haystack.add_metrics(town.system)
    for line in written.getvalue().splitlines():
        haystack.add("log", line)
    return haystack.find(needles)


async def test_a_day_leaks_nothing_and_what_is_planted_is_found(
    system: System, request: pytest.FixtureRequest
) -> None:
    written: io.StringIO = request.getfixturevalue("logged")
    count: int = request.config.getoption("--leak-complaints")
    town, people = Town(system), [person(number) for number in range(count)]
    complaints = await live(town, people)
    await ask_about_data(town, complaints[0], people[0])
    await system.advance(days=2)
    needles = {needle for who in people for needle in who.needles()}

    assert await search(town, written, needles) == []

    await plant(town, people[1])
    found = {place for place, _, _ in await search(town, written, needles)}
    # What was planted on the bus is no event, so that it lies among the dead letters too.
    assert {"log", "routing.cases.text", "bus routing.case.v1", "sla /metrics"} <= found


async def plant(town: Town, who: Person) -> None:
    """Leak one value in each kind of place."""
    structlog.get_logger("planted").info("planted", complaint_id=f"0{who.mobile}")
    async with town.system.service("routing").database.transaction() as connection:
        await connection.execute(
            text(
                "UPDATE cases SET text = text || :leak WHERE ctid = (SELECT min(ctid) FROM cases)"
            ),
            {"leak": who.niks()[1]},
        )
    message = Message("routing.case.v1", "planted", who.email.encode(), {})
    await town.system.transport.publish([message])
    registry = town.system.service("sla").metrics.registry
    Counter("planted", "A leak.", ["who"], registry=registry).labels(who.name).inc()
