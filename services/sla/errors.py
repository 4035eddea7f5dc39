"""Why sla refuses: each error is a sentence and owns its status."""

from shared.errors import Forbidden, Invalid, NotFound


class CaseNotFound(NotFound):
    """There is no such case, or no OPD of the caller's has or had it."""

    slug = "case-not-found"
    title = "Kasus tidak ditemukan"

    def __init__(self) -> None:
        """Say the same in both cases, so that nothing is told of another OPD's work."""
        super().__init__("Periksa nomor kasus; kasus OPD lain tidak dapat dibuka.")


class OpdNotYours(Forbidden):
    """The caller asks for the clocks of an OPD that is not theirs."""

    slug = "opd-not-yours"
    title = "Bukan OPD Anda"

    def __init__(self) -> None:
        """Say what to do instead."""
        super().__init__("Anda hanya dapat melihat tenggat OPD sendiri; hapus saringan opd.")


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

    def __init__(self) -> None:
        """Name the parameter."""
        super().__init__(
            "Gunakan kode OPD dari profil Pemda.",
            errors=[{"field": "opd", "message": "OPD tidak ada dalam profil Pemda"}],
        )


class StageUnknown(Invalid):
    """No clock of this name can exist."""

    slug = "stage-unknown"
    title = "Tahap tidak dikenal"

    def __init__(self, stages: list[str]) -> None:
        """Name the stages that there are."""
        super().__init__(
            f"Tahap yang ada: {', '.join(stages)}.",
            errors=[{"field": "stage", "message": "tahap tidak dikenal"}],
        )


class MonthNotOver(NotFound):
    """Public figures are of months that are over."""

    slug = "month-not-over"
    title = "Bulan belum berakhir"

    def __init__(self) -> None:
        """Say which months there are."""
        super().__init__("Angka publik terbit setelah bulannya berakhir. Minta bulan sebelumnya.")


class MonthUnknown(NotFound):
    """A month that has not begun."""

    slug = "month-unknown"
    title = "Bulan belum dimulai"

    def __init__(self) -> None:
        """Say which months there are."""
        super().__init__("Bulan ini belum dimulai. Minta bulan yang berjalan atau yang lalu.")
