"""Why survey refuses: each error is a sentence and owns its status."""

from collections.abc import Sequence

from shared.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated, Unavailable


class UnitUnknown(NotFound):
    """The profile has no unit of this code, or the unit has no such service."""

    slug = "survey-unit-unknown"
    title = "Unit layanan tidak dikenal"

    def __init__(self, unit: str, service: str | None = None) -> None:
        """Name what was asked for."""
        what = f"layanan “{service}” pada unit “{unit}”" if service else f"unit “{unit}”"
        super().__init__(f"Tidak ada {what}. Daftarnya ada di /survey/v1/units.")


class UnitNotYours(Forbidden):
    """The unit belongs to an OPD that is not the caller's."""

    slug = "survey-unit-not-yours"
    title = "Unit OPD lain"

    def __init__(self) -> None:
        """Say whose results may be seen."""
        super().__init__("Kepala OPD melihat hasil unit OPD-nya sendiri.")


class OpdMissing(Forbidden):
    """The token of a head names no OPD."""

    slug = "survey-opd-missing"
    title = "OPD tidak disebut"

    def __init__(self) -> None:
        """Say what is missing."""
        super().__init__("Token Anda tidak menyebut OPD. Hubungi pengelola akun.")


class PeriodInvalid(Invalid):
    """The text is no period of this survey."""

    slug = "survey-period-invalid"
    title = "Periode tidak dikenal"

    def __init__(self, period: str, example: str) -> None:
        """Show how a period is written here."""
        super().__init__(f"“{period}” bukan periode survei ini. Tulis seperti {example}.")


class PeriodNotOpen(Conflict):
    """The period is over and closed, or has not begun: it takes no answers."""

    slug = "survey-period-not-open"
    title = "Periode survei tidak terbuka"

    def __init__(self, name: str, *, begun: bool = True) -> None:
        """Name the period."""
        if begun:
            detail = f"Survei {name} sudah ditutup dan tidak menerima jawaban lagi. Terima kasih."
        else:
            detail = f"Survei {name} belum dimulai."
        super().__init__(detail)


class PeriodRunning(Conflict):
    """A period cannot be closed before its last day is over."""

    slug = "survey-period-running"
    title = "Periode masih berjalan"

    def __init__(self, name: str) -> None:
        """Name the period."""
        super().__init__(f"Survei {name} masih berjalan. Tutup setelah hari terakhirnya lewat.")


class LinkInvalid(NotFound):
    """The link was not signed with a key of ours, or leads to no unit."""

    slug = "survey-link-invalid"
    title = "Tautan survei tidak sah"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("Periksa kembali tautannya: salin seluruhnya dari pesan yang Anda terima.")


class LinkSpent(Conflict):
    """Someone has answered by this link already."""

    slug = "survey-link-spent"
    title = "Tautan sudah dipakai"

    def __init__(self) -> None:
        """Thank for what came."""
        super().__init__("Tautan ini sudah dipakai satu kali. Terima kasih atas jawaban Anda.")


class AnsweredAlready(Conflict):
    """This device has answered for this service in this period."""

    slug = "survey-answered-already"
    title = "Sudah dijawab"

    def __init__(self) -> None:
        """Thank for what came."""
        super().__init__(
            "Perangkat ini sudah menjawab untuk layanan ini pada periode ini. Terima kasih."
        )


class DeviceMissing(Invalid):
    """Neither a cookie nor a header tells this device from others."""

    slug = "survey-device-missing"
    title = "Perangkat tidak dikenal"

    def __init__(self) -> None:
        """Say how a device is named."""
        super().__init__(
            "Buka halaman survei lebih dahulu dan izinkan kuki, atau sertakan header X-Device-Id.",
            errors=[{"field": "X-Device-Id", "message": "wajib ada bila tanpa kuki"}],
        )


class AnswersInvalid(Invalid):
    """Some answers are not what the form offers."""

    slug = "survey-answers-invalid"
    title = "Jawaban belum benar"

    def __init__(self, errors: Sequence[tuple[str, str]]) -> None:
        """Name each field with what is wrong with it."""
        super().__init__(
            "Perbaiki jawaban yang disebut, lalu kirim lagi.",
            errors=[{"field": field, "message": message} for field, message in errors],
        )


class KioskUnknown(Unauthenticated):
    """The token is no kiosk's, or was replaced by a newer one."""

    slug = "survey-kiosk-unknown"
    title = "Kios tidak dikenal"

    def __init__(self) -> None:
        """Say who can help."""
        super().__init__(
            "Token kios tidak sah atau sudah diganti. Minta yang baru kepada pengelola."
        )


class LinksNotConfigured(Unavailable):
    """There is no key to sign links with."""

    slug = "survey-links-not-configured"
    title = "Tautan survei belum diatur"

    def __init__(self) -> None:
        """Name the setting."""
        super().__init__("Pengelola sistem perlu mengisi TANGGAP_SURVEY_LINK_KEY.")


class PaperRefused(Invalid):
    """A file of paper forms has mistakes: nothing of it was taken."""

    slug = "survey-paper-refused"
    title = "Berkas formulir kertas ditolak"

    def __init__(self, errors: Sequence[tuple[str, str]], total: int) -> None:
        """Report rows with their mistakes; `total` counts also those that are not listed."""
        super().__init__(
            f"{total} kesalahan; tidak satu baris pun disimpan. Perbaiki lalu kirim berkas utuh.",
            errors=[{"field": field, "message": message} for field, message in errors],
            extensions={"mistakes": total},
        )


class FileTakenAlready(Conflict):
    """This very file was taken before."""

    slug = "survey-file-taken"
    title = "Berkas sudah pernah diimpor"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("Berkas yang sama sudah diimpor. Kirim hanya berkas yang belum.")


class PaperUnreadable(Invalid):
    """A file of paper forms is no CSV with the right columns."""

    slug = "survey-paper-unreadable"
    title = "Berkas formulir kertas tidak dapat dibaca"


class DeviceTimeAhead(Invalid):
    """An interview claims to be taken in the future."""

    slug = "survey-device-time-ahead"
    title = "Waktu perangkat salah"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("Waktu wawancara belum terjadi. Betulkan jam perangkat, lalu kirim lagi.")


class DayAhead(Invalid):
    """A paper form is dated after today."""

    slug = "survey-day-ahead"
    title = "Tanggal belum terjadi"

    def __init__(self) -> None:
        """Say what is wrong."""
        super().__init__("Tanggal ini belum terjadi.")


class KioskMissing(NotFound):
    """There is no kiosk of this name."""

    slug = "survey-kiosk-missing"
    title = "Kios tidak ditemukan"

    def __init__(self, code: str) -> None:
        """Name it."""
        super().__init__(f"Tidak ada kios “{code}”. Daftarnya ada di /survey/v1/kiosks.")


class FormUnreadable(Invalid):
    """What was sent is no HTML form."""

    slug = "survey-form-unreadable"
    title = "Formulir tidak dapat dibaca"

    def __init__(self) -> None:
        """Say what is taken."""
        super().__init__("Kirim sebagai application/x-www-form-urlencoded, atau pakai JSON.")


class NothingPublished(NotFound):
    """There is no closed period, or the one that was asked for is not closed."""

    slug = "survey-nothing-published"
    title = "Belum ada hasil"

    def __init__(self) -> None:
        """Say when there will be."""
        super().__init__("Hasil diumumkan setelah periode surveinya ditutup.")
