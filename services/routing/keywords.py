"""Finds thousands of keywords in a text in one pass over its words.

A keyword is a word (`pju`), a phrase of words in a row (`lampu jalan`), or two words near each
other in either order (`lampu ~ padam`).
"""

from collections.abc import Iterable, Mapping, Sequence

from services.routing.text import Vocabulary, keyword_words

NEAR = "~"
NEAR_WORDS = 5
"""How far apart, in words, the two words of a `~` keyword may stand."""
MOST_PLACES = 20
"""A word's first places only: comparing all of them would let a hostile text cost its square."""


class UnusableKeywordError(ValueError):
    """A keyword without a word, or with more or fewer than one word beside its `~`."""


def parse_keyword(keyword: str, spellings: Mapping[str, str]) -> tuple[tuple[str, ...], bool]:
    """Return a keyword's words, and whether they need only be near each other.

    Raises:
        UnusableKeywordError: nothing in a text could ever match it.
    """
    if NEAR not in keyword:
        words = keyword_words(keyword, spellings)
        if not words:
            raise UnusableKeywordError(f"the keyword '{keyword}' has no word in it")
        return words, False
    sides = [keyword_words(side, spellings) for side in keyword.split(NEAR)]
    if [len(side) for side in sides] != [1, 1]:
        raise UnusableKeywordError(f"'{keyword}' needs one word on each side of its '{NEAR}'")
    return sides[0] + sides[1], True


class KeywordIndex:
    """Keywords by number; `find` says which of them are in a text."""

    def __init__(self, keywords: Iterable[str], spellings: Mapping[str, str]) -> None:
        self.keywords = tuple(dict.fromkeys(keywords))
        self.number = {keyword: number for number, keyword in enumerate(self.keywords)}
        self._single: dict[str, list[int]] = {}
        self._phrases: dict[str, list[tuple[tuple[str, ...], int]]] = {}
        self._near: dict[str, list[tuple[str, int]]] = {}
        vocabulary: set[str] = set()
        self.word_counts: list[int] = []
        for number, keyword in enumerate(self.keywords):
            words, near = parse_keyword(keyword, spellings)
            vocabulary.update(words)
            self.word_counts.append(len(words))
            if near:
                self._near.setdefault(words[0], []).append((words[1], number))
            elif len(words) == 1:
                self._single.setdefault(words[0], []).append(number)
            else:
                self._phrases.setdefault(words[0], []).append((words, number))
        self.words = frozenset(vocabulary)
        self._vocabulary = Vocabulary(vocabulary, spellings)

    def read(self, words: list[str]) -> list[str | None]:
        """Return the words as the keywords spell them, None where no keyword has the word."""
        return self._vocabulary.known(words)

    def find(self, known: Sequence[str | None]) -> dict[int, int]:
        """Return the number of each keyword found, with the position of its first word.

        The order is that of their first appearance, so that equal texts give equal answers.
        """
        found: dict[int, int] = {}
        places: dict[str, list[int]] = {}
        for position, word in enumerate(known):
            if word is None:
                continue
            if word in places:
                if len(places[word]) < MOST_PLACES:
                    places[word].append(position)
            else:
                places[word] = [position]
                for number in self._single.get(word, ()):
                    found[number] = position
            for words, number in self._phrases.get(word, ()):
                if number not in found and self._stands(known, position, words):
                    found[number] = position
        self._find_near(places, found)
        return found

    @staticmethod
    def _stands(known: Sequence[str | None], position: int, words: tuple[str, ...]) -> bool:
        # The second word is looked at alone first: it fails nearly always, and costs no slice.
        after = position + 1
        if after >= len(known) or known[after] != words[1]:
            return False
        return len(words) == 2 or tuple(known[position : position + len(words)]) == words

    def _find_near(self, places: Mapping[str, list[int]], found: dict[int, int]) -> None:
        for word, positions in places.items():
            for other, number in self._near.get(word, ()):
                others = places.get(other)
                if others and any(
                    0 < abs(one - two) <= NEAR_WORDS for one in positions for two in others
                ):
                    found[number] = positions[0]
