"""A trader comes: registers a business, or opens a session on a device."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from services.marketplace import code_queries, trader_queries
from services.marketplace.context import MarketplaceContext
from services.marketplace.errors import (
    FormIncorrect,
    PhoneNotRegistered,
    PhoneRegistered,
    SessionOver,
)
from services.marketplace.operations.proving import phone_of, use_code
from services.marketplace.rules.elsewhere import leads_elsewhere
from services.marketplace.rules.numbers import tidy_number
from services.marketplace.rules.sizes import size_class
from services.marketplace.rules.states import TraderState
from services.marketplace.tokens import generation_of
from services.marketplace.trader_schemas import (
    CodeProof,
    ConsentForm,
    PointForm,
    RegistrationForm,
    SizeForm,
)
from services.marketplace.trader_tables import OneTimeCode, Trader, TraderFact, TraderSession
from shared.ids import UUID_PATTERN, new_id
from shared.unit_of_work import UnitOfWork

TRADER: Final = "trader"
#: How long a refresh token is taken again after its use: for an answer that was lost on its way.
_GRACE: Final = timedelta(seconds=30)


async def register_trader(
    unit: UnitOfWork, context: MarketplaceContext, form: RegistrationForm
) -> TraderSession:
    """Register a business; it is shown once a curator has verified it.

    Raises CodeOver, FormIncorrect, PhoneRegistered.
    """
    values = check_trader(context, form.model_dump(exclude={"code_id", "code"}), form)
    code, phone = await use_code(unit, context, form)
    await code_queries.lock_phone(unit.connection, code.phone_hash)
    hashes = context.vault.blind_indexes("trader-phone", phone)
    if await trader_queries.find_by_phone(unit.connection, hashes) is not None:
        raise PhoneRegistered
    trader_id = new_id()
    wrapped, key = context.vault.new_person(trader_id)
    identity = json.dumps({"owner_name": form.owner_name, "phone": phone})
    trader = Trader(
        trader_id=trader_id,
        state=TraderState.PENDING,
        state_since=unit.now,
        version=1,
        key_id=wrapped.key_id,
        wrapped_key=wrapped.wrapped,
        identity=key.seal(identity, f"{trader_id}:identity"),
        phone_hash=context.vault.blind_index("trader-phone", phone),
        public_phone=phone if form.consent.show_phone else None,
        name=form.name,
        description=form.description,
        **values,
        consent_version=form.consent.version,
        consented_at=unit.now,
        registered_at=unit.now,
    )
    await trader_queries.insert_trader(unit.connection, trader)
    await note(unit, trader_id, "register", TRADER, details={"consent": form.consent.version})
    unit.after_commit(context.metrics.registered.inc)
    return await _open_session(unit, context, trader_id)


async def open_session(
    unit: UnitOfWork, context: MarketplaceContext, proof: CodeProof, tried: OneTimeCode
) -> TraderSession:
    """Log a trader in on a device. Raises CodeOver, PhoneNotRegistered.

    A number that nobody has leaves the code as it is: its owner registers with it.
    """
    hashes = context.vault.blind_indexes("trader-phone", phone_of(context, tried))
    trader = await trader_queries.find_by_phone(unit.connection, hashes)
    if trader is None:
        raise PhoneNotRegistered
    await use_code(unit, context, proof)
    return await _open_session(unit, context, trader.trader_id)


async def refresh_session(
    unit: UnitOfWork, context: MarketplaceContext, token: str
) -> TraderSession | None:
    """Begin the next generation of a session's tokens, once for each token.

    None where the token is of no use; one that was used before ends the session, for two have it.
    """
    session_id, _, secret = token.partition(".")
    session = await _session(unit, session_id)
    if session is None or session.expires_at <= unit.now:
        return None
    generation = generation_of(context.vault, session, secret)
    if generation == session.generation:
        expires_at = unit.now + context.session_time
        await code_queries.advance_session(unit.connection, session, unit.now, expires_at)
        return session.model_copy(update={"generation": session.generation + 1})
    if generation is not None and unit.now - session.refreshed_at <= _GRACE:
        return session
    if generation is not None:
        await code_queries.delete_session(unit.connection, session_id)
    return None


async def end_session(unit: UnitOfWork, context: MarketplaceContext, token: str) -> None:
    """Log out on one device. Raises SessionOver."""
    session_id, _, secret = token.partition(".")
    session = await _session(unit, session_id)
    if session is None or generation_of(context.vault, session, secret) is None:
        raise SessionOver
    await code_queries.delete_session(unit.connection, session_id)


def check_trader(
    context: MarketplaceContext,
    given: dict[str, Any],
    form: Any,
) -> dict[str, Any]:
    """Return the columns that follow from what a form gives; raises FormIncorrect."""
    wrong: list[tuple[str, str]] = []
    values: dict[str, Any] = {}
    for name, check in _CHECKS.items():
        if given.get(name) is not None:
            try:
                values |= check(context, getattr(form, name))
            except ValueError as error:
                wrong.append((f"/{name}", str(error)))
    if wrong:
        raise FormIncorrect(wrong)
    return values


async def note(
    unit: UnitOfWork,
    trader_id: str,
    action: str,
    by: str,
    *,
    reason: str | None = None,
    text: str | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Write down what was done to a trader."""
    fact = TraderFact(
        seq=0,
        trader_id=trader_id,
        happened_at=unit.now,
        action=action,
        by=by,
        reason=reason,
        text=text,
        details=details or {},
    )
    await trader_queries.insert_fact(unit.connection, fact)


async def _open_session(
    unit: UnitOfWork, context: MarketplaceContext, trader_id: str
) -> TraderSession:
    session = TraderSession(
        session_id=new_id(),
        trader_id=trader_id,
        key_id=context.vault.current_key_id,
        generation=1,
        refreshed_at=unit.now,
        expires_at=unit.now + context.session_time,
    )
    await code_queries.insert_session(unit.connection, session)
    return session


async def _session(unit: UnitOfWork, session_id: str) -> TraderSession | None:
    if not re.fullmatch(UUID_PATTERN, session_id):
        return None
    return await code_queries.lock_session(unit.connection, session_id)


def _village(context: MarketplaceContext, code: str) -> dict[str, Any]:
    if code not in context.villages:
        raise ValueError("Pilih kelurahan atau desa dari daftar.")
    return {"village": code}


def _size(context: MarketplaceContext, form: SizeForm) -> dict[str, Any]:
    size = size_class(context.profile.trade.sizes, form.basis, form.rupiah)
    if size is None:
        raise ValueError("Usaha ini lebih besar dari usaha menengah; Lapak hanya untuk UMKM.")
    return {"size": size, "size_basis": form.basis}


def _nib(context: MarketplaceContext, written: str) -> dict[str, Any]:
    nib = tidy_number(written, context.profile.trade.numbers.nib)
    if nib is None:
        raise ValueError("NIB terdiri dari 13 angka. Periksa pada dokumen dari OSS.")
    return {"nib": nib}


def _location(context: MarketplaceContext, point: PointForm) -> dict[str, Any]:
    if not context.profile.place.bounds.contains(point.lat, point.lon):
        raise ValueError(f"Titik ini di luar {context.profile.place.short_name}.")
    return {"lat": point.lat, "lon": point.lon}


def _consent(context: MarketplaceContext, consent: ConsentForm) -> dict[str, Any]:
    if consent.version != context.profile.trade.consent.version:
        raise ValueError("Baca dan setujui persetujuan yang terbaru.")
    return {}


def _words(context: MarketplaceContext, text: str) -> dict[str, Any]:
    if leads_elsewhere(text):
        raise ValueError("Hapus tautan, alamat e-mail, dan nomor telepon.")
    found = [each for each in context.prohibited.find(text) if each.refuse]
    if found:
        raise ValueError(f"“{found[0].word}” ({found[0].name}) tidak boleh ditawarkan di Lapak.")
    return {}


_CHECKS: Final[dict[str, Callable[[MarketplaceContext, Any], dict[str, Any]]]] = {
    "name": _words,
    "description": _words,
    "village": _village,
    "size": _size,
    "nib": _nib,
    "location": _location,
    "consent": _consent,
}
