"""Intake with people to write to: who writes by which channel, and what reached them."""

import asyncio
from dataclasses import dataclass
from email.message import EmailMessage
from time import monotonic
from typing import Any

from services.intake.operations.submission import (
    Origin,
    Receipt,
    Sender,
    draft_submission,
)
from services.intake.schemas import ComplaintForm
from shared.unit_of_work import UnitOfWork
from tests.service.intake.driver import Driver, Lodged
from tests.support.platforms import Call, Mailbox, Platforms

#: The Pemda's accounts that the test settings have credentials for.
ACCOUNTS = {
    "whatsapp": "1055501",
    "telegram": "contoh_bot",
    "facebook": "page-1",
    "instagram": "ig-1",
    "x": "9000",
    "sms": "+62351000114",
}
SENDERS = {"facebook": "messenger"}


@dataclass
class World:
    """One intake, the platforms, and a mailbox."""

    intake: Driver
    platforms: Platforms
    mailbox: Mailbox

    async def write(
        self,
        channel: str,
        handle: str,
        *,
        reply_to: str | None = None,
        key: str | None = None,
        **form: Any,
    ) -> Lodged:
        """Let somebody write on a channel, as its adapter hands it over."""
        doors = self.intake.doors
        values = {"text": "Lampu jalan padam.", "channel": channel, **form}
        account = ACCOUNTS.get(channel, "")
        origin = Origin(b"body", scope=channel, key=key, sender=Sender(handle, account, reply_to))
        submission = draft_submission(
            doors.context, ComplaintForm.model_validate(values), origin, self.intake.now
        )
        receipt = await doors.writer.submit(submission)
        assert isinstance(receipt, Receipt)
        secret = doors.context.vault.derive_secret(receipt.key_id, receipt.complaint_id)
        return Lodged(receipt.complaint_id, receipt.tracking_code, secret, {})

    async def in_unit(self, work: Any) -> None:
        """Do something in a transaction of intake's own."""
        async with self.intake.doors.units.begin() as unit:
            assert isinstance(unit, UnitOfWork)
            await work(unit, self.intake.doors.context)

    async def queued(self, lodged: Lodged) -> list[dict[str, Any]]:
        """Return what was queued for a complaint, in order, once nothing of it is due."""
        deadline = monotonic() + 30
        while True:
            rows = await self.intake.rows(
                "SELECT * FROM outgoing_message WHERE reference = :reference ORDER BY seq",
                reference=f"complaint/{lodged.complaint_id}",
            )
            waits = [
                row
                for row in rows
                if row["state"] == "sending"
                or (row["state"] == "queued" and row["due_at"] <= self.intake.now)
            ]
            if not waits:
                return rows
            assert monotonic() < deadline, waits
            await asyncio.sleep(0.01)

    async def kinds(self, lodged: Lodged, state: str = "sent") -> list[str]:
        """Return of what a reporter was told."""
        return [row["template"] for row in await self.queued(lodged) if row["state"] == state]

    def told(self, sender: str, code: str) -> list[Call]:
        """Return the calls at a platform that name a complaint."""
        return [call for call in self.platforms.accepted(sender) if code.encode() in call.body]

    def letters(self, code: str) -> list[EmailMessage]:
        """Return the letters that name a complaint."""
        return [letter for letter in self.mailbox.letters if code in str(letter["Subject"])]
