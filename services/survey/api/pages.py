"""HTTP in: the survey as plain pages that work on any phone, without script."""

import secrets
from datetime import datetime, time, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse

from services.survey.api.admission import COOKIE, device_of
from services.survey.api.answering import PUBLIC
from services.survey.api.doors import Doors, LinkToken, TheDoors, UnitCode, request_hash
from services.survey.api.forms import HTML, LanguageQuery, ServiceQuery
from services.survey.api.page_forms import (
    FORM_BODY,
    PageRoute,
    Sent,
    field_names,
    read_sent,
    show_form,
    wants_page,
)
from services.survey.errors import AnswersInvalid
from services.survey.form_page import POLICY, draw_thanks
from services.survey.operations.answering import (
    ClaimOf,
    Place,
    device_claim,
    draft_answer,
    find_place,
    link_claim,
    require_free,
    require_open,
)
from services.survey.operations.forming import make_form
from services.survey.operations.kiosks import find_kiosk, kiosk_claim
from services.survey.operations.links import read_link
from services.survey.rules.periods import last_day
from services.survey.wording import TEXTS
from shared.problems import problem_responses

router = APIRouter(prefix="/survey/v1", tags=["pages"], route_class=PageRoute)

RESULTS: Final = "/survey/v1/results"
_DEVICE_BYTES: Final = 18

KioskToken = Annotated[str, Path(max_length=100, description="The token of a kiosk's device.")]
_PAGE: dict[str, Any] = {
    "response_class": HTMLResponse,
    "responses": {**HTML, **problem_responses(404, 409, 422, 503)},
}
_SENT: dict[str, Any] = {
    "status_code": 201,
    "response_class": HTMLResponse,
    "openapi_extra": FORM_BODY,
    "responses": {201: HTML[200], **problem_responses(400, 404, 409, 413, 422, 429, 503)},
}


@router.get("/pages/{unit}", operation_id="survey_show_page", **_PAGE)
async def show_page(
    request: Request,
    doors: TheDoors,
    unit: UnitCode,
    service: ServiceQuery = None,
    language: LanguageQuery = "id",
) -> HTMLResponse:
    """Show a unit's form as a page: for its QR code, and for links on web sites.

    A cookie tells this device from others; it ends with the period.
    """
    now = doors.units.clock.now()
    period = doors.context.current_period(now)
    page = show_form(request, doors, make_form(doors.context, unit, service, period, language))
    if COOKIE not in request.cookies:
        page.set_cookie(
            COOKIE,
            secrets.token_urlsafe(_DEVICE_BYTES),
            max_age=_seconds_left(doors, period, now),
            path="/survey",
            secure=doors.settings.public_url.startswith("https://"),
            httponly=True,
            samesite="lax",
        )
    return page


@router.post("/pages/{unit}", operation_id="survey_send_page", **_SENT)
async def send_page(
    request: Request, doors: TheDoors, unit: UnitCode, service: ServiceQuery = None
) -> HTMLResponse:
    """Take what was filled in on a unit's page; what is wrong is shown beside its field."""
    doors.admission.admit_request(request)
    sent = await read_sent(request)
    period = doors.context.current_period(doors.units.clock.now())
    form = make_form(doors.context, unit, service, period, sent.language)
    chosen = sent.fields.get("service") or service
    if not chosen:
        fault = ("service", TEXTS[sent.language]["choose_service_error"])
        if wants_page(request):
            return show_form(request, doors, form, sent, [fault])
        raise AnswersInvalid([fault])
    place = find_place(doors.context, unit, chosen, period, PUBLIC)
    claim = device_claim(place, device_of(request, None), _request_hash(sent))
    return await _take(request, doors, place, sent, claim)


@router.get("/links/{token}", operation_id="survey_show_link", **_PAGE)
async def show_link(
    request: Request, doors: TheDoors, token: LinkToken, language: LanguageQuery = "id"
) -> HTMLResponse:
    """Show the form that a link invites to, or say that it is spent."""
    link = read_link(doors.context, token)
    place = link.place
    require_open(doors.context, place.period, doors.context.today(doors.units.clock.now()))
    async with doors.units.begin() as unit:
        await require_free(unit, place, link_claim(link.nonce, None))
    form = make_form(doors.context, place.unit.code, place.service, place.period, language)
    return show_form(request, doors, form)


@router.post("/links/{token}", operation_id="survey_send_link", **_SENT)
async def send_link(request: Request, doors: TheDoors, token: LinkToken) -> HTMLResponse:
    """Take what was filled in by a link, which is spent by it."""
    doors.admission.admit_request(request)
    link = read_link(doors.context, token)
    require_open(doors.context, link.place.period, doors.context.today(doors.units.clock.now()))
    sent = await read_sent(request)
    return await _take(
        request, doors, link.place, sent, link_claim(link.nonce, _request_hash(sent))
    )


@router.get(
    "/kiosk/{token}",
    operation_id="survey_show_kiosk",
    response_class=HTMLResponse,
    responses={**HTML, **problem_responses(401, 404, 422, 503)},
)
async def show_kiosk(
    request: Request, doors: TheDoors, token: KioskToken, language: LanguageQuery = "id"
) -> HTMLResponse:
    """Show the form on a kiosk's device, which many people use."""
    async with doors.units.begin() as unit:
        place = (await find_kiosk(unit, doors.context, token)).place
    form = make_form(doors.context, place.unit.code, place.service, place.period, language)
    return show_form(request, doors, form)


@router.post(
    "/kiosk/{token}",
    operation_id="survey_send_kiosk",
    status_code=201,
    response_class=HTMLResponse,
    openapi_extra=FORM_BODY,
    responses={201: HTML[200], **problem_responses(400, 401, 404, 409, 413, 422, 429, 503)},
)
async def send_kiosk(request: Request, doors: TheDoors, token: KioskToken) -> HTMLResponse:
    """Take what was filled in at a kiosk, and return to its form."""
    async with doors.units.begin() as unit:
        kiosk = await find_kiosk(unit, doors.context, token)
    sent = await read_sent(request)
    claim = kiosk_claim(kiosk, sent.number, _request_hash(sent))
    back = f"{request.url.path}?lang={sent.language}"
    return await _take(request, doors, kiosk.place, sent, claim, kiosk=kiosk.code, back=back)


async def _take(
    request: Request,
    doors: Doors,
    place: Place,
    sent: Sent,
    claim: ClaimOf | None,
    *,
    kiosk: str | None = None,
    back: str | None = None,
) -> HTMLResponse:
    """Store an answer and thank for it, or show the form again with what is wrong."""
    context = doors.context
    texts = [
        each.code for each in context.profile.extras_of(place.unit.code) if each.kind == "text"
    ]
    try:
        draft = draft_answer(
            context,
            place,
            sent.given(texts),
            context.today(doors.units.clock.now()),
            language=sent.language,
            comment=sent.comment,
            claim=claim,
        )
    except AnswersInvalid as invalid:
        if not wants_page(request):
            raise
        chosen = None if place.channel == PUBLIC else place.service
        form = make_form(context, place.unit.code, chosen, place.period, sent.language)
        return show_form(request, doors, form, sent, field_names(invalid.errors, form))
    if kiosk is not None:
        doors.admission.admit_kiosk(kiosk)
    await doors.store(draft)
    # Whole, for a proxy may show links at a shorter address of its own.
    results = f"{doors.settings.public_url}{RESULTS}/{place.unit.code}"
    page = draw_thanks(sent.language, context.profile.pemda, results, back)
    return HTMLResponse(page, 201, headers=POLICY)


def _request_hash(sent: Sent) -> bytes | None:
    return request_hash(sent.number, sent.body)


def _seconds_left(doors: Doors, period: str, now: datetime) -> int:
    """Return how long a period still lasts."""
    end = datetime.combine(last_day(period), time(), doors.context.profile.place)
    return max(60, int((end + timedelta(days=1) - now).total_seconds()))
