"""Asks traders, a week after a promotion, what came of it: once per slot."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.marketplace import promotion_queries, trader_queries
from services.marketplace.context import MarketplaceContext
from services.marketplace.operations.accounts import open_identity
from services.marketplace.operations.leads import FOLLOW_UP_AFTER
from services.marketplace.rules.states import TraderState
from shared.ids import new_id
from shared.messaging.port import OutgoingMessage, Template
from shared.messaging.queue import Draft, Queued, enqueue
from shared.messaging.worker import Dropped, Resolve
from shared.unit_of_work import UnitOfWork

FOLLOW_UP: Final = "follow_up"
_MOST_AT_ONCE: Final = 200


async def ask_traders(unit: UnitOfWork, context: MarketplaceContext) -> int:
    """Queue a question for each slot that went out a week ago; returns how many."""
    slots = await promotion_queries.take_follow_ups(
        unit.connection, unit.now - FOLLOW_UP_AFTER, unit.now, _MOST_AT_ONCE
    )
    channel = _channel(context)
    if channel is None:
        return 0
    drafts = [
        Draft(
            channel=channel,
            lane=each.trader_id,
            reference=each.slot_id,
            template=FOLLOW_UP,
            parameters={},
            message_id=new_id(),
        )
        for each in slots
    ]
    await enqueue(unit.connection, drafts, unit.now)
    unit.after_commit(lambda: context.sending.nudge(channel))
    return len(drafts)


def follow_up_resolver(context: MarketplaceContext) -> Resolve:
    """Return what the workers ask about each question before they send it."""

    async def resolve(connection: AsyncConnection, message: Queued) -> OutgoingMessage:
        slot = await promotion_queries.find_slot(connection, message.reference)
        trader = (
            await trader_queries.find_trader(connection, slot.trader_id)
            if slot is not None
            else None
        )
        if slot is None or trader is None or trader.state == TraderState.ERASED:
            raise Dropped("the trader is gone")
        name = await promotion_queries.product_name(connection, slot.product_id, slot.revision)
        wording = context.profile.promotion
        link = f"{context.public_url}/marketplace"
        text = wording.follow_up_text.replace("{name}", name).replace("{link}", link)
        template = None
        if message.channel == "whatsapp" and wording.follow_up_template is not None:
            template = Template(wording.follow_up_template, (name,))
        return OutgoingMessage(
            message_id=message.message_id,
            channel=message.channel,
            account=message.account,
            recipient=open_identity(context, trader)["phone"],
            text=text,
            template=template,
        )

    return resolve


def _channel(context: MarketplaceContext) -> str | None:
    """Return by what traders are asked: a week later WhatsApp takes approved templates alone."""
    has_template = context.profile.promotion.follow_up_template is not None
    wanted = ("whatsapp", "sms") if has_template else ("sms",)
    return next((each for each in wanted if each in context.sending.channels), None)
