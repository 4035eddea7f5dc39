"""What an invariant looked at and what contradicts it."""

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many things an invariant was held against, and what contradicts it."""

    invariant: str
    title: str
    looked_at: int
    findings: tuple[str, ...]


class Notes:
    """Collects what one invariant looked at and found."""

    def __init__(self) -> None:
        self.looked_at = 0
        self.findings: list[str] = []

    def expect(self, holds: bool, finding: str) -> None:
        """Count one thing that was looked at, and keep the finding unless it holds."""
        self.looked_at += 1
        if not holds:
            self.findings.append(finding)


def name_some(ids: Collection[str]) -> str:
    """Return the first few ids, for a finding."""
    return ", ".join(sorted(ids)[:3]) + (" …" if len(ids) > 3 else "")
