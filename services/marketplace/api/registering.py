"""The doors by which traders come: codes, registration, sessions."""

from typing import Any

from fastapi import APIRouter, Request, Response

from services.marketplace.api.doors import Doors, TheDoors
from services.marketplace.errors import SessionOver
from services.marketplace.operations.proving import send_code, try_code
from services.marketplace.operations.registering import (
    end_session,
    open_session,
    refresh_session,
    register_trader,
)
from services.marketplace.tokens import refresh_token
from services.marketplace.trader_schemas import (
    CodeProof,
    CodeSent,
    CodeWish,
    ConsentText,
    RefreshForm,
    RegistrationForm,
    SessionEnded,
    Tokens,
)
from services.marketplace.trader_tables import OneTimeCode, TraderSession
from shared.errors import Problem
from shared.idempotency import IdempotencyKey, body_hash, find_answer, once
from shared.problems import problem_responses
from shared.unit_of_work import UnitOfWork

router = APIRouter(prefix="/marketplace/v1", tags=["traders"])

_PROBLEMS = problem_responses(400, 403, 404, 409, 413, 422, 429, 503)


@router.get("/consent", operation_id="marketplace_read_consent", responses=problem_responses(503))
async def read_consent(doors: TheDoors) -> ConsentText:
    """Show what traders agree to when they register."""
    consent = doors.context.profile.trade.consent
    return ConsentText(version=consent.version, text=consent.text)


@router.post(
    "/codes",
    operation_id="marketplace_send_code",
    status_code=202,
    responses=problem_responses(400, 409, 413, 422, 429, 503),
)
async def ask_for_code(doors: TheDoors, request: Request, wish: CodeWish) -> CodeSent:
    """Send a one-time code to a mobile number, by WhatsApp or SMS."""
    doors.admission.admit(request)
    async with doors.units.begin() as unit:
        return await send_code(unit, doors.context, wish)


@router.post(
    "/traders",
    operation_id="marketplace_register_trader",
    status_code=201,
    responses=_PROBLEMS,
)
async def register(
    doors: TheDoors,
    request: Request,
    response: Response,
    form: RegistrationForm,
    key: IdempotencyKey = None,
) -> Tokens:
    """Register a business with the code that was sent to its owner's number.

    It is `pending` until the agency in charge has verified it; products may be prepared meanwhile.
    """
    scope = f"register {form.code_id}"
    asked = doors.context.vault.blind_index("request", body_hash(form.model_dump_json().encode()))
    answer = await find_answer(doors.units, scope, key, asked)
    if answer is None:
        await _try(doors, request, form)

        async def work(unit: UnitOfWork) -> dict[str, Any]:
            # Tokens are secrets, and answers are stored: they are made anew for each of them.
            session = await register_trader(unit, doors.context, form)
            return session.model_dump(mode="json")

        answer = await once(doors.units, scope, key, asked, work)
    return _tokens(doors, response, TraderSession.model_validate(answer))


@router.post("/sessions", operation_id="marketplace_open_session", responses=_PROBLEMS)
async def log_in(doors: TheDoors, request: Request, response: Response, proof: CodeProof) -> Tokens:
    """Log in with a code; a trader may be logged in on several devices."""
    tried = await _try(doors, request, proof)
    async with doors.units.begin() as unit:
        session = await open_session(unit, doors.context, proof, tried)
    return _tokens(doors, response, session)


@router.post(
    "/sessions/refresh",
    operation_id="marketplace_refresh_session",
    responses=problem_responses(400, 401, 413, 422, 503),
)
async def refresh(doors: TheDoors, response: Response, form: RefreshForm) -> Tokens:
    """Get new tokens; the refresh token that was used is good for nothing more."""
    async with doors.units.begin() as unit:
        session = await refresh_session(unit, doors.context, form.refresh_token)
    if session is None:
        raise SessionOver
    return _tokens(doors, response, session)


@router.post(
    "/sessions/end",
    operation_id="marketplace_end_session",
    responses=problem_responses(400, 401, 413, 422, 503),
)
async def log_out(doors: TheDoors, form: RefreshForm) -> SessionEnded:
    """Log out on this device."""
    async with doors.units.begin() as unit:
        await end_session(unit, doors.context, form.refresh_token)
    return SessionEnded()


async def _try(doors: Doors, request: Request, proof: CodeProof) -> OneTimeCode:
    """Count a try in a unit of its own, so that a refusal does not undo it."""
    doors.admission.admit(request)
    async with doors.units.begin() as unit:
        found = await try_code(unit, doors.context, CodeProof.model_validate(_proof(proof)))
    if isinstance(found, Problem):
        raise found
    return found


def _proof(proof: CodeProof) -> dict[str, str]:
    return {"code_id": proof.code_id, "code": proof.code}


def _tokens(doors: Doors, response: Response, session: TraderSession) -> Tokens:
    response.headers["Cache-Control"] = "no-store"
    return Tokens(
        trader_id=session.trader_id,
        access_token=doors.tokens.sign(session.trader_id),
        expires_in=int(doors.tokens.lifetime.total_seconds()),
        refresh_token=refresh_token(doors.context.vault, session),
    )
