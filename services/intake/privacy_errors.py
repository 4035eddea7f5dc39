"""Refusals about personal data: proof, unmasking, secrecy, people's requests, breaches."""

from collections.abc import Sequence

from shared.errors import Conflict, Forbidden, NotFound


class ProofNotReady(Conflict):
    """The day on which the complaint was lodged is not closed yet, or it is older than receipts."""

    slug = "proof-not-ready"
    title = "Bukti belum tersedia"

    def __init__(self) -> None:
        """Say when to come again."""
        super().__init__(
            "Bukti waktu laporan tersedia setelah harinya ditutup. Coba lagi besok pagi."
        )


class IdentityProtected(Forbidden):
    """The reporter asked to stay anonymous; few may be shown them, and for grave reasons."""

    slug = "identity-protected"
    title = "Identitas pelapor dilindungi"

    def __init__(self) -> None:
        """Say who may, and for what."""
        super().__init__(
            "Pelapor memilih anonim. Mintalah kepada auditor atau admin, dengan tujuan "
            "keselamatan (safety) atau perintah hukum (legal_order)."
        )


class SecrecyIsTheReporters(Conflict):
    """The reporter made the complaint secret, and only they can make it public again."""

    slug = "secrecy-is-the-reporters"
    title = "Kerahasiaan dipilih pelapor"

    def __init__(self) -> None:
        """Say who can."""
        super().__init__("Hanya pelapor, dengan kunci laporannya, yang dapat membuka laporan ini.")


class PersonNotFound(NotFound):
    """Nobody who reported gave this number."""

    slug = "person-not-found"
    title = "Data pelapor tidak ditemukan"

    def __init__(self) -> None:
        """Say what to look at."""
        super().__init__("Tidak ada pelapor dengan nomor ini. Periksa penulisannya.")


class SubjectRequestNotFound(NotFound):
    """There is no such request."""

    slug = "subject-request-not-found"
    title = "Permintaan tidak ditemukan"

    def __init__(self) -> None:
        """Say so."""
        super().__init__("Tidak ada permintaan data pribadi dengan nomor ini.")


class SubjectRequestDecided(Conflict):
    """The request was decided before; it cannot be decided again."""

    slug = "subject-request-decided"
    title = "Permintaan sudah diputus"

    def __init__(self, state: str) -> None:
        """Name the decision."""
        words = {"done": "sudah dipenuhi", "refused": "sudah ditolak"}
        super().__init__(
            f"Permintaan ini {words[state]}. Buatlah permintaan baru bila masih perlu.",
            extensions={"state": state, "legal": []},
        )


class BreachNotFound(NotFound):
    """There is no such breach in the register."""

    slug = "breach-not-found"
    title = "Pelanggaran tidak ditemukan"

    def __init__(self) -> None:
        """Say so."""
        super().__init__("Tidak ada catatan pelanggaran data dengan nomor ini.")


class BreachAlreadyTold(Conflict):
    """They were told before; when that was is not written over."""

    slug = "breach-already-told"
    title = "Pemberitahuan sudah dicatat"

    def __init__(self, whom: str, legal: Sequence[str]) -> None:
        """Name who was told, and who still has to be."""
        words = {"subjects": "subjek data", "authority": "lembaga pengawas"}
        super().__init__(
            f"Pemberitahuan kepada {words[whom]} sudah dicatat dan tidak dapat diubah.",
            extensions={"legal": list(legal)},
        )
