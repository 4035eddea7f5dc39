"""If-Match: what a caller has seen of an object that two may change at once."""

from typing import Annotated

from fastapi import Header

from shared.parameters import OrAbsent

IfMatch = Annotated[
    OrAbsent[str],
    Header(
        alias="If-Match",
        max_length=200,
        description="The ETag as the caller saw it; else 412 if it has changed.",
        examples=['"3"'],
    ),
]


def etags_of(if_match: str | None) -> frozenset[str] | None:
    """Return the ETags that the object may have, None for any; a weak one never matches."""
    if if_match is None or if_match.strip() == "*":
        return None
    return frozenset(tag.strip() for tag in if_match.split(","))
