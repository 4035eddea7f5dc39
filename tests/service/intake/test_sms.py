"""Text messages: read from Gammu's tables, and pushed by a gateway."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

import pytest
from sqlalchemy import text

from services.intake.channels.message import IncomingMessage
from services.intake.gammu import GammuInbox, read_gammu
from services.intake.receiving import receive_items
from shared.database import Database
from shared.standard_webhooks import read_keys, sign
from tests.service.intake.driver import Driver
from tests.service.intake.events import Telling
from tests.service.intake.writing import REPORT, complaints_of, events_of, meanings_of
from tests.support.deliveries import SMS_KEY
from tests.support.servers import Databases

ACCOUNT = "+62351000114"


#: As Gammu SMSD publishes it for PostgreSQL, as far as it concerns receiving.
INBOX = """
    CREATE TABLE inbox (
        "UpdatedInDB" timestamp(0) NOT NULL DEFAULT LOCALTIMESTAMP(0),
        "ReceivingDateTime" timestamp(0) NOT NULL DEFAULT LOCALTIMESTAMP(0),
        "Text" text NOT NULL,
        "SenderNumber" varchar(20) NOT NULL DEFAULT '',
        "Coding" varchar(255) NOT NULL DEFAULT 'Default_No_Compression',
        "UDH" text NOT NULL,
        "SMSCNumber" varchar(20) NOT NULL DEFAULT '',
        "Class" integer NOT NULL DEFAULT '-1',
        "TextDecoded" text NOT NULL DEFAULT '',
        "ID" serial PRIMARY KEY,
        "RecipientID" text NOT NULL,
        "Processed" boolean NOT NULL DEFAULT 'false',
        "Status" integer NOT NULL DEFAULT '-1'
    )
    """
ADD = text(
    """
    INSERT INTO inbox ("Text", "SenderNumber", "Coding", "UDH", "TextDecoded", "RecipientID",
                       "ReceivingDateTime")
    VALUES ('', :sender, :coding, :header, :written, 'modem1',
            coalesce(CAST(:at AS timestamp), LOCALTIMESTAMP))
    """
)


@dataclass
class Modems:
    """A Gammu database, and intake that reads it."""

    intake: Driver
    database: Database
    inbox: GammuInbox

    async def receive(
        self,
        sender: str,
        written: str,
        header: str = "",
        *,
        coding: str = "Default_No_Compression",
        at: datetime | None = None,
    ) -> None:
        """Let a text message arrive at a modem."""
        values = {
            "sender": sender,
            "written": written,
            "header": header,
            "coding": coding,
            "at": at,
        }
        async with self.database.transaction() as connection:
            await connection.execute(ADD, values)

    async def read(self) -> int:
        """Let intake read what there is."""
        return await read_gammu(self.inbox, self.take)

    async def take(self, incoming: IncomingMessage) -> None:
        """Take in one message as the service does."""
        doors = self.intake.doors
        await receive_items(doors.units, doors.context, lambda _: None, [incoming])

    async def unprocessed(self) -> int:
        """Count what Gammu thinks was not read."""
        async with self.database.transaction() as connection:
            found = await connection.execute(
                text('SELECT count(*) FROM inbox WHERE NOT "Processed"')
            )
            return int(found.scalar_one())


_FIRST_ROWS = count(1_000, 1_000)


@pytest.fixture
async def modems(channels: Driver, databases: Databases) -> AsyncIterator[Modems]:
    """Make an empty Gammu database."""
    url = await databases.empty()
    database = Database(url)
    async with database.transaction() as connection:
        await connection.execute(text(INBOX))
        # Two Gammus that both begin at 1 would be taken for one that sends its messages again.
        await connection.execute(
            text("SELECT setval(pg_get_serial_sequence('inbox', 'ID'), :first)"),
            {"first": next(_FIRST_ROWS)},
        )
    inbox = GammuInbox(url.replace("+asyncpg", ""), ACCOUNT, "Asia/Jakarta")
    yield Modems(channels, database, inbox)
    await inbox.close()
    await database.close()


async def test_message_becomes_a_complaint_and_is_marked(modems: Modems) -> None:
    at = datetime(2026, 3, 9, 8, 30)  # noqa: DTZ001 - Gammu's times have no zone
    await modems.receive("0812-0000-1001", REPORT, at=at)
    assert await modems.read() == 1
    (complaint,) = await complaints_of(modems.intake, "sms", "+6281200001001")
    assert (complaint["channel"], complaint["account"]) == ("sms", ACCOUNT)
    assert complaint["device_time"] == datetime(2026, 3, 9, 1, 30, tzinfo=UTC)
    assert await modems.unprocessed() == 0
    assert await modems.read() == 0


async def test_crash_before_the_mark_changes_nothing(
    modems: Modems, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(*_: object) -> None:
        raise ConnectionResetError

    await modems.receive("+6281200001002", REPORT)
    with monkeypatch.context() as patch:
        patch.setattr(GammuInbox, "mark_processed", crash)
        for _ in range(2):
            with pytest.raises(ConnectionResetError):
                await modems.read()
    assert await modems.unprocessed() == 1
    assert await modems.read() == 1
    assert len(await complaints_of(modems.intake, "sms", "+6281200001002")) == 1
    assert await modems.unprocessed() == 0


async def test_failure_of_intake_leaves_the_message_to_the_next_time(modems: Modems) -> None:
    async def fail(_: IncomingMessage) -> None:
        raise ConnectionResetError

    await modems.receive("+6281200001003", REPORT)
    with pytest.raises(ConnectionResetError):
        await read_gammu(modems.inbox, fail)
    assert await modems.unprocessed() == 1


async def test_long_message_is_one_complaint_once_it_is_whole(modems: Modems) -> None:
    first, second = REPORT[:20], REPORT[20:]
    await modems.receive("+6281200001004", second, "0500032A0202")
    assert await modems.read() == 0
    await modems.receive("+6281200001005", "Sampah menumpuk di pasar", "")
    await modems.receive("+6281200001004", first, "0500032A0201")
    assert await modems.read() == 2
    (complaint,) = await complaints_of(modems.intake, "sms", "+6281200001004")
    assert complaint["text"] == REPORT
    assert await modems.unprocessed() == 0


async def test_part_that_never_comes_is_not_waited_for(modems: Modems) -> None:
    long_ago = datetime(2026, 3, 9, 8, 0)  # noqa: DTZ001 - Gammu's times have no zone
    await modems.receive("+6281200001006", REPORT, "0500032B0201", at=long_ago)
    assert await modems.read() == 1
    assert len(await complaints_of(modems.intake, "sms", "+6281200001006")) == 1


async def test_advertising_and_binary_messages_are_passed_over(modems: Modems) -> None:
    before = await modems.intake.rows("SELECT count(*) AS n FROM received_message")
    await modems.receive("TELKOMSEL", "Kuota Anda hampir habis, isi sekarang juga")
    await modems.receive("3636", "Promo paket data hari ini saja")
    await modems.receive("+6281200001007", "\\x00", coding="8bit")
    assert await modems.read() == 3
    assert await modems.unprocessed() == 0
    assert await modems.intake.rows("SELECT count(*) AS n FROM received_message") == before


async def test_result_is_judged_by_text_message(modems: Modems) -> None:
    number = "+6281200001008"
    await modems.receive(number, REPORT)
    await modems.read()
    (complaint,) = await complaints_of(modems.intake, "sms", number)
    telling = Telling(str(complaint["complaint_id"]), modems.intake.now)
    await modems.intake.tell(telling.assigned(), telling.resolved())
    await modems.receive("081200001008", "TIDAK PUAS masih padam")
    await modems.read()
    kind, event = (await events_of(modems.intake, complaint["complaint_id"]))[-1]
    assert (kind, event["satisfied"], event["text"]) == ("FeedbackGiven", False, "masih padam")


async def test_gateways_push_means_what_it_means_everywhere(channels: Driver) -> None:
    async def push(external_id: str, sender: str, written: str) -> dict[str, object]:
        report = {"external_id": external_id, "sender": sender, "text": written}
        body = json.dumps(report).encode()
        signed = sign(read_keys(SMS_KEY), external_id, channels.now, body)
        answer = await channels.client.post(
            "/intake/v1/partners/sms/reports",
            content=body,
            headers={"Content-Type": "application/json", **signed},
        )
        assert answer.status_code == 201, answer.text
        said: dict[str, object] = answer.json()
        return said

    first = await push("sms-1", "081200001009", REPORT)
    assert first["outcome"] == "accepted"
    again = await push("sms-1", "081200001009", REPORT)
    assert again == first
    further = await push("sms-2", "+62 812-0000-1009", "Sekarang dua lampu yang padam")
    assert further["tracking_code"] == first["tracking_code"]
    assert (await push("sms-3", "081200001009", "halo"))["outcome"] == "counted"
    assert (await push("sms-4", "TELKOMSEL", "Promo hari ini saja"))["complaint_id"] is None
    assert sorted(await meanings_of(channels, str(first["complaint_id"]))) == [
        "complaint",
        "message",
    ]
