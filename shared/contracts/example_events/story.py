"""The people-less story that the examples tell: one street light, and when what happened to it."""

from datetime import UTC, datetime
from typing import Final

from shared.contracts.event import AttachmentRef, Location, Proposal
from shared.ids import AttachmentId, ClockId, ComplaintId

COMPLAINT: Final = ComplaintId("019b76da-a800-7000-8000-00000000c001")
EARLIER: Final = ComplaintId("019b76da-a800-7000-8000-00000000c002")
PHOTO: Final = AttachmentId("019b76da-a800-7000-8000-00000000a001")
PROOF: Final = AttachmentId("019b76da-a800-7000-8000-00000000a002")
CLOCK: Final = ClockId("019b76da-a800-7000-8000-00000000d001")
OFFICER: Final = "petugas-0007"
QUESTION: Final = "019b76da-a800-7000-8000-00000000b001"
REFERRAL: Final = "019b76da-a800-7000-8000-00000000b002"
DISHUB: Final = "Dinas Perhubungan"
PUPR: Final = "Dinas Pekerjaan Umum dan Penataan Ruang"
PLACE: Final = Location(
    lat=-7.25, lon=112.5, area_code="99.01.02.1003", address="Jalan Contoh Raya, depan pasar"
)
PHOTO_REF: Final = AttachmentRef(id=PHOTO, kind="image")
PROPOSALS: Final = (
    Proposal(opd="DISHUB", topic="pju", confidence=0.9, words=("lampu", "jalan")),
    Proposal(opd="PUPR", topic="jalan-rusak", confidence=0.06, words=("jalan",)),
)


def at(hour: int, minute: int = 0, day: int = 5) -> datetime:
    """Return a time of the story's month, in UTC."""
    return datetime(2026, 1, day, hour, minute, tzinfo=UTC)
