"""`tanggap sp4n simulate`: a national system of invented reports, to try the way there and back."""

import asyncio
from collections.abc import Sequence
from time import monotonic
from typing import Annotated

import httpx
import typer
import uvicorn
from rich.console import Console
from rich.table import Table

from services.cli.sp4n_bridge import STATUSES_PATH, Bridge, StatusTold, status_door
from services.intake.partner_schemas import PartnerPlace, Sp4nReport
from services.intake.settings import IntakeSettings
from shared.clock import SystemClock
from shared.standard_webhooks import read_keys

console = Console(highlight=False)

_FIRST_ID = 9_000_001
_RETRY_SECONDS = 2.0
_INVENTED = (
    ("Lampu jalan padam", "Lampu jalan di depan pos ronda padam sejak tiga hari lalu."),
    ("Jalan berlubang", "Jalan di dekat pasar berlubang dalam dan membahayakan pengendara."),
    ("Sampah menumpuk", "Sampah di pinggir kali sudah dua minggu tidak diangkut."),
    ("KTP belum jadi", "Sudah dua bulan KTP saya belum jadi, katanya blangko habis."),
    ("Air mati", "Air PDAM di perumahan kami mati setiap pagi."),
)


class SimulatedSp4n:
    """A national system in memory: reports of nobody, and what the Pemda said of each."""

    def __init__(self, count: int, first_id: int = _FIRST_ID) -> None:
        """Invent so many reports, with Tracking IDs from `first_id` on."""
        self._waiting = {str(first_id + n): _invent(str(first_id + n), n) for n in range(count)}
        self.accepted: dict[str, str] = {}
        self.refused: dict[str, str] = {}
        self.told: dict[str, list[StatusTold]] = {}

    async def list_new(self) -> Sequence[Sp4nReport]:
        """Return the reports that the Pemda has not answered for."""
        return list(self._waiting.values())

    async def accept(self, external_id: str, tracking_code: str) -> None:
        """Note that the Pemda has a report."""
        self._waiting.pop(external_id, None)
        self.accepted[external_id] = tracking_code

    async def refuse(self, external_id: str, reason: str) -> None:
        """Note that the Pemda cannot take a report in."""
        self._waiting.pop(external_id, None)
        self.refused[external_id] = reason

    async def tell(self, status: StatusTold) -> None:
        """Take a status over."""
        self.told.setdefault(status.external_id, []).append(status)


def simulate(
    reports: Annotated[int, typer.Option(min=1, max=1000, help="Invented reports to push.")] = 5,
    intake: Annotated[
        str, typer.Option(help="Intake's address; `make stack` has it on port 8001.")
    ] = "http://127.0.0.1:8000",
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="Port on which statuses are heard.")
    ] = 8090,
    seconds: Annotated[
        float, typer.Option(min=1, max=3600, help="How long statuses are waited for.")
    ] = 20,
    first_id: Annotated[int, typer.Option(min=1, help="The first Tracking ID.")] = _FIRST_ID,
) -> None:
    """Push invented reports as SP4N-LAPOR would, and show what the Pemda says of each.

    Needs `TANGGAP_INTAKE_PARTNER_SP4N_KEYS` as the running intake has it; to hear statuses, intake
    needs `TANGGAP_INTAKE_PARTNER_SP4N_URL=http://127.0.0.1:8090/statuses`.
    """
    keys = IntakeSettings().partner_sp4n_keys
    if keys is None:
        console.print("Set TANGGAP_INTAKE_PARTNER_SP4N_KEYS, here and where intake runs.")
        raise typer.Exit(2)
    national = SimulatedSp4n(reports, first_id)
    asyncio.run(_run(national, read_keys(keys.get_secret_value()), intake, port, seconds))
    console.print(_table(national))
    if not national.accepted:
        raise typer.Exit(1)


async def _run(
    national: SimulatedSp4n, keys: Sequence[bytes], intake: str, port: int, seconds: float
) -> None:
    async with httpx.AsyncClient(base_url=intake, timeout=10) as client:
        bridge = Bridge(national, client, keys, SystemClock())
        door = uvicorn.Config(status_door(bridge), host="127.0.0.1", port=port, log_level="warning")
        server = uvicorn.Server(door)
        serving = asyncio.create_task(server.serve())
        count = await bridge.carry_reports()
        console.print(f"{count} accepted; hearing statuses on port {port}{STATUSES_PATH} …")
        if left := len(await national.list_new()):
            console.print(f"[red]✗[/red] intake at {intake} did not take {left}; trying again …")
        until = monotonic() + seconds
        while (rest := until - monotonic()) > 0:
            await asyncio.sleep(min(rest, _RETRY_SECONDS))
            await bridge.carry_reports()
        server.should_exit = True
        await serving


def _table(national: SimulatedSp4n) -> Table:
    table = Table("Tracking ID", "Kode", "Status")
    for external_id, code in national.accepted.items():
        steps = " → ".join(told.status for told in national.told.get(external_id, []))
        table.add_row(external_id, code, steps or "-")
    for external_id, reason in national.refused.items():
        table.add_row(external_id, "-", reason)
    return table


def _invent(external_id: str, number: int) -> Sp4nReport:
    title, text = _INVENTED[number % len(_INVENTED)]
    return Sp4nReport(
        external_id=external_id,
        title=title,
        text=text,
        source="Simulator",
        anonymous=number % 2 == 0,
        place=PartnerPlace(district="Mekarsari"),
    )
