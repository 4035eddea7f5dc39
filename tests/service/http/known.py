"""Complaints that exist, each in a state in which an operation has something to do."""

from dataclasses import dataclass
from typing import Any, Final

from shared.auth import Role
from tests.service.http.live import LiveSystem
from tests.support.system import System

#: What staff do first, so that the operation named by the last step of its path is legal.
PREPARATIONS: Final[dict[str, tuple[tuple[str, dict[str, Any]], ...]]] = {
    "feedback": (("resolve", {"text": "Sudah diangkut."}),),
    "close": (("resolve", {"text": "Sudah diangkut."}),),
    "reconsider": (("reject", {"reason_code": "unclear", "text": "Mohon lengkapi laporan."}),),
}
_HOW_MANY: Final = 2


@dataclass(frozen=True)
class KnownCase:
    """A complaint's id, code and secret."""

    complaint_id: str
    tracking_code: str
    secret: str


def known_cases(live: LiveSystem, path: str, opd: str) -> list[KnownCase]:
    """Lodge complaints, give them to the OPD, and bring them where the operation is legal."""
    if "{" not in path:
        return []
    step = path.rpartition("/")[2]

    async def make(system: System) -> list[KnownCase]:
        return [await _make(system, step, opd) for _ in range(_HOW_MANY)]

    return live.run(make)


async def _make(system: System, step: str, opd: str) -> KnownCase:
    answer = await system.client.post(
        "/intake/v1/complaints", json={"text": "Ada sesuatu di depan rumah."}
    )
    said = answer.json()
    await system.settle()
    path = f"/routing/v1/cases/{said['complaint_id']}"
    staff = system.staff(Role.TRIAGE, Role.OFFICER, opd=opd)
    assignment = {"opd": opd, "reason": "Sesuai isi laporan."}
    for action, body in (("assign", assignment), *PREPARATIONS.get(step, ())):
        done = await system.client.post(f"{path}/{action}", json=body, headers=staff)
        assert done.status_code == 200, done.text
    await system.settle()
    return KnownCase(said["complaint_id"], said["tracking_code"], said["secret"])
