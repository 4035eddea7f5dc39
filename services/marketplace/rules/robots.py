"""Tells people who follow a link from robots that fetch it. Pure; nothing of the caller is kept."""

import re
from collections.abc import Mapping
from typing import Final

_ROBOTS: Final = re.compile(
    r"bot\b|bot/|crawl|spider|slurp|preview|facebookexternalhit|facebot|whatsapp/|telegrambot"
    r"|embedly|curl/|wget/|python|httpx|aiohttp|go-http|java/|okhttp|libwww|headless|lighthouse"
    r"|monitor|scan",
    re.IGNORECASE,
)
_AHEAD: Final = ("purpose", "sec-purpose", "x-purpose", "x-moz")


def is_robot(method: str, headers: Mapping[str, str]) -> bool:
    """Tell whether a request is of a program that looks, and not of a person who follows."""
    agent = headers.get("user-agent", "")
    if method == "HEAD" or not agent or _ROBOTS.search(agent):
        return True
    return any("prefetch" in headers.get(name, "").lower() for name in _AHEAD)
