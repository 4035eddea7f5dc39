"""Writes what goes out with a product's picture, within what the platform takes. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final

#: Characters of a post's text, at most; X counts every link as 23.
LONGEST: Final[Mapping[str, int]] = {
    "instagram": 2200,
    "facebook": 5000,
    "x": 280,
    "telegram": 1024,
    "tiktok": 2200,
    "whatsapp": 700,
}
_X_LINK: Final = 23


def fill_caption(text: str, fields: Mapping[str, str], platform: str) -> str:
    """Fill a caption in; where it is too long, without hashtags, then with the bare facts."""
    tries = (
        text.format_map(fields),
        text.format_map({**fields, "hashtags": ""}),
        "{name}, {price}/{unit}. {link}".format_map(fields),
    )
    for each in tries:
        written = _tidy(each)
        if _length(written, fields["link"], platform) <= LONGEST[platform]:
            return written
    spare = LONGEST[platform] - len(fields["link"]) - 2
    return f"{fields['name'][:spare]}… {fields['link']}"


def is_short_enough(text: str, link: str, platform: str) -> bool:
    """Tell whether the platform takes a text of staff's own."""
    return _length(text, link, platform) <= LONGEST[platform]


def write_hashtags(names: Sequence[str]) -> str:
    """Write hashtags in a row."""
    return " ".join(f"#{name}" for name in names)


def _length(text: str, link: str, platform: str) -> int:
    if platform != "x":
        return len(text)
    return len(text) - text.count(link) * (len(link) - _X_LINK)


def _tidy(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
