"""Draws the share picture of a product: photo, name, price, and a QR code of its page.

It is as large as Open Graph wants it. The font is Pillow's own, so that nothing has to be there.
"""

import unicodedata
from dataclasses import dataclass
from io import BytesIO
from typing import Final

import segno
from PIL import Image, ImageDraw, ImageFont, ImageOps

SIZE: Final = (1200, 630)
_PHOTO: Final = 600
_MARGIN: Final = 40
_GREEN: Final = "#0b6e4f"
_INK: Final = "#1d2733"
_SOFT: Final = "#55606e"
_QR: Final = 210
#: The largest type in which a name fits comes first.
_NAME_SIZES: Final = (54, 46, 40, 34, 30)
_MOST_LINES: Final = 4
#: What the font has: Latin letters, and (from the hyphens to the ellipsis) signs of a sentence.
_LAST_LETTER: Final = 0x24F
_SIGNS: Final = range(0x2010, 0x2027)


@dataclass(frozen=True, slots=True)
class Card:
    """What a share picture says."""

    name: str
    price: str
    unit: str
    trader: str
    place: str
    lapak: str
    link: str


def draw_card(card: Card, photo: bytes | None) -> bytes:
    """Return a JPEG of 1200 by 630 pixels; `photo` is one that was made clean before."""
    picture = Image.new("RGB", SIZE, "white")
    pen = ImageDraw.Draw(picture)
    _draw_photo(picture, pen, photo)
    left, right = _PHOTO + _MARGIN, SIZE[0] - _MARGIN
    pen.text((left, _MARGIN), _plain(card.lapak), _GREEN, _font(26), anchor="lt")
    y = _draw_name(pen, _plain(card.name), left, _MARGIN + 52, right - left)
    price = _fitting(pen, card.price, right - left, (64, 54, 44, 36))
    pen.text((left, y + 18), card.price, _GREEN, price, anchor="lt")
    below = y + 18 + int(price.size) + 10
    pen.text((left, below), f"per {_plain(card.unit)}", _SOFT, _font(26), anchor="lt")
    _draw_foot(picture, pen, card, left, right)
    written = BytesIO()
    picture.save(written, "JPEG", quality=86, optimize=True)
    return written.getvalue()


def wrap(
    pen: ImageDraw.ImageDraw, text: str, font: ImageFont.FreeTypeFont, width: int
) -> list[str]:
    """Break a text into lines of at most a width; a word that is too long is cut."""
    lines: list[str] = []
    line = ""
    for whole in text.split():
        word = whole
        candidate = f"{line} {word}".strip()
        if pen.textlength(candidate, font) <= width:
            line = candidate
            continue
        if line:
            lines.append(line)
        while pen.textlength(word, font) > width:
            fits = len(word)
            while fits > 1 and pen.textlength(word[:fits], font) > width:
                fits -= 1
            lines.append(word[:fits])
            word = word[fits:]
        line = word
    return [*lines, line] if line else lines


def _draw_photo(picture: Image.Image, pen: ImageDraw.ImageDraw, photo: bytes | None) -> None:
    box = (0, 0, _PHOTO, SIZE[1])
    if photo is None:
        pen.rectangle(box, "#e6efeb")
        return
    with Image.open(BytesIO(photo), formats=["JPEG", "PNG"]) as opened:
        opened.draft("RGB", (_PHOTO, SIZE[1]))
        shown = opened.convert("RGBA") if opened.has_transparency_data else opened.convert("RGB")
    fitted = ImageOps.fit(shown, (_PHOTO, SIZE[1]), Image.Resampling.LANCZOS)
    picture.paste(fitted, (0, 0), fitted if fitted.mode == "RGBA" else None)


def _draw_name(pen: ImageDraw.ImageDraw, name: str, left: int, top: int, width: int) -> int:
    """Write the name as large as it fits, else cut; returns where it ends."""
    for size in _NAME_SIZES:
        font = _font(size)
        lines = wrap(pen, name, font, width)
        if len(lines) <= (3 if size > _NAME_SIZES[-1] else _MOST_LINES):
            break
    if len(lines) > _MOST_LINES:
        lines = lines[:_MOST_LINES]
        while pen.textlength(f"{lines[-1]}…", font) > width:
            lines[-1] = lines[-1][:-1]
        lines[-1] = f"{lines[-1].rstrip()}…"
    height = round(size * 1.25)
    for number, line in enumerate(lines):
        pen.text((left, top + number * height), line, _INK, font, anchor="lt")
    return top + len(lines) * height


def _draw_foot(
    picture: Image.Image, pen: ImageDraw.ImageDraw, card: Card, left: int, right: int
) -> None:
    bottom = SIZE[1] - _MARGIN
    code = _qr(card.link)
    picture.paste(code, (right - code.width, bottom - code.height))
    width = right - left - code.width - 20
    lines = wrap(pen, _plain(card.trader), _font(28), width)[:2]
    places = wrap(pen, _plain(card.place), _font(24), width)[:1]
    y = bottom - 34 * len(lines) - 30 * len(places)
    for line in lines:
        pen.text((left, y), line, _INK, _font(28), anchor="lt")
        y += 34
    for line in places:
        pen.text((left, y), line, _SOFT, _font(24), anchor="lt")


def _qr(link: str) -> Image.Image:
    """Return a code of the link with the margin that readers want, no larger than its place."""
    code = segno.make(link, error="m", micro=False)
    modules = code.symbol_size(border=2)[0]
    written = BytesIO()
    code.save(written, kind="png", scale=max(2, _QR // modules), border=2)
    written.seek(0)
    with Image.open(written) as image:
        return image.convert("RGB")


def _fitting(
    pen: ImageDraw.ImageDraw, text: str, width: int, sizes: tuple[int, ...]
) -> ImageFont.FreeTypeFont:
    for size in sizes:
        font = _font(size)
        if pen.textlength(text, font) <= width:
            break
    return font


def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise TypeError("Pillow was built without FreeType")
    return font


def _plain(text: str) -> str:
    """Leave out what the font has no letters for, such as emoji."""
    letters = unicodedata.normalize("NFKC", text)
    kept = (
        each if each.isprintable() and (ord(each) <= _LAST_LETTER or ord(each) in _SIGNS) else " "
        for each in letters
    )
    return " ".join("".join(kept).split())
