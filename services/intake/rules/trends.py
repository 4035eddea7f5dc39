"""What becomes more frequent: a rate ratio with its uncertainty, for topics and for words."""

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from math import exp, log, sqrt
from typing import Final, TypeVar

#: One-sided 95 %: of a hundred topics whose rate is what it was, about five look as if they rose.
_Z: Final = 1.645
#: Fewer than these in the recent weeks say nothing, however rare the topic was before.
LEAST_RECENT: Final = 5

_WORD: Final = re.compile(r"[^\W\d_]{4,24}")
# What people write in every complaint, and the marks of what was masked.
_EMPTY: Final = """
    yang untuk dengan dari pada tidak sudah belum juga saya kami kita anda bapak pak ibu mohon agar
    tolong supaya karena sampai sejak masih ada adalah atau jika kalau maka oleh itu ini sana sini
    dalam akan bisa dapat harus lagi saja sangat banyak setiap telah hari minggu bulan tahun kemarin
    sekarang besok pagi siang sore malam terima kasih assalamualaikum selamat kepada dinas segera
    warga depan dekat sebelah rumah jalan lebih hanya seperti sekali bagaimana kenapa kapan dimana
    email telepon nama tetapi tapi lalu terus biar sama punya antara nggak gak udah
    """
_EMPTY_WORDS: Final = frozenset(_EMPTY.split())


NameT = TypeVar("NameT", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Rise:
    """How often something comes now, beside how often it came before.

    `ratio` compares the rates; `at_least` is the lower end of its one-sided 95 % interval, by
    which rises are ranked: a topic that came twice instead of once does not lead the list.
    """

    recent: int
    expected: float
    ratio: float
    at_least: float


def rise_of(recent: int, before: int, share: float) -> Rise | None:
    """Compare counts of two periods, `share` being the recent one's length by the earlier one's.

    Both are taken as Poisson counts with half a count added to each (so that none is zero); the
    interval is that of the logarithm of the rates' ratio, whose variance is the sum of the counts'
    reciprocals. None where it is too little, or the lower end is not above 1.
    """
    if recent < LEAST_RECENT or share <= 0:
        return None
    now, then = recent + 0.5, before + 0.5
    ratio = now / (then * share)
    at_least = exp(log(ratio) - _Z * sqrt(1 / now + 1 / then))
    if at_least <= 1:
        return None
    return Rise(recent, before * share, ratio, at_least)


def words_of(text: str) -> set[str]:
    """Return the words of a text that say what it is about, each once."""
    return set(_WORD.findall(text.lower())) - _EMPTY_WORDS


def rising_words(recent: Iterable[str], before: Iterable[str], most: int) -> list[tuple[str, Rise]]:
    """Return the words that stand in more of the recent texts than of those before, first the most.

    What is compared is the share of texts, so that the number of texts does not matter.
    """
    now, recent_texts = _count(recent)
    then, earlier_texts = _count(before)
    if not recent_texts or not earlier_texts:
        return []
    share = recent_texts / earlier_texts
    found = {word: rise_of(count, then[word], share) for word, count in now.items()}
    return rank(found, most)


def rank(rises: Mapping[NameT, Rise | None], most: int) -> list[tuple[NameT, Rise]]:
    """Return what rose, the surest first."""
    risen = [(name, rise) for name, rise in rises.items() if rise is not None]
    return sorted(risen, key=lambda each: (-each[1].at_least, str(each[0])))[:most]


def common_words(texts: Iterable[str], most: int) -> list[tuple[str, int]]:
    """Return the words that stand in most texts."""
    counted, _ = _count(texts)
    return sorted(counted.items(), key=lambda each: (-each[1], each[0]))[:most]


def _count(texts: Iterable[str]) -> tuple[Counter[str], int]:
    each = [words_of(text) for text in texts]
    return Counter(word for words in each for word in words), len(each)
