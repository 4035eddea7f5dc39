"""A PDF is written anew from the objects that its pages need: nothing in it runs, calls or hides.

How each thing is removed is pikepdf's own; here stands what a citizen's document never needs.
"""

from contextlib import suppress
from io import BytesIO

from pikepdf import ObjectStreamMode, PasswordError, Pdf, StreamDecodeLevel
from pikepdf.objects import Array, Dictionary, Name, Stream
from pikepdf.sanitize import Sanitizer

from shared.media.jpeg import strip_jpeg
from shared.media.refusals import FileDamaged, FileLocked

_SANITIZER = (
    Sanitizer()
    .remove_javascript()
    .remove_external_access()
    .remove_multimedia()
    .remove_attachments()
    .remove_collection()
    .remove_private_app_data()
    .remove_search_index()
    .remove_thumbnails()
    .remove_web_capture()
)


def clean_pdf(data: bytes) -> bytes:
    """Return the document without scripts, actions, embedded files and metadata.

    Raises FileLocked, FileDamaged, and pikepdf's own errors.
    """
    try:
        opened = Pdf.open(BytesIO(data))
    except PasswordError as error:
        raise FileLocked from error
    with opened as pdf:
        if not len(pdf.pages):
            raise FileDamaged
        _SANITIZER.apply(pdf)
        _remove_metadata(pdf)
        written = BytesIO()
        # Streams are copied as they are: one that is small and decodes to gigabytes stays small.
        pdf.save(
            written,
            compress_streams=False,
            stream_decode_level=StreamDecodeLevel.none,
            object_stream_mode=ObjectStreamMode.preserve,
            deterministic_id=True,
        )
    return written.getvalue()


def _remove_metadata(pdf: Pdf) -> None:
    form = pdf.Root.get(Name.AcroForm)
    if isinstance(form, Dictionary) and Name.XFA in form:
        # A form in another language within the PDF, with scripts of its own.
        del form[Name.XFA]
    del pdf.docinfo
    for each in pdf.objects:
        if not isinstance(each, Dictionary | Stream):
            continue
        if Name.Metadata in each:
            del each[Name.Metadata]
        if isinstance(each, Stream) and _is_jpeg(each):
            _strip(each)


def _is_jpeg(stream: Stream) -> bool:
    filters = stream.get(Name.Filter)
    return filters == Name.DCTDecode or (
        isinstance(filters, Array) and list(filters) == [Name.DCTDecode]
    )


def _strip(stream: Stream) -> None:
    """Take the EXIF out of a photo that was scanned or put into the document."""
    # One that is no JPEG after all shows nothing, and stays.
    with suppress(ValueError, IndexError):
        stream.write(strip_jpeg(stream.read_raw_bytes()), filter=Name.DCTDecode)
