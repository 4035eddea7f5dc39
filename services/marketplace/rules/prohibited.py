"""Goods that may not be offered, found by the profile's words; a curator has the last word."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

# What people write in place of letters, to get past a list of words.
_DISGUISES: Final = str.maketrans("013457@$", "oieastas")
_NOT_WORD: Final = re.compile(r"[^a-z0-9]+")
_REPEATED: Final = re.compile(r"(.)\1{2,}")


class Goods(Protocol):
    """One entry of the profile's list."""

    @property
    def code(self) -> str:
        """Its code."""
        ...

    @property
    def name(self) -> str:
        """What a trader reads."""
        ...

    @property
    def action(self) -> Literal["refuse", "flag"]:
        """What follows."""
        ...

    @property
    def words(self) -> Sequence[str]:
        """Words; `*` at the end of one stands for any end."""
        ...


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found: which entry, and by which of its words."""

    code: str
    name: str
    word: str
    refuse: bool


class ProhibitedWords:
    """The profile's list, made ready: one expression for each word."""

    def __init__(self, goods: Iterable[Goods]) -> None:
        """Compile it."""
        self._entries = [
            (each, word, re.compile(_expression(word))) for each in goods for word in each.words
        ]

    def find(self, *texts: str) -> list[Finding]:
        """Return what is found in the texts, each entry at most once, in the profile's order."""
        plain = f" {' | '.join(_plain(text) for text in texts)} "
        disguised = f" {' | '.join(_plain(text.translate(_DISGUISES)) for text in texts)} "
        found: dict[str, Finding] = {}
        for goods, word, expression in self._entries:
            if goods.code in found:
                continue
            if expression.search(plain) or expression.search(disguised):
                found[goods.code] = Finding(
                    goods.code, goods.name, word, refuse=goods.action == "refuse"
                )
        return list(found.values())


def _expression(word: str) -> str:
    stem = _plain(word.removesuffix("*"))
    return f" {re.escape(stem)}[a-z0-9]*" if word.endswith("*") else f" {re.escape(stem)} "


def _plain(text: str) -> str:
    """Return small letters and digits with single blanks; letters that are drawn out are short."""
    letters = unicodedata.normalize("NFKD", text.lower())
    return _REPEATED.sub(r"\1", _NOT_WORD.sub(" ", letters)).strip()
