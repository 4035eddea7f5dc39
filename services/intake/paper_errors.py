"""Refusals about appointments, documents and registers; what they say is in Indonesian."""

from collections.abc import Sequence

from shared.errors import Conflict, Invalid, NotFound


class AppointmentNone(NotFound):
    """The service has no sessions, or the application none of its own."""

    slug = "appointment-none"
    title = "Tidak ada janji temu"

    def __init__(self) -> None:
        """Say what to look at."""
        super().__init__("Layanan ini tidak memakai janji temu. Lihat rincian layanannya.")


class SessionFull(Conflict):
    """Somebody else has the last place of the session."""

    slug = "session-full"
    title = "Sesi sudah penuh"

    def __init__(self, following: Sequence[str]) -> None:
        """Name the next sessions that have room."""
        super().__init__(
            f"Tempat terakhir pada sesi ini baru saja diambil. {_instead(following)}",
            extensions={"next_sessions": list(following)},
        )


class SessionUnknown(Invalid):
    """There is no such session, or it cannot be booked any more, or not yet."""

    slug = "session-unknown"
    title = "Sesi tidak tersedia"

    def __init__(self, following: Sequence[str]) -> None:
        """Name the next sessions that have room."""
        super().__init__(
            f"Sesi ini tidak ada atau tidak dapat dipesan lagi. {_instead(following)}",
            errors=[{"field": "/session", "message": "Pilih salah satu sesi yang tersedia."}],
            extensions={"next_sessions": list(following)},
        )


class RebookingClosed(Conflict):
    """The application is not being worked on any more: there is nothing to come for."""

    slug = "rebooking-closed"
    title = "Janji temu tidak dapat diubah"

    def __init__(self) -> None:
        """Say what to do instead."""
        super().__init__("Permohonan ini sudah selesai. Ajukan permohonan baru bila masih perlu.")


def _instead(following: Sequence[str]) -> str:
    if not following:
        return "Belum ada sesi lain yang dibuka; coba lagi besok."
    return f"Pilih sesi lain, misalnya {', '.join(following[:3])}."


class DocumentUnknown(NotFound):
    """No document has this verification code."""

    slug = "document-unknown"
    title = "Dokumen tidak dikenal"

    def __init__(self) -> None:
        """Say what to look at, and what to think of it."""
        super().__init__(
            "Tidak ada dokumen dengan kode ini. Periksa kembali kodenya; bila sudah benar, "
            "dokumen itu tidak diterbitkan di sini."
        )


class DocumentNotFound(NotFound):
    """There is no such document, it is not the caller's, or its content is gone."""

    slug = "document-not-found"
    title = "Dokumen tidak ditemukan"

    def __init__(self) -> None:
        """Say what was looked for."""
        super().__init__("Tidak ada dokumen dengan nomor ini pada permohonan ini.")


class DocumentAlreadyWithdrawn(Conflict):
    """The document was withdrawn before."""

    slug = "document-already-withdrawn"
    title = "Dokumen sudah dicabut"

    def __init__(self) -> None:
        """Say that nothing is left to do."""
        super().__init__("Dokumen ini sudah dicabut. Tidak ada lagi yang perlu dilakukan.")


class RegisterUnknown(NotFound):
    """There is no such register, or it is not the caller's to search."""

    slug = "register-unknown"
    title = "Register tidak dikenal"

    def __init__(self) -> None:
        """Say where they are listed."""
        super().__init__("Tidak ada register dengan kode ini. Daftarnya ada di /registers.")


class RegisterEntryNotFound(NotFound):
    """There is no such entry, or it is another OPD's."""

    slug = "register-entry-not-found"
    title = "Entri register tidak ditemukan"

    def __init__(self) -> None:
        """Say what was looked for."""
        super().__init__("Tidak ada entri dengan nomor ini pada register OPD Anda.")


class RegisterSearchInvalid(Invalid):
    """A search asks for what cannot be; the text says what."""

    slug = "register-search-invalid"
    title = "Pencarian belum benar"


class RegisterFileInvalid(Invalid):
    """A file cannot be read as this register."""

    slug = "register-file-invalid"
    title = "Berkas register tidak dapat dibaca"
