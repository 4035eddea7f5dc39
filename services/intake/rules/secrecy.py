"""Which words let secrecy (Rahasia) be proposed: of children, of violence at home, of health."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

_WORD: Final = re.compile(r"\w+")
# "bapaknya", "anakku": the word is still the word.
_ENDINGS: Final = ("nya", "ku", "mu")
_SHORTEST_STEM: Final = 3


@dataclass(frozen=True, slots=True)
class SecrecyRule:
    """A matter that is nobody else's business, by the words that tell of it.

    One of `words` must occur and, unless `beside` is empty, one of those too. Each is a word or
    several in a row, in small letters.
    """

    reason: str
    words: frozenset[str]
    beside: frozenset[str] = frozenset()


class SecrecyRules:
    """Rules made ready: what a text must hold is looked up, and not searched for one by one."""

    def __init__(self, rules: Iterable[SecrecyRule]) -> None:
        """Keep the rules' order: the first that fits gives the reason."""
        self._rules = tuple(rules)
        phrases = {each for rule in self._rules for each in rule.words | rule.beside}
        self._followers = _followers_of(phrases)

    def reason_for(self, text: str) -> str | None:
        """Return why secrecy is to be proposed for a text, or None."""
        found = self._phrases_in(text)
        if not found:
            return None
        for rule in self._rules:
            if rule.words & found and (not rule.beside or rule.beside & found):
                return rule.reason
        return None

    def _phrases_in(self, text: str) -> set[str]:
        words = [_stem(word) for word in _WORD.findall(text.casefold())]
        # Most texts hold none of the first words, and every submission comes by here.
        if self._followers.keys().isdisjoint(words):
            return set()
        return {
            " ".join(phrase)
            for place, word in enumerate(words)
            for phrase in self._followers.get(word, ())
            if words[place : place + len(phrase)] == phrase
        }


def normal_phrase(written: str) -> str:
    """Write a phrase the way texts are compared with it."""
    return " ".join(_stem(word) for word in _WORD.findall(written.casefold()))


def _stem(word: str) -> str:
    if word.endswith(_ENDINGS):
        stem = word[:-3] if word.endswith("nya") else word[:-2]
        return stem if len(stem) >= _SHORTEST_STEM else word
    return word


def _followers_of(phrases: Iterable[str]) -> Mapping[str, list[list[str]]]:
    """Return phrases as words, by their first word."""
    by_first: dict[str, list[list[str]]] = {}
    for phrase in phrases:
        words = phrase.split()
        by_first.setdefault(words[0], []).append(words)
    return by_first
