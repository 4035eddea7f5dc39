"""The doors that take a body, with all that they need to be opened, and how refusals look."""

from dataclasses import dataclass
from typing import Any

import httpx

from shared.auth import Role
from shared.problems import MEDIA_TYPE, TYPE_PREFIX
from tests.journey.town import COMPLAINTS, Complaint, Town

TEXT = "Lampu jalan di depan SD Mekarsari padam sejak tiga malam"
#: Which OPD the profile contoh gives that to, and one that has nothing to do with it.
OPD, OTHER_OPD = "DISHUB", "DLH"

JSON = {"content-type": "application/json"}


@dataclass(frozen=True)
class Door:
    """A door that takes a body: where it is, what it is sent rightly, and which field is text."""

    path: str
    body: dict[str, Any]
    text: str
    headers: dict[str, str]


def doors_of(town: Town, complaint: Complaint) -> list[Door]:
    """Return every door that takes a body, for a complaint that DISHUB has."""
    case = f"/routing/v1/cases/{complaint.complaint_id}"
    own = f"{COMPLAINTS}/{complaint.code}"
    secret = {"X-Tracking-Secret": complaint.secret}
    staff = town.system.staff(Role.OFFICER, Role.TRIAGE, opd=OPD)
    text = {"text": "Kami periksa."}
    return [
        Door(COMPLAINTS, {"text": TEXT}, "text", {}),
        Door(f"{own}/messages", text, "text", secret),
        Door(f"{own}/feedback", {"satisfied": True, **text}, "text", secret),
        Door(f"{own}/withdraw", {"reason": "Sudah."}, "reason", secret),
        Door(f"{case}/assign", {"opd": OTHER_OPD, "reason": "Sampah."}, "reason", staff),
        Door(f"{case}/return", {"reason": "Bukan kami."}, "reason", staff),
        Door(f"{case}/respond", text, "text", staff),
        Door(f"{case}/progress", text, "text", staff),
        Door(f"{case}/request-information", text, "text", staff),
        Door(f"{case}/resolve", text, "text", staff),
        Door(f"{case}/reject", {"reason_code": "unclear", **text}, "text", staff),
        Door(f"{case}/close", {"note": "Sudah."}, "note", staff),
        Door(f"{case}/reconsider", {"reason": "Ada bukti."}, "reason", staff),
    ]


def raw(headers: dict[str, Any]) -> list[tuple[bytes, bytes]]:
    """Write headers as bytes, so that what HTTP does not allow can be sent too."""
    return [
        (name.encode(), value if isinstance(value, bytes) else str(value).encode())
        for name, value in headers.items()
    ]


def refusal_of(answer: httpx.Response) -> dict[str, Any]:
    """Return a refusal's problem; whatever else is answered is a failure."""
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.text)
    assert answer.headers["content-type"] == MEDIA_TYPE
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["type"].startswith(TYPE_PREFIX)
    assert problem["title"]
    assert problem["trace_id"]
    return problem


async def count_complaints(town: Town) -> int:
    """Count what intake has taken in."""
    rows = await town.system.rows("intake", "SELECT count(*) AS n FROM complaint")
    return int(rows[0]["n"])
