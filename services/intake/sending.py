"""Starts the workers that write to citizens and partners, one for each channel that can."""

from collections.abc import Mapping

from services.intake.context import IntakeContext, Sending
from services.intake.operations.answering import resolver
from services.intake.operations.partner_statuses import PARTNER, status_resolver
from services.intake.settings import IntakeSettings
from shared.messaging.metrics import MessagingMetrics
from shared.messaging.port import Sender
from shared.messaging.senders import make_senders
from shared.messaging.worker import MessageWorker
from shared.service import Service
from shared.survey_links import read_survey_keys


class Correspondence:
    """The senders of this process and, once it has started, their workers."""

    def __init__(self, settings: IntakeSettings, service: Service) -> None:
        """Read the credentials; raises WebhookKeyInvalid, SurveyKeyInvalid."""
        self._settings = settings.messaging
        self._service = service
        self._partner_urls = settings.partner_urls()
        self._senders: Mapping[str, Sender] = {
            **make_senders(self._settings, service.clock),
            **self._partner_sender(settings),
        }
        self._metrics = MessagingMetrics(service.name, service.metrics.registry)
        self._metrics.expect_channels(self._senders)
        self._workers: dict[str, MessageWorker] = {}
        key = settings.core.survey_link_key
        self.sending = Sending(
            channels=frozenset(self._senders),
            nudge=self._nudge,
            survey_keys=read_survey_keys(key.get_secret_value()) if key else (),
        )

    def start(self, context: IntakeContext) -> None:
        """Run the workers until the service stops."""
        resolve = resolver(context, self._service.clock)
        tell = status_resolver(self._partner_urls)
        for channel, sender in self._senders.items():
            worker = MessageWorker(
                channel,
                sender,
                self._service.units,
                tell if channel == PARTNER else resolve,
                self._metrics,
                self._settings,
            )
            self._workers[channel] = worker
            self._service.run_in_background(f"send-{channel}", worker.run())

    def _partner_sender(self, settings: IntakeSettings) -> dict[str, Sender]:
        """Return what tells partners, by the same keys that they sign with, if any is told."""
        if not self._partner_urls:
            return {}
        from shared.messaging.webhook import WebhookSender  # noqa: PLC0415 - loaded where used

        keys = {"webhook_keys": settings.partner_secrets()}
        return {PARTNER: WebhookSender(self._settings.model_copy(update=keys), self._service.clock)}

    def _nudge(self, channel: str) -> None:
        worker = self._workers.get(channel)
        if worker is not None:
            worker.nudge()
