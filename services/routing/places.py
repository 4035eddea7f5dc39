"""Finds the sub-district of a complaint: by its place's code or point, or a name in its text."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from services.routing.catalogue import Area, Opd
from services.routing.conditions import Circumstances
from services.routing.regions import Regions
from services.routing.text import keyword_words

_STREETS = frozenset({"jalan", "gang", "raya", "jembatan", "pasar", "perumahan", "sungai", "kali"})
_AREAS = frozenset({"kecamatan", "kelurahan", "desa", "camat", "lurah"})


class Places:
    """The sub-districts that have an OPD of their own, and the names of all that lies in them."""

    def __init__(
        self,
        opds: Iterable[Opd],
        areas: Iterable[Area],
        spellings: Mapping[str, str],
        ordinary: Collection[str] = (),
    ) -> None:
        """`ordinary` words are no names by themselves, though a place may have such a name."""
        areas = tuple(areas)
        self.regions = Regions(areas)
        self._spellings = spellings
        self._ordinary = frozenset(ordinary)
        self._opd_of = {opd.area_code: opd.code for opd in opds if opd.area_code is not None}
        self.opds = frozenset(self._opd_of.values())
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
        `kelurahan`, only such names count, and only there does a name count that is an ordinary
        word, such as that of the kecamatan Taman.
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
                elif before not in _STREETS and not self._ordinary.issuperset(name):
                    named[opd] = None
        return tuple(marked or named)


class Locality:
    """The sub-district of one complaint, looked for only when something asks for it."""

    def __init__(
        self, places: Places, words: Sequence[str], circumstances: Circumstances, unknown: str
    ) -> None:
        self._places = places
        self._words = words
        self._circumstances = circumstances
        self._unknown = unknown
        self._found: tuple[str, ...] | None = None

    @property
    def opd(self) -> str | None:
        """The one sub-district OPD, or None where no place or more than one is named."""
        opds = self._opds()
        return opds[0] if len(opds) == 1 else None

    @property
    def proposed(self) -> tuple[str, ...]:
        """The OPDs to propose: those named, or the one that the profile sets for this."""
        return self._opds() or (self._unknown,)

    @property
    def why_unknown(self) -> str:
        """Say in Indonesian why there is no sub-district."""
        if self._opds():
            return "Lebih dari satu kecamatan disebut; meja triase menentukan."
        return "Kecamatannya belum diketahui; meja triase menentukan."

    def _opds(self) -> tuple[str, ...]:
        if self._found is None:
            self._found = self._look()
        return self._found

    def _look(self) -> tuple[str, ...]:
        """Look from the surest sign to the weakest: code, point, names, the account written to."""
        places, came = self._places, self._circumstances
        at = places.opd_at(came.area_code) if came.area_code else None
        if at is None and came.point is not None:
            code = places.regions.area_at(*came.point)
            at = places.opd_at(code) if code else None
        if at is not None:
            return (at,)
        named = places.opds_named(self._words)
        if not named and came.account_opd in places.opds:
            return (came.account_opd,)
        return named
