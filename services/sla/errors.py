"""Why sla refuses: each error is a sentence and owns its status."""

from shared.errors import Conflict, Forbidden, Invalid, NotFound


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


class NotYourCase(Forbidden):
    """The caller's OPD does not have this part of the case, or no longer."""

    slug = "not-your-case"
    title = "Kasus ada pada OPD lain"

    def __init__(self) -> None:
        """Say who may."""
        super().__init__("Hanya OPD yang sedang memegang bagian kasus ini yang dapat melakukannya.")


class ResolutionNotRunning(Conflict):
    """There is no running clock that could stand still or be extended."""

    slug = "resolution-not-running"
    title = "Tenggat penyelesaian tidak berjalan"

    def __init__(self) -> None:
        """Say what that means."""
        super().__init__("Kasus ini tidak memiliki tenggat penyelesaian yang masih berjalan.")


class PauseOpen(Conflict):
    """A standstill was asked for already, or is going on."""

    slug = "pause-open"
    title = "Jeda sudah diajukan"

    def __init__(self) -> None:
        """Say what to do first."""
        super().__init__(
            "Tunggu keputusan atas jeda yang diajukan, atau akhiri jeda yang berjalan."
        )


class PauseLimitReached(Conflict):
    """The policy allows no further standstill of this kind."""

    slug = "pause-limit-reached"
    title = "Batas jeda sudah tercapai"

    def __init__(self) -> None:
        """Say why."""
        super().__init__(
            "Kebijakan tenggat kasus ini tidak mengizinkan jeda lagi; selesaikan dalam tenggatnya."
        )


class PauseNotFound(NotFound):
    """The case has no such standstill."""

    slug = "pause-not-found"
    title = "Jeda tidak ditemukan"

    def __init__(self) -> None:
        """Say where to look."""
        super().__init__("Periksa nomor jeda; daftarnya ada pada kasus ini.")


class PauseSettled(Conflict):
    """The standstill was decided on, or has ended."""

    slug = "pause-settled"
    title = "Jeda sudah diputuskan atau berakhir"

    def __init__(self, state: str) -> None:
        """Say in which state it is."""
        super().__init__(f"Jeda ini berstatus {state}; muat ulang daftar jeda kasus.")


class SameHand(Forbidden):
    """Who asked may not approve."""

    slug = "same-hand"
    title = "Perlu orang kedua"

    def __init__(self) -> None:
        """Say who may."""
        super().__init__("Jeda yang Anda ajukan sendiri harus diputuskan kepala OPD yang lain.")


class ExtensionNotPossible(Conflict):
    """The policy knows no extension, or it was used, or the time is over."""

    slug = "extension-not-possible"
    title = "Perpanjangan tidak dimungkinkan"

    def __init__(self) -> None:
        """Say under which conditions it is."""
        super().__init__(
            "Perpanjangan hanya satu kali, sebelum tenggat lewat, bila kebijakannya mengizinkan."
        )


class AdjustmentNotFound(NotFound):
    """There is no such adjustment."""

    slug = "adjustment-not-found"
    title = "Penyesuaian tidak ditemukan"

    def __init__(self) -> None:
        """Say where ids come from."""
        super().__init__("Gunakan adjustment_id dari jawaban penerapan kebijakan.")
