"""SMS by the tables of Gammu SMSD, on a real Postgres with Gammu's own columns."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncpg
import pytest
from pydantic import SecretStr

from shared.clock import SystemClock
from shared.ids import new_id
from shared.messaging.port import OutgoingMessage, Sender, TryLater
from shared.messaging.senders import make_senders
from shared.messaging.settings import MessagingSettings
from tests.support.servers import Databases

# Of Gammu's schema for Postgres, the columns that matter to a message on its way.
_SCHEMA = """
    CREATE TABLE outbox (
        "UpdatedInDB" timestamp(0) NOT NULL DEFAULT LOCALTIMESTAMP(0),
        "InsertIntoDB" timestamp(0) NOT NULL DEFAULT LOCALTIMESTAMP(0),
        "SendingDateTime" timestamp NOT NULL DEFAULT LOCALTIMESTAMP(0),
        "SendBefore" time NOT NULL DEFAULT '23:59:59',
        "SendAfter" time NOT NULL DEFAULT '00:00:00',
        "Text" text, "DestinationNumber" varchar(20) NOT NULL DEFAULT '',
        "Coding" varchar(255) NOT NULL DEFAULT 'Default_No_Compression',
        "UDH" text, "Class" integer DEFAULT '-1', "TextDecoded" text NOT NULL DEFAULT '',
        "ID" serial PRIMARY KEY, "MultiPart" boolean NOT NULL DEFAULT 'false',
        "RelativeValidity" integer DEFAULT '-1', "SenderID" varchar(255),
        "SendingTimeOut" timestamp(0) NOT NULL DEFAULT LOCALTIMESTAMP(0),
        "DeliveryReport" varchar(10) DEFAULT 'default', "CreatorID" text NOT NULL,
        "Retries" integer DEFAULT '0', "Priority" integer DEFAULT '0',
        "Status" varchar(255) NOT NULL DEFAULT 'Reserved', "StatusCode" integer DEFAULT '-1'
    );
    CREATE TABLE outbox_multipart (
        "Text" text, "Coding" varchar(255) NOT NULL DEFAULT 'Default_No_Compression',
        "UDH" text, "Class" integer DEFAULT '-1', "TextDecoded" text DEFAULT NULL,
        "ID" serial, "SequencePosition" integer NOT NULL DEFAULT '1',
        "Status" varchar(255) NOT NULL DEFAULT 'Reserved', "StatusCode" integer DEFAULT '-1',
        PRIMARY KEY ("ID", "SequencePosition")
    );
    CREATE TABLE sentitems (
        "ID" integer NOT NULL, "CreatorID" text NOT NULL, "SequencePosition" integer DEFAULT 1,
        "Status" varchar(255) NOT NULL DEFAULT 'SendingOK'
    );
    """


@dataclass
class Gammu:
    """Gammu's database, and a sender that writes into it."""

    tables: "asyncpg.Connection"
    sender: Sender


@pytest.fixture
async def gammu(databases: Databases) -> AsyncIterator[Gammu]:
    """Make Gammu's database."""
    url = await databases.empty()
    tables = await asyncpg.connect(url.replace("+asyncpg", ""))
    await tables.execute(_SCHEMA)
    settings = MessagingSettings(gammu_url=SecretStr(url))
    yield Gammu(tables, make_senders(settings, SystemClock())["sms"])
    await tables.close()


def _message(text: str, message_id: str | None = None) -> OutgoingMessage:
    return OutgoingMessage(message_id or new_id(), "sms", "", "+6281200000001", text)


async def test_a_short_text_is_one_row_however_often_it_is_sent(
    gammu: Gammu,
) -> None:
    message = _message("Laporan K7M3PXA92W diterima.")
    first = await gammu.sender.send(message)
    assert await gammu.sender.send(message) == first
    (row,) = await gammu.tables.fetch("SELECT * FROM outbox")
    assert row["DestinationNumber"] == "+6281200000001"
    assert row["TextDecoded"] == "Laporan K7M3PXA92W diterima."
    assert row["Coding"] == "Default_No_Compression"
    assert (row["UDH"], row["MultiPart"], row["Class"]) == (None, False, -1)
    assert row["CreatorID"] == message.message_id
    # Gammu has sent it, and moved it.
    await gammu.tables.execute("DELETE FROM outbox")
    await gammu.tables.execute(
        'INSERT INTO sentitems ("ID", "CreatorID") VALUES ($1, $2)', row["ID"], message.message_id
    )
    assert await gammu.sender.send(message) == first
    assert await gammu.tables.fetch("SELECT * FROM outbox") == []


async def test_a_long_text_is_divided_as_phones_join_it(gammu: Gammu) -> None:
    text = "Jalan rusak. " * 30
    await gammu.sender.send(_message(text))
    (first,) = await gammu.tables.fetch("SELECT * FROM outbox")
    further = await gammu.tables.fetch('SELECT * FROM outbox_multipart ORDER BY "SequencePosition"')
    assert first["MultiPart"]
    assert [row["SequencePosition"] for row in further] == [2, 3]
    assert {row["ID"] for row in further} == {first["ID"]}
    parts = [first, *further]
    assert "".join(row["TextDecoded"] for row in parts) == text
    reference = first["UDH"][6:8]
    assert [row["UDH"] for row in parts] == [f"050003{reference}030{n}" for n in (1, 2, 3)]


async def test_other_alphabets_are_written_in_unicode(gammu: Gammu) -> None:
    await gammu.sender.send(_message("ꦥꦩꦼꦫꦶꦤ꧀ꦠꦃ"))
    assert await gammu.tables.fetchval('SELECT "Coding" FROM outbox') == "Unicode_No_Compression"


async def test_a_database_that_is_away_was_certainly_not_told() -> None:
    settings = MessagingSettings(gammu_url=SecretStr("postgresql://nobody@127.0.0.1:1/gammu"))
    with pytest.raises(TryLater):
        await make_senders(settings, SystemClock())["sms"].send(_message("Isi"))
