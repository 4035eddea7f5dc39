"""The life of a complaint over HTTP, with the clocks that run beside it at each step."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.journey.town import Complaint, Town

pytestmark = pytest.mark.xdist_group("journey")

CLEAR = "Lampu jalan di depan SD Mekarsari padam sejak tiga malam"
VAGUE = "Tolong dibantu ya."
#: Which OPD the profile contoh gives the clear one to, and what citizens are told that it is.
OPD, OPD_NAME = "DISHUB", "Dinas Perhubungan"

RECEIVED = "Laporan diterima."
DESK_LOOKS = "Laporan sedang diperiksa oleh meja disposisi."
ASSIGNED = f"Laporan diteruskan kepada {OPD_NAME}."


async def test_from_submission_to_silence(town: Town) -> None:
    submitted_at = town.now
    complaint = await town.complain(CLEAR)

    case = await complaint.case()
    assert (case["state"], case["opd"], case["assigned_by"]) == ("assigned", OPD, "rule")
    assert case["tracking_code"] == complaint.code
    assert await complaint.sentences() == [RECEIVED, ASSIGNED]
    clocks = await complaint.clocks()
    assert clocks["verification", 0]["outcome"] == "met"
    assert runs_until(clocks["first_response", 0], submitted_at + timedelta(hours=2))
    assert runs_until(clocks["follow_up", 0], submitted_at + timedelta(hours=24))

    await ask_and_be_answered(town, complaint, submitted_at)
    await work_and_resolve(town, complaint)
    await be_reopened_and_resolve(town, complaint)
    await fall_silent(town, complaint)

    # All was in time, and silence is nobody's fault: no one was told of anything.
    clocks = await complaint.clocks()
    assert [step for clock in clocks.values() for step in clock["escalations"]] == []


async def ask_and_be_answered(town: Town, complaint: Complaint, submitted_at: datetime) -> None:
    """The officer's question is an answer; while it waits, the work's clock stands still."""
    await town.system.advance(minutes=30)
    await complaint.officer("request-information", text="Di depan rumah nomor berapa?")

    assert await newest(complaint) == f"{OPD_NAME} meminta keterangan tambahan dari pelapor."
    known = await complaint.look(known=True)
    assert known["status"] == "waiting_citizen"
    assert known["open_request"] == "Di depan rumah nomor berapa?"
    clocks = await complaint.clocks()
    assert clocks["first_response", 0]["outcome"] == "met"
    assert clocks["first_response", 0]["elapsed_seconds"] == timedelta(minutes=30).total_seconds()
    assert clocks["follow_up", 0]["state"] == "paused"
    assert runs_until(clocks["closing", 0], town.now + timedelta(days=10))

    # Three hours later the citizen answers, and has cost the OPD no time.
    await town.system.advance(hours=3)
    answer = await complaint.citizen("messages", text="Di depan rumah nomor 12.")

    assert answer["request_id"] == (await latest_fact(complaint))["details"]["request_id"]
    assert (await complaint.sentences())[-2:] == [
        "Pelapor mengirim pesan tambahan.",
        "Keterangan tambahan dari pelapor diterima; penanganan dilanjutkan.",
    ]
    clocks = await complaint.clocks()
    assert runs_until(clocks["follow_up", 0], submitted_at + timedelta(hours=27))
    assert clocks["closing", 0]["outcome"] == "met"
    assert (await complaint.case())["state"] == "in_progress"


async def work_and_resolve(town: Town, complaint: Complaint) -> None:
    """News of the work stops its clock; the resolution starts the wait for the citizen."""
    await town.system.advance(hours=1)
    await complaint.officer("progress", text="Regu kami berangkat sore ini.")

    assert await newest(complaint) == f"{OPD_NAME} mengabarkan perkembangan penanganan."
    assert (await complaint.clocks())["follow_up", 0]["outcome"] == "met"

    await complaint.officer("resolve", text="Lampu sudah menyala.")

    resolved = f"{OPD_NAME} menyatakan laporan selesai ditangani. Pelapor dapat memberi penilaian."
    assert await newest(complaint) == resolved
    assert (await complaint.look(known=True))["resolution"] == "Lampu sudah menyala."
    assert runs_until((await complaint.clocks())["closing", 1], town.now + timedelta(days=10))


async def be_reopened_and_resolve(town: Town, complaint: Complaint) -> None:
    """Not so, says the citizen: the work begins again, with a clock of its own."""
    await town.system.advance(days=2)
    await complaint.citizen("feedback", satisfied=False, text="Baru satu yang menyala.")

    assert (await complaint.sentences())[-2:] == [
        "Pelapor menyatakan belum puas dengan penanganan laporan.",
        f"Laporan dibuka kembali dan ditangani lagi oleh {OPD_NAME}.",
    ]
    clocks = await complaint.clocks()
    assert runs_until(clocks["follow_up", 1], town.now + timedelta(hours=24))
    assert clocks["closing", 1]["outcome"] == "met"
    assert ("first_response", 1) not in clocks
    assert (await complaint.case())["epoch"] == 1

    await town.system.advance(hours=5)
    await complaint.officer("resolve", text="Semua lampu sudah menyala.")
    assert (await complaint.clocks())["follow_up", 1]["outcome"] == "met"


async def fall_silent(town: Town, complaint: Complaint) -> None:
    """A second before the ten days are over nothing has happened; then the case is closed."""
    await town.system.advance(days=10, seconds=-1)
    assert (await complaint.case())["state"] == "resolved"

    await town.system.advance(seconds=2)

    case = await complaint.case()
    assert (case["state"], case["sp4n_status"]) == ("closed", "Ditutup oleh Sistem")
    silence = "Laporan ditutup karena tidak ada tanggapan lagi dari pelapor."
    assert await newest(complaint) == silence
    clocks = await complaint.clocks()
    assert {clock["state"] for clock in clocks.values()} == {"stopped"}
    assert clocks["closing", 2]["outcome"] == "missed"


async def test_satisfied_citizen_closes_the_case(town: Town) -> None:
    complaint = await town.complain(CLEAR)
    await complaint.officer("respond", text="Terima kasih, petugas kami segera datang.")
    assert await newest(complaint) == f"{OPD_NAME} menjawab laporan ini."
    await complaint.officer("resolve", text="Lampu sudah menyala.")

    await complaint.citizen("feedback", satisfied=True)

    assert (await complaint.sentences())[-2:] == [
        "Pelapor menyatakan puas dengan penanganan laporan.",
        "Laporan ditutup atas persetujuan pelapor.",
    ]
    case = await complaint.case()
    assert (case["state"], case["sp4n_status"]) == ("closed", "Ditutup oleh Pelapor")
    assert (await complaint.clocks())["closing", 0]["outcome"] == "met"


async def test_vague_complaint_goes_by_the_desk_and_back(town: Town) -> None:
    complaint = await town.complain(VAGUE)
    submitted_at = town.now

    assert await complaint.sentences() == [RECEIVED, DESK_LOOKS]
    assert (await complaint.case())["opd"] is None
    clocks = await complaint.clocks()
    verification = clocks["verification", 0]
    assert (verification["state"], verification["policy"]) == ("running", "verifikasi-3-hari-kerja")
    assert runs_until(clocks["first_response", 0], submitted_at + timedelta(hours=2))
    assert ("follow_up", 0) not in clocks

    # Nobody has it, so the desk is told where else an officer would be.
    await town.system.advance(minutes=90)
    assert await complaint.told("first_response") == [(0, "triage")]

    await complaint.desk("assign", opd=OPD, reason="Menurut foto yang dikirim pelapor.")
    assigned_at = town.now
    assert await newest(complaint) == ASSIGNED
    clocks = await complaint.clocks()
    assert clocks["verification", 0]["outcome"] == "met"
    assert runs_until(clocks["follow_up", 0], assigned_at + timedelta(hours=24))

    await town.system.advance(minutes=10)
    await complaint.officer("return", reason="Lampu itu milik pengelola pasar.")
    assert await newest(complaint) == (
        f"{OPD_NAME} mengembalikan laporan ke meja disposisi untuk diteruskan ke OPD yang tepat."
    )
    case = await complaint.case()
    assert (case["state"], case["opd"], case["times_returned"]) == ("triage", None, 1)
    # Handing a case on and back gains nobody time.
    clocks = await complaint.clocks()
    assert runs_until(clocks["first_response", 0], submitted_at + timedelta(hours=2))
    assert runs_until(clocks["follow_up", 0], assigned_at + timedelta(hours=24))

    await complaint.desk("assign", opd="DISKOPDAG", reason="Pasar.")
    await complaint.officer("respond", text="Kami periksa hari ini.")
    clocks = await complaint.clocks()
    assert clocks["first_response", 0]["outcome"] == "met"
    assert clocks["first_response", 0]["opd"] == "DISKOPDAG"


async def test_rejected_complaint_has_its_answer(town: Town) -> None:
    complaint = await town.complain(VAGUE)

    await complaint.desk(
        "reject", reason_code="other_government", text="Silakan sampaikan kepada PLN, telepon 123."
    )

    seen = await complaint.look()
    assert seen["status"] == "rejected"
    assert seen["timeline"][-1]["sentence"] == (
        "Laporan tidak dapat ditindaklanjuti. Alasannya disampaikan kepada pelapor."
    )
    assert seen["timeline"][-1]["text"] is None
    reason = (await complaint.look(known=True))["timeline"][-1]["text"]
    assert reason == "Silakan sampaikan kepada PLN, telepon 123."
    assert {key: clock["outcome"] for key, clock in (await complaint.clocks()).items()} == {
        ("verification", 0): "met",
        ("first_response", 0): "met",
    }
    refusal = await complaint.citizen("withdraw", reason="Batal saja.", expect=409)
    assert refusal["legal"] == ["message"]

    await complaint.desk("reconsider", reason="Ternyata lampu kota.")
    assert (await complaint.look())["status"] == "triage"


async def test_withdrawn_complaint_is_left_alone(town: Town) -> None:
    complaint = await town.complain(CLEAR)

    await complaint.citizen("withdraw", reason="Lampunya sudah menyala sendiri.")

    assert await newest(complaint) == "Laporan dicabut oleh pelapor."
    assert (await complaint.case())["state"] == "withdrawn"
    clocks = await complaint.clocks()
    assert {clock["state"] for clock in clocks.values()} == {"stopped"}
    assert clocks["first_response", 0]["outcome"] == "cancelled"
    refusal = await complaint.officer("respond", text="Kami periksa.", expect=409)
    assert refusal["legal"] == []
    # However long it is left: nobody is told that it is late.
    await town.system.advance(days=30)
    assert await complaint.told("first_response") == []
    assert (await complaint.look())["legal_actions"] == []


async def test_late_complaint_climbs_the_ladder(town: Town) -> None:
    complaint = await town.complain(CLEAR)
    climbed: list[tuple[int, str]] = []

    for hours, level, role in ((1.5, 0, "officer"), (0.5, 1, "head"), (4, 2, "sekda")):
        await town.system.advance(hours=hours, seconds=-1)
        assert await complaint.told("first_response") == climbed
        await town.system.advance(seconds=1)
        climbed.append((level, role))
        assert await complaint.told("first_response") == climbed
    await town.system.advance(hours=20)
    assert await complaint.told("first_response") == [*climbed, (3, "leader")]

    said = await complaint.sentences()
    assert said.count("Batas waktu jawaban pertama terlewati.") == 1
    for whom in ("kepala OPD", "Sekretaris Daerah", "kepala daerah"):
        assert f"Laporan yang terlambat diteruskan kepada {whom}." in said
    assert (await complaint.clocks())["first_response", 0]["overdue"]

    # A citizen who asks again stops no clock; the first word of an officer does.
    await complaint.citizen("messages", text="Bagaimana kelanjutannya?")
    assert (await complaint.clocks())["first_response", 0]["state"] == "running"
    await complaint.officer("respond", text="Mohon maaf atas keterlambatan kami.")
    clock = (await complaint.clocks())["first_response", 0]
    assert (clock["outcome"], clock["elapsed_seconds"]) == ("missed", 26 * 3600)
    await town.system.advance(days=3)
    assert await complaint.told("first_response") == [*climbed, (3, "leader")]


@pytest.mark.parametrize("anonymous", [True, False])
async def test_public_learns_nothing_of_a_secret_complaint(town: Town, anonymous: bool) -> None:
    complaint = await town.complain(
        CLEAR,
        title="Rahasia sekali",
        secret=True,
        anonymous=anonymous,
        location={"lat": -7.62874, "lon": 111.53067, "address": "Gang Delima 5"},
        reporter={"name": "Suwarni Karangan", "phone": "0812-0000-0777"},
    )
    await complaint.officer("respond", text="Terima kasih atas keberanian Anda.")

    seen = await complaint.look()
    assert set(seen) - {"timeline", "expected"} == set(filled(seen)) | HIDDEN
    assert set(filled(seen)) & HIDDEN == set()
    assert [step["kind"] for step in seen["timeline"]] == ["received", "assigned", "answered"]
    for step in seen["timeline"]:
        assert (step["opd"], step["opd_name"], step["text"]) == (None, None, None)
    told = str(seen)
    for word in ("Lampu", "SD", "Rahasia", OPD, OPD_NAME, "Delima", "Suwarni", "0777", "Terima"):
        assert word not in told

    known = await complaint.look(known=True)
    assert known["own"]["text"] == CLEAR
    assert known["opd_name"] == OPD_NAME
    assert known["timeline"][-1]["text"] == "Terima kasih atas keberanian Anda."
    # Officers work on what was said, and are never told by whom.
    assert "Suwarni" not in str(await complaint.case())


#: What of a complaint the public is shown only if it is not secret, or never.
HIDDEN = {
    "classification",
    "followed_status",
    "opd",
    "opd_name",
    "resolution",
    "open_request",
    "own",
}


def filled(seen: dict[str, Any]) -> dict[str, Any]:
    """Return what an answer says beside its lists."""
    return {
        name: value
        for name, value in seen.items()
        if value is not None and name not in {"timeline", "expected"}
    }


def runs_until(clock: dict[str, Any], due_at: datetime) -> bool:
    """Tell whether a clock runs, and is due then."""
    return clock["state"] == "running" and datetime.fromisoformat(clock["due_at"]) == due_at


async def newest(complaint: Complaint) -> str:
    """Return the last sentence of the public timeline."""
    return (await complaint.sentences())[-1]


async def latest_fact(complaint: Complaint) -> dict[str, Any]:
    """Return the last thing that happened to the case."""
    fact: dict[str, Any] = (await complaint.case())["history"][-1]
    return fact
