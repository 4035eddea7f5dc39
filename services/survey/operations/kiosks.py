"""Kiosks: devices that stand in a unit, at which many people answer one after the other."""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any, Final

from services.survey import queries
from services.survey.context import SurveyContext
from services.survey.errors import AnsweredAlready, KioskUnknown
from services.survey.operations.answering import ClaimOf, Place, find_place
from shared.unit_of_work import UnitOfWork

KIOSK: Final = "kiosk"
_TOKEN_BYTES: Final = 24


@dataclass(frozen=True, slots=True)
class KnownKiosk:
    """A kiosk that showed its token, and what is asked there."""

    code: str
    place: Place


async def put_kiosk(
    unit: UnitOfWork, context: SurveyContext, code: str, unit_code: str, service: str
) -> str:
    """Set up a kiosk, or move it; returns its new token, which is kept nowhere but as a hash.

    The token that it had before is void. Raises UnitUnknown.
    """
    find_place(context, unit_code, service, "", KIOSK)
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    row = {
        "code": code,
        "unit": unit_code,
        "service": service,
        "token_hash": _hash(token),
        "made_at": unit.now,
    }
    await queries.put_kiosk(unit.connection, row)
    return token


async def find_kiosk(unit: UnitOfWork, context: SurveyContext, token: str) -> KnownKiosk:
    """Return the kiosk of a token and the running period's place; raises KioskUnknown."""
    found: Any = await queries.find_kiosk(unit.connection, _hash(token))
    if found is None or context.unit(found.unit) is None:
        raise KioskUnknown
    period = context.current_period(unit.now)
    return KnownKiosk(found.code, find_place(context, found.unit, found.service, period, KIOSK))


def kiosk_claim(kiosk: KnownKiosk, form: str | None, request: bytes | None) -> ClaimOf | None:
    """Return the claim of one form that a kiosk showed; without its number there is none."""
    if form is None:
        return None
    return ClaimOf((KIOSK, kiosk.code, form), AnsweredAlready, request)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
