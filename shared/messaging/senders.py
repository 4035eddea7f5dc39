"""Makes a sender for every channel that has credentials; the others send nothing."""

from collections.abc import Callable

from shared.clock import Clock
from shared.messaging.port import Sender
from shared.messaging.settings import MessagingSettings


def make_senders(settings: MessagingSettings, clock: Clock) -> dict[str, Sender]:
    """Return the senders by channel; modules are loaded for these alone.

    Raises WebhookKeyInvalid.
    """
    made = {channel: make(settings, clock) for channel, make in _MAKERS.items()}
    return {channel: sender for channel, sender in made.items() if sender is not None}


def _whatsapp(settings: MessagingSettings, _clock: Clock) -> Sender | None:
    if not settings.whatsapp_tokens:
        return None
    from shared.messaging.whatsapp import WhatsAppSender  # noqa: PLC0415 - loaded where used

    return WhatsAppSender(settings)


def _telegram(settings: MessagingSettings, _clock: Clock) -> Sender | None:
    if not settings.telegram_tokens:
        return None
    from shared.messaging.telegram import TelegramSender  # noqa: PLC0415 - loaded where used

    return TelegramSender(settings)


def _messenger(settings: MessagingSettings, _clock: Clock) -> Sender | None:
    if not settings.messenger_tokens:
        return None
    from shared.messaging.meta import MetaSender  # noqa: PLC0415 - loaded where used

    return MetaSender("messenger", settings)


def _instagram(settings: MessagingSettings, _clock: Clock) -> Sender | None:
    if not settings.instagram_tokens:
        return None
    from shared.messaging.meta import MetaSender  # noqa: PLC0415 - loaded where used

    return MetaSender("instagram", settings)


def _x(settings: MessagingSettings, clock: Clock) -> Sender | None:
    if not (settings.x_tokens and settings.x_consumer_secret):
        return None
    from shared.messaging.x import XSender  # noqa: PLC0415 - loaded where used

    return XSender(settings, clock)


def _sms(settings: MessagingSettings, _clock: Clock) -> Sender | None:
    if settings.sms_url is not None:
        from shared.messaging.sms import SmsGatewaySender  # noqa: PLC0415 - loaded where used

        return SmsGatewaySender(settings.sms_url, settings)
    if settings.gammu_url is not None:
        from shared.messaging.gammu import GammuSender  # noqa: PLC0415 - loaded where used

        return GammuSender(settings.gammu_url.get_secret_value(), settings.timeout_seconds)
    return None


def _email(settings: MessagingSettings, clock: Clock) -> Sender | None:
    if settings.smtp_host is None:
        return None
    from shared.messaging.mail import MailSender  # noqa: PLC0415 - loaded where used

    return MailSender(settings.smtp_host, settings, clock)


def _webhook(settings: MessagingSettings, clock: Clock) -> Sender | None:
    if not settings.webhook_keys:
        return None
    from shared.messaging.webhook import WebhookSender  # noqa: PLC0415 - loaded where used

    return WebhookSender(settings, clock)


_MAKERS: dict[str, Callable[[MessagingSettings, Clock], Sender | None]] = {
    "whatsapp": _whatsapp,
    "telegram": _telegram,
    "messenger": _messenger,
    "instagram": _instagram,
    "x": _x,
    "sms": _sms,
    "email": _email,
    "webhook": _webhook,
}
#: Every channel that something can send by.
CHANNELS = tuple(_MAKERS)
