"""Why routing refuses: each error is a sentence and owns its status."""

from typing import Literal

from services.routing.states import Action, State, legal_actions
from shared.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    PermanentError,
    PreconditionFailed,
)

LeaderFault = Literal["itself", "over", "secret", "moved", "application"]
_LEADER_FAULTS: dict[LeaderFault, str] = {
    "itself": "Kasus itu bagian dari kasus ini sendiri. Lepaskan dahulu gabungannya.",
    "over": "Kasus itu tidak dikerjakan lagi. Pilih kasus yang masih terbuka.",
    "secret": "Laporan rahasia tidak dapat memimpin laporan lain. Gabungkan ke arah sebaliknya.",
    "application": "Kasus itu permohonan layanan, yang berdiri sendiri. Pilih kasus pengaduan.",
    "moved": "Kasus itu baru saja digabung ke kasus lain. Buka kembali, lalu ulangi.",
}

#: What officers call the states.
STATE_NAMES = {
    State.TRIAGE: "di meja triase",
    State.ASSIGNED: "terdisposisi",
    State.IN_PROGRESS: "ditindaklanjuti",
    State.WAITING_CITIZEN: "menunggu kelengkapan informasi dari pelapor",
    State.RESOLVED: "selesai, menunggu tanggapan pelapor",
    State.CLOSED: "ditutup",
    State.REJECTED: "ditolak",
    State.MERGED: "digabung dengan laporan lain",
    State.WITHDRAWN: "dicabut oleh pelapor",
}


class CaseNotFound(NotFound):
    """There is no such case, or it is with an OPD that is not the caller's."""

    slug = "case-not-found"
    title = "Kasus tidak ditemukan"

    def __init__(self) -> None:
        """Say the same in both cases, so that nothing is told of another OPD's work."""
        super().__init__("Periksa nomor kasus; kasus OPD lain tidak dapat dibuka.")


class ActionIllegal(Conflict):
    """The table of states does not have this action now; `legal` names those that it has."""

    slug = "action-illegal"
    title = "Tindakan tidak berlaku pada keadaan kasus sekarang"

    def __init__(self, state: State, action: Action) -> None:
        """Name the present state and what is legal in it."""
        legal = [str(each) for each in legal_actions(state)]
        hint = f"Yang dapat dilakukan: {', '.join(legal)}." if legal else "Tidak ada tindakan lagi."
        super().__init__(
            f"Kasus ini {STATE_NAMES[state]}, sehingga “{action}” tidak berlaku. {hint}",
            extensions={"state": str(state), "legal": legal},
        )


class CaseAlreadyThere(Conflict):
    """The OPD has the case already, with this topic: there is nothing to transfer."""

    slug = "case-already-there"
    title = "Kasus sudah pada OPD itu"

    def __init__(self, state: State, opd_name: str) -> None:
        """Name the OPD."""
        super().__init__(
            f"Kasus sudah ditangani {opd_name}. Pilih OPD atau topik lain.",
            extensions={"state": str(state), "legal": [str(a) for a in legal_actions(state)]},
        )


class CaseChanged(PreconditionFailed):
    """Someone changed the case since the caller read it."""

    slug = "case-changed"
    title = "Kasus sudah diubah petugas lain"

    def __init__(self, version: int) -> None:
        """Name the present version."""
        super().__init__(
            "Buka kembali kasus ini, lalu ulangi bila masih perlu.",
            headers={"ETag": f'"{version}"'},
            extensions={"version": version},
        )


class ActionNotYours(Forbidden):
    """The caller's role may see this case but not do this with it."""

    slug = "action-not-yours"
    title = "Tindakan ini bukan wewenang Anda"

    def __init__(self, action: Action) -> None:
        """Name the action."""
        super().__init__(f"Peran Anda tidak berwenang melakukan “{action}” pada kasus ini.")


class OpdNotYours(Forbidden):
    """The caller asks for the cases of an OPD that is not theirs."""

    slug = "opd-not-yours"
    title = "Bukan OPD Anda"

    def __init__(self) -> None:
        """Say what to do instead."""
        super().__init__("Anda hanya dapat melihat kasus OPD sendiri; hapus saringan opd.")


class OpdMissing(Forbidden):
    """An officer's token does not say to which OPD the officer belongs."""

    slug = "opd-missing"
    title = "Token tanpa OPD"

    def __init__(self) -> None:
        """Say who can help."""
        super().__init__("Token Anda tidak menyebut OPD. Hubungi pengelola akun.")


class OpdUnknown(Invalid):
    """The profile has no such OPD."""

    slug = "opd-unknown"
    title = "OPD tidak dikenal"

    def __init__(self, field: str) -> None:
        """Name the field that holds it."""
        message = "OPD tidak ada dalam profil Pemda"
        super().__init__(
            "Gunakan kode OPD dari profil Pemda.", errors=[{"field": field, "message": message}]
        )


class TopicUnknown(Invalid):
    """The profile has no such topic."""

    slug = "topic-unknown"
    title = "Topik tidak dikenal"

    def __init__(self, field: str) -> None:
        """Name the field that holds it."""
        message = "Topik tidak ada dalam profil Pemda"
        super().__init__(
            "Gunakan kode topik dari profil Pemda.", errors=[{"field": field, "message": message}]
        )


class CaseLeased(Conflict):
    """A colleague at the triage desk is deciding about the case just now."""

    slug = "case-leased"
    title = "Kasus sedang diputuskan petugas meja lain"

    def __init__(self) -> None:
        """Say what to do instead."""
        super().__init__("Ambil kasus berikutnya dari antrean; kasus ini bebas lagi bila dilepas.")


class CaseMissing(PermanentError):
    """Intake tells of a complaint whose submission it never told of; a person must look."""


class LeaderUnknown(Invalid):
    """There is no such case to merge into, or it is with an OPD that is not the caller's."""

    slug = "leader-unknown"
    title = "Kasus tujuan tidak ditemukan"

    def __init__(self) -> None:
        """Say the same in both cases, so that nothing is told of another OPD's work."""
        super().__init__(
            "Periksa nomor kasus tujuan; kasus OPD lain digabung oleh meja triase.",
            errors=[{"field": "/into", "message": "Kasus tujuan tidak ditemukan"}],
        )


class LeaderUnfit(Conflict):
    """A case cannot be merged into this one; `reason` says why."""

    slug = "leader-unfit"
    title = "Tidak dapat digabung ke kasus itu"

    def __init__(self, reason: LeaderFault) -> None:
        """Name what stands against it."""
        super().__init__(_LEADER_FAULTS[reason], extensions={"reason": reason})


class PartsIncorrect(Invalid):
    """The parts that a case shall be split into cannot be."""

    slug = "parts-incorrect"
    title = "Bagian kasus belum benar"

    def __init__(self, field: str, message: str) -> None:
        """Name the field and what is wrong with it."""
        super().__init__(
            "Perbaiki bagian yang disebut.", errors=[{"field": field, "message": message}]
        )
