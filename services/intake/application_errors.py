"""What the doors of the service catalogue refuse."""

from collections.abc import Sequence

from shared.errors import Conflict, Forbidden, Invalid, NotFound


class CatalogueServiceUnknown(NotFound):
    """There is no such service, or it is not offered now."""

    slug = "service-unknown"
    title = "Layanan tidak ditemukan"

    def __init__(self) -> None:
        """Say where the list is."""
        super().__init__("Lihat daftar layanan pada /intake/v1/services.")


class ApplicantRefused(Forbidden):
    """This service is not for this kind of applicant."""

    slug = "applicant-refused"
    title = "Layanan ini bukan untuk pemohon ini"

    def __init__(self, detail: str) -> None:
        """Say who may apply."""
        super().__init__(detail)


class NotEligible(Invalid):
    """The applicant may not have the service; `errors` gives each reason."""

    slug = "not-eligible"
    title = "Syarat layanan belum terpenuhi"

    def __init__(self, reasons: Sequence[tuple[str, str]]) -> None:
        """Take the id and the reason of each criterion that is not met."""
        super().__init__(
            "Permohonan tidak dapat diterima karena syarat berikut.",
            errors=[{"field": f"/{name}", "message": reason} for name, reason in reasons],
        )


class ApplicationNotFound(NotFound):
    """There is no such application, or it is not the caller's to know of."""

    slug = "application-not-found"
    title = "Permohonan tidak ditemukan"

    def __init__(self) -> None:
        """Say what to check."""
        super().__init__("Periksa kembali kode permohonan Anda.")


class CorrectionClosed(Conflict):
    """Nobody asks the applicant for a correction now, or they have sent one."""

    slug = "correction-closed"
    title = "Permohonan tidak sedang menunggu perbaikan"

    def __init__(self) -> None:
        """Say when it can be corrected, and what to do until then."""
        super().__init__(
            "Jawaban dapat diperbaiki bila petugas memintanya dan belum Anda kirim. "
            "Untuk hal lain, kirim pesan pada permohonan ini."
        )


class TooManyToExport(Invalid):
    """More applications match than one file holds."""

    slug = "too-many-to-export"
    title = "Terlalu banyak untuk satu berkas"

    def __init__(self, most: int) -> None:
        """Say how many fit, and how to choose fewer."""
        super().__init__(f"Paling banyak {most} permohonan; persempit tanggal atau layanannya.")


class DraftNotFound(NotFound):
    """There is no such draft, it is over, or this is not its secret."""

    slug = "draft-not-found"
    title = "Draf tidak ditemukan"

    def __init__(self) -> None:
        """Say what may have become of it."""
        super().__init__(
            "Periksa nomor dan kunci draf Anda. Draf yang diajukan, dihapus, atau tidak diubah "
            "selama 30 hari tidak ada lagi."
        )


class DraftChanged(Conflict):
    """The draft was changed while it was being submitted."""

    slug = "draft-changed"
    title = "Draf berubah"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("Draf diubah saat diajukan. Periksa isinya, lalu ajukan lagi.")
