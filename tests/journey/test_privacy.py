"""No citizen's identity leaves intake: not in an event, a log, a metric, or another's database.

Nor is it in the clear in intake's own database.
"""

import io
import logging
from collections.abc import Iterator

import pytest
import structlog
from sqlalchemy import text

from shared.auth import Role
from shared.contracts.topics import SERVICES
from shared.logging import configure_logging
from shared.transport.in_process import InProcessTransport
from tests.journey.haystack import Haystack
from tests.journey.people import Person
from tests.journey.town import COMPLAINTS, Complaint, Town

pytestmark = pytest.mark.xdist_group("journey")

PEOPLE = [
    Person(
        "Wirasatya Pambudiarto", "81200004321", "9971014503870003", "wirasatya.p@contoh.example"
    ),
    Person("Ni Luh Gendhuksari", "85700008642", "9971026107920004", "gendhuk_sari@contoh.example"),
    Person(
        "Hj. Tjokrowasito", "81300009753", "9971034112650001", "tjokro+lapor@mail.contoh.example"
    ),
]
#: Whose values stand in the words of others, and in no field.
NEIGHBOUR = Person("Tanpa Nama", "89500001357", "9971050908800002", "tetangga@contoh.example")

SUBJECT = "Lampu jalan di depan SD Mekarsari padam sejak tiga malam."


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Let everything be logged as in production, down to DEBUG, and return what was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    before = structlog.get_config()
    configure_logging("DEBUG", "json")
    # A logger that kept this configuration would go on with it in other tests.
    structlog.configure(cache_logger_on_first_use=False)
    written = io.StringIO()
    for handler in root.handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(written)
    try:
        yield written
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.configure(**before)


async def test_no_identity_leaves_intake(town: Town, logged: io.StringIO) -> None:
    codes = []
    for person in PEOPLE:
        codes += [complaint.code for complaint in await live_through(town, person)]
        await be_refused(town, person)
        await see_the_system_fail(town, person)

    haystack = Haystack()
    for name in SERVICES:
        await haystack.add_database(town.system, name)
    assert isinstance(town.system.transport, InProcessTransport)
    await haystack.add_bus(town.system.transport)
    await haystack.add_metrics(town.system)
    for line in logged.getvalue().splitlines():
        haystack.add("log", line)
    for code in codes:
        haystack.add("public timeline", (await town.system.client.get(f"{COMPLAINTS}/{code}")).text)

    # It does find what is there: the search is worth something.
    found = {place for place, _, _ in haystack.find({code.casefold() for code in codes})}
    assert {"intake.complaint.tracking_code", "routing.cases.tracking_code"} <= found
    assert {"bus intake.complaint.v1", "public timeline", "intake.outbox.payload"} <= found
    for needle, place in (
        ("[telepon]", "routing.cases.text"),
        ('"event": "request"', "log"),
        ("request_failed", "log"),
        ("sla_first_response_seconds", "sla /metrics"),
        ("[nik]", "bus intake.complaint.v1"),
    ):
        assert haystack.find_in(place, needle), (needle, place)

    needles = {needle for person in PEOPLE for needle in person.needles()}
    numbers = NEIGHBOUR.needles() - {"tanpa nama", "tanpa", "nama"}
    assert haystack.find(needles | numbers) == []


async def test_officers_in_charge_read_the_words_and_not_the_fields(town: Town) -> None:
    person = PEOPLE[0]
    complaint = await town.complain(
        f"{SUBJECT} Hubungi {person.phones()[1]}.", reporter=identity(person, 0)
    )
    opd = (await complaint.case())["opd"]

    answer = await town.system.client.get(
        f"/intake/v1/staff/complaints/{complaint.complaint_id}",
        headers=town.system.staff(Role.OFFICER, opd=opd),
    )

    assert person.phones()[1] in answer.json()["own"]["text"]
    for value in (person.name, person.nik, person.email):
        assert value not in answer.text


def identity(person: Person, spelling: int) -> dict[str, str]:
    """Fill in the reporter's fields, in one spelling or another."""
    phones, niks = person.phones()[:8], person.niks()
    return {
        "name": person.name,
        "phone": phones[spelling % len(phones)],
        "nik": niks[spelling % len(niks)],
        "email": person.email,
    }


async def live_through(town: Town, person: Person) -> list[Complaint]:
    """Let someone complain, talk and judge, giving themselves away in every sentence."""
    sentences = [*person.sentences(), *NEIGHBOUR.sentences(), *person.oddities()]
    everything = " ".join(sentences)
    complaints = []
    for spelling in range(3):
        complaint = await town.complain(
            f"{SUBJECT} {everything}",
            title=f"Lampu padam. {sentences[spelling]}",
            location={"address": f"Gang Delima. {sentences[-spelling]}", "area_code": "99.71.01"},
            reporter=identity(person, spelling),
        )
        complaints.append(complaint)
    withdrawn, doubted, silent = complaints
    await withdrawn.citizen("withdraw", reason=" ".join(person.sentences())[:1000])
    await doubted.officer("request-information", text="Di depan rumah nomor berapa?")
    await doubted.citizen("messages", text=everything)
    await doubted.officer("resolve", text="Lampu sudah menyala.")
    await doubted.citizen("feedback", satisfied=False, text=everything)
    await silent.citizen("messages", text=everything)
    await town.system.advance(days=3)
    return complaints


async def be_refused(town: Town, person: Person) -> None:
    """Send what is refused: what was wrong with it is said and logged, not what it was."""
    wrong = {"text": " ".join(person.sentences()), "reporter": identity(person, 0)}
    for form in (
        {**wrong, "channel": "tidak-ada"},
        {**wrong, "text": None},
        {**wrong, "device_time": person.email},
        {**wrong, "reporter": {**identity(person, 0), "phone": f"{person.mobile} {person.nik}"}},
        {**wrong, "reporter": {"nama": person.name}},
    ):
        answer = await town.submit(form, expect=422)
        for value in (person.mobile, person.nik, person.email, person.name):
            assert value not in answer.text


async def see_the_system_fail(town: Town, person: Person) -> None:
    """Let a submission run into an error that nobody foresaw, which is logged with its trace."""
    form = {"text": " ".join(person.sentences()), "reporter": identity(person, 1)}
    database = town.system.service("intake").database
    async with database.transaction() as connection:
        await connection.execute(text("ALTER TABLE reporter RENAME TO reporter_away"))
    try:
        await town.submit(form, expect=500)
    finally:
        async with database.transaction() as connection:
            await connection.execute(text("ALTER TABLE reporter_away RENAME TO reporter"))
