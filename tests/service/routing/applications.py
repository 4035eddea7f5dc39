"""Applications of the catalogue, and what staff fill in and decide of them."""

import json
from typing import Any

import httpx

from services.routing import profile
from shared.auth import Role
from shared.catalogue.definition import Service
from shared.profile_store import save_profile
from tests.service.routing.driver import Driver
from tests.support.servers import PROFILE

OPD = "DISPERKIM"
ROOF_BAD = {"atap": "berat", "dinding": "berat", "lantai": "berat", "struktur": "berat"}
ROOF_GOOD = {"atap": "baik", "dinding": "baik", "lantai": "sedang", "struktur": "baik"}
#: A service of one stage, as an earlier profile had it: version 2 of rtlh.
OLD: dict[str, Any] = {
    "code": "rtlh",
    "version": 2,
    "title": "Layanan lama",
    "group": "Perumahan",
    "description": "Layanan yang hanya ada pada profil lama.",
    "opds": [OPD],
    "form": {},
    "stages": [
        {
            "code": "administrasi",
            "title": "Meja lama",
            "disposition": {"instructions": ["Tindak lanjuti", "Untuk diketahui"], "days": 3},
            "form": {"fields": [{"code": "catatan", "label": "Catatan", "type": "text"}]},
            "decisions": [{"code": "selesai", "title": "Selesai", "next": "done"}],
        }
    ],
}


async def apply(routing: Driver, version: int = 1, **values: Any) -> str:
    """Let intake tell of an application; returns its id."""
    if version == 2:
        await store_old(routing)
    answers = {
        "applicant": "citizen",
        "addressed": OPD,
        "eligible": values.pop("eligible", True),
        "rounds": 0,
        "jiwa": 4,
        "pengusul": "sendiri",
    }
    given = {
        "service_code": "rtlh",
        "service_version": str(version),
        "answers": answers,
        "secret": True,
        "title": "Perbaikan rumah tidak layak huni (RTLH)",
    }
    return await routing.open(**{"text": "Jumlah anggota keluarga: 4", **given, **values})


async def store_old(routing: Driver) -> None:
    """Keep an earlier profile in routing's database: it had another version of the service."""
    old = profile.read(PROFILE).model_copy(update={"services": (Service.model_validate(OLD),)})
    async with routing.system.service("routing").database.transaction() as connection:
        await save_profile(connection, "lama", profile.dump(old))


def officer(routing: Driver, subject: str = "petugas-1") -> dict[str, str]:
    """Return the headers of an officer of the OPD that works the service."""
    return routing.officer(OPD, subject)


def head(routing: Driver) -> dict[str, str]:
    """Return the headers of the head of that OPD."""
    return routing.system.staff(Role.HEAD, opd=OPD, subject="kepala-1")


async def decide(
    routing: Driver,
    case: str,
    decision: str,
    *,
    headers: dict[str, str] | None = None,
    if_match: str | None = None,
    idempotency_key: str | None = None,
    **wish: Any,
) -> httpx.Response:
    """Take a decision."""
    more = {"If-Match": if_match, "Idempotency-Key": idempotency_key}
    sent = officer(routing) if headers is None else headers
    return await routing.system.client.post(
        f"/routing/v1/cases/{case}/decide",
        content=json.dumps({"decision": decision, **wish}),
        headers={
            **sent,
            **{name: value for name, value in more.items() if value is not None},
            "Content-Type": "application/json",
        },
    )


async def at_survey(routing: Driver, **values: Any) -> str:
    """Return an application that is to be surveyed."""
    case = await apply(routing, **values)
    answer = await decide(routing, case, "lengkap")
    assert answer.status_code == 200, answer.text
    return case


async def survey(
    routing: Driver, case: str, damage: dict[str, str] | None = None
) -> dict[str, Any]:
    """Return what the survey's form asks, with two photos that intake told of."""
    photos = [await routing.photo(case, 1000 + number) for number in range(2)]
    place = {"lat": -7.6, "lon": 111.5}
    return {"foto_0": photos, "titik_survei": place, **(damage or ROOF_BAD)}
