"""The legal size of a business (PP 7/2021, articles 35 and 36)."""

from collections.abc import Sequence
from typing import Literal, Protocol

SizeBasis = Literal["capital", "annual_sales"]


class Limit(Protocol):
    """Up to which capital or yearly sales a business is of a size, in rupiah."""

    @property
    def size(self) -> Literal["mikro", "kecil", "menengah"]:
        """Its name."""
        ...

    @property
    def capital(self) -> int:
        """Capital at most."""
        ...

    @property
    def annual_sales(self) -> int:
        """Sales of a year at most."""
        ...


def size_class(
    limits: Sequence[Limit], basis: SizeBasis, rupiah: int
) -> Literal["mikro", "kecil", "menengah"] | None:
    """Return the smallest size whose limit is not passed; None for what is larger than all."""
    for limit in limits:
        most = limit.capital if basis == "capital" else limit.annual_sales
        if rupiah <= most:
            return limit.size
    return None
