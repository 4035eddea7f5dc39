"""Why marketplace refuses what is done with promotion slots, links and orders."""

from collections.abc import Sequence

from shared.errors import Conflict, Invalid, NotFound


class SlotNotFound(NotFound):
    """There is no such slot."""

    slug = "slot-not-found"
    title = "Slot promosi tidak ditemukan"

    def __init__(self) -> None:
        """Say where to look."""
        super().__init__("Buka kembali daftar slot, lalu pilih dari sana.")


class SlotActionIllegal(Conflict):
    """The slot's state does not allow it; `legal` names the states that do."""

    slug = "slot-action-illegal"
    title = "Tindakan tidak berlaku untuk slot ini"

    def __init__(self, state: str, legal: Sequence[str]) -> None:
        """Name the state, and in which it could be done."""
        super().__init__(
            f"Status slot: {state}. Tindakan ini berlaku untuk: {', '.join(sorted(legal))}.",
            extensions={"state": state, "legal": sorted(legal)},
        )


class NoSlotThen(Invalid):
    """The account is unknown or has no slot at that time, or it is too far away or over."""

    slug = "no-slot-then"
    title = "Tidak ada slot pada waktu itu"

    def __init__(self) -> None:
        """Say where the slots are listed."""
        super().__init__("Pilih akun dan waktu dari pratinjau empat minggu ke depan.")


class NotPromotable(Conflict):
    """The product may not be promoted: not approved, sold out, without a photo, or suspended."""

    slug = "not-promotable"
    title = "Produk belum dapat dipromosikan"

    def __init__(self) -> None:
        """Say what a product needs."""
        super().__init__(
            "Produk harus disetujui, tersedia, berfoto, dan milik usaha aktif. Pilih yang lain."
        )


class CaptionUnfit(Invalid):
    """The caption lacks the slot's link, or is too long for the platform, or leads elsewhere."""

    slug = "caption-unfit"
    title = "Teks promosi belum sesuai"


class LinkUnknown(NotFound):
    """There is no such short link, or what it led to is not shown any more."""

    slug = "link-unknown"
    title = "Tautan tidak berlaku lagi"

    def __init__(self) -> None:
        """Say where to go instead."""
        super().__init__("Cari produk lain di Lapak.")


class OrderUnfit(Invalid):
    """The order names a product or slot of somebody else, or of none."""

    slug = "order-unfit"
    title = "Pesanan tidak dapat dicatat"

    def __init__(self) -> None:
        """Say what to name."""
        super().__init__("Sebutkan produk Anda sendiri, dan slot yang mempromosikannya bila ada.")
