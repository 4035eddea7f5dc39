"""Intake's refusals; what they say is for citizens, in Indonesian."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from services.intake.rules.sentences import STATES_IN_WORDS
from shared.errors import Conflict, Forbidden, Invalid, NotFound, PermanentError, Unavailable

_ACTIONS = {
    "message": "mengirim pesan",
    "feedback": "memberi penilaian",
    "withdraw": "mencabut laporan",
    "join": "bergabung dengan laporan lain",
}
JoinFault = Literal["itself", "secret", "early", "over"]
_JOIN_FAULTS: dict[JoinFault, str] = {
    "itself": "Laporan itu laporan Anda sendiri, atau Anda sudah bergabung dengannya.",
    "secret": "Laporan itu rahasia. Laporan Anda tetap ditangani sendiri.",
    "early": "Laporan itu baru saja masuk. Coba lagi sebentar.",
    "over": "Laporan itu tidak ditangani lagi. Laporan Anda tetap ditangani sendiri.",
}


class FormIncorrect(Invalid):
    """A submission says what cannot be; `errors` names the fields."""

    def __init__(self, errors: Sequence[tuple[str, str]]) -> None:
        """Take pairs of JSON Pointer and message."""
        super().__init__(
            "Perbaiki isian yang disebut, lalu kirim lagi.",
            errors=[{"field": field, "message": message} for field, message in errors],
        )


class TrackingCodeMistyped(NotFound):
    """The code cannot be one of ours: its check character does not fit."""

    slug = "tracking-code-mistyped"
    title = "Kode lacak salah ketik"

    def __init__(self) -> None:
        """Say how a code looks."""
        super().__init__(
            "Periksa kembali kode lacak Anda: 10 huruf dan angka, tanpa angka 0 dan 1 "
            "serta huruf B, F, G, I, L, O, Q, S, U, V, Z."
        )


class ComplaintNotFound(NotFound):
    """There is no such complaint, or it is not the caller's to know of."""

    slug = "complaint-not-found"
    title = "Laporan tidak ditemukan"

    def __init__(self, detail: str = "Tidak ada laporan dengan kode ini.") -> None:
        """Say what was looked for."""
        super().__init__(detail)


class TrackingSecretWrong(Forbidden):
    """The secret is not that of this complaint."""

    slug = "tracking-secret-wrong"
    title = "Kunci laporan salah"

    def __init__(self) -> None:
        """Say where the secret is found."""
        super().__init__("Gunakan kunci (secret) yang Anda terima saat mengirim laporan ini.")


class ActionNotLegal(Conflict):
    """The complaint's state does not let its reporter do this; says what it lets them do."""

    slug = "action-not-legal"
    title = "Tidak dapat dilakukan pada keadaan laporan sekarang"

    def __init__(self, action: str, state: str, legal: Sequence[str]) -> None:
        """Name what was tried, the state, and what is legal in it."""
        possible = ", ".join(_ACTIONS[each] for each in legal) or "melihat laporan"
        super().__init__(
            f"Laporan {STATES_IN_WORDS[state]}, sehingga tidak dapat {_ACTIONS[action]}. "
            f"Yang dapat dilakukan: {possible}.",
            extensions={"status_now": state, "legal": list(legal)},
        )


class ReporterErased(Conflict):
    """The reporter's data were erased, and nothing more can be kept for them."""

    slug = "reporter-erased"
    title = "Data pelapor sudah dihapus"

    def __init__(self) -> None:
        """Say what to do instead."""
        super().__init__("Data pelapor sudah dihapus. Buatlah laporan baru bila masih perlu.")


class JoinRefused(Conflict):
    """A complaint cannot join that one; `reason` says why."""

    slug = "join-refused"
    title = "Tidak dapat bergabung dengan laporan itu"

    def __init__(self, reason: JoinFault) -> None:
        """Name what stands against it."""
        super().__init__(_JOIN_FAULTS[reason], extensions={"reason": reason})


class RefusedMessageNotFound(NotFound):
    """No message of this number waits for a person."""

    slug = "refused-message-not-found"
    title = "Pesan tidak ditemukan"

    def __init__(self) -> None:
        """Say where they are listed."""
        super().__init__(
            "Tidak ada pesan tertolak dengan nomor ini. Daftarnya ada di /staff/refused-messages."
        )


class SenderBlocked(Forbidden):
    """Nothing is taken from this sender for some time."""

    slug = "sender-blocked"
    title = "Pengirim sedang diblokir"

    def __init__(self, until: datetime) -> None:
        """Say until when."""
        super().__init__(
            "Kiriman dari pengirim ini tidak diterima untuk sementara karena disalahgunakan. "
            "Untuk keadaan darurat hubungi 112.",
            extensions={"until": until.isoformat().replace("+00:00", "Z")},
        )


class SenderNotKnown(Conflict):
    """A complaint came without anything by which its sender could be blocked."""

    slug = "sender-not-known"
    title = "Pengirim tidak dikenal"

    def __init__(self) -> None:
        """Say why not."""
        super().__init__("Laporan ini dikirim tanpa nomor telepon, akun, atau tanda perangkat.")


class BlockNotFound(NotFound):
    """There is no such block."""

    slug = "block-not-found"
    title = "Blokir tidak ditemukan"

    def __init__(self) -> None:
        """Say where to look."""
        super().__init__("Periksa nomor blokir pada daftar blokir.")


class BlockOver(Conflict):
    """The block was lifted, or has expired: there is nothing to lift."""

    slug = "block-over"
    title = "Blokir sudah berakhir"

    def __init__(self) -> None:
        """Say that nothing is left to do."""
        super().__init__("Blokir ini sudah dicabut atau habis waktunya.")


class AlreadySpam(Conflict):
    """The complaint is marked as spam already."""

    slug = "already-spam"
    title = "Laporan sudah ditandai spam"

    def __init__(self) -> None:
        """Say how to undo it."""
        super().__init__("Laporan ini sudah ditandai spam. Meja triase dapat membatalkannya.")


class NotSpam(Conflict):
    """The complaint is not marked as spam: there is nothing to undo."""

    slug = "not-spam"
    title = "Laporan tidak ditandai spam"

    def __init__(self) -> None:
        """Say that nothing is left to do."""
        super().__init__("Laporan ini tidak sedang ditandai spam.")


class ReportReused(Invalid):
    """A partner's number stands for a report with another content."""

    slug = "report-reused"
    title = "Nomor laporan sudah dipakai"

    def __init__(self, external_id: str) -> None:
        """Say which number, and what to do."""
        super().__init__(
            f"Laporan {external_id} sudah diterima dengan isi lain. Gunakan nomor baru."
        )


class ApiKeyWrong(Forbidden):
    """An Open311 client sent no key, or one that is none of ours."""

    slug = "api-key-wrong"
    title = "Kunci API salah"

    def __init__(self) -> None:
        """Say where a key comes from."""
        super().__init__("Sertakan api_key yang diberikan oleh Pemda.")


class ServiceUnknown(NotFound):
    """There is no such Open311 service."""

    slug = "service-unknown"
    title = "Layanan tidak dikenal"

    def __init__(self) -> None:
        """Say where to look."""
        super().__init__("service_code ini tidak dikenal; lihat daftar services.")


class JurisdictionUnknown(NotFound):
    """The jurisdiction is another government's."""

    slug = "jurisdiction-unknown"
    title = "Yurisdiksi tidak dikenal"

    def __init__(self, ours: str) -> None:
        """Say which is ours."""
        super().__init__(f"jurisdiction_id ini tidak dikenal; yang dilayani: {ours}.")


class PosterUnknown(NotFound):
    """There is no such QR sheet."""

    slug = "poster-unknown"
    title = "Lembar QR tidak dikenal"

    def __init__(self) -> None:
        """Say where to look."""
        super().__init__("Kode lembar ini tidak ada pada profil (posters.yaml).")


class CallerNotBlocked(NotFound):
    """No block of this number is in force."""

    slug = "caller-not-blocked"
    title = "Nomor tidak diblokir"

    def __init__(self) -> None:
        """Say what was looked for."""
        super().__init__("Nomor ini tidak sedang diblokir.")


class ChannelClosed(NotFound):
    """Nobody is received here: the profile does not have the channel, or its secret is not set."""

    slug = "channel-closed"
    title = "Kanal tidak dibuka"

    def __init__(self) -> None:
        """Say where it is opened."""
        super().__init__("Kanal ini tidak dibuka. Lihat profil dan pengaturan layanan.")


class SignatureWrong(Forbidden):
    """A webhook does not prove that it comes from its platform."""

    slug = "webhook-signature-wrong"
    title = "Tanda tangan webhook tidak sah"

    def __init__(self) -> None:
        """Say what is compared."""
        super().__init__("Tanda tangan atau token tidak cocok dengan rahasia yang diatur.")


class BeginAnew(Exception):
    """What a unit of work stood on has changed meanwhile: the same, done again, may succeed."""


class TrackingCodeTaken(BeginAnew):
    """A code that was drawn is another complaint's already; draw again."""


class CaseMoved(BeginAnew):
    """A case is no longer where it was when a message to it was understood."""


class ComplaintMissing(PermanentError):
    """An event tells of a complaint that intake never had; a person must look."""


class CursorUnknown(Invalid):
    """The cursor is none that this list gave."""

    slug = "cursor-unknown"
    title = "Kursor tidak dikenal"

    def __init__(self) -> None:
        """Say where to begin."""
        super().__init__("Kursor tidak dikenal. Mulai lagi dari halaman pertama.")


class OpdNotYours(Forbidden):
    """Officers and heads read of their own OPD alone what is meant for those who work in it."""

    slug = "opd-not-yours"
    title = "Bukan OPD Anda"

    def __init__(self) -> None:
        """Say what to ask for instead."""
        super().__init__("Anda hanya dapat meminta ringkasan OPD Anda sendiri.")


class ExportsBusy(Unavailable):
    """As many exports as may run at one time are running."""

    slug = "exports-busy"
    title = "Unduhan lain sedang berjalan"

    def __init__(self) -> None:
        """Say when to come back."""
        super().__init__(
            "Tunggu sampai unduhan lain selesai, lalu coba lagi.", headers={"Retry-After": "30"}
        )


class MonthNotOver(NotFound):
    """A month is published once it is over."""

    slug = "month-not-over"
    title = "Bulan belum berakhir"

    def __init__(self) -> None:
        """Say which months there are."""
        super().__init__("Data terbuka terbit setelah bulannya berakhir. Minta bulan sebelumnya.")


class MonthUnknown(NotFound):
    """A month that has not begun."""

    slug = "month-unknown"
    title = "Bulan belum dimulai"

    def __init__(self) -> None:
        """Say which months there are."""
        super().__init__("Bulan ini belum dimulai. Minta bulan yang berjalan atau yang lalu.")
