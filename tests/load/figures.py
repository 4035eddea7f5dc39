"""What a measurement says: one figure per row, its rounds, its ratio, and how it changed.

Pure: nothing here measures. Rounds of both sides alternate, so that the i-th of one is compared
with the i-th of the other, and a machine that slows down slows both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final, Literal, Self

Better = Literal["more", "less"]
Verdict = Literal["met", "below", ""]

#: A change smaller than this is never called one, however steady the rounds were.
LEAST_CHANGE: Final = 0.02


@dataclass(frozen=True, slots=True)
class Summary:
    """The median of some rounds and how far apart they lay.

    `spread` is half the distance from the least to the greatest, as a share of the median.
    """

    median: float
    least: float
    greatest: float

    @property
    def spread(self) -> float:
        """Return how far a round lay from the median, as a share of it."""
        return (self.greatest - self.least) / 2 / self.median if self.median else 0.0


def summarise(rounds: Sequence[float]) -> Summary:
    """Return the median and the extremes; ValueError without a round."""
    if not rounds:
        raise ValueError("a summary needs at least one round")
    return Summary(median(rounds), min(rounds), max(rounds))


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the report.

    `ours` and `reference` hold one value per round in `unit`; `reference` is empty where nothing is
    measured beside it. `goal` counts for the ratio where `goal_is_ratio`, else for our own median.
    """

    key: str
    label: str
    unit: str
    ours: tuple[float, ...]
    reference: tuple[float, ...] = ()
    goal: float | None = None
    goal_is_ratio: bool = False
    better: Better = "more"
    note: str = ""

    def __post_init__(self) -> None:
        if not self.ours:
            raise ValueError(f"{self.key} has no round")
        if self.reference and len(self.reference) != len(self.ours):
            raise ValueError(f"{self.key} has not as many rounds of the reference as of ours")
        if self.goal_is_ratio and not self.reference:
            raise ValueError(f"{self.key} has a goal for a ratio and no reference")

    @property
    def summary(self) -> Summary:
        """Summarise our rounds."""
        return summarise(self.ours)

    @property
    def reference_summary(self) -> Summary | None:
        """Summarise the reference's rounds; None without one."""
        return summarise(self.reference) if self.reference else None

    @property
    def ratio(self) -> Summary | None:
        """Summarise the ratios of neighbouring rounds; None without a reference."""
        if not self.reference:
            return None
        return summarise([a / b for a, b in zip(self.ours, self.reference, strict=True)])

    @property
    def decisive(self) -> Summary:
        """Return what is compared between runs: the ratio where there is one."""
        return self.ratio or self.summary

    @property
    def verdict(self) -> Verdict:
        """Tell whether the goal is met; empty where there is none."""
        if self.goal is None:
            return ""
        value = self.decisive.median if self.goal_is_ratio else self.summary.median
        met = value >= self.goal if self.better == "more" else value <= self.goal
        return "met" if met else "below"

    def as_json(self) -> dict[str, Any]:
        """Return the figure for the file, with what was derived from it."""
        ratio = self.ratio
        return {
            "key": self.key,
            "label": self.label,
            "unit": self.unit,
            "ours": list(self.ours),
            "reference": list(self.reference),
            "median": self.summary.median,
            "spread": self.summary.spread,
            "ratio": ratio.median if ratio else None,
            "ratio_spread": ratio.spread if ratio else None,
            "goal": self.goal,
            "goal_is_ratio": self.goal_is_ratio,
            "better": self.better,
            "verdict": self.verdict,
            "note": self.note,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read a figure of an earlier run; KeyError or ValueError if it is none."""
        return cls(
            key=data["key"],
            label=data["label"],
            unit=data["unit"],
            ours=tuple(data["ours"]),
            reference=tuple(data["reference"]),
            goal=data["goal"],
            goal_is_ratio=data["goal_is_ratio"],
            better=data["better"],
            note=data.get("note", ""),
        )


@dataclass(frozen=True, slots=True)
class Change:
    """How a figure differs from an earlier run, as a share of the earlier one.

    `is_clear` says that the change is larger than the spread of both runs.
    """

    share: float
    is_clear: bool
    is_gain: bool


def compare(now: Figure, before: Figure) -> Change | None:
    """Return the change; None where the two do not measure alike."""
    if now.unit != before.unit or bool(now.reference) != bool(before.reference):
        return None
    new, old = now.decisive, before.decisive
    if not old.median:
        return None
    share = new.median / old.median - 1
    noise = max(LEAST_CHANGE, new.spread, old.spread)
    gain = share > 0 if now.better == "more" else share < 0
    return Change(share=share, is_clear=abs(share) > noise, is_gain=gain)


@dataclass(frozen=True, slots=True)
class Run:
    """All figures of one run, with when and on what they were taken."""

    taken_at: str
    conditions: Mapping[str, Any]
    figures: tuple[Figure, ...] = ()
    failures: Mapping[str, str] = field(default_factory=dict)

    def find(self, key: str) -> Figure | None:
        """Return a figure by its key."""
        return next((figure for figure in self.figures if figure.key == key), None)

    def as_json(self) -> dict[str, Any]:
        """Return the run for the file."""
        return {
            "taken_at": self.taken_at,
            "conditions": dict(self.conditions),
            "figures": [figure.as_json() for figure in self.figures],
            "failures": dict(self.failures),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read an earlier run; KeyError or ValueError if it is none."""
        return cls(
            taken_at=data["taken_at"],
            conditions=data["conditions"],
            figures=tuple(Figure.from_json(each) for each in data["figures"]),
            failures=data["failures"],
        )
