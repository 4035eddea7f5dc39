"""Applies for what the example Pemda offers, as citizens and staff do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from shutil import copytree
from typing import Any, Final

import pytest

from shared.contracts.event import Event
from shared.contracts.routing import InformationRequested, StageEntered
from tests.service.intake.driver import Driver, Lodged
from tests.service.intake.events import Telling
from tests.service.intake.uploads import uploaded
from tests.support.servers import PROFILE, Databases
from tests.support.system import running_system

SERVICES = "/intake/v1/services"
APPLICATIONS = "/intake/v1/applications"
NAME = "Suwarni Contohwati"
NIK = "9971010101010011"
#: A service that is cheap to apply for, and has what others have apart.
API_KEY: Final = "kunci-aplikasi"
CODE: Final = "uji-mohon"
FRIDAY: Final = "2026-03-13T09:00"
LATER: Final = "2026-03-13T10:00"
#: Like Friday's first session, it has one place.
LAST: Final = "2026-03-13T11:00"
SERVICE: Final = """\
code: uji-mohon
version: 1
title: Rekomendasi usaha (uji)
group: Perizinan
description: Sebuah layanan untuk pengujian permohonan dari awal sampai akhir.
opds: [DPMPTSP, DISHUB]
applicants: [citizen, operator, opd]
received: "Permohonan {number} untuk {jenis} diterima {opd}."
application_number: mohon
numbering:
  - {series: mohon, pattern: "{seq:03}/{opd}/{year}"}
form:
  fields:
    - {code: nama, label: Nama, type: text, identity: name, required: true}
    - {code: hp, label: Nomor HP, type: phone, identity: phone}
    - {code: modal, label: Modal, type: number, min: 0, unit: Rp, personal: true}
    - code: jenis
      label: Jenis usaha
      type: choice
      required: true
      options: [{value: warung, label: Warung makan}, {value: bengkel, label: Bengkel}]
    - {code: bahan, label: Bahan bakar, type: text, required: true, when: jenis == "bengkel"}
    - code: izin
      label: Izin yang ada
      type: many
      options: [{value: nib, label: NIB}, {value: halal, label: Halal}]
    - {code: karyawan, label: Karyawan, type: number, whole: true, min: 0, max: 100}
    - {code: dalam_kota, label: Di dalam kota, type: yes_no, required: true}
    - {code: mulai, label: Mulai usaha, type: date, past: true}
    - {code: tempat, label: Tempat usaha, type: location}
    - code: saksi
      label: Saksi
      type: group
      fields: [{code: nama_saksi, label: Nama saksi, type: text, personal: true, required: true}]
    - {code: foto, label: Foto usaha, type: file, accept: [image], max: 3}
    - {code: sesi, label: Sesi, type: appointment}
    - {code: uraian, label: Uraian, type: text, lines: 4}
    - {code: nomor_lama, label: Nomor lama, type: text}
  assessment:
    code: nilai
    title: Kesiapan
    items:
      - {code: bersih, question: Apakah tempatnya bersih?, weight: 3, gap: Bersihkan tempatnya.}
      - {code: aman, question: Apakah tempatnya aman?, weight: 1}
  eligibility:
    - {id: kota, require: dalam_kota == true, reason: Usaha harus di dalam kota., refuse: true}
    - {id: siap, require: nilai >= 50, reason: Kesiapan belum cukup.}
appointment:
  weekdays: [jumat]
  sessions:
    - {starts: "09:00", ends: "10:00", capacity: 1}
    - {starts: "10:00", ends: "11:00", capacity: 9}
    - {starts: "11:00", ends: "12:00", capacity: 1}
  place: Mal Pelayanan Publik
  opens_days: 14
  closes_hours: 2
registry:
  code: usaha-uji
  title: Register usaha (uji)
  columns: [{code: nomor_lama, label: Nomor lama}, {code: jenis, label: Jenis}]
  match: {same: [nomor_lama], compare: [jenis]}
stages:
  - code: periksa
    title: Pemeriksaan
    decisions:
      - {code: selesai, title: Selesai, next: done}
      - {code: perbaiki, title: Minta perbaikan, next: applicant}
"""
#: Invented; no person has these.
MOHON: Final[dict[str, Any]] = {
    "nama": NAME,
    "hp": "0812-0000-0078",
    "modal": 7_654_321,
    "jenis": "warung",
    "dalam_kota": True,
    "bersih": "ya",
    "aman": "tidak",
    "saksi": [{"nama_saksi": "Sutini Misalnya"}],
    "uraian": f"Warung {NAME} menjual soto.",
}


@asynccontextmanager
async def with_services(databases: Databases, home: Path) -> AsyncIterator[Driver]:
    """Run intake with this service beside the example Pemda's."""
    profile = home / "profile"
    copytree(PROFILE, profile)
    (profile / "services" / f"{CODE}.yaml").write_text(SERVICE, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TANGGAP_INTAKE_OPEN311_KEYS", API_KEY)
        async with running_system(databases, home, services=["intake"], profile=profile) as system:
            yield Driver(system)


async def ask_for(
    intake: Driver, *, key: str | None = None, opd: str | None = "DPMPTSP", **changes: Any
) -> Any:
    """Apply for a recommendation."""
    headers = {"Idempotency-Key": key} if key else {}
    form = {"answers": {**MOHON, **changes}, **({"opd": opd} if opd else {})}
    return await intake.client.post(f"{SERVICES}/{CODE}/applications", json=form, headers=headers)


async def applied(intake: Driver, **changes: Any) -> Lodged:
    """Apply for a recommendation that is taken in."""
    answer = await ask_for(intake, **changes)
    assert answer.status_code == 201, answer.text
    said = answer.json()
    return Lodged(said["complaint_id"], said["tracking_code"], said["secret"], said)


async def answers(intake: Driver, **changes: Any) -> dict[str, Any]:
    """Fill in the form of an unfit house."""
    photo = await uploaded(intake)
    return {
        "nama": NAME,
        "nik": NIK,
        "no_kk": "9971010101010022",
        "hp": "0812-0000-0077",
        "pengusul": "sendiri",
        "jiwa": 4,
        "penghasilan": 1_500_000,
        "status_tanah": "milik",
        "satu_satunya": True,
        "pernah_dibantu": False,
        "luas_tanah": 60,
        "luas_bangunan": 36,
        "lokasi": {"lat": -7.62874, "lon": 111.53067},
        "foto_rumah": [photo["upload_token"]],
        **changes,
    }


async def apply(intake: Driver, **changes: Any) -> Lodged:
    """Apply for the repair of an unfit house."""
    form = {"answers": await answers(intake, **changes)}
    answer = await intake.client.post(f"{SERVICES}/rtlh/applications", json=form)
    assert answer.status_code == 201, answer.text
    said = answer.json()
    return Lodged(said["complaint_id"], said["tracking_code"], said["secret"], said)


class Casework:
    """What routing tells of one application."""

    def __init__(
        self, intake: Driver, lodged: Lodged, opd: str = "DISPERKIM", service: str = "rtlh"
    ) -> None:
        """Begin at its submission."""
        self._intake = intake
        self._service = service
        self._opd = opd
        self._telling = Telling(lodged.complaint_id, intake.now)

    async def assign(self) -> None:
        """Let the OPD have it."""
        await self._intake.tell(self._telling.assigned(self._opd, "Disperkim Kota Contoh"))

    async def enter(self, stage: str, **more: Any) -> StageEntered:
        """Let it enter a stage."""
        event = StageEntered.model_validate(
            {
                **self._about(),
                "part": 0,
                "stage": f"{self._service}.{stage}",
                "opd": self._opd,
                **more,
            }
        )
        await self._intake.tell(event)
        return event

    async def ask(self, request_id: str, text: str = "Foto rumah kurang jelas.") -> None:
        """Let the officer ask the applicant to correct."""
        event = InformationRequested.model_validate(
            {**self._about(), "request_id": request_id, "text": text, "opd": self._opd}
        )
        await self._intake.tell(event)

    async def tell(self, *events: Event) -> None:
        """Tell something else."""
        await self._intake.tell(*events)

    @property
    def telling(self) -> Telling:
        """Other events of the same case."""
        return self._telling

    def _about(self) -> dict[str, Any]:
        self._telling.triaged()
        return {"complaint_id": self._telling.complaint_id, "occurred_at": self._telling.at}
