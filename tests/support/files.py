"""Files as citizens send them, and as nobody should; all of them are made here."""

import struct
from io import BytesIO

from pikepdf import Array, Dictionary, Name, Pdf, Stream
from PIL import Image

#: Where and when the photos with EXIF were taken: in Jakarta's zone, on the southern hemisphere.
PLACE = (-7.62875, 111.5306667)
TAKEN = "2026:03:09 08:30:00"


def picture(width: int = 320, height: int = 240) -> Image.Image:
    """Draw something with lines in it, the same each time."""
    return Image.effect_mandelbrot((width, height), (-3, -2.5, 2, 2.5), 60).convert("RGB")


def encoded(image: Image.Image, encoder: str, **options: object) -> bytes:
    """Write an image as the bytes of a file."""
    written = BytesIO()
    image.save(written, encoder, **options)
    return written.getvalue()


def photo(*, orientation: int = 1, offset: str | None = None) -> bytes:
    """Make a photo as a phone does, with place and time."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Ponsel Contoh"
    camera = exif.get_ifd(0x8769)
    camera[0x9003] = TAKEN
    if offset is not None:
        camera[0x9011] = offset
    position = exif.get_ifd(0x8825)
    position[1], position[2] = "S", (7.0, 37.0, 43.5)
    position[3], position[4] = "E", (111.0, 31.0, 50.4)
    return encoded(picture(), "JPEG", exif=exif, comment=b"Rumah Wagiman")


def moving(frames: int) -> bytes:
    """Make a GIF that moves."""
    images = [Image.new("P", (8, 8), number % 256) for number in range(frames)]
    for number, image in enumerate(images):
        image.putpalette([number % 256, number // 256, 7] * 256)
    return encoded(images[0], "GIF", save_all=True, append_images=images[1:])


def document(*, pages: int = 1) -> Pdf:
    """Make an empty PDF."""
    pdf = Pdf.new()
    for _ in range(pages):
        pdf.add_blank_page()
    return pdf


def hostile_document() -> bytes:
    """Make a PDF that runs, calls, starts and hides things, with a photo that tells where."""
    pdf = document()
    script = Dictionary(S=Name.JavaScript, JS="app.alert('jahat')")
    pdf.Root.OpenAction = script
    pdf.Root.AA = Dictionary(WC=script)
    pdf.Root.AcroForm = Dictionary(XFA="<xdp>jahat</xdp>", Fields=[])
    pdf.pages[0].obj.AA = Dictionary(O=Dictionary(S=Name.Launch, F="jahat.exe"))
    pdf.pages[0].obj.Annots = pdf.make_indirect(
        Array(
            [
                Dictionary(
                    Type=Name.Annot,
                    Subtype=Name.Link,
                    Rect=[0, 0, 9, 9],
                    A=Dictionary(S=Name.URI, URI="https://jahat.example", Next=script),
                )
            ]
        )
    )
    pdf.attachments["jahat.exe"] = b"MZ jahat"
    pdf.docinfo["/Author"] = "Wagiman Contohnya"
    with pdf.open_metadata() as metadata:
        metadata["dc:creator"] = ["Wagiman Contohnya"]
    image = Stream(pdf, photo())
    image.update(
        Dictionary(
            Type=Name.XObject,
            Subtype=Name.Image,
            Width=320,
            Height=240,
            ColorSpace=Name.DeviceRGB,
            BitsPerComponent=8,
            Filter=Name.DCTDecode,
        )
    )
    pdf.pages[0].obj.Resources = Dictionary(XObject=Dictionary(Im0=image))
    return saved(pdf)


def saved(pdf: Pdf, **options: object) -> bytes:
    """Write a PDF as the bytes of a file, the same ones whenever it is written."""
    written = BytesIO()
    # Else its id is made of the time, too. One that is encrypted cannot have it otherwise.
    options.setdefault("deterministic_id", "encryption" not in options)
    pdf.save(written, **options)  # type: ignore[arg-type]
    return written.getvalue()


def box(name: bytes, *contents: bytes) -> bytes:
    """Make a box of ISO media."""
    content = b"".join(contents)
    return (8 + len(content)).to_bytes(4) + name + content


def film(*, brand: bytes = b"isom", handler: bytes = b"vide", seconds: int = 3) -> bytes:
    """Make an MP4 whose boxes are right, with a place, a time and a title; nothing plays."""
    times = b"\xe4\xe4\xe4\xe4" * 2
    header = box(b"mvhd", bytes(4), times, struct.pack(">II", 1000, seconds * 1000), bytes(80))
    kind = box(b"hdlr", bytes(8), handler, bytes(13))
    media = box(b"mdia", box(b"mdhd", bytes(4), times, bytes(12)), kind)
    track = box(b"trak", box(b"tkhd", bytes(4), times, bytes(72)), media)
    place = box(b"udta", box(b"\xa9xyz", b"\0\x12\x15\xc7-07.6288+111.5307/"))
    return b"".join(
        (
            box(b"ftyp", brand, bytes(4), brand),
            box(b"moov", header, track, place, box(b"meta", b"Rumah Wagiman")),
            box(b"free", b"Rumah Wagiman"),
            box(b"mdat", bytes(64)),
        )
    )


def element(number: int, *contents: bytes, unknown: bool = False) -> bytes:
    """Make an element of EBML."""
    content = b"".join(contents)
    name = number.to_bytes((number.bit_length() + 7) // 8)
    size = b"\x01" + b"\xff" * 7 if unknown else (1 << 56 | len(content)).to_bytes(8)
    return name + size + content


def web_film(*, kind: int = 1, seconds: float = 3, live: bool = False) -> bytes:
    """Make a WebM whose elements are right, with a title and tags; nothing plays."""
    times = element(0x2AD7B1, (1_000_000).to_bytes(3))
    if not live:
        times += element(0x4489, struct.pack(">d", seconds * 1000))
    info = element(0x1549A966, times, element(0x7BA9, b"Rumah Wagiman"))
    tracks = element(0x1654AE6B, element(0xAE, element(0xD7, b"\1"), element(0x83, bytes([kind]))))
    tags = element(0x1254C367, element(0x7373, b"Rumah Wagiman"))
    block = element(0xE7, b"\0") + element(0xA3, bytes(20))
    cluster = element(0x1F43B675, block, unknown=live)
    head = element(0x1A45DFA3, b"\x42\x82\x84webm")
    return head + element(0x18538067, info, tracks, tags, cluster, unknown=live)


def music(*, frames: int = 20, tags: bytes = b"") -> bytes:
    """Make an MP3 of silence: 128 kbit/s, 44.1 kHz, 26 ms a frame; `tags` go before it."""
    return tags + (b"\xff\xfb\x90\x00" + bytes(413)) * frames


def id3(text: bytes) -> bytes:
    """Make an ID3v2.3 tag with a title."""
    frame = b"TIT2" + (len(text) + 1).to_bytes(4) + b"\0\0\0" + text
    return b"ID3\x03\0\0\0\0\0" + bytes([len(frame)]) + frame
