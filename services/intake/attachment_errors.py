"""Why intake takes or shows no file; what is said is for citizens, in Indonesian.

What is wrong with a file itself stands in `shared/media/refusals.py`.
"""

from shared.errors import Conflict, NotFound, TooSlow, Unavailable


class AttachmentNotFound(NotFound):
    """There is no such file, or it is not the caller's to know of."""

    slug = "attachment-not-found"
    title = "Berkas tidak ditemukan"

    def __init__(self) -> None:
        """Say what was looked for."""
        super().__init__("Tidak ada berkas dengan nomor ini pada laporan ini.")


class AttachmentTaken(Conflict):
    """A file that was named belongs to another complaint by now, or has expired."""

    slug = "attachment-taken"
    title = "Berkas sudah dipakai"

    def __init__(self) -> None:
        """Say what to do instead."""
        super().__init__("Berkas sudah dipakai pada laporan lain, atau kedaluwarsa. Unggah lagi.")


class TooManyFiles(Conflict):
    """A complaint may not have more files, or more bytes of them."""

    slug = "too-many-files"
    title = "Terlalu banyak berkas"

    def __init__(self, most_files: int, most_bytes: int) -> None:
        """Say how many there may be."""
        super().__init__(
            f"Satu laporan memuat paling banyak {most_files} berkas, "
            f"seluruhnya {most_bytes // 1024**2} MB."
        )


class UploadsBusy(Unavailable):
    """As many files are coming in as there is memory for."""

    slug = "uploads-busy"
    title = "Unggahan sedang ramai"

    def __init__(self) -> None:
        """Say when to try again."""
        super().__init__("Coba unggah lagi beberapa detik lagi.", headers={"Retry-After": "5"})


class UploadTooSlow(TooSlow):
    """The file did not arrive in time."""

    slug = "upload-too-slow"
    title = "Unggahan terlalu lambat"

    def __init__(self) -> None:
        """Say what helps."""
        super().__init__("Berkas belum lengkap sampai batas waktu. Kirim berkas yang lebih kecil.")


class UploadsFull(Unavailable):
    """Files that no complaint has take up all the room that there is for them."""

    slug = "uploads-full"
    title = "Tempat unggahan penuh"

    def __init__(self) -> None:
        """Say what is possible."""
        super().__init__(
            "Berkas belum dapat diterima. Kirim laporan tanpa berkas, lalu tambahkan nanti.",
            headers={"Retry-After": "3600"},
        )
