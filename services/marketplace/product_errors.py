"""Why marketplace refuses what is done with products and photos."""

from datetime import datetime

from shared.errors import Conflict, NotFound, TooManyRequests, TooSlow, UnsupportedMedia


class ProductNotFound(NotFound):
    """There is no such product, or it is another trader's, or it is not shown."""

    slug = "product-not-found"
    title = "Produk tidak ditemukan"

    def __init__(self) -> None:
        """Say the same in all cases, so that nothing is told of another's goods."""
        super().__init__("Periksa alamatnya; produk ini mungkin tidak ditampilkan lagi.")


class PhotoNotFound(NotFound):
    """There is no such photo, or none that the caller may see."""

    slug = "photo-not-found"
    title = "Foto tidak ditemukan"

    def __init__(self) -> None:
        """Say what may have happened."""
        super().__init__("Foto ini tidak ada atau tidak ditampilkan lagi.")


class PhotoNotImage(UnsupportedMedia):
    """The file is taken elsewhere, but it is no picture."""

    slug = "photo-not-image"
    title = "Bukan foto"

    def __init__(self) -> None:
        """Say what is taken."""
        super().__init__("Kirim foto produk (JPEG, PNG atau WebP).")


class PhotosWaiting(Conflict):
    """The trader has uploaded many photos that no product has taken."""

    slug = "photos-waiting"
    title = "Terlalu banyak foto menunggu"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("Pasang foto yang sudah diunggah pada produk, atau tunggu sampai besok.")


class UploadsBusy(TooManyRequests):
    """As many photos are being received as there is room for."""

    slug = "uploads-busy"
    title = "Sedang banyak unggahan"

    def __init__(self) -> None:
        """Say when to come back."""
        super().__init__("Coba lagi beberapa detik lagi.", headers={"Retry-After": "3"})


class UploadTooSlow(TooSlow):
    """The photo did not arrive in time."""

    slug = "upload-too-slow"
    title = "Unggahan terlalu lambat"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("Perkecil foto atau pindah ke sinyal yang lebih baik, lalu coba lagi.")


class TooManyProducts(Conflict):
    """The trader offers as much as one may."""

    slug = "too-many-products"
    title = "Produk sudah terlalu banyak"

    def __init__(self, most: int) -> None:
        """Say how many there may be."""
        super().__init__(f"Paling banyak {most} produk. Tarik produk lama lebih dahulu.")


class ProductActionIllegal(Conflict):
    """The product's state does not allow it."""

    slug = "product-action-illegal"
    title = "Tindakan tidak berlaku sekarang"

    def __init__(self, state: str, advice: str) -> None:
        """Name the state and what to do instead."""
        super().__init__(f"Status produk: {state}. {advice}", extensions={"state": state})


class ProductClaimed(Conflict):
    """Another curator has the product in hand."""

    slug = "product-claimed"
    title = "Produk sedang diperiksa petugas lain"

    def __init__(self, until: datetime) -> None:
        """Say until when."""
        super().__init__(
            "Ambil produk berikutnya dari antrean.", extensions={"until": until.isoformat()}
        )


class RevisionReplaced(Conflict):
    """What the curator looked at is not what waits now."""

    slug = "revision-replaced"
    title = "Versi ini sudah diganti"

    def __init__(self, open_revision: int | None) -> None:
        """Say what waits now, if anything."""
        detail = (
            "Pelaku usaha sudah mengirim versi baru. Buka kembali, lalu putuskan."
            if open_revision is not None
            else "Produk ini tidak menunggu keputusan lagi."
        )
        super().__init__(detail, extensions={"open_revision": open_revision})


class NothingWaits(NotFound):
    """Nothing waits that nobody has in hand."""

    slug = "nothing-waits"
    title = "Antrean kosong"

    def __init__(self) -> None:
        """Say so."""
        super().__init__("Tidak ada produk yang menunggu diperiksa.")
