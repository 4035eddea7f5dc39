"""One file made clean, by what it is. Runs in the process that opens files, and nowhere else."""

import hashlib
from dataclasses import replace

from shared.media import audio, images, iso_media, pdf, webm
from shared.media.files import CleanFile, Limits
from shared.media.fingerprint import BYTES
from shared.media.recognition import Source, hides_another_format, recognise
from shared.media.refusals import (
    FileDamaged,
    FileEmpty,
    FileRefused,
    FileSuspicious,
    FileTooLarge,
    RecordingTooLong,
)

_IMAGES = (Source.JPEG, Source.PNG, Source.GIF, Source.WEBP)


def clean(data: bytes, limits: Limits) -> CleanFile:
    """Return what is left of a file once all that runs, hides or tells on its maker is gone.

    Raises a FileRefused.
    """
    if not data:
        raise FileEmpty
    if len(data) > limits.most_bytes:
        raise FileTooLarge.over(limits.most_bytes)
    source = recognise(data)
    # A PDF is written anew from its own objects; what else it was is gone then.
    if source is not Source.PDF and hides_another_format(data):
        raise FileSuspicious
    try:
        cleaned = _clean(data, source, limits)
    except FileRefused:
        raise
    except MemoryError as error:
        raise FileSuspicious from error
    except Exception as error:  # no more can be known of what a hostile file makes a reader raise
        raise FileDamaged from error
    if cleaned.seconds is not None and cleaned.seconds > limits.most_seconds:
        raise RecordingTooLong.over(limits.most_seconds)
    return cleaned


def _clean(data: bytes, source: Source, limits: Limits) -> CleanFile:
    if source in _IMAGES:
        return images.clean_image(data, source, limits)
    cleaned = _recording_or_document(data, source)
    return replace(cleaned, fingerprint=BYTES + hashlib.sha256(data).hexdigest())


def _recording_or_document(data: bytes, source: Source) -> CleanFile:
    seconds: float | None = None
    if source is Source.PDF:
        content, media_type = pdf.clean_pdf(data), "application/pdf"
    elif source is Source.OGG:
        media_type = "audio/ogg"
        content, seconds = audio.clean_ogg(data)
    elif source is Source.MP3:
        media_type = "audio/mpeg"
        content, seconds = audio.clean_mp3(data)
    elif source is Source.ISO_MEDIA:
        content, media_type, seconds = iso_media.clean_iso_media(data)
    else:
        content, media_type, seconds = webm.clean_webm(data)
    return CleanFile(media_type, content, fingerprint="", seconds=seconds)
