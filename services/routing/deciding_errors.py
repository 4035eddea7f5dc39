"""Why a question about what would be decided is refused."""

from shared.errors import Conflict, Invalid


class RulesUnusable(Invalid):
    """A proposed rule names what the profile does not have, or its condition is wrong."""

    slug = "rules-unusable"
    title = "Aturan tidak dapat dipakai"

    def __init__(self, field: str, message: str) -> None:
        """Name the rule's field and what is wrong with it."""
        super().__init__(
            "Perbaiki aturan itu, lalu coba lagi.", errors=[{"field": field, "message": message}]
        )


class ModelVersionUnknown(Invalid):
    """There is no model of this version, or it cannot be read."""

    slug = "model-version-unknown"
    title = "Versi model tidak dikenal"

    def __init__(self) -> None:
        """Name the field."""
        message = "tidak ada model dengan versi ini"
        super().__init__(
            "Pilih versi yang ditampilkan oleh `tanggap routing models`.",
            errors=[{"field": "/model_version", "message": message}],
        )


class WhatIfBusy(Conflict):
    """Another replay of past cases is running in this process."""

    slug = "what-if-busy"
    title = "Simulasi lain sedang berjalan"

    def __init__(self) -> None:
        """Say when to try again."""
        super().__init__("Tunggu sampai simulasi yang sedang berjalan selesai, lalu coba lagi.")
