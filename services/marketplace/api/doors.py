"""What marketplace's routes are given, and who may come in by which of them."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header, Path, Request

from services.marketplace.context import MarketplaceContext
from services.marketplace.errors import NotInCharge
from services.marketplace.settings import MarketplaceSettings
from services.marketplace.tokens import TraderTokens, trader_caller
from shared.auth import Principal, Role, require
from shared.clock import Clock
from shared.ids import UUID_PATTERN
from shared.limiting import RateLimit
from shared.networks import network_of
from shared.parameters import OrAbsent
from shared.unit_of_work import UnitsOfWork


class Admission:
    """How often one network may ask for codes and try them; none of the Pemda's own is counted."""

    def __init__(self, settings: MarketplaceSettings, context: MarketplaceContext, clock: Clock):
        """Begin to count."""
        self._vault = context.vault
        self._network = RateLimit(clock, settings.limit_network)

    def admit(self, request: Request) -> None:
        """Count a request; raises TooManyRequests."""
        network = network_of(request.client.host if request.client else "")
        if network is not None:
            self._network.hit(self._vault.blind_index("network", network))


@dataclass(frozen=True, slots=True)
class Doors:
    """The context of operations, units of work, traders' tokens, and limits."""

    context: MarketplaceContext
    units: UnitsOfWork
    tokens: TraderTokens
    admission: Admission


def doors_of(request: Request) -> Doors:
    """Return the running app's doors."""
    doors: Doors = request.app.state.doors
    return doors


async def find_doors(request: Request) -> Doors:
    """Return the doors, as a dependency: one that is no coroutine is called in a thread."""
    return doors_of(request)


TheDoors = Annotated[Doors, Depends(find_doors)]
#: The id of the trader who calls, by a token of their own.
TraderCaller = Annotated[str, Depends(trader_caller)]

CURATORS = (Role.CURATOR, Role.ADMIN)
WATCHERS = (*CURATORS, Role.PUBLISHER, Role.LEADER, Role.AUDITOR)


async def _in_charge(
    request: Request, caller: Annotated[Principal, Depends(require(*CURATORS))]
) -> Principal:
    """Let in curators of the OPD in charge, and admins."""
    opd = doors_of(request).context.profile.trade.opd
    if not caller.has(Role.ADMIN) and caller.opd != opd:
        raise NotInCharge(opd)
    return caller


#: A curator of the OPD in charge, who decides.
Curator = Annotated[Principal, Depends(_in_charge)]
#: Staff who see traders and products in every state, and change nothing by that.
Watcher = Annotated[Principal, Depends(require(*WATCHERS))]

IfMatch = Annotated[
    OrAbsent[str],
    Header(
        alias="If-Match",
        max_length=200,
        pattern=r"^[\x20-\x7e]*$",
        description="The ETag of what the caller saw; else 412 if it has changed.",
        examples=['"3"'],
    ),
]
TraderKey = Annotated[
    str, Path(pattern=UUID_PATTERN, examples=["019b76da-a800-7000-8000-00000000d002"])
]
ProductKey = Annotated[
    str, Path(pattern=UUID_PATTERN, examples=["019b76da-a800-7000-8000-00000000d003"])
]


def etag_of(version: int) -> str:
    """Return the strong ETag of a version."""
    return f'"{version}"'


def etags(if_match: str | None) -> frozenset[str] | None:
    """Return the ETags that the object may have, None for any; a weak one never matches."""
    if if_match is None or if_match.strip() == "*":
        return None
    return frozenset(tag.strip() for tag in if_match.split(","))


def as_json(model: Any) -> dict[str, Any]:
    """Write a model as what Idempotency-Key keeps."""
    written: dict[str, Any] = model.model_dump(mode="json")
    return written
