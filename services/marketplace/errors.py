"""Why marketplace refuses: each error is a sentence and owns its status."""

from collections.abc import Sequence

from shared.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    PreconditionFailed,
    TooManyRequests,
    Unauthenticated,
)

_BEARER = {"WWW-Authenticate": "Bearer"}


class FormIncorrect(Invalid):
    """Fields do not hold what they should; `errors` names each, as a JSON Pointer."""

    slug = "form-incorrect"
    title = "Isian belum benar"

    def __init__(self, errors: Sequence[tuple[str, str]]) -> None:
        """Name each field and what to write there instead."""
        super().__init__(
            "Perbaiki isian yang disebut, lalu kirim lagi.",
            errors=[{"field": field, "message": message} for field, message in errors],
        )


class CodesTooOften(TooManyRequests):
    """This number was sent as many codes as it gets for now."""

    slug = "codes-too-often"
    title = "Kode terlalu sering diminta"

    def __init__(self, seconds: int) -> None:
        """Say when to come back."""
        super().__init__(
            f"Tunggu {seconds} detik, lalu minta kode lagi.",
            headers={"Retry-After": str(seconds)},
        )


class CodesNotSent(Conflict):
    """No channel by which codes go out is connected, or not the one that was asked for."""

    slug = "codes-not-sent"
    title = "Kode tidak dapat dikirim"

    def __init__(self, channels: Sequence[str]) -> None:
        """Name what there is instead."""
        detail = (
            f"Pilih salah satu: {', '.join(channels)}."
            if channels
            else "Minta kode secara langsung kepada petugas dinas."
        )
        super().__init__(detail)


class CodeWrong(Forbidden):
    """The code is not the one that was sent."""

    slug = "code-wrong"
    title = "Kode salah"

    def __init__(self, tries_left: int) -> None:
        """Say how many tries are left."""
        super().__init__(
            f"Periksa kode dalam pesan, lalu coba lagi. Sisa kesempatan: {tries_left}.",
            extensions={"tries_left": tries_left},
        )


class CodeOver(Forbidden):
    """The code is unknown, used, too old, or was tried too often."""

    slug = "code-over"
    title = "Kode tidak berlaku lagi"

    def __init__(self) -> None:
        """Say what to do; which of the reasons it was helps only those who guess."""
        super().__init__("Minta kode baru.")


class PhoneRegistered(Conflict):
    """The number has a trader already."""

    slug = "phone-registered"
    title = "Nomor sudah terdaftar"

    def __init__(self) -> None:
        """Say what to do instead."""
        super().__init__("Nomor ini sudah terdaftar di Lapak. Masuk dengan kode yang sama.")


class PhoneNotRegistered(NotFound):
    """The number was proved, and no trader has it."""

    slug = "phone-not-registered"
    title = "Nomor belum terdaftar"

    def __init__(self) -> None:
        """Say what to do instead."""
        super().__init__("Daftarkan usaha Anda lebih dahulu; kode yang sama masih berlaku.")


class SessionOver(Unauthenticated):
    """The refresh token is not, or no longer, valid."""

    slug = "session-over"
    title = "Sesi berakhir"

    def __init__(self) -> None:
        """Say how to come in again."""
        super().__init__("Masuk kembali dengan kode.", headers=_BEARER)


class TraderGone(Unauthenticated):
    """The token's trader was erased."""

    slug = "trader-gone"
    title = "Akun sudah dihapus"

    def __init__(self) -> None:
        """Say what is left to do."""
        super().__init__("Akun ini sudah dihapus. Daftar kembali bila perlu.", headers=_BEARER)


class TraderNotFound(NotFound):
    """There is no such trader, or none that the caller may know of."""

    slug = "trader-not-found"
    title = "Pelaku usaha tidak ditemukan"

    def __init__(self) -> None:
        """Say where to look."""
        super().__init__("Periksa alamatnya; usaha ini mungkin tidak ditampilkan lagi.")


class TraderActionIllegal(Conflict):
    """The trader's state does not allow it; `legal` names what it allows."""

    slug = "trader-action-illegal"
    title = "Tindakan tidak berlaku sekarang"

    def __init__(self, state: str, legal: Sequence[str]) -> None:
        """Name the state and what is legal in it."""
        possible = ", ".join(legal) or "tidak ada"
        super().__init__(
            f"Status pelaku usaha: {state}. Yang dapat dilakukan: {possible}.",
            extensions={"state": state, "legal": list(legal)},
        )


class TraderSuspended(Forbidden):
    """A suspended trader cannot change what they offer."""

    slug = "trader-suspended"
    title = "Usaha sedang ditangguhkan"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("Ajukan keberatan lebih dahulu; petugas akan memeriksanya.")


class VerifyAgain(Conflict):
    """A verified trader changes what was verified, without saying that they know what follows."""

    slug = "verify-again"
    title = "Perubahan ini harus diperiksa lagi"

    def __init__(self) -> None:
        """Say what follows, and how to go on."""
        super().__init__(
            "Nama, pemilik, kelurahan, ukuran dan NIB diperiksa lagi oleh petugas; sampai selesai, "
            "produk tidak ditampilkan. Kirim lagi dengan verify_again bila Anda setuju."
        )


class ReasonUnknown(Invalid):
    """The profile has no such reason."""

    slug = "reason-unknown"
    title = "Alasan tidak dikenal"

    def __init__(self, known: Sequence[str]) -> None:
        """Name those that there are."""
        super().__init__(
            f"Pilih salah satu: {', '.join(known)}.",
            errors=[{"field": "/reason", "message": "Alasan tidak ada dalam profil"}],
        )


class NoAppeal(Conflict):
    """There is no open appeal of this trader's."""

    slug = "no-appeal"
    title = "Tidak ada keberatan"

    def __init__(self) -> None:
        """Say what there is instead."""
        super().__init__("Pelaku usaha ini tidak mengajukan keberatan yang masih terbuka.")


class Changed(PreconditionFailed):
    """Someone changed the object since the caller read it."""

    slug = "changed"
    title = "Data sudah diubah"

    def __init__(self, version: int) -> None:
        """Name the present version."""
        super().__init__(
            "Buka kembali data ini, lalu ulangi bila masih perlu.",
            headers={"ETag": f'"{version}"'},
            extensions={"version": version},
        )


class NotInCharge(Forbidden):
    """The curator belongs to another OPD than the one in charge."""

    slug = "not-in-charge"
    title = "Bukan wewenang OPD Anda"

    def __init__(self, opd: str) -> None:
        """Name the OPD in charge."""
        super().__init__(f"Yang memeriksa pelaku usaha dan produk adalah {opd}.")


class DecidedByYourself(Forbidden):
    """An appeal is decided by somebody else than who suspended."""

    slug = "decided-by-yourself"
    title = "Keberatan diputuskan orang lain"

    def __init__(self) -> None:
        """Say who may."""
        super().__init__("Minta petugas lain memutuskan keberatan atas keputusan Anda sendiri.")
