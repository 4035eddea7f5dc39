"""The sentences of the public timeline, in Indonesian."""

from collections.abc import Mapping
from typing import Final

_SENTENCES: Final[Mapping[str, str]] = {
    "received": "Laporan diterima.",
    "triaged": "Laporan sedang diperiksa oleh meja disposisi.",
    "assigned": "Laporan diteruskan kepada {opd}.",
    "returned": "{opd} mengembalikan laporan ke meja disposisi untuk diteruskan ke OPD yang tepat.",
    "contribution_requested": "{opd} ikut menangani laporan ini.",
    "contribution_done": "{opd} menyelesaikan bagiannya.",
    "answered": "{opd} menjawab laporan ini.",
    "progressed": "{opd} mengabarkan perkembangan penanganan.",
    "information_requested": "{opd} meminta keterangan tambahan dari pelapor.",
    "information_received": "Keterangan tambahan dari pelapor diterima; penanganan dilanjutkan.",
    "resolved": "{opd} menyatakan laporan selesai ditangani. Pelapor dapat memberi penilaian.",
    "rejected": "Laporan tidak dapat ditindaklanjuti. Alasannya disampaikan kepada pelapor.",
    "reopened": "Laporan dibuka kembali dan ditangani lagi oleh {opd}.",
    "reconsidered": "Laporan yang semula tidak ditindaklanjuti dipertimbangkan lagi.",
    "merged": "Laporan digabung dengan laporan lain tentang hal yang sama.",
    "joined": "Pelapor bergabung dengan laporan lain tentang hal yang sama.",
    "unmerged": "Laporan dipisahkan lagi dari laporan lain.",
    "split": "Laporan memuat beberapa hal dan ditangani oleh beberapa OPD.",
    "closed": "Laporan ditutup{detail}.",
    "stage_entered": "Penanganan memasuki tahap {detail}.",
    "deadline_missed": "Batas waktu {detail} terlewati.",
    "escalated": "Laporan yang terlambat diteruskan kepada {detail}.",
    "message_received": "Pelapor mengirim pesan tambahan.",
    "feedback_given": "Pelapor menyatakan {detail} dengan penanganan laporan.",
    "withdrawn": "Laporan dicabut oleh pelapor.",
}
_DETAILS: Final[Mapping[str, Mapping[str, str]]] = {
    "closed": {
        "satisfied": " atas persetujuan pelapor",
        "silence": " karena tidak ada tanggapan lagi dari pelapor",
        "desk": " oleh petugas",
    },
    "deadline_missed": {
        "verification": "pemeriksaan",
        "first_response": "jawaban pertama",
        "follow_up": "tindak lanjut",
        "resolution": "penyelesaian",
    },
    "escalated": {
        "triage": "meja disposisi",
        "head": "kepala OPD",
        "sekda": "Sekretaris Daerah",
        "leader": "kepala daerah",
    },
    "feedback_given": {"satisfied": "puas", "dissatisfied": "belum puas"},
}
#: Entries that tell what the status tells anyway: all that the public sees of a secret complaint.
#: Not that it was late, to whom it was escalated, or whether its reporter is satisfied.
STATUS_KINDS: Final = frozenset(
    {
        "received",
        "triaged",
        "assigned",
        "answered",
        "progressed",
        "information_requested",
        "information_received",
        "resolved",
        "rejected",
        "reopened",
        "reconsidered",
        "merged",
        "unmerged",
        "closed",
        "withdrawn",
    }
)
#: What is the matter with a complaint, to be put after its name.
STATES_IN_WORDS: Final[Mapping[str, str]] = {
    "received": "baru diterima",
    "triage": "sedang dipilah",
    "assigned": "sudah diteruskan ke OPD",
    "in_progress": "sedang ditangani",
    "waiting_citizen": "menunggu keterangan Anda",
    "resolved": "dinyatakan selesai",
    "closed": "sudah ditutup",
    "rejected": "tidak dapat ditindaklanjuti",
    "merged": "digabung dengan laporan lain",
    "withdrawn": "sudah dicabut",
}
_SOME_OPD: Final = "OPD terkait"


def sentence_of(
    kind: str, opd: str | None = None, opd_name: str | None = None, detail: str | None = None
) -> str:
    """Say in one Indonesian sentence what an entry of the timeline tells."""
    words = _DETAILS.get(kind, {}).get(detail or "", detail or "")
    sentence = _SENTENCES[kind].format(opd=opd_name or opd or _SOME_OPD, detail=words)
    return sentence[0].upper() + sentence[1:]


def status_of(state: str, opd_name: str | None) -> str:
    """Say where a complaint stands and, if that may be told, with whom."""
    return f"{STATES_IN_WORDS[state]} ({opd_name})." if opd_name else f"{STATES_IN_WORDS[state]}."


def kinds() -> frozenset[str]:
    """Return every kind of entry that has a sentence."""
    return frozenset(_SENTENCES)
