"""Sends e-mail by SMTP, under a Message-ID that is the same at every attempt.

A server may well deliver the same Message-ID twice, so that an attempt which ended after the
letter was handed over is not made again.
"""

from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

import aiosmtplib

from shared.clock import Clock
from shared.messaging.port import OutgoingMessage, Refused, SentMessage, TryLater, Unsure
from shared.messaging.settings import MessagingSettings


class MailSender:
    """A recipient is an e-mail address; `reply_to` is the Message-ID of what is answered."""

    repeatable = False

    def __init__(self, host: str, settings: MessagingSettings, clock: Clock) -> None:
        """Take the server; a connection is made for each letter."""
        self._host = host
        self._settings = settings
        self._clock = clock

    async def send(self, message: OutgoingMessage) -> SentMessage:
        """Send once."""
        letter = self._letter(message)
        settings = self._settings
        password = settings.smtp_password
        server = aiosmtplib.SMTP(
            hostname=self._host,
            port=settings.smtp_port,
            timeout=settings.timeout_seconds,
            use_tls=settings.smtp_security == "tls",
            start_tls=settings.smtp_security == "starttls",
            username=settings.smtp_user,
            password=password.get_secret_value() if password else None,
        )
        try:
            await self._begin(server, message.recipient)
            await _hand_over(server, letter.as_bytes())
        finally:
            server.close()
        return SentMessage(letter["Message-ID"])

    async def close(self) -> None:
        """Do nothing: no connection is kept."""

    async def _begin(self, server: aiosmtplib.SMTP, recipient: str) -> None:
        """Do what comes before the letter itself: nothing of it can be a delivery."""
        try:
            await server.connect()
            await server.mail(parseaddr(self._settings.mail_from)[1])
        except (aiosmtplib.SMTPException, OSError) as error:
            # Also a login that is refused: the message is not at fault.
            raise TryLater(_reason(error)) from None
        try:
            await server.rcpt(recipient)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise _judged(error, TryLater(_reason(error))) from None

    def _letter(self, message: OutgoingMessage) -> EmailMessage:
        letter = EmailMessage()
        domain = parseaddr(self._settings.mail_from)[1].rpartition("@")[2]
        letter["From"] = self._settings.mail_from
        letter["Subject"] = " ".join((message.subject or "").split())
        letter["Date"] = format_datetime(self._clock.now())
        letter["Message-ID"] = f"<{message.message_id}@{domain}>"
        # Holiday notices and other robots do not answer such a letter (RFC 3834).
        letter["Auto-Submitted"] = "auto-generated"
        if message.reply_to is not None:
            letter["In-Reply-To"] = letter["References"] = message.reply_to
        if not _is_address(message.recipient):
            raise Refused("the address is not one")
        letter["To"] = message.recipient
        letter.set_content(message.text)
        return letter


async def _hand_over(server: aiosmtplib.SMTP, letter: bytes) -> None:
    try:
        await server.data(letter)
    except (aiosmtplib.SMTPException, OSError) as error:
        raise _judged(error, Unsure(_reason(error))) from None


def _is_address(recipient: str) -> bool:
    """Tell whether this is one address and nothing beside it, such as a further header."""
    name, at, domain = recipient.rpartition("@")
    return bool(name and at and domain) and parseaddr(recipient) == ("", recipient)


def _judged(error: Exception, otherwise: Exception) -> Exception:
    """Return what the server's code means; `otherwise` where it gave none."""
    if not isinstance(error, aiosmtplib.SMTPResponseException):
        return otherwise
    return Refused(_reason(error)) if error.code >= 500 else TryLater(_reason(error))


def _reason(error: Exception) -> str:
    code = getattr(error, "code", None)
    return f"SMTP {code}" if code else type(error).__name__
