"""Open311 GeoReport v2: the Pemda for every app that speaks it. Two endpoints, one to try.

What is sent to the test endpoint is checked as in production, answered, and thrown away.
"""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response

from services.intake.api.doors import Doors, TheDoors
from services.intake.api.open311_route import Open311Route, answer
from services.intake.api.services import apply, check
from services.intake.errors import FormIncorrect
from services.intake.open311_schemas import (
    Open311Created,
    Open311Definition,
    Open311Discovery,
    Open311Endpoint,
    Open311Error,
    Open311Request,
    Open311Service,
    Open311Token,
)
from services.intake.operations import open311
from services.intake.operations.applications import By
from services.intake.operations.open311_applications import (
    created,
    find_offered,
    in_attributes,
    read_application,
)
from services.intake.operations.submission import Origin
from services.intake.rules.open311 import Form, Format, read_form, read_window, split_list
from shared.catalogue.definition import Service
from shared.idempotency import IdempotencyKey
from shared.parameters import OrAbsent
from shared.problems import problem_responses

PRODUCTION: Final = "/intake/open311/v2"
TEST: Final = "/intake/open311/test/v2"
#: When something that clients rely on changed last.
_CHANGESET: Final = "2026-03-01T00:00:00Z"
_SPECIFICATION: Final = "http://wiki.open311.org/GeoReport_v2"

FormatPath = Annotated[Format, Path(alias="format", description="How the answer is written.")]
Given = OrAbsent[str]
Jurisdiction = Annotated[
    Given,
    Query(
        alias="jurisdiction_id",
        description="The Pemda's site; may be left out.",
        examples=["lapor.contoh.example"],
    ),
]
ServiceCode = Annotated[str, Path(description="As the services say.", examples=["pju-padam"])]
RequestId = Annotated[
    str, Path(max_length=80, description="A tracking code.", examples=["K7M3PXA92W"])
]
Several = Annotated[Given, Query(description="One or several, with commas between them.")]


def _answers(model: Any) -> dict[int | str, dict[str, Any]]:
    """Document both formats of an answer, and of a refusal."""
    text = {"text/xml": {"schema": {"type": "string"}}}
    refused = "Open311 errors: 403 for the api_key, 404 for what is unknown, else 400"
    return {
        200: {"model": model, "description": "As XML or JSON", "content": text},
        "4XX": {"model": list[Open311Error], "description": refused, "content": text},
        **problem_responses(503),
    }


_TEXTS: Final = (
    *("api_key", "service_code", "jurisdiction_id", "description", "address_string"),
    *("address_id", "email", "device_id", "account_id", "first_name", "last_name", "phone"),
    "media_url",
)
_POSTED: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["api_key", "service_code"],
    "properties": {
        **{name: {"type": "string"} for name in _TEXTS},
        **{name: {"type": "number"} for name in ("lat", "long")},
    },
    "examples": [
        {
            "api_key": "kunci-aplikasi",
            "service_code": "pju-padam",
            "lat": -7.62874,
            "long": 111.53067,
            "description": "Lampu jalan di depan pos ronda padam.",
        }
    ],
}
_FORM: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"application/x-www-form-urlencoded": {"schema": _POSTED}},
    }
}
router = APIRouter(tags=["open311"], route_class=Open311Route)


@router.get(
    "/discovery.{format}",
    operation_id="discover_open311",
    responses=_answers(Open311Discovery),
    response_class=Response,
)
async def discover(doors: TheDoors, request: Request, form: FormatPath) -> Response:
    """Say where and how Open311 is spoken here."""
    return answer(form, "discovery", _discovery(doors, str(request.base_url).rstrip("/")))


@router.get(
    "/services.{format}",
    operation_id="list_open311_services",
    responses=_answers(list[Open311Service]),
    response_class=Response,
)
async def list_services(
    doors: TheDoors, form: FormatPath, jurisdiction: Jurisdiction = None
) -> Response:
    """List what may be reported."""
    open311.check_jurisdiction(doors.context, jurisdiction)
    return answer(form, "services", open311.list_services(doors.context))


@router.get(
    "/services/{service_code}.{format}",
    operation_id="define_open311_service",
    responses=_answers(Open311Definition),
    response_class=Response,
)
async def define_service(
    doors: TheDoors,
    service_code: ServiceCode,
    form: FormatPath,
    jurisdiction: Jurisdiction = None,
) -> Response:
    """Say what a service asks for."""
    open311.check_jurisdiction(doors.context, jurisdiction)
    definition = open311.define_service(doors.context, service_code)
    return answer(form, "service_definition", definition)


@router.post(
    "/requests.{format}",
    operation_id="submit_open311_request",
    responses=_answers(list[Open311Created]),
    response_class=Response,
    openapi_extra=_FORM,
)
async def submit_request(
    doors: TheDoors, request: Request, form: FormatPath, key: IdempotencyKey = None
) -> Response:
    """Take in a request, form-encoded. Its id is the tracking code."""
    is_test = request.url.path.startswith(TEST)
    created = await _submit(doors, await request.body(), key, is_test=is_test)
    return answer(form, "service_requests", [created])


@router.get(
    "/tokens/{token}.{format}",
    operation_id="resolve_open311_token",
    responses=_answers(list[Open311Token]),
    response_class=Response,
)
async def resolve_token(
    doors: TheDoors, token: RequestId, form: FormatPath, jurisdiction: Jurisdiction = None
) -> Response:
    """Say which request a token stands for: ids are given at once, so it is its own."""
    open311.check_jurisdiction(doors.context, jurisdiction)
    async with doors.units.database.transaction() as connection:
        found = await open311.find_request(connection, doors.context, token)
    code = found.service_request_id
    return answer(form, "service_requests", [Open311Token(service_request_id=code, token=code)])


@router.get(
    "/requests.{format}",
    operation_id="list_open311_requests",
    responses=_answers(list[Open311Request]),
    response_class=Response,
)
async def list_requests(
    doors: TheDoors,
    request: Request,
    form: FormatPath,
    jurisdiction: Jurisdiction = None,
    ids: Annotated[
        Given, Query(alias="service_request_id", description="Tracking codes; overrides the rest.")
    ] = None,
    service_code: Several = None,
    start_date: Annotated[Given, Query(description="W3C, with an offset.")] = None,
    end_date: Annotated[Given, Query(description="At most 90 days later.")] = None,
    status: Annotated[Given, Query(description="`open`, `closed`, or both.")] = None,
    page: Annotated[Given, Query(description="From 1 on.")] = None,
    page_size: Annotated[Given, Query(description="1 to 1000, which is the default.")] = None,
) -> Response:
    """List public requests, the newest first: of the last 90 days, at most 1000."""
    del service_code, start_date, end_date, status, page, page_size
    open311.check_jurisdiction(doors.context, jurisdiction)
    async with doors.units.database.transaction() as connection:
        if ids:
            found = await open311.find_requests(connection, doors.context, split_list(ids))
        else:
            window = read_window(request.query_params, doors.units.clock.now())
            found = await open311.list_requests(connection, doors.context, window)
    return answer(form, "service_requests", found)


@router.get(
    "/requests/{service_request_id}.{format}",
    operation_id="show_open311_request",
    responses=_answers(list[Open311Request]),
    response_class=Response,
)
async def show_request(
    doors: TheDoors,
    service_request_id: RequestId,
    form: FormatPath,
    jurisdiction: Jurisdiction = None,
) -> Response:
    """Show one public request."""
    open311.check_jurisdiction(doors.context, jurisdiction)
    async with doors.units.database.transaction() as connection:
        found = await open311.find_request(connection, doors.context, service_request_id)
    return answer(form, "service_requests", [found])


async def _submit(doors: Doors, body: bytes, key: str | None, *, is_test: bool) -> Open311Created:
    form = read_form(body)
    open311.check_key(doors.settings.open311_key_list(), form.fields.get("api_key"))
    open311.check_jurisdiction(doors.context, form.fields.get("jurisdiction_id"))
    service = find_offered(doors.context, form.fields.get("service_code"))
    if service is not None:
        return await _apply(doors, service, form, key, body, is_test=is_test)
    now = doors.units.clock.now()
    submission = open311.draft_request(doors.context, form, key, body, now)
    if is_test:
        return open311.created(submission.row["tracking_code"])
    doors.admission.admit_sender(submission.row["phone_hash"])
    receipt = await doors.submit(submission)
    if receipt.complaint_id == submission.row["complaint_id"]:
        doors.context.metrics.submitted.labels(open311.CHANNEL).inc()
    return open311.created(receipt.tracking_code)


async def _apply(
    doors: Doors, service: Service, form: Form, key: str | None, body: bytes, *, is_test: bool
) -> Open311Created:
    """Take a request in as an application; to the test endpoint it is only checked."""
    device = form.fields.get("device_id")
    origin = Origin(body, scope=open311.CHANNEL, key=key, device=device and device[:200])
    try:
        application = read_application(service, form)
        if is_test:
            return open311.created(await check(doors, service, application, origin))
        return created(await apply(doors, service.code, application, origin, By()))
    except FormIncorrect as refusal:
        raise in_attributes(refusal) from refusal


def _discovery(doors: Doors, base: str) -> Open311Discovery:
    contact = doors.context.profile.pemda.contact
    reached = contact.email or contact.hotline or contact.emergency
    return Open311Discovery.model_validate(
        {
            "changeset": _CHANGESET,
            "contact": reached,
            "key_service": f"Minta kunci API (api_key) kepada {reached}.",
            "endpoints": [
                Open311Endpoint.model_validate(
                    {
                        "specification": _SPECIFICATION,
                        "url": base + path,
                        "changeset": _CHANGESET,
                        "type": kind,
                        "formats": ["text/xml", "application/json"],
                    }
                )
                for kind, path in (("production", PRODUCTION), ("test", TEST))
            ],
        }
    )


endpoints = APIRouter()
endpoints.include_router(router, prefix=PRODUCTION)
endpoints.include_router(router, prefix=TEST, include_in_schema=False)
