"""Text as people type it, made into words that can be compared: case, accents, spelling, affixes.

Pure; nothing is stored, and no word of a citizen leaves this module except one the profile knows.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping

MAX_CHARACTERS = 20_000
MAX_WORDS = 2_000

_WORD = re.compile(r"[a-z0-9]+")
_THREE_OR_MORE = re.compile(r"(.)\1{2,}")
_DOUBLE = re.compile(r"(.)\1+")
_REDUPLICATED = re.compile(r"([a-z]{3,})2([a-z]*)\Z")

_SUFFIXES = ("nya", "lah", "kah", "pun", "kan", "an", "in", "ku", "mu", "i")
_LONGEST_WORD = 32
_MEMORY = 50_000

# Indonesian prefixes with the letters that they swallow: memotong is potong, menyapu is sapu.
_PREFIXES = (
    ("meny", ("s",)),
    ("peny", ("s",)),
    ("meng", ("", "k")),
    ("peng", ("", "k")),
    ("mem", ("", "p")),
    ("pem", ("", "p")),
    ("men", ("", "t")),
    ("pen", ("", "t")),
    ("nge", ("",)),
    ("ng", ("", "k")),
    ("ny", ("s",)),
    ("me", ("",)),
    ("pe", ("",)),
    ("per", ("",)),
    ("ber", ("",)),
    ("ter", ("",)),
    ("di", ("",)),
    ("ke", ("",)),
    ("se", ("",)),
)


def split_words(text: str) -> list[str]:
    """Return the words of any text: lower case, without accents and punctuation, 2,000 at most.

    Anything may come in: NUL, lone surrogates, a megabyte; what is beyond the limits is not read.
    """
    text = text[:MAX_CHARACTERS].casefold()
    if not text.isascii():
        text = "".join(
            letter
            for letter in unicodedata.normalize("NFKD", text)
            if not unicodedata.combining(letter)
        )
    return _WORD.findall(text)[:MAX_WORDS]


class Vocabulary:
    """The words that a profile's keywords are made of, and how to find them in what people write.

    Affixes are taken off only towards a known word, so `pemangkasan` becomes `pangkas` where the
    profile knows that word, and nothing otherwise. What was found is remembered.
    """

    def __init__(self, words: Collection[str], spellings: Mapping[str, str]) -> None:
        self._words = frozenset(words)
        self._spellings = spellings
        self._found: dict[str, str | None] = {}

    def known(self, words: list[str]) -> list[str | None]:
        """Return for each word the known word that it stands for, or None."""
        found = self._found
        known: list[str | None] = []
        for word in words:
            if word in found:
                known.append(found[word])
            else:
                known.append(self._learn(word))
        return known

    def _learn(self, word: str) -> str | None:
        if len(word) > _LONGEST_WORD:
            return None
        if len(self._found) >= _MEMORY:
            self._found.clear()
        root = next((form for form in self._forms(word) if form in self._words), None)
        self._found[word] = root
        return root

    def _forms(self, word: str) -> Iterator[str]:
        for spelled in dict.fromkeys(_respelled(word)):
            yield spelled
            if spelled in self._spellings:
                yield self._spellings[spelled]
            for root in _roots(spelled):
                yield root
                if root in self._spellings:
                    yield self._spellings[root]


def keyword_words(phrase: str, spellings: Mapping[str, str]) -> tuple[str, ...]:
    """Return a keyword's words as the vocabulary holds them: split, and spelled in full."""
    return tuple(spellings.get(word, word) for word in split_words(phrase))


def _respelled(word: str) -> Iterator[str]:
    yield word
    yield _THREE_OR_MORE.sub(r"\1", word)
    yield _DOUBLE.sub(r"\1", word)
    again = _REDUPLICATED.match(word)
    if again:
        yield again[1]


def _roots(word: str) -> Iterator[str]:
    """Yield what is left of a word without its suffix, its prefix, and both."""
    short = [
        word[: -len(suffix)]
        for suffix in _SUFFIXES
        if word.endswith(suffix) and len(word) - len(suffix) >= (3 if suffix == "nya" else 4)
    ]
    yield from short
    for prefix, swallowed in _PREFIXES:
        if not word.startswith(prefix):
            continue
        for stem in (word, *short):
            rest = stem[len(prefix) :]
            for letter in swallowed:
                if len(letter + rest) >= 4:
                    yield letter + rest
