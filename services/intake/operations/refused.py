"""Messages that nothing could be done with: listed, read for a reason, and put away."""

from services.intake import incoming_queries
from services.intake.context import IntakeContext
from services.intake.errors import RefusedMessageNotFound
from services.intake.incoming_tables import ReceivedMessage
from services.intake.operations.auditing import record
from services.intake.refused_schemas import RefusedContent, RefusedMessage
from shared.unit_of_work import UnitOfWork
from shared.vault import WrappedKey


async def list_refused(unit: UnitOfWork) -> list[RefusedMessage]:
    """Return the oldest, without what they say."""
    return [
        RefusedMessage(
            message_id=bytes(row.message_hash).hex(),
            channel=row.channel,
            account=row.account,
            reason=row.reason,
            received_at=row.received_at,
        )
        for row in await incoming_queries.list_refused(unit.connection)
    ]


async def read_refused(
    unit: UnitOfWork, context: IntakeContext, message_id: str, by: str, reason: str
) -> RefusedContent:
    """Open one; that it was read, by whom and why is in the audit log.

    Raises RefusedMessageNotFound.
    """
    message = await _find(unit, message_id)
    wrapped = WrappedKey(message.key_id or "", message.wrapped_key or b"")
    key = context.vault.unwrap(message_id, wrapped)
    content = key.open(message.content or b"", f"{message_id}:content")
    record(unit, by, "refused_message_read", f"message:{message_id}", reason=reason)
    return RefusedContent(message_id=message_id, content=content)


async def dismiss_refused(unit: UnitOfWork, message_id: str, by: str, reason: str) -> None:
    """Destroy what one says, so that it is not counted any more; raises RefusedMessageNotFound.

    The platform may still deliver it again, and then it is tried again.
    """
    message = await _find(unit, message_id)
    await incoming_queries.clear_refused(unit.connection, message.message_hash)
    record(unit, by, "refused_message_dismissed", f"message:{message_id}", reason=reason)


async def _find(unit: UnitOfWork, message_id: str) -> ReceivedMessage:
    found = await incoming_queries.find_refused(unit.connection, bytes.fromhex(message_id))
    if found is None:
        raise RefusedMessageNotFound
    return found
