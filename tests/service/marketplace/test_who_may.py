"""Every door to traders and products, every role: what is not allowed is refused."""

from itertools import product
from typing import Any, Final

import pytest

from shared.auth import Role
from shared.ids import new_id
from tests.service.http.documents import Operation, operations_of
from tests.service.marketplace.driver import Driver, KnownTrader

WATCHERS: Final = {Role.CURATOR, Role.ADMIN, Role.PUBLISHER, Role.LEADER, Role.AUDITOR}
DECIDERS: Final = {Role.CURATOR, Role.ADMIN}
#: The parts of the API that this file answers for, and who may come in by their doors.
OPEN_TO_ALL: Final = {"catalogue", "pages"}
OF_TRADERS: Final = {"own account", "own products"}
OF_STAFF: Final = {"curating", "moderating"}
PHOTOS: Final = "photos"

OPERATIONS: Final = [
    each
    for each in operations_of("marketplace")
    if each.content["tags"][0] in {*OPEN_TO_ALL, *OF_TRADERS, *OF_STAFF, PHOTOS}
]


def is_for_traders(operation: Operation) -> bool:
    """Tell whether a door asks for a trader's own token."""
    return {"TraderToken": []} in operation.content.get("security", [])


def may(operation: Operation) -> set[Role]:
    """Return the roles of staff that a door is open to."""
    return WATCHERS if operation.method == "get" else DECIDERS


STAFF_DOORS: Final = [each for each in OPERATIONS if each.for_staff and not is_for_traders(each)]
TRADER_DOORS: Final = [each for each in OPERATIONS if is_for_traders(each)]


@pytest.fixture(scope="module")
async def somebody(market: Driver) -> KnownTrader:
    """Return a trader."""
    return await market.verified()


async def knock(market: Driver, operation: Operation, headers: dict[str, str]) -> int:
    """Call an operation on things that do not exist; returns the status."""
    path = operation.path
    for name in ("product_id", "trader_id", "photo_id"):
        path = path.replace(f"{{{name}}}", new_id())
    body: dict[str, Any] = {} if operation.method == "get" else {"json": {}}
    answer = await market.client.request(operation.method, path, headers=headers, **body)
    return answer.status_code


def test_each_part_has_the_doors_that_it_should() -> None:
    for operation in OPERATIONS:
        [tag, *_] = operation.content["tags"]
        assert operation.for_staff is (tag not in OPEN_TO_ALL), operation
        if tag != PHOTOS:
            assert is_for_traders(operation) is (tag in OF_TRADERS), operation
    assert len(TRADER_DOORS) >= 14
    assert len(STAFF_DOORS) >= 17


@pytest.mark.parametrize("operation", STAFF_DOORS, ids=str)
async def test_staff_come_in_by_their_roles_alone(
    market: Driver, somebody: KnownTrader, operation: Operation
) -> None:
    for role in Role:
        status = await knock(market, operation, market.staff(role))
        assert (status == 403) is (role not in may(operation)), (role, status)
        assert status != 401
    assert await knock(market, operation, somebody.headers) == 401
    assert await knock(market, operation, {}) == 401


@pytest.mark.parametrize("operation", TRADER_DOORS, ids=str)
async def test_no_staff_come_in_by_a_traders_door(
    market: Driver, somebody: KnownTrader, operation: Operation
) -> None:
    assert await knock(market, operation, market.staff(*Role)) == 401
    assert await knock(market, operation, {}) == 401
    if "{" in operation.path:
        # Somebody else's, or nobody's: it is not there, whatever is sent.
        assert await knock(market, operation, somebody.headers) in {404, 422}


@pytest.mark.parametrize(
    ("method", "path"),
    list(product(("get", "post"), ("/staff/traders", "/staff/products"))),
)
async def test_a_curator_of_another_agency_only_looks(
    market: Driver, method: str, path: str
) -> None:
    stranger = market.staff(Role.CURATOR, opd="PUPR")
    if method == "get":
        assert (await market.get(path, stranger)).status_code == 200
    else:
        target = f"{path}/{new_id()}/{'verify' if 'traders' in path else 'claim'}"
        assert (await market.post(target, {}, stranger)).status_code == 403
