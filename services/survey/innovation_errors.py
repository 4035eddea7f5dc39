"""Why survey refuses what is asked about an innovation."""

from collections.abc import Sequence

from services.survey.rules.innovation_stages import Missing
from shared.errors import Conflict, Forbidden, Invalid, NotFound, PreconditionFailed


class InnovationNotFound(NotFound):
    """There is no such innovation, or the caller may not know of it."""

    slug = "innovation-not-found"
    title = "Inovasi tidak ditemukan"

    def __init__(self) -> None:
        """Say the same in both cases, so that nothing is told of another OPD's idea."""
        super().__init__("Periksa nomornya; usulan OPD lain tidak dapat dibuka.")


class InnovationActionNotYours(Forbidden):
    """The caller may read the innovation but not do this with it."""

    slug = "innovation-action-not-yours"
    title = "Tindakan ini bukan wewenang Anda"

    def __init__(self, who: str = "koordinator inovasi (Balitbang) atau pengelola survei") -> None:
        """Say who may."""
        super().__init__(f"Ini hanya dapat dilakukan {who}.")


class InnovationChanged(PreconditionFailed):
    """Someone changed the innovation since the caller read it."""

    slug = "innovation-changed"
    title = "Inovasi sudah diubah orang lain"

    def __init__(self, version: int) -> None:
        """Name the present version."""
        super().__init__(
            "Buka kembali inovasi ini, lalu ulangi bila masih perlu.",
            headers={"ETag": f'"{version}"'},
            extensions={"version": version},
        )


class ProposedAlready(Conflict):
    """The same proposal is there already."""

    slug = "innovation-proposed-already"
    title = "Usulan yang sama sudah ada"

    def __init__(self, innovation_id: str | None) -> None:
        """Name it where the caller may see it."""
        super().__init__(
            "Lanjutkan usulan yang sudah ada, atau ubah isinya bila memang berbeda.",
            extensions={"innovation_id": innovation_id} if innovation_id else {},
        )


class StageNotComplete(Conflict):
    """The stage does not hold yet what the next one needs; `errors` names each missing thing."""

    slug = "innovation-stage-not-complete"
    title = "Tahap belum lengkap"

    def __init__(self, stage_name: str, missing: Sequence[Missing]) -> None:
        """List what is missing."""
        super().__init__(
            f"Lengkapi tahap {stage_name} lebih dahulu: "
            f"{' '.join(each.message for each in missing)}",
            errors=[{"field": each.code, "message": each.message} for each in missing],
        )


class StageMoveIllegal(Conflict):
    """The innovation's stage does not lead there."""

    slug = "innovation-stage-move-illegal"
    title = "Perpindahan tahap tidak berlaku"

    def __init__(self, stage_name: str) -> None:
        """Name the present stage."""
        super().__init__(
            f"Inovasi ini pada tahap {stage_name}; langkah itu tidak berlaku di sini. "
            "Buka kembali inovasi ini untuk melihat tindakan yang tersedia."
        )


class EntriesInvalid(Invalid):
    """Some entries are not what the profile asks for."""

    slug = "innovation-entries-invalid"
    title = "Isian inovasi belum benar"

    def __init__(self, errors: Sequence[tuple[str, str]]) -> None:
        """Name each field with what is wrong with it."""
        super().__init__(
            "Perbaiki isian yang disebut.",
            errors=[{"field": field, "message": message} for field, message in errors],
        )


class OpdFixed(Conflict):
    """Members of the panel have scored: the OPD may not change any more."""

    slug = "innovation-opd-fixed"
    title = "OPD tidak dapat diganti lagi"

    def __init__(self) -> None:
        """Say why."""
        super().__init__("Panel sudah mulai menilai; OPD penanggung jawab tidak dapat diganti.")


class NotYoursToScore(Forbidden):
    """Nobody scores their own OPD's innovation, nor their own."""

    slug = "innovation-not-yours-to-score"
    title = "Anda tidak boleh menilai inovasi ini"

    def __init__(self) -> None:
        """Say why."""
        super().__init__("Inovasi OPD atau usulan sendiri dinilai anggota panel yang lain.")


class NotScoredNow(Conflict):
    """The innovation takes no score: it is not that far, or has enough of them."""

    slug = "innovation-not-scored-now"
    title = "Inovasi tidak sedang dinilai"

    def __init__(self, *, complete: bool) -> None:
        """Tell why."""
        super().__init__(
            "Nilai panel sudah lengkap. Pilih inovasi lain dari antrean penilaian."
            if complete
            else "Inovasi ini belum sampai pada tahap yang dinilai panel."
        )


class ScoredAlready(Conflict):
    """The member of the panel has scored this innovation."""

    slug = "innovation-scored-already"
    title = "Anda sudah menilai inovasi ini"

    def __init__(self) -> None:
        """Say that it stays."""
        super().__init__("Nilai yang sudah diberikan tidak dapat diubah.")


class PackageInvalid(Invalid):
    """A package of another city cannot be read, or was changed on the way."""

    slug = "innovation-package-invalid"
    title = "Paket inovasi tidak sah"


class NothingToReward(Conflict):
    """Rewards are given for a year that has innovations with a final score."""

    slug = "innovation-nothing-to-reward"
    title = "Belum ada yang dapat diberi penghargaan"

    def __init__(self) -> None:
        """Say what is missing."""
        super().__init__("Belum ada inovasi dengan nilai akhir panel pada tahun ini.")


class AdoptionNotFound(NotFound):
    """There is no such report of an adoption."""

    slug = "innovation-adoption-not-found"
    title = "Laporan replikasi tidak ditemukan"

    def __init__(self) -> None:
        """Say where they are."""
        super().__init__("Periksa nomornya pada rincian inovasi.")
