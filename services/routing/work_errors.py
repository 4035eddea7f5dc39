"""Why routing refuses the work itself: each error is a sentence and owns its status."""

from pydantic import ValidationError

from services.routing.errors import STATE_NAMES
from services.routing.states import State, legal_actions
from shared.errors import Conflict, Forbidden, Invalid, NotFound


class CaseNotOpen(Conflict):
    """Nobody works on the case any more, or nobody does yet."""

    slug = "case-not-open"
    title = "Kasus tidak sedang dikerjakan"

    def __init__(self, state: State) -> None:
        """Name the present state."""
        super().__init__(
            f"Kasus ini {STATE_NAMES[state]}; muat ulang lalu lihat tindakan yang berlaku.",
            extensions={"state": str(state), "legal": [str(a) for a in legal_actions(state)]},
        )


class CaseTakenByColleague(Conflict):
    """A colleague has the case in hand."""

    slug = "case-taken-by-colleague"
    title = "Kasus sedang ditangani rekan Anda"

    def __init__(self) -> None:
        """Say who can help."""
        super().__init__("Minta rekan itu menyerahkannya, atau minta kepala OPD mengalihkannya.")


class LeaseNotYours(Conflict):
    """The caller does not have the case in hand (any more)."""

    slug = "lease-not-yours"
    title = "Kasus itu tidak sedang Anda pegang"

    def __init__(self) -> None:
        """Say what to do instead."""
        super().__init__("Muat ulang antrean; mungkin waktunya habis atau kasus sudah diputuskan.")


class ProposalMissing(Invalid):
    """The case has no proposal of that number."""

    slug = "proposal-missing"
    title = "Nomor usulan tidak ada"

    def __init__(self, number: int, most: int) -> None:
        """Name the number, and how many there are."""
        super().__init__(f"Usulan nomor {number} tidak ada; kasus ini punya {most} usulan.")


class NotYourWork(Forbidden):
    """The caller may see the case but does not work on it."""

    slug = "not-your-work"
    title = "Hanya petugas yang mengerjakan kasus ini"

    def __init__(self) -> None:
        """Say who can."""
        super().__init__("Tindakan ini hanya untuk petugas atau kepala OPD yang memegang kasus.")


class OpdAlreadyAsked(Conflict):
    """That OPD leads the case, or has been asked for its part already."""

    slug = "opd-already-asked"
    title = "OPD itu sudah terlibat"

    def __init__(self, opd_name: str) -> None:
        """Name the OPD."""
        super().__init__(f"{opd_name} sudah memimpin kasus ini atau sudah diminta membantu.")


class EvidenceMissing(Invalid):
    """The topic asks for a photo of the finished work, and none is named."""

    slug = "evidence-missing"
    title = "Foto bukti belum dilampirkan"

    def __init__(self) -> None:
        """Say how to add one."""
        super().__init__(
            "Topik ini ditutup dengan foto: unggah fotonya, lalu sebut nomor lampirannya.",
            errors=[{"field": "/evidence", "message": "Paling sedikit satu foto."}],
        )


class EvidenceUnknown(Conflict):
    """An attachment is not this case's, or routing has not heard of it yet."""

    slug = "evidence-unknown"
    title = "Lampiran bukti belum dikenal"

    def __init__(self, attachment_ids: list[str]) -> None:
        """Name the attachments; a new one is known within a second."""
        super().__init__(
            "Pastikan foto diunggah pada kasus ini. Bila baru saja diunggah, ulangi sebentar lagi.",
            headers={"Retry-After": "2"},
            extensions={"attachment_ids": attachment_ids},
        )


class FlagNotFound(NotFound):
    """There is no such flag."""

    slug = "flag-not-found"
    title = "Tanda tidak ditemukan"

    def __init__(self) -> None:
        """Say what to do instead."""
        super().__init__("Muat ulang daftar tanda yang belum dinilai.")


class FlagGone(Conflict):
    """Somebody has judged this flag already."""

    slug = "flag-gone"
    title = "Tanda itu sudah dinilai"

    def __init__(self) -> None:
        """Say what to do instead."""
        super().__init__("Muat ulang daftar tanda yang belum dinilai.")


class BodyUnknown(Invalid):
    """The profile has no such body outside the Pemda."""

    slug = "body-unknown"
    title = "Lembaga luar tidak dikenal"

    def __init__(self, known: list[str]) -> None:
        """Name those that it has."""
        super().__init__(
            f"Pilih salah satu: {', '.join(known)}.",
            errors=[{"field": "/body", "message": "Kode lembaga tidak dikenal."}],
        )


class ReferralGone(Conflict):
    """There is no such referral of this case, or it has been answered."""

    slug = "referral-gone"
    title = "Penerusan itu sudah dijawab atau tidak ada"

    def __init__(self) -> None:
        """Say what to do instead."""
        super().__init__("Muat ulang kasus untuk melihat penerusan yang masih menunggu.")


class PracticeNotFound(NotFound):
    """There is no such case among the caller's own practice cases."""

    slug = "practice-not-found"
    title = "Kasus latihan tidak ditemukan"

    def __init__(self) -> None:
        """Say what to do instead."""
        super().__init__("Mulai latihan baru untuk mendapat kasus latihan.")


class StepIncorrect(Invalid):
    """The body is not what this action takes."""

    slug = "step-incorrect"
    title = "Isian tindakan tidak benar"

    def __init__(self, error: ValidationError) -> None:
        """Name the fields, as the same action on a real case would."""
        super().__init__(
            "Perbaiki isian yang disebut, lalu kirim lagi.",
            errors=[
                {"field": "/" + "/".join(map(str, each["loc"])), "message": each["msg"]}
                for each in error.errors(include_input=False, include_url=False)
            ],
        )


class TooManyParts(Conflict):
    """A case has at most so many parts, the leading one included."""

    slug = "too-many-parts"
    title = "Terlalu banyak bagian"

    def __init__(self, most: int) -> None:
        """Name the limit."""
        super().__init__(f"Satu kasus paling banyak {most} bagian, termasuk yang memimpin.")


class ContributionOver(Conflict):
    """That contribution was finished or returned before."""

    slug = "contribution-over"
    title = "Bagian ini sudah selesai atau dikembalikan"

    def __init__(self) -> None:
        """Say what to do instead."""
        super().__init__("Muat ulang kasus untuk melihat keadaannya sekarang.")
