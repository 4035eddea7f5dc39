"""How SP4N-LAPOR calls the states of a case, and its kinds of reports."""

from collections.abc import Mapping
from typing import Final

from shared.contracts.event import Classification

_STATUSES: Final[Mapping[str, str]] = {
    "received": "Belum Terdisposisi",
    "triage": "Belum Terdisposisi",
    "assigned": "Terdisposisi",
    "in_progress": "Ditindaklanjuti",
    "waiting_citizen": "Menunggu Kelengkapan Informasi",
    "resolved": "Ditindaklanjuti",
    "rejected": "Diarsipkan oleh Admin",
    "merged": "Diarsipkan oleh Admin",
    "withdrawn": "Diarsipkan oleh Pelapor",
}
_CLOSED: Final[Mapping[str, str]] = {
    "satisfied": "Ditutup oleh Pelapor",
    "desk": "Ditutup oleh Admin",
    "silence": "Ditutup oleh Sistem",
}
_CLASSIFICATIONS: Final[Mapping[Classification, str]] = {
    "supervisory_complaint": "Pengaduan Berkadar Pengawasan",
    "complaint": "Pengaduan Tidak Berkadar Pengawasan",
    "aspiration": "Aspirasi",
    "information": "Permintaan Informasi",
    "public_information_request": "Permintaan Informasi",
}


def sp4n_status(state: str, detail: str | None = None) -> str:
    """Return SP4N's word for a state; of a closed case, `detail` says who closed it."""
    if state == "closed":
        return _CLOSED.get(detail or "", _CLOSED["desk"])
    return _STATUSES[state]


def sp4n_classification(classification: Classification) -> str:
    """Return SP4N's word for a kind of report."""
    return _CLASSIFICATIONS[classification]


def read_classification(written: str) -> Classification:
    """Return the kind that SP4N's word stands for; what has no word here is a complaint."""
    wanted = " ".join(written.split()).casefold()
    for classification, word in _CLASSIFICATIONS.items():
        if word.casefold() == wanted:
            return classification
    return "complaint"
