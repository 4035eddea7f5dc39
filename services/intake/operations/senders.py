"""What is known of who wrote on a platform: their complaints, and the one that they name."""

from dataclasses import replace
from datetime import timedelta

from services.intake import incoming_queries
from services.intake.channels.message import IncomingMessage, Unreadable
from services.intake.context import IntakeContext
from services.intake.operations.leading import find_leader
from services.intake.operations.submission import sender_indexes
from services.intake.rules.answering import sending_channel
from services.intake.rules.incoming import codes_in
from services.intake.rules.meanings import OwnCase, Standing
from services.intake.rules.progress import MERGED
from services.intake.tables import Complaint
from shared.unit_of_work import UnitOfWork
from shared.vault import Vault


def message_index(vault: Vault, item: IncomingMessage | Unreadable) -> bytes:
    """Return the keyed hash by which a message is known again."""
    return vault.blind_index("message", f"{item.channel}:{item.account}:{item.message_id}")


def message_indexes(vault: Vault, item: IncomingMessage, message_id: str) -> list[bytes]:
    """Return the hashes of a message to the same account, under every key of the ring."""
    return vault.blind_indexes("message", f"{item.channel}:{item.account}:{message_id}")


async def find_standing(
    unit: UnitOfWork, context: IntakeContext, incoming: IncomingMessage
) -> Standing:
    """Find what the sender has reported, and which complaint the message names."""
    days = timedelta(days=context.profile.conversation.follow_up_days)
    senders = sender_indexes(context.vault, incoming.channel, incoming.handle)
    own = [
        await _as_led(unit, case)
        for case in await incoming_queries.list_own_cases(unit.connection, senders, unit.now - days)
    ]
    answered = await _answered(unit, context, incoming)
    own_answered = next((case for case in own if case.complaint_id in answered), None)
    if own_answered is not None:
        return Standing(own, own_answered.complaint_id, own_answered)
    codes = codes_in(incoming.text)
    named = await incoming_queries.find_by_codes(unit.connection, codes) if codes else None
    if named is None:
        return Standing(own)
    phones = context.vault.blind_indexes("phone", incoming.phone) if incoming.phone else []
    if await incoming_queries.is_reporter(unit.connection, named, senders, phones):
        return Standing(own, named.complaint_id, await _as_led(unit, _fresh(named)))
    return Standing(own, named.complaint_id)


async def _as_led(unit: UnitOfWork, case: OwnCase) -> OwnCase:
    """Return a complaint as its sender knows it: a merged one stands where its leader stands.

    They may judge that result; a question there was asked of somebody else.
    """
    if case.state != MERGED:
        return case
    leader = await find_leader(unit.connection, case.complaint_id)
    state = leader.state if leader else MERGED
    return replace(case, state="in_progress" if state == "waiting_citizen" else state, joined=True)


def _fresh(named: Complaint) -> OwnCase:
    """Return a complaint that the sender named: however old, the message is about it."""
    return OwnCase(named.complaint_id, named.state, fresh=True)


async def _answered(
    unit: UnitOfWork, context: IntakeContext, incoming: IncomingMessage
) -> set[str]:
    """Return the complaints that the message may answer a message about, theirs or ours."""
    if incoming.in_reply_to is None:
        return set()
    hashes = message_indexes(context.vault, incoming, incoming.in_reply_to)
    return await incoming_queries.list_complaints_of(
        unit.connection,
        hashes,
        sending_channel(incoming.channel) or incoming.channel,
        # Ours are numbered within a chat where theirs are: the number alone names them.
        [incoming.in_reply_to, incoming.in_reply_to.rpartition(":")[2]],
    )
