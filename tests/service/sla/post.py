"""The staff's side of sla in tests: contacts with every channel, and the postman."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from prometheus_client import CollectorRegistry

from services.sla import profile
from services.sla.addressees import Sending
from services.sla.context import SlaContext, make_context
from services.sla.metrics import SlaMetrics
from services.sla.notices_profile import Contact, StaffWebhook
from services.sla.postman import Postman
from services.sla.profile import SlaProfile
from services.sla.sending import resolver
from shared.messaging import queue
from shared.messaging.worker import Dropped
from tests.service.sla.driver import Case, Sla
from tests.support.servers import PROFILE

STAFF_URL = "https://petugas.contoh.example/kasus/{id}"
ALL_CHANNELS = frozenset({"email", "whatsapp", "telegram", "webhook"})


def profile_with(webhook_url: str = "http://127.0.0.1:9/x", **changes: Any) -> SlaProfile:
    """Return the shipped profile, where PUPR's officer has every channel; `changes` are notices'.

    The officer's WhatsApp and chat are invented numbers.
    """
    known = profile.read(PROFILE)
    assert known.notices is not None
    contacts = [_with_all(each, webhook_url) for each in known.contacts]
    notices = known.notices.model_copy(update=changes)
    return known.model_copy(update={"contacts": tuple(contacts), "notices": notices})


def _with_all(contact: Contact, webhook_url: str) -> Contact:
    if (contact.role, contact.opd) != ("officer", "PUPR"):
        return contact
    return contact.model_copy(
        update={
            "whatsapp": "+62 800 0000 0199",
            "telegram": "-100200300",
            "webhook": StaffWebhook(name="situs", url=webhook_url),
        }
    )


def context_with(known: SlaProfile, channels: frozenset[str] = frozenset({"email"})) -> SlaContext:
    """Make ready a profile for a deployment by which these channels send."""
    metrics = SlaMetrics(CollectorRegistry())
    sending = Sending(channels)
    return make_context(known, "test", metrics, staff_url=STAFF_URL, sending=sending)


def with_context(sla: Sla, context: SlaContext) -> Sla:
    """Return the same sla with another profile or other channels."""
    return replace(sla, context=context)


async def post(sla: Sla) -> None:
    """Let a postman who has just begun go his round."""
    await Postman(sla.units, sla.context, 1.0).go_round()


async def notices(sla: Sla, case: Case | None = None) -> list[tuple[str, str, str]]:
    """Return kind, contact and state of the notices of a case, or of all, the oldest first."""
    rows = await sla.rows(
        """SELECT kind, contact, state FROM notice
        WHERE CAST(:id AS uuid) IS NULL OR complaint_id = CAST(:id AS uuid)
        ORDER BY happened_at, contact, kind""",
        id=case.complaint_id if case else None,
    )
    return [(row["kind"], row["contact"], row["state"]) for row in rows]


async def messages(sla: Sla) -> list[dict[str, Any]]:
    """Return what is in the queue, in order."""
    return await sla.rows("SELECT * FROM outgoing_message ORDER BY seq")


def night(sla: Sla) -> None:
    """Move the clock to half past nine in the evening."""
    local = sla.clock.now().astimezone(JAKARTA)
    sla.clock.set(local.replace(hour=21, minute=30))


def morning_after(sla: Sla) -> datetime:
    """Return when the officers' quiet hours end."""
    local = sla.clock.now().astimezone(JAKARTA) + timedelta(days=1)
    return local.replace(hour=6, minute=0)


async def open_case(sla: Sla, opd: str = "PUPR", **fields: Any) -> Case:
    """Let a case come in and be assigned."""
    case = sla.case()
    await sla.hear(case.submitted(**fields), case.assigned(opd))
    return case


async def letters(sla: Sla) -> list[tuple[str, str]]:
    """Return recipient and subject of what would be sent now; what is dropped is left out."""
    found = []
    resolve = resolver(sla.context.offices, sla.clock)
    async with sla.units.begin() as unit:
        for each in await queue.claim(unit.connection, "email", unit.now, 100):
            try:
                outgoing = await resolve(unit.connection, each)
            except Dropped:
                continue
            found.append((outgoing.recipient, outgoing.subject or ""))
    return found


#: Without the mornings' overviews, which every head would get besides.
KNOWN = profile_with(daily=None)
BY_MAIL = context_with(KNOWN)
JAKARTA = ZoneInfo("Asia/Jakarta")
