"""Calls of 112: which of them become a complaint."""

from typing import Final

CALL_TYPES: Final = ("real", "prank", "ghost", "information")
#: What a call taker found out to be no matter for anybody; they are counted.
ANNOYING: Final = frozenset({"prank", "ghost"})


def opens_complaint(call_type: str) -> bool:
    """Tell whether a call becomes a complaint; a real one always does, whoever calls."""
    return call_type not in ANNOYING
