"""What the triage desk is offered: up to three OPDs with a confidence and the words for each."""

from collections.abc import Iterable, Sequence

from services.routing.catalogue import Topic
from services.routing.conditions import Circumstances
from services.routing.decisions import (
    MOST_PROPOSALS,
    MOST_WORDS,
    Decision,
    Proposal,
    Suggestion,
    shares,
)
from services.routing.places import Locality

ACCOUNT_RULE = "akun-opd"
"""A decision for the OPD on whose own account a doubtful complaint was written names this rule."""
NO_WORDS = "Tidak ada kata yang dikenal oleh aturan; meja triase menentukan."


def proposals_of(suggestions: Iterable[Suggestion], local: Locality) -> tuple[Proposal, ...]:
    """Return proposals; what belongs to the sub-district is one for each it might be."""
    proposals: list[Proposal] = []
    for each in suggestions:
        opds = (each.opd,) if each.opd else local.proposed
        confidence = round(each.confidence / len(opds), 3)
        proposals += [Proposal(opd, each.topic, confidence, each.words) for opd in opds]
    return tuple(proposals[:MOST_PROPOSALS])


def with_places(
    topic: Topic | None, words: tuple[str, ...], local: Locality, proposals: tuple[Proposal, ...]
) -> tuple[Proposal, ...]:
    """Put the sub-districts that it might be before the other proposals."""
    opds = local.proposed[:MOST_PROPOSALS]
    code = topic.code if topic else None
    first = [Proposal(opd, code, round(1 / len(opds), 3), words) for opd in opds]
    others = [each for each in proposals if each.opd not in opds]
    return tuple([*first, *others][:MOST_PROPOSALS])


def with_keywords(
    suggestions: Sequence[Suggestion], by_keywords: Sequence[Suggestion]
) -> list[Suggestion]:
    """Let each suggestion name the keywords found for its OPD before the words of the examples."""
    found = {each.opd: each.words for each in by_keywords}
    return [
        Suggestion(
            each.opd,
            each.topic,
            each.confidence,
            tuple(dict.fromkeys([*found.get(each.opd, ()), *each.words]))[:MOST_WORDS],
        )
        for each in suggestions
    ]


def settled_by_account(decision: Decision, came: Circumstances) -> Decision:
    """Let the account that the citizen chose settle a doubt, if the words allow it.

    Whoever writes to an OPD's own account mostly means that OPD; the words alone said less.
    """
    opd = came.account_opd
    proposed = next((each for each in decision.proposals if each.opd == opd), None)
    if opd is None or (decision.proposals and proposed is None):
        return decision
    reason = f"Aturan “{ACCOUNT_RULE}”: ditulis kepada akun {opd} sendiri"
    reason += " dan kata-katanya mendukung." if proposed else "; tidak ada kata yang dikenal."
    first = proposed or Proposal(opd, None, 0.5, ())
    others = tuple(each for each in decision.proposals if each.opd != opd)
    return Decision(opd, first.topic, ACCOUNT_RULE, reason, (first, *others))


def unsure(proposals: Sequence[Proposal]) -> str:
    """Say in Indonesian that the words are not clear, and who might be meant."""
    return (
        f"Kata-katanya belum cukup jelas untuk satu OPD ({shares(proposals)}); "
        "meja triase menentukan."
    )
