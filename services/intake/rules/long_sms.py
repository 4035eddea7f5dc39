"""Joins the parts of a long text message, which arrive as single ones in any order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

#: Information elements of a user data header (3GPP TS 23.040, 9.2.3.24): parts with a reference of
#: one octet and of two.
_ELEMENTS: Final = {0x00: 1, 0x08: 2}


@dataclass(frozen=True, slots=True)
class SmsPart:
    """One message as the modem took it; `waited` says that its fellows had their time to come."""

    row_id: int
    sender: str
    text: str
    header: str
    waited: bool = False


@dataclass(frozen=True, slots=True)
class WholeSms:
    """A message with all of its parts, or with those that came."""

    row_ids: tuple[int, ...]
    sender: str
    text: str


@dataclass(frozen=True, slots=True)
class _Place:
    reference: int
    total: int
    number: int


def join_parts(parts: Iterable[SmsPart]) -> list[WholeSms]:
    """Return the messages that are whole, or that have waited long enough, by their first row.

    A phone counts its long messages in a few bits: a number that comes again begins another.
    """
    groups: list[tuple[_Place | None, str, dict[int, SmsPart]]] = []
    for part in sorted(parts, key=lambda each: each.row_id):
        place = _place_of(part.header)
        group = next(
            (
                members
                for first, sender, members in groups
                if place is not None
                and first is not None
                and (sender, first.reference, first.total)
                == (part.sender, place.reference, place.total)
                and place.number not in members
            ),
            None,
        )
        if group is not None and place is not None:
            group[place.number] = part
        else:
            groups.append((place, part.sender, {place.number if place else 1: part}))
    return [
        _whole(sender, members)
        for place, sender, members in groups
        if place is None
        or len(members) == place.total
        or all(part.waited for part in members.values())
    ]


def _whole(sender: str, members: dict[int, SmsPart]) -> WholeSms:
    in_order: Sequence[SmsPart] = [members[number] for number in sorted(members)]
    return WholeSms(
        row_ids=tuple(sorted(part.row_id for part in in_order)),
        sender=sender,
        text="".join(part.text for part in in_order),
    )


def _place_of(header: str) -> _Place | None:
    """Read which part of a long message it is from a header in hex; None for a single one."""
    try:
        octets = bytes.fromhex(header)
    except ValueError:
        return None
    position = 1
    while position + 2 <= len(octets):
        kind, length = octets[position], octets[position + 1]
        body = octets[position + 2 : position + 2 + length]
        width = _ELEMENTS.get(kind)
        if width is not None and len(body) == width + 2:
            total, number = body[width], body[width + 1]
            if total > 1 and 1 <= number <= total:
                return _Place(int.from_bytes(body[:width]), total, number)
        position += 2 + length
    return None
