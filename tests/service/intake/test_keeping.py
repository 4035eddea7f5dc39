"""What intake keeps: erasing a person, the schema, and what Prometheus sees."""

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect

from services.intake import bank_tables
from services.intake.operations.erasure import erase_reporters, find_reporters
from services.intake.rules.progress import OPEN_STATES
from shared.auth import Role
from shared.database import Database
from shared.migrating import alembic_config, migrate
from tests.service.intake.driver import REPORTER, Driver
from tests.service.intake.events import Telling
from tests.support.servers import Databases


async def test_an_erased_persons_words_are_gone_and_the_case_stays(alone: Driver) -> None:
    lodged = await alone.lodge("Saya Wagiman, lampu padam.", reporter=REPORTER)
    other = await alone.lodge("Milik orang lain.")
    await alone.say(lodged, "messages", {"text": "Ini Wagiman."})
    async with alone.doors.units.begin() as unit:
        context = alone.doors.context
        by_phone = await find_reporters(unit, context, phone="+6281200000001")
        by_nik = await find_reporters(unit, context, nik=REPORTER["nik"])
        assert len(by_phone) == 1
        assert by_phone == by_nik
        assert await find_reporters(unit, context, phone="+6281200000002") == []
        assert await erase_reporters(unit, by_phone) == 1
        assert await erase_reporters(unit, by_phone) == 0

    seen = await alone.track(lodged, known=True)
    assert seen["own"]["text"] is None
    assert [message["text"] for message in seen["own"]["messages"]] == [None]
    assert seen["status"] == "received"
    (row,) = await alone.rows("SELECT * FROM reporter WHERE erased_at IS NOT NULL")
    assert {row[name] for name in ("wrapped_key", "identity", "phone_hash", "nik_hash")} == {None}
    assert (await alone.track(other, known=True))["own"]["text"] == "Milik orang lain."
    assert (await alone.say(lodged, "messages", {"text": "Halo?"})).status_code == 409
    staff = await alone.client.get(
        f"/intake/v1/staff/complaints/{lodged.complaint_id}",
        headers=alone.system.staff(Role.TRIAGE),
    )
    assert staff.json()["own"]["text"] is None


async def test_the_migrated_schema_is_what_the_tables_say(alone: Driver) -> None:
    def differences(connection: Connection) -> list[object]:
        metadata = bank_tables.BankEntry.metadata
        ours = set(metadata.tables)
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_server_default": True,
                "include_object": lambda thing, name, kind, *_: (
                    name in ours if kind == "table" else thing.table.name in ours
                ),
            },
        )
        return list(compare_metadata(context, metadata))

    async with alone.system.service("intake").database.transaction() as connection:
        assert await connection.run_sync(differences) == []


async def test_the_gauge_counts_open_complaints_by_status(alone: Driver) -> None:
    first, second = await alone.lodge(), await alone.lodge()
    await alone.lodge()
    await alone.tell(Telling(first.complaint_id, alone.now).assigned())
    telling = Telling(second.complaint_id, alone.now)
    await alone.tell(telling.assigned(), telling.resolved())
    told = (await alone.client.get("/intake/metrics")).text
    assert 'intake_complaints_open{service="intake",status="received"} 1.0' in told
    assert 'intake_complaints_open{service="intake",status="assigned"} 1.0' in told
    assert 'status="resolved"' not in told
    assert 'intake_complaints_submitted_total{channel="web"} 3.0' in told
    assert 'intake_complaints_submitted_total{channel="sms"} 0.0' in told


async def test_a_replay_is_not_counted_as_a_submission(alone: Driver) -> None:
    for _ in range(3):
        await alone.post({"text": "x"}, key="kunci-yang-sama")
    told = (await alone.client.get("/intake/metrics")).text
    assert 'intake_complaints_submitted_total{channel="web"} 1.0' in told


async def test_the_gauge_reads_only_what_is_open(alone: Driver) -> None:
    states = ", ".join(f"'{state}'" for state in OPEN_STATES)
    async with alone.system.service("intake").database.transaction() as connection:
        await connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plan = await connection.exec_driver_sql(
            "EXPLAIN SELECT state, count(*) FROM complaint "  # noqa: S608 - ours
            f"WHERE state IN ({states}) GROUP BY state"
        )
        assert "complaint_open" in "\n".join(row[0] for row in plan)


@pytest.mark.parametrize("path", ["livez", "readyz"])
async def test_the_service_is_well(intake: Driver, path: str) -> None:
    assert (await intake.client.get(f"/intake/{path}")).status_code == 200


async def test_the_history_goes_down_and_up_again(databases: Databases) -> None:
    url = await databases.fresh("intake")
    database = Database(url)

    def downgrade(connection: Connection) -> set[str]:
        config = alembic_config("intake")
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        return set(inspect(connection).get_table_names())

    async with database.transaction() as connection:
        assert await connection.run_sync(downgrade) == {"alembic_version"}
    await database.close()
    await migrate("intake", url)
    await migrate("intake", url)
