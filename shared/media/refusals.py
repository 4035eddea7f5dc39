"""Why a file is not taken; what is said is for citizens, in Indonesian."""

from typing import ClassVar

from shared.errors import Problem, Unavailable

_ACCEPTED = "foto (JPEG, PNG, WebP, GIF), PDF, suara (OGG, MP3, M4A) atau video (MP4, 3GP, WebM)"


class FileRefused(Problem):
    """A file is not taken; its subclasses say why."""

    status = 422
    slug = "file-refused"
    title = "Berkas ditolak"
    advice: ClassVar[str] = "Kirim berkas lain."

    def __init__(self, detail: str | None = None) -> None:
        """Say what to do; without a detail, what holds for every file that is so refused."""
        super().__init__(detail or self.advice)


class FileEmpty(FileRefused):
    """There is nothing in it."""

    slug = "file-empty"
    title = "Berkas kosong"
    advice = "Berkas tidak berisi apa-apa. Pilih berkas lain, atau kirim sekali lagi."


class FileTooLarge(FileRefused):
    """It has more bytes than are taken."""

    status = 413
    slug = "file-too-large"
    title = "Berkas terlalu besar"

    @classmethod
    def over(cls, most_bytes: int) -> "FileTooLarge":
        """Say how large a file may be."""
        return cls(f"Kirim berkas paling besar {most_bytes // 1024**2} MB.")


class FileTypeNotAccepted(FileRefused):
    """By its content it is nothing that is taken, whatever its name says."""

    status = 415
    slug = "file-type-not-accepted"
    title = "Jenis berkas tidak diterima"
    advice = f"Kirim {_ACCEPTED}."


class ImageTooLarge(FileRefused):
    """It has more pixels than are taken."""

    slug = "image-too-large"
    title = "Gambar terlalu besar"
    advice = "Ukuran gambar terlalu besar. Perkecil gambar, lalu kirim lagi."


class RecordingTooLong(FileRefused):
    """It plays longer than is taken."""

    slug = "recording-too-long"
    title = "Rekaman terlalu lama"

    @classmethod
    def over(cls, most_seconds: int) -> "RecordingTooLong":
        """Say how long a recording may be."""
        return cls(f"Kirim rekaman paling lama {most_seconds} detik.")


class FileDamaged(FileRefused):
    """It is not what it begins as, or ends too soon."""

    slug = "file-damaged"
    title = "Berkas rusak"
    advice = "Berkas rusak atau tidak lengkap. Buka dan simpan ulang, lalu kirim lagi."


class FileLocked(FileRefused):
    """It opens with a password alone."""

    slug = "file-locked"
    title = "Berkas terkunci"
    advice = "Berkas ini memakai kata sandi. Simpan tanpa kata sandi, lalu kirim lagi."


class FileSuspicious(FileRefused):
    """It hides another format, or costs far more to open than a file of its kind."""

    slug = "file-suspicious"
    title = "Berkas mencurigakan"
    advice = "Berkas ini tidak dapat diperiksa dengan aman. Kirim foto atau rekaman asli."


class MalwareFound(FileRefused):
    """The virus scanner knows it."""

    slug = "malware-found"
    title = "Berkas mengandung virus"
    advice = "Pemindai menemukan virus dalam berkas ini. Kirim berkas lain."


class ScannerUnavailable(Unavailable):
    """The virus scanner does not answer, and nothing passes unscanned."""

    slug = "scanner-unavailable"
    title = "Pemindai virus tidak menjawab"

    def __init__(self) -> None:
        """Say when to try again."""
        super().__init__(
            "Berkas belum dapat diperiksa. Coba lagi sebentar; laporan dapat dikirim tanpa berkas.",
            headers={"Retry-After": "30"},
        )


#: By the name under which the process that opens files reports them.
REFUSALS: dict[str, type[FileRefused]] = {
    each.slug: each
    for each in (
        FileEmpty,
        FileTooLarge,
        FileTypeNotAccepted,
        ImageTooLarge,
        RecordingTooLong,
        FileDamaged,
        FileLocked,
        FileSuspicious,
        MalwareFound,
    )
}
