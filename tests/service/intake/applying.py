"""Applies for what the example Pemda offers, as citizens and staff do."""

from typing import Any

from shared.contracts.event import Event
from shared.contracts.routing import InformationRequested, StageEntered
from tests.service.intake.driver import Driver, Lodged
from tests.service.intake.events import Telling
from tests.service.intake.uploads import uploaded

SERVICES = "/intake/v1/services"
APPLICATIONS = "/intake/v1/applications"
NAME = "Suwarni Contohwati"
NIK = "9971010101010011"


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

    def __init__(self, intake: Driver, lodged: Lodged, opd: str = "DISPERKIM") -> None:
        """Begin at its submission."""
        self._intake = intake
        self._opd = opd
        self._telling = Telling(lodged.complaint_id, intake.now)

    async def assign(self) -> None:
        """Let the OPD have it."""
        await self._intake.tell(self._telling.assigned(self._opd, "Disperkim Kota Contoh"))

    async def enter(self, stage: str, **more: Any) -> StageEntered:
        """Let it enter a stage."""
        event = StageEntered.model_validate(
            {**self._about(), "part": 0, "stage": f"rtlh.{stage}", "opd": self._opd, **more}
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
