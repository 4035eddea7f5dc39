"""Schemathesis knocks at every door of every service, as a citizen and as staff.

Whatever it sends, the answer is one that the document tells of, in the form that it tells of, and
every refusal is a problem. Its cases are the same in each run.
"""

import re
from collections.abc import Mapping
from itertools import cycle
from typing import Any

import pytest
import schemathesis
from hypothesis import settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.hypothesis.builder import (
    HypothesisTestConfig,
    HypothesisTestMode,
    create_test,
)
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from shared.auth import Role
from shared.contracts.topics import SERVICES
from shared.ids import UUID_PATTERN, new_id
from shared.problems import MEDIA_TYPE, TYPE_PREFIX
from tests.service.http.documents import Operation, merged_document, operations_of
from tests.service.http.known import known_cases
from tests.service.http.live import LiveSystem

pytestmark = pytest.mark.xdist_group("http")

Case = schemathesis.Case[Any]

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
#: Few and always the same, besides the 50 that cover an operation: what is new is found by raising
#: the number once, not by chance in CI.
BOUNDED = settings(max_examples=5, derandomize=True, deadline=None, database=None)
SECONDS = 30

OPD = "DLH"
OPEN311 = "/open311/"
STAFF = (Role.OFFICER, Role.HEAD, Role.TRIAGE, Role.ADMIN)


SCHEMA = schemathesis.openapi.from_dict(merged_document())
# All other methods go the same way through the same router.
SCHEMA.config.phases.coverage.unexpected_methods = {"delete", "post"}
OPERATIONS = list(operations_of(*SERVICES))
OPEN_TO_ALL = [operation for operation in OPERATIONS if not operation.for_staff]
FOR_STAFF = [operation for operation in OPERATIONS if operation.for_staff]


@pytest.mark.parametrize("operation", OPEN_TO_ALL, ids=str)
def test_citizen_is_answered_as_documented(operation: Operation, live: LiveSystem) -> None:
    knock_with_every_case(operation, live, {})


@pytest.mark.parametrize("operation", FOR_STAFF, ids=str)
def test_staff_are_answered_as_documented(operation: Operation, live: LiveSystem) -> None:
    knock_with_every_case(operation, live, live.staff(*STAFF, opd=OPD))


@pytest.mark.parametrize("operation", FOR_STAFF, ids=str)
def test_door_for_staff_is_closed_to_strangers(operation: Operation, live: LiveSystem) -> None:
    path = operation.path.replace("{complaint_id}", new_id())
    for headers in ({}, {"Authorization": "Bearer x.y.z"}, {"Authorization": "Basic eDp5"}):
        answer = live.client.request(operation.method, path, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["content-type"] == MEDIA_TYPE
        assert answer.headers["www-authenticate"] == "Bearer"


def knock_with_every_case(
    operation: Operation, live: LiveSystem, headers: Mapping[str, str]
) -> None:
    """Knock with the cases of one operation, which are made here and now.

    Schemathesis' own decorators would make them all while tests are collected, in every worker.
    """

    def knocks(case: Case) -> None:
        address(case, live)
        knock(case, live, headers)

    at_the_door = SCHEMA[operation.path][operation.method.upper()]
    config = HypothesisTestConfig(
        project=SCHEMA.config, modes=list(HypothesisTestMode), explicit_settings=BOUNDED
    )
    create_test(operation=at_the_door, test_func=knocks, config=config)()


def knock(case: Case, live: LiveSystem, headers: Mapping[str, str]) -> None:
    """Send a case, and hold the answer against the document."""
    answer = case.call(
        base_url=live.url, session=live.session, headers=dict(headers), timeout=SECONDS
    )
    case.validate_response(answer, checks=checks_of(case, headers))
    if answer.status_code >= 400 and answer.request.method != "HEAD":
        if OPEN311 in case.operation.path and answer.status_code in {400, 403, 404}:
            # A world-wide specification has errors of its own.
            return
        assert answer.headers["content-type"] == [MEDIA_TYPE]
        problem: dict[str, Any] = answer.json()
        assert problem["type"].startswith(TYPE_PREFIX)
        assert problem["status"] == answer.status_code
        assert problem["title"]
        assert problem["trace_id"]


def checks_of(case: Case, headers: Mapping[str, str]) -> list[Any]:
    """Return what an answer is held against.

    A header that was made wrong, or left out, is right again where `headers` took its place: then
    the request need not be refused.
    """
    made = case.meta.components.get(ParameterLocation.HEADER) if case.meta else None
    if headers and made is not None and made.mode.is_negative:
        return [check for check in CHECKS if check is not negative_data_rejection]
    return CHECKS


def address(case: Case, live: LiveSystem) -> None:
    """Aim every other case at a complaint that exists, unless its address is meant to be wrong."""
    path = case.operation.path
    known = next(live.kept(path, lambda: cycle([*known_cases(live, path, OPD), None])))
    if known is None:
        return
    parameters = case.path_parameters
    if re.fullmatch(UUID_PATTERN, str(parameters.get("complaint_id", ""))):
        parameters["complaint_id"] = known.complaint_id
    if 0 < len(str(parameters.get("tracking_code", ""))) <= 40:
        parameters["tracking_code"] = known.tracking_code
        if len(str(case.headers.get("X-Tracking-Secret", ""))) <= 64:
            case.headers["X-Tracking-Secret"] = known.secret
