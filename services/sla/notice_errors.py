"""Why the doors of notices refuse."""

from shared.errors import Forbidden, NotFound


class NoticeNotFound(NotFound):
    """There is no such notice, or it is for another OPD."""

    slug = "notice-not-found"
    title = "Pemberitahuan tidak ditemukan"

    def __init__(self) -> None:
        """Say the same in both cases, so that nothing is told of another OPD's work."""
        super().__init__("Periksa nomor pemberitahuan di daftar pemberitahuan Anda.")


class NoticeNotYours(Forbidden):
    """The caller may read the notice, and it is for somebody else to see to."""

    slug = "notice-not-yours"
    title = "Pemberitahuan untuk peran lain"

    def __init__(self, role: str) -> None:
        """Name the role that it is for."""
        super().__init__(f"Hanya peran {role} yang dapat menandai pemberitahuan ini dibaca.")
