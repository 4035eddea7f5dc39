"""Starts the workers that write to traders, one for each channel that can."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.marketplace.context import MarketplaceContext
from services.marketplace.operations.following_up import FOLLOW_UP, follow_up_resolver
from services.marketplace.operations.proving import CODE, code_resolver
from services.marketplace.settings import MarketplaceSettings
from shared.messaging.metrics import MessagingMetrics
from shared.messaging.port import OutgoingMessage, Sender
from shared.messaging.queue import Queued
from shared.messaging.senders import make_senders
from shared.messaging.worker import MessageWorker, Resolve
from shared.service import Service

#: By which codes go out, the first that is connected where a trader names none.
CODE_CHANNELS: Final = ("whatsapp", "sms")


class CodePost:
    """The senders of this process and, once it has started, their workers."""

    def __init__(self, settings: MarketplaceSettings, service: Service) -> None:
        """Read the credentials."""
        self._settings = settings.messaging
        self._service = service
        made = make_senders(self._settings, service.clock)
        self._senders: Mapping[str, Sender] = {
            channel: made[channel] for channel in CODE_CHANNELS if channel in made
        }
        self._metrics = MessagingMetrics(service.name, service.metrics.registry)
        self._metrics.expect_channels(self._senders)
        self._workers: dict[str, MessageWorker] = {}

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels that are connected."""
        return tuple(self._senders)

    def start(self, context: MarketplaceContext) -> None:
        """Run the workers until the service stops."""
        resolve = _by_template(
            {
                CODE: code_resolver(context, self._service.clock),
                FOLLOW_UP: follow_up_resolver(context),
            }
        )
        for channel, sender in self._senders.items():
            worker = MessageWorker(
                channel, sender, self._service.units, resolve, self._metrics, self._settings
            )
            self._workers[channel] = worker
            self._service.run_in_background(f"send-{channel}", worker.run())

    def nudge(self, channel: str) -> None:
        """Wake a channel's worker."""
        worker = self._workers.get(channel)
        if worker is not None:
            worker.nudge()


def _by_template(resolvers: Mapping[str, Resolve]) -> Resolve:
    async def resolve(connection: AsyncConnection, message: Queued) -> OutgoingMessage:
        return await resolvers[message.template](connection, message)

    return resolve
