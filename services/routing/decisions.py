"""What routing decides of a complaint: an OPD and topic with a reason, or up to three proposals."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from services.routing.catalogue import Priority

MOST_PROPOSALS = 3
MOST_WORDS = 5


@dataclass(frozen=True, slots=True)
class Proposal:
    """An OPD and topic with a confidence of 0 to 1 and the words that spoke for it."""

    opd: str
    topic: str | None
    confidence: float
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """The OPD chosen, or None for the triage desk; `reason` names the rule or model and its words.

    `failed_rules` could not be evaluated on this complaint and were passed over.
    """

    opd: str | None
    topic: str | None
    rule_id: str | None
    reason: str
    proposals: tuple[Proposal, ...]
    priority: Priority = "normal"
    by: Literal["rule", "model"] = "rule"
    failed_rules: tuple[str, ...] = ()


def listed(words: Iterable[str]) -> str:
    """Return words as a sentence quotes them."""
    return ", ".join(f"“{word}”" for word in words)


def shares(proposals: Sequence[Proposal]) -> str:
    """Return proposals as a sentence lists them."""
    return ", ".join(f"{each.opd} {each.confidence:.0%}" for each in proposals)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a model makes of a text: an OPD (None: the sub-district of the place) and its topic."""

    opd: str | None
    topic: str | None
    confidence: float
    words: tuple[str, ...]


class Classifier(Protocol):
    """What routing asks of a trained model."""

    @property
    def name(self) -> str:
        """What reasons call it, such as `model/3`."""

    @property
    def decides(self) -> bool:
        """Whether it may place what it is sure of; else it only proposes."""

    def suggest(self, words: Sequence[str], points: Mapping[str, float]) -> Sequence[Suggestion]:
        """Return up to three suggestions for the words of a text, the likeliest first.

        `points` are the shares of the topics' keywords in it, by topic.
        """

    def sure_from(self, precision: float) -> float:
        """Return the confidence from which on this share of suggestions was right when measured."""
