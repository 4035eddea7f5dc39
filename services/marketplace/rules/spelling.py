"""Words that were spelled wrong are set right, as far as the catalogue knows a word like them."""

import re
from collections.abc import Mapping, Set
from typing import Final

_WORD: Final = re.compile(r"[a-z0-9]{3,}")
_MOST_WORDS: Final = 8


def words_of(text: str) -> list[str]:
    """Return the words of a search that may be spelled wrong, each once."""
    return list(dict.fromkeys(_WORD.findall(text.lower())))[:_MOST_WORDS]


def set_right(text: str, known: Set[str], alike: Mapping[str, str]) -> str | None:
    """Return the search with each unknown word put right; None where that changes nothing.

    A word that nothing is like is left out, for it finds nothing.
    """
    words = words_of(text)
    right = [word if word in known else alike.get(word) for word in words]
    found = [word for word in right if word is not None]
    return " ".join(found) if found and found != words else None
