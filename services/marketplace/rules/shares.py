"""How evenly promotion is spread: the Gini coefficient and waiting times. Pure."""

from collections.abc import Sequence


def gini(counts: Sequence[int]) -> float | None:
    """Return the Gini coefficient of what each has: 0 all the same, towards 1 one has it all.

    None where nobody has anything. Mean absolute difference by sorted ranks (C. Gini, 1912).
    """
    total = sum(counts)
    if total == 0:
        return None
    ranked = sorted(counts)
    weighted = sum(rank * count for rank, count in enumerate(ranked, 1))
    return (2 * weighted) / (len(ranked) * total) - (len(ranked) + 1) / len(ranked)


def quantile(values: Sequence[float], share: float) -> float | None:
    """Return the value below which a share of all lies, by nearest rank; None of nothing."""
    if not values:
        return None
    ranked = sorted(values)
    return ranked[min(int(share * len(ranked)), len(ranked) - 1)]
