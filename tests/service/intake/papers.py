"""A service of the catalogue that uses every block beside the stages, and who works with it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from shutil import copytree
from typing import Any, Final

from services.intake.operations.appointments import book
from shared.catalogue.definition import Service
from shared.contracts.routing import StageEntered
from shared.unit_of_work import UnitOfWork
from tests.service.intake.driver import Driver, Lodged
from tests.service.intake.events import Telling
from tests.support.servers import PROFILE, Databases
from tests.support.system import running_system

CODE: Final = "uji-izin"
OPD: Final = "DPMPTSP"
#: The Friday after the clock's start (a Monday), at nine: there are two places.
FRIDAY: Final = "2026-03-13T09:00"
LATER: Final = "2026-03-13T10:00"

SERVICE: Final = """\
code: uji-izin
version: 1
title: Izin papan nama (uji)
group: Perizinan
description: Sebuah layanan untuk pengujian yang memakai semua blok katalog.
opds: [DPMPTSP]
applicants: [citizen, operator, opd]
parameters: {biaya: 150000}
numbering:
  - {series: izin, pattern: "{seq:03}/{opd}/{roman_month}/{year}"}
  - {series: per-opd, pattern: "{seq}/{opd}/{jenis}/{year}", per_opd: true, start: 10}
form:
  fields:
    - {code: nama, label: Nama, type: text, identity: name, required: true}
    - {code: nik, label: NIK, type: nik, identity: nik}
    - {code: hp, label: Nomor HP, type: phone, identity: phone}
    - code: jenis
      label: Jenis papan
      type: choice
      required: true
      options: [{value: papan, label: Papan nama}, {value: billboard, label: Billboard}]
    - {code: nomor_izin, label: Nomor izin lama, type: text}
    - {code: lebar, label: Lebar, type: number, unit: m}
    - {code: pemilik, label: Pemilik papan, type: text}
    - {code: berlaku, label: Berlaku sampai, type: date}
    - {code: tempat, label: Tempat, type: location}
    - code: saksi
      label: Saksi
      type: group
      fields:
        - {code: nama_saksi, label: Nama saksi, type: text, personal: true, required: true}
        - {code: umur_saksi, label: Umur saksi, type: number, personal: true}
    - {code: sesi, label: Sesi, type: appointment}
appointment:
  weekdays: [jumat]
  sessions:
    - {starts: "09:00", ends: "10:00", capacity: 2}
    - {starts: "10:00", ends: "11:00", capacity: 5}
  place: Mal Pelayanan Publik
  bring: [KTP asli]
  opens_days: 14
  closes_hours: 2
  closed: [2026-03-20]
stages:
  - code: periksa
    title: Pemeriksaan
    form:
      fields:
        - {code: catatan, label: Catatan, type: text}
    decisions:
      - {code: terbit, title: Terbitkan, next: serah}
      - code: tolak
        title: Tolak
        next: refused
        reasons: [{code: tidak-lengkap, text: Berkas tidak lengkap.}]
  - code: serah
    title: Penyerahan
    form:
      fields:
        - {code: salinan, label: Salinan bertanda tangan, type: file}
    decisions:
      - {code: ulang, title: Periksa lagi, next: periksa}
      - {code: selesai, title: Selesai, next: done}
documents:
  - code: izin
    title: Izin papan nama
    number: izin
    stage: periksa
    signed_by: Kepala DPMPTSP
    public: [jenis, lebar]
    valid_days: 365
    body:
      - {text: "Diberikan kepada {nama} (NIK {nik}) izin {jenis} selebar {lebar} di {tempat}."}
      - rows:
          - [Nama, "{nama}"]
          - [Biaya, "{biaya}"]
          - [Catatan, "{catatan}"]
      - {each: saksi, text: "Saksi: {nama_saksi}, {umur_saksi} tahun"}
      - {text: Papan ini besar., when: lebar > 5}
  - {code: salinan, title: Salinan izin, file: salinan}
registry:
  code: papan
  title: Register papan nama
  public: true
  place: tempat
  expires: berlaku
  columns:
    - {code: nomor, label: Nomor izin, source: number}
    - {code: jenis, label: Jenis}
    - {code: lebar, label: Lebar}
    - {code: nomor_izin, label: Nomor izin lama}
    - {code: pemilik, label: Pemilik, public: false}
    - {code: berlaku, label: Berlaku sampai}
  match: {same: [nomor_izin], near_metres: 100, compare: [lebar]}
"""


def make_profile(folder: Path) -> Path:
    """Copy the profile contoh, and put the service into it."""
    profile = folder / "profile"
    copytree(PROFILE, profile)
    (profile / "services" / f"{CODE}.yaml").write_text(SERVICE, encoding="utf-8")
    return profile


@asynccontextmanager
async def with_papers(databases: Databases, home: Path) -> AsyncIterator[Driver]:
    """Run intake with the service."""
    profile = make_profile(home)
    async with running_system(databases, home, services=["intake"], profile=profile) as system:
        yield Driver(system)


def service_of(driver: Driver) -> Service:
    """Return the service."""
    service = driver.doors.context.catalogue.present(CODE)
    assert service is not None
    return service


async def book_for(driver: Driver, unit: UnitOfWork, complaint_id: str, session: str) -> None:
    """Book as a submission does."""
    await book(unit, service_of(driver), session, complaint_id, driver.doors.context.zone)


async def apply(driver: Driver, session: str | None = FRIDAY, **form: Any) -> Lodged:
    """Lodge what stands for an application, and book a session for it."""
    lodged = await driver.lodge("Permohonan izin.", **form)
    async with driver.doors.units.begin() as unit:
        await driver.system.rows(
            "intake",
            "UPDATE complaint SET service_code = :code WHERE complaint_id = :id RETURNING 1",
            code=CODE,
            id=lodged.complaint_id,
        )
        if session is not None:
            await book_for(driver, unit, lodged.complaint_id, session)
    return lodged


#: Invented; no person has these.
ANSWERS: Final[dict[str, Any]] = {
    "nama": "Wagiman Contohnya",
    "nik": "9971010101010001",
    "jenis": "papan",
    "lebar": 6,
    "berlaku": "2027-01-31",
    "tempat": {"lat": -7.605, "lon": 111.505, "address": "Jalan Contoh 1"},
    "saksi": [{"nama_saksi": "Sutini Misalnya", "umur_saksi": 41}],
}


async def send(driver: Driver, **answers: Any) -> Lodged:
    """Submit an application through its door."""
    answer = await driver.client.post(
        f"/intake/v1/services/{CODE}/applications", json={"answers": {**ANSWERS, **answers}}
    )
    assert answer.status_code == 201, answer.text
    said = answer.json()
    return Lodged(said["complaint_id"], said["tracking_code"], said["secret"], said)


class Casework:
    """What routing tells of one application."""

    def __init__(self, driver: Driver, lodged: Lodged) -> None:
        """Begin at its submission."""
        self._driver = driver
        self.telling = Telling(lodged.complaint_id, driver.now)

    async def assign(self) -> None:
        """Let the OPD have it."""
        await self._driver.tell(self.telling.assigned(OPD, "DPMPTSP"))

    def entered(self, stage: str, left: str, decision: str, **more: Any) -> StageEntered:
        """Build StageEntered."""
        self.telling.triaged()
        return StageEntered.model_validate(
            {
                "complaint_id": self.telling.complaint_id,
                "occurred_at": self.telling.at,
                "part": 0,
                "stage": f"{CODE}.{stage}",
                "opd": OPD,
                "service_code": CODE,
                "service_version": "1",
                "left": f"{CODE}.{left}",
                "decision": decision,
                **more,
            }
        )

    async def issue(self, **answers: Any) -> None:
        """Let the licence be issued."""
        await self._driver.tell(self.entered("serah", "periksa", "terbit", answers=answers))

    async def finish(self, **answers: Any) -> None:
        """Let the service be done."""
        await self._driver.tell(
            self.entered("serah", "serah", "selesai", outcome="done", answers=answers)
        )
