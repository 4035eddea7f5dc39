"""Pictures are decoded and encoded anew: of the bytes that were sent, none is served."""

import warnings
from io import BytesIO
from typing import Final

from PIL import Image, ImageOps

from shared.media.exif import read_taken
from shared.media.files import CleanFile, Limits, Taken
from shared.media.fingerprint import fingerprint_of
from shared.media.recognition import Source
from shared.media.refusals import FileSuspicious, ImageTooLarge

_DECODERS: Final = {
    Source.JPEG: "JPEG",
    Source.PNG: "PNG",
    Source.GIF: "GIF",
    Source.WEBP: "WEBP",
}
#: Screenshots and drawings stay as sharp as they are; everything else is a photo.
_LOSSLESS: Final = (Source.PNG, Source.GIF)
_MOST_FRAMES: Final = 100
_THUMBNAIL_EDGE: Final = 320


def clean_image(data: bytes, source: Source, limits: Limits) -> CleanFile:
    """Return the picture, upright and without metadata; of one that moves, the first frame.

    Raises FileSuspicious, ImageTooLarge, and whatever a damaged file makes the decoder raise.
    """
    with warnings.catch_warnings():
        # Pillow warns of what is far too large, before it raises.
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(BytesIO(data), formats=[_DECODERS[source]]) as image:
                return _clean(image, source, limits)
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
            raise ImageTooLarge from error


def _clean(image: Image.Image, source: Source, limits: Limits) -> CleanFile:
    if image.width * image.height > limits.most_pixels:
        raise ImageTooLarge
    # A photo may carry others behind it (MPO): a depth map, the other eye, a larger preview.
    if source is not Source.JPEG and getattr(image, "n_frames", 1) > _MOST_FRAMES:
        raise FileSuspicious
    taken = _taken(image, limits.zone)
    edges = (limits.longest_edge, limits.longest_edge)
    # A JPEG is decoded at a half, a quarter or an eighth where that is enough.
    image.draft(None, edges)
    image.load()
    picture = ImageOps.exif_transpose(image)
    picture.thumbnail(edges)
    picture = _plain(picture)
    if source not in _LOSSLESS:
        picture = _opaque(picture)
    thumbnail = _opaque(picture)
    thumbnail.thumbnail((_THUMBNAIL_EDGE, _THUMBNAIL_EDGE))
    lossless = source in _LOSSLESS
    return CleanFile(
        media_type="image/png" if lossless else "image/jpeg",
        content=_encode(picture, "PNG") if lossless else _encode(picture, "JPEG", quality=88),
        fingerprint=fingerprint_of(_opaque(picture)),
        thumbnail=_encode(thumbnail, "JPEG", quality=75),
        width=picture.width,
        height=picture.height,
        taken=taken,
    )


def _taken(image: Image.Image, zone: str) -> Taken:
    try:
        return read_taken(image.getexif(), zone)
    except Exception:  # noqa: BLE001 - EXIF is written by anything, and its reader raises anything
        return Taken()


def _plain(picture: Image.Image) -> Image.Image:
    """Bring a picture into one of three modes, and let go of whatever is noted beside it."""
    if picture.mode.startswith("I"):
        # Sixteen bits of grey, which a conversion alone would cut off at 255.
        picture = picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    grey = "L" if picture.mode in {"1", "L"} else "RGB"
    plain = picture.convert("RGBA" if picture.has_transparency_data else grey)
    # What a decoder noted here (comments, profiles, EXIF) the encoder would write again.
    plain.info = {}
    return plain


def _opaque(picture: Image.Image) -> Image.Image:
    """Return a copy on white, as paper is."""
    if picture.mode != "RGBA":
        return picture.copy()
    paper = Image.new("RGB", picture.size, "white")
    paper.paste(picture, mask=picture.getchannel("A"))
    return paper


def _encode(picture: Image.Image, encoder: str, **options: int) -> bytes:
    written = BytesIO()
    picture.save(written, encoder, **options)
    return written.getvalue()
