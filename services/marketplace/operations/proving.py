"""One-time codes: a number is proved by what was sent to it."""

import json
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.marketplace import code_queries
from services.marketplace.context import MarketplaceContext
from services.marketplace.errors import (
    CodeOver,
    CodesNotSent,
    CodesTooOften,
    CodeWrong,
    FormIncorrect,
)
from services.marketplace.rules.codes import WINDOW, draw_code, judge_try, seconds_to_wait
from services.marketplace.rules.phones import normalise_mobile, show_last_digits
from services.marketplace.trader_schemas import Channel, CodeProof, CodeSent, CodeWish
from services.marketplace.trader_tables import OneTimeCode
from shared.clock import Clock
from shared.errors import Problem
from shared.ids import new_id
from shared.messaging.port import OutgoingMessage, Template
from shared.messaging.queue import Draft, Queued, enqueue
from shared.messaging.worker import Dropped, Resolve
from shared.unit_of_work import UnitOfWork
from shared.vault import PersonKey, WrappedKey

CODE: Final = "one_time_code"
_NOT_A_NUMBER: Final = "Tulis nomor HP Indonesia, misalnya 081234567890."


async def send_code(unit: UnitOfWork, context: MarketplaceContext, wish: CodeWish) -> CodeSent:
    """Queue a code for a number. Raises FormIncorrect, CodesNotSent, CodesTooOften."""
    channel = _channel(context, wish.channel)
    row, phone, code = await _make(unit, context, wish.phone)
    key = _open(context, row)
    sealed = key.seal(json.dumps({"phone": phone, "code": code}), f"{row.code_id}:message")
    draft = Draft(
        channel=channel,
        lane=row.phone_hash.hex(),
        reference=row.code_id,
        template=CODE,
        parameters={},
        message_id=new_id(),
        sealed=sealed,
    )
    await enqueue(unit.connection, [draft], unit.now)
    unit.after_commit(lambda: context.sending.nudge(channel))
    return CodeSent(
        code_id=row.code_id,
        channel=channel,
        phone=show_last_digits(phone),
        expires_at=row.expires_at,
    )


async def hand_code(
    unit: UnitOfWork, context: MarketplaceContext, phone: str
) -> tuple[OneTimeCode, str]:
    """Make a code that a person hands over, where no channel is connected; returns it in clear."""
    row, _, code = await _make(unit, context, phone)
    return row, code


async def try_code(
    unit: UnitOfWork, context: MarketplaceContext, proof: CodeProof
) -> OneTimeCode | Problem:
    """Return the code's row where it is right, else the refusal, which the door raises.

    It is returned, and not raised, so that the try is counted although it was in vain.
    """
    row = await code_queries.find_code(unit.connection, proof.code_id, lock=True)
    if row is None or row.used_at is not None:
        return CodeOver()
    verdict = judge_try(
        row.code_hash,
        context.vault.blind_indexes("code", f"{row.code_id}:{proof.code}"),
        tries=row.tries,
        most=context.sending.most_tries,
        expires_at=row.expires_at,
        now=unit.now,
    )
    unit.after_commit(context.metrics.codes.labels(verdict).inc)
    if verdict == "right":
        return row
    if verdict == "over":
        return CodeOver()
    await code_queries.count_try(unit.connection, row.code_id)
    left = context.sending.most_tries - row.tries - 1
    return CodeWrong(left) if left else CodeOver()


async def use_code(
    unit: UnitOfWork, context: MarketplaceContext, proof: CodeProof
) -> tuple[OneTimeCode, str]:
    """Use a code that was tried before; returns its row and the number. Raises CodeOver."""
    found = await try_code(unit, context, proof)
    if isinstance(found, Problem):
        raise found
    await code_queries.use_code(unit.connection, found.code_id, unit.now)
    return found, phone_of(context, found)


def phone_of(context: MarketplaceContext, row: OneTimeCode) -> str:
    """Return the number that a code was sent to."""
    return _open(context, row).open(row.phone, f"{row.code_id}:phone")


def code_resolver(context: MarketplaceContext, clock: Clock) -> Resolve:
    """Return what the workers ask about each code before they send it."""

    async def resolve(connection: AsyncConnection, message: Queued) -> OutgoingMessage:
        row = await code_queries.find_code(connection, message.reference)
        if row is None or message.sealed is None or row.used_at is not None:
            raise Dropped("the code is gone")
        if row.expires_at <= clock.now():
            raise Dropped("the code is too old")
        sealed = _open(context, row).open(message.sealed, f"{row.code_id}:message")
        content = json.loads(sealed)
        wording = context.profile.trade.code_message
        minutes = round(context.sending.valid_for.total_seconds() / 60)
        template = None
        if message.channel == "whatsapp" and wording.whatsapp_template is not None:
            template = Template(wording.whatsapp_template, (content["code"],))
        text = wording.text.replace("{code}", content["code"]).replace("{minutes}", str(minutes))
        return OutgoingMessage(
            message_id=message.message_id,
            channel=message.channel,
            account=message.account,
            recipient=content["phone"],
            text=text,
            template=template,
        )

    return resolve


def _channel(context: MarketplaceContext, wished: Channel | None) -> Channel:
    channels = context.sending.channels
    wanted = wished or (channels[0] if channels else None)
    if wanted is None or wanted not in channels:
        raise CodesNotSent(channels)
    return "whatsapp" if wanted == "whatsapp" else "sms"


async def _make(
    unit: UnitOfWork, context: MarketplaceContext, written: str
) -> tuple[OneTimeCode, str, str]:
    phone = normalise_mobile(written)
    if phone is None:
        raise FormIncorrect([("/phone", _NOT_A_NUMBER)])
    phone_hash = context.vault.blind_index("trader-phone", phone)
    await code_queries.lock_phone(unit.connection, phone_hash)
    hashes = context.vault.blind_indexes("trader-phone", phone)
    sent_at = await code_queries.list_sent_at(unit.connection, hashes, unit.now - WINDOW)
    seconds = seconds_to_wait(sent_at, context.sending.most_per_hour, unit.now)
    if seconds:
        raise CodesTooOften(seconds)
    code_id, code = new_id(), draw_code(context.random_below)
    wrapped, key = context.vault.new_person(code_id)
    row = OneTimeCode(
        code_id=code_id,
        phone_hash=phone_hash,
        key_id=wrapped.key_id,
        wrapped_key=wrapped.wrapped,
        phone=key.seal(phone, f"{code_id}:phone"),
        code_hash=context.vault.blind_index("code", f"{code_id}:{code}"),
        tries=0,
        sent_at=unit.now,
        expires_at=unit.now + context.sending.valid_for,
        used_at=None,
    )
    await code_queries.insert_code(unit.connection, row)
    unit.after_commit(context.metrics.codes.labels("sent").inc)
    return row, phone, code


def _open(context: MarketplaceContext, row: OneTimeCode) -> PersonKey:
    return context.vault.unwrap(row.code_id, WrappedKey(row.key_id, row.wrapped_key))
