"""Puts load on the running system: complaints, officers who answer or do not, and passing time.

Everything happens twice, so that each counter rises while it is watched: a series that is born
with its first value shows no increase.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import httpx

from services.cli.demo.script import DemoComplaint, read_day
from shared.auth import Role
from tests.dashboards.running import RunningPrometheus, RunningSystem, wait_until
from tests.support.servers import PROFILE

COMPLAINTS = 24
_AT_ONCE = 6
_WAIT_SECONDS = 60
_ANSWER = {"text": "Terima kasih atas laporannya. Petugas kami menuju lokasi hari ini."}
_RESOLVED = {"text": "Sudah selesai dikerjakan oleh regu kami, silakan diperiksa."}
_REASON = "Sesuai isi laporan."


class NothingHappened(RuntimeError):
    """The system did not do what the load makes it do."""


async def play(system: RunningSystem, prometheus: RunningPrometheus) -> int:
    """Play two waves, each of which leaves some unanswered; returns how many were submitted."""
    complaints = read_day(PROFILE).first(COMPLAINTS).complaints
    late: list[tuple[str, str]] = []
    for wave in (1, 2):
        late += await _wave(system, complaints)
        await _see(prometheus, f"sum(increase(sla_first_response_seconds_count[1h])) >= {wave - 1}")
        _move(system, hours=1.5)
        await _see(prometheus, 'sum(sla_clocks_due_soon{stage="first_response", opd!=""}) > 0')
        # Past the limit of 2 h, and 4 h more, when the ladder goes on to the Sekda.
        _move(system, hours=5.5)
        await _see(prometheus, 'sum(sla_clocks_overdue{stage="first_response", opd!=""}) > 0')
        await system.ask("/sla/v1/board", role=Role.LEADER)
        opd, case = late.pop()
        await system.ask(f"{case}/respond", _ANSWER, Role.OFFICER, opd)
    _move(system, hours=25)
    await _see(prometheus, 'sum(sla_escalations_total{level="3"}) > 0')
    await _see(prometheus, "sum(tanggap_consumer_lag) == 0")
    # Some more scrapes, so that the last counters have been seen twice.
    await asyncio.sleep(4)
    return 2 * len(complaints)


async def _wave(
    system: RunningSystem, complaints: Sequence[DemoComplaint]
) -> list[tuple[str, str]]:
    """Play the complaints; returns OPD and path of those that have an OPD and no answer."""
    few = asyncio.Semaphore(_AT_ONCE)

    async def one(place: int, complaint: DemoComplaint) -> tuple[str, str] | None:
        async with few:
            return await _story(system, place, complaint)

    stories = await asyncio.gather(*(one(*each) for each in enumerate(complaints)))
    return [unanswered for unanswered in stories if unanswered is not None]


async def _story(
    system: RunningSystem, place: int, complaint: DemoComplaint
) -> tuple[str, str] | None:
    opd, case = await _placed(system, complaint)
    if place == 0:
        # Back to the triage desk, where it stays.
        await system.ask(f"{case}/return", {"reason": _REASON}, Role.OFFICER, opd)
        return None
    if place % 4 == 0:
        return opd, case
    await system.ask(f"{case}/respond", _ANSWER, Role.OFFICER, opd)
    if place % 2 == 0:
        await system.ask(f"{case}/resolve", _RESOLVED, Role.OFFICER, opd)
    return None


async def _placed(system: RunningSystem, complaint: DemoComplaint) -> tuple[str, str]:
    """Submit a complaint and see to it that it has an OPD; returns that, and the case's path."""
    receipt = await system.ask("/intake/v1/complaints", complaint.submission)
    case = f"/routing/v1/cases/{receipt['complaint_id']}"

    async def routed() -> bool:
        try:
            await system.ask(case, role=Role.TRIAGE)
        except httpx.HTTPStatusError as error:
            if error.response.status_code != 404:
                raise
            return False
        return True

    if not await wait_until(routed, _WAIT_SECONDS):
        raise NothingHappened(f"routing has not heard of {receipt['tracking_code']}")
    opd = (await system.ask(case, role=Role.TRIAGE))["opd"]
    if opd is None:
        opd = complaint.belongs_to or "PUPR"
        await system.ask(f"{case}/assign", {"opd": opd, "reason": _REASON}, Role.TRIAGE)
    return opd, case


def _move(system: RunningSystem, **by: float) -> None:
    system.clock.steer(system.clock.now() + timedelta(**by), speed=1)


async def _see(prometheus: RunningPrometheus, condition: str) -> None:
    async def seen() -> bool:
        return bool(await prometheus.instant(condition))

    if not await wait_until(seen, _WAIT_SECONDS):
        raise NothingHappened(f"Prometheus does not see, within {_WAIT_SECONDS} s: {condition}")
