"""Examples of what intake publishes."""

from datetime import UTC, datetime
from typing import Final

from shared.contracts.event import Candidate, Event
from shared.contracts.example_events.story import (
    COMPLAINT,
    EARLIER,
    OFFICER,
    PHOTO_REF,
    PLACE,
    PROOF,
    QUESTION,
    at,
)
from shared.contracts.intake import (
    CitizenMessageReceived,
    ComplaintAmended,
    ComplaintImported,
    ComplaintSubmitted,
    ComplaintWithdrawn,
    EvidenceAdded,
    FeedbackGiven,
    ReporterJoined,
)
from shared.ids import MessageId

INTAKE: Final[tuple[Event, ...]] = (
    ComplaintSubmitted(
        complaint_id=COMPLAINT,
        occurred_at=at(1),
        tracking_code="K7M4PX9RT2",
        channel="web",
        account_opd="DISHUB",
        classification="complaint",
        title="Lampu jalan padam",
        text="Lampu jalan di depan pasar padam sejak tiga malam, hubungi saya di [nomor telepon].",
        location=PLACE,
        anonymous=True,
        secret=False,
        emergency=False,
        submitted_at=at(1),
        device_time=at(0, 59),
        candidates=(Candidate(complaint_id=EARLIER, score=0.72),),
        attachments=(PHOTO_REF,),
        service_code="lampu-jalan",
        service_version="2026-01",
        answers={
            "jumlah_tiang": 2,
            "tinggi_meter": 7.5,
            "berbahaya": True,
            "nomor_tiang": "T-14",
            "gejala": ("padam", "berkedip"),
        },
    ),
    ComplaintAmended(
        complaint_id=COMPLAINT,
        occurred_at=at(1, 5),
        classification="aspiration",
        title="Tiga lampu jalan padam",
        text="Ternyata tiga lampu yang padam, bukan dua.",
        location=PLACE,
        anonymous=False,
        secret=True,
        emergency=True,
        candidates=(Candidate(complaint_id=EARLIER, score=0.81),),
        attachments=(PHOTO_REF,),
        service_code="lampu-jalan",
        service_version="2026-01",
        answers={"jumlah_tiang": 3},
        spam=False,
    ),
    CitizenMessageReceived(
        complaint_id=COMPLAINT,
        occurred_at=at(4),
        text="Tiangnya persis di sebelah pos ronda.",
        attachments=(PHOTO_REF,),
        request_id=QUESTION,
        message_id=MessageId("019b76da-a800-7000-8000-00000000e001"),
    ),
    ComplaintWithdrawn(
        complaint_id=COMPLAINT, occurred_at=at(5), reason="Lampunya sudah menyala lagi."
    ),
    FeedbackGiven(
        complaint_id=COMPLAINT,
        occurred_at=at(2, day=6),
        satisfied=False,
        text="Baru satu lampu yang menyala.",
    ),
    ReporterJoined(complaint_id=COMPLAINT, occurred_at=at(3), joined_complaint_id=EARLIER),
    EvidenceAdded(
        complaint_id=COMPLAINT,
        occurred_at=at(7),
        attachment_id=PROOF,
        by="officer",
        fingerprint="phash:9f3c1e07a5b2d468",
        taken_at=at(6, 48),
        taken_lat=-7.2501,
        taken_lon=112.5002,
        officer_id=OFFICER,
    ),
    ComplaintImported(
        complaint_id=EARLIER,
        occurred_at=at(0),
        text="Penerangan jalan umum di gang sebelah balai kelurahan tidak menyala.",
        opd="DISHUB",
        topic="pju",
        submitted_at=datetime(2025, 11, 3, 2, 30, tzinfo=UTC),
        responded_at=datetime(2025, 11, 3, 3, 45, tzinfo=UTC),
        resolved_at=datetime(2025, 11, 4, 8, 0, tzinfo=UTC),
        title="Gang gelap",
        location=PLACE,
    ),
)
