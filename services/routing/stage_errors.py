"""Why routing refuses what is done with an application in a stage: each error owns its status."""

from collections.abc import Iterable, Sequence

from services.routing.states import Action
from shared.errors import Conflict, Forbidden, Invalid, NotFound


class NotAnApplication(NotFound):
    """The case is a complaint: it has no stages."""

    slug = "not-an-application"
    title = "Bukan permohonan layanan"

    def __init__(self) -> None:
        """Say what to do instead."""
        super().__init__("Kasus ini pengaduan biasa; tangani dengan tindakan kasus.")


class StageDecides(Conflict):
    """A plain action is not for an application: its service says what may be decided."""

    slug = "stage-decides"
    title = "Permohonan ini diputuskan menurut tahapnya"

    def __init__(self, action: Action, stage_title: str | None) -> None:
        """Name the action, the stage, and what to do instead."""
        where = f" di tahap “{stage_title}”" if stage_title else ""
        hint = (
            "Ambil keputusan tahap dengan “decide”; lihat pilihannya pada tahap kasus ini."
            if stage_title
            else "Permohonan tidak digabung dan tidak dipecah."
        )
        super().__init__(
            f"Permohonan layanan{where} tidak menerima “{action}”. {hint}",
            extensions={"action": str(action), "instead": "decide" if stage_title else None},
        )


class NotInStage(Conflict):
    """The service is over, or the triage desk has the case: nothing can be decided in a stage."""

    slug = "not-in-stage"
    title = "Permohonan tidak sedang dalam tahap"

    def __init__(self, state_name: str) -> None:
        """Name the state."""
        super().__init__(f"Permohonan ini {state_name}; muat ulang lalu lihat yang berlaku.")


class StageLeft(Conflict):
    """The case is in another stage than the caller thought: somebody has decided before."""

    slug = "stage-left"
    title = "Tahap itu sudah diputuskan"

    def __init__(self, stage: str | None, title: str | None) -> None:
        """Name the present stage."""
        now = f"Sekarang di tahap “{title}”." if title else "Layanan ini sudah selesai."
        super().__init__(
            f"Tahap itu sudah diputuskan. {now} Muat ulang kasus ini.",
            extensions={"stage": stage},
        )


class StageNotYours(Forbidden):
    """The stage is for the head of the OPD."""

    slug = "stage-not-yours"
    title = "Tahap ini diputuskan kepala OPD"

    def __init__(self, title: str) -> None:
        """Name the stage."""
        super().__init__(f"Tahap “{title}” diputuskan kepala OPD; teruskan kepada beliau.")


class DecisionUnknown(Invalid):
    """The stage has no such decision."""

    slug = "decision-unknown"
    title = "Keputusan tidak ada pada tahap ini"

    def __init__(self, known: Iterable[str]) -> None:
        """Name those that it has."""
        super().__init__(
            f"Pilih salah satu: {', '.join(known)}.",
            errors=[{"field": "/decision", "message": "Keputusan tidak ada pada tahap ini."}],
        )


class DecisionClosed(Conflict):
    """The condition of a decision does not hold."""

    slug = "decision-closed"
    title = "Keputusan ini belum dapat diambil"

    def __init__(self, decision: str, why_not: str) -> None:
        """Say what the service's file says about it."""
        super().__init__(why_not, extensions={"decision": decision})


class ApplicantIsAsked(Conflict):
    """The applicant is asked for something: only what ends the service can be decided meanwhile."""

    slug = "applicant-is-asked"
    title = "Menunggu pemohon"

    def __init__(self) -> None:
        """Say what to do instead."""
        super().__init__(
            "Pemohon sedang diminta melengkapi. Tunggu jawabannya, atau ambil keputusan yang "
            "mengakhiri layanan."
        )


class StageIncomplete(Invalid):
    """What was filled in for a stage cannot be taken so."""

    slug = "stage-incomplete"
    title = "Isian tahap belum benar"

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        """Name each field, as a JSON pointer, and what is wrong with it."""
        super().__init__(
            "Perbaiki isian yang disebut, lalu kirim lagi.",
            errors=[{"field": field, "message": message} for field, message in problems],
        )


class OpdOfStage(Invalid):
    """The service says which OPD works a stage; another one cannot have it."""

    slug = "opd-of-stage"
    title = "Tahap ini dikerjakan OPD lain"

    def __init__(self, title: str, fits: Iterable[str]) -> None:
        """Name the stage and who works it."""
        super().__init__(
            f"Tahap “{title}” dikerjakan: {', '.join(fits)}.",
            errors=[{"field": "/opd", "message": "OPD ini tidak mengerjakan tahap itu."}],
        )


class ServiceVersionGone(Conflict):
    """No profile that was ever loaded has the version of the service that the case has."""

    slug = "service-version-gone"
    title = "Versi layanan tidak ditemukan"

    def __init__(self, service: str, version: int) -> None:
        """Name it, and say who can help."""
        super().__init__(
            f"Versi {version} layanan “{service}” tidak ada lagi. Minta admin memuat profil yang "
            "memuat versi itu."
        )


class DispositionsOpen(Conflict):
    """Somebody down the chain has not answered yet."""

    slug = "dispositions-open"
    title = "Masih ada disposisi yang belum dijawab"

    def __init__(self, count: int) -> None:
        """Say how many."""
        super().__init__(
            f"{count} disposisi belum dijawab. Tunggu jawabannya, atau jawab lebih dahulu.",
            extensions={"open": count},
        )


class NoDispositions(Conflict):
    """The stage knows no dispositions."""

    slug = "no-dispositions"
    title = "Tahap ini tanpa disposisi"

    def __init__(self, title: str) -> None:
        """Name the stage."""
        super().__init__(f"Tahap “{title}” tidak memakai disposisi; ambil keputusannya langsung.")


class DispositionWrong(Invalid):
    """A disposition cannot be given so."""

    slug = "disposition-wrong"
    title = "Disposisi belum benar"

    def __init__(self, field: str, message: str) -> None:
        """Name the field and what is wrong with it."""
        super().__init__(
            "Perbaiki isian yang disebut, lalu kirim lagi.",
            errors=[{"field": field, "message": message}],
        )


class DispositionNotFound(NotFound):
    """The case has no such disposition."""

    slug = "disposition-not-found"
    title = "Disposisi tidak ditemukan"

    def __init__(self) -> None:
        """Say what to do instead."""
        super().__init__("Muat ulang kasus untuk melihat disposisinya.")


class DispositionOver(Conflict):
    """The disposition was answered, or its case has left the stage."""

    slug = "disposition-over"
    title = "Disposisi itu sudah selesai"

    def __init__(self) -> None:
        """Say what to do instead."""
        super().__init__("Muat ulang kasus untuk melihat keadaannya sekarang.")


class DispositionNotYours(Forbidden):
    """The disposition is a colleague's."""

    slug = "disposition-not-yours"
    title = "Disposisi ini untuk rekan Anda"

    def __init__(self) -> None:
        """Say who can."""
        super().__init__("Hanya penerimanya atau kepala OPD yang dapat menjawab atau meneruskan.")


class TooManyDispositions(Conflict):
    """A case has at most so many dispositions."""

    slug = "too-many-dispositions"
    title = "Terlalu banyak disposisi"

    def __init__(self, most: int) -> None:
        """Name the limit."""
        super().__init__(f"Satu kasus paling banyak {most} disposisi.")


class StageNotOffline(Conflict):
    """The stage cannot be filled in without a network."""

    slug = "stage-not-offline"
    title = "Tahap ini tidak dapat dikirim susulan"

    def __init__(self, title: str) -> None:
        """Name the stage."""
        super().__init__(f"Tahap “{title}” diputuskan langsung; buka kasusnya.")


class FilingReused(Invalid):
    """The client's id was used before, for something else that was decided."""

    slug = "client-id-reused"
    title = "client_id sudah dipakai"

    def __init__(self) -> None:
        """Say what to do instead."""
        super().__init__(
            "Gunakan client_id baru untuk isian yang berbeda.",
            errors=[{"field": "/client_id", "message": "Sudah dipakai untuk isian lain."}],
        )
