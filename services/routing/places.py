"""Finds the sub-district of a complaint: by the code of its place, or by a name in its text."""

from collections.abc import Iterable, Mapping, Sequence

from services.routing.catalogue import Area, Opd
from services.routing.text import keyword_words

_STREETS = frozenset({"jalan", "gang", "raya", "jembatan", "pasar", "perumahan", "sungai", "kali"})
_AREAS = frozenset({"kecamatan", "kelurahan", "desa", "camat", "lurah"})


class Places:
    """The sub-districts that have an OPD of their own, and the names of all that lies in them."""

    def __init__(
        self, opds: Iterable[Opd], areas: Iterable[Area], spellings: Mapping[str, str]
    ) -> None:
        self._spellings = spellings
        self._opd_of = {opd.area_code: opd.code for opd in opds if opd.area_code is not None}
        self._names: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for area in areas:
            opd = self.opd_at(area.code)
            words = keyword_words(area.name, spellings)
            if opd is not None and words:
                self._names.setdefault(words[0], []).append((words, opd))

    def opd_at(self, area_code: str) -> str | None:
        """Return the sub-district OPD for its own code or that of anything inside it."""
        parts = area_code.split(".")[:4]
        for length in range(len(parts), 0, -1):
            opd = self._opd_of.get(".".join(parts[:length]))
            if opd is not None:
                return opd
        return None

    def opds_named(self, words: Sequence[str]) -> tuple[str, ...]:
        """Return the OPDs of the sub-districts named in a text, in their order there.

        A name after a word such as `jalan` is a street's. Where some name follows `kecamatan` or
        `kelurahan`, only such names count.
        """
        spelled = [self._spellings.get(word, word) for word in words]
        marked: dict[str, None] = {}
        named: dict[str, None] = {}
        for position, word in enumerate(spelled):
            for name, opd in self._names.get(word, ()):
                if tuple(spelled[position : position + len(name)]) != name:
                    continue
                before = spelled[position - 1] if position else ""
                if before in _AREAS:
                    marked[opd] = None
                elif before not in _STREETS:
                    named[opd] = None
        return tuple(marked or named)
