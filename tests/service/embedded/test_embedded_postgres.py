"""The embedded PostgreSQL: its databases are apart, and it survives what may befall it."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from shared.embedded.postgres import EmbeddedPostgres, EmbeddedPostgresError


@pytest.fixture(scope="module")
def server(new_folder: Callable[[], Path]) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(new_folder()) as running:
        running.create_database("intake")
        running.create_database("routing")
        yield running


async def run(dsn: str, *statements: str) -> object:
    """Run the statements in one connection; the single value of the last one."""
    connection = await asyncpg.connect(dsn)
    try:
        for statement in statements[:-1]:
            await connection.execute(statement)
        return await connection.fetchval(statements[-1])
    finally:
        await connection.close()


async def test_service_finds_postgres_18_with_its_extensions(server: EmbeddedPostgres) -> None:
    dsn = server.dsn("intake")
    assert str(await run(dsn, "SELECT version()")).startswith("PostgreSQL 18")
    assert await run(dsn, "SELECT similarity('jalan rusak', 'jalan rusak parah') > 0.5")
    assert await run(dsn, "SELECT unaccent('Café')") == "Cafe"
    assert await run(dsn, "SHOW fsync") == "on"
    assert await run(dsn, "SHOW timezone") == "UTC"


async def test_owner_may_replace_the_extensions_in_a_migration(server: EmbeddedPostgres) -> None:
    owner = "SELECT extowner::regrole::text FROM pg_extension WHERE extname = 'btree_gist'"
    replace = ("DROP EXTENSION btree_gist", "CREATE EXTENSION btree_gist", owner)
    assert await run(server.dsn("routing"), *replace) == "routing"


@pytest.mark.parametrize("database", ["routing", "postgres", "template1"])
async def test_role_cannot_enter_another_database(server: EmbeddedPostgres, database: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await run(server.dsn(database, role="intake"), "SELECT 1")


async def test_role_needs_its_own_password(server: EmbeddedPostgres) -> None:
    password = server.dsn("intake").split(":")[2].split("@")[0]
    with pytest.raises(asyncpg.InvalidPasswordError):
        await run(server.dsn("routing").replace("routing:", "routing:x"), "SELECT 1")
    with pytest.raises(asyncpg.InvalidPasswordError):
        await run(f"postgresql://routing:{password}@127.0.0.1:{server.port}/routing", "SELECT 1")


def test_passwords_are_for_our_eyes_only(server: EmbeddedPostgres) -> None:
    mode = (server.data_dir / "passwords.json").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_unknown_role_has_no_url(server: EmbeddedPostgres) -> None:
    with pytest.raises(EmbeddedPostgresError, match="create_database"):
        server.url("nobody_made_this")


async def test_creating_a_database_again_keeps_its_rows(server: EmbeddedPostgres) -> None:
    await run(server.dsn("routing"), "CREATE TABLE kept AS SELECT 7 AS n", "SELECT n FROM kept")
    before = server.url("routing")
    server.create_database("routing")
    assert server.url("routing") == before
    assert await run(server.dsn("routing"), "SELECT n FROM kept") == 7


@pytest.mark.parametrize("name", ["x; DROP TABLE y", "Intake", "", 'a"b', "x" * 64])
def test_odd_name_is_refused(server: EmbeddedPostgres, name: str) -> None:
    with pytest.raises(ValueError, match="is not a name"):
        server.create_database(name)


async def test_clone_has_the_rows_and_the_owner_of_its_template(server: EmbeddedPostgres) -> None:
    server.create_database("template_one", role="survey")
    await run(
        server.dsn("template_one", "survey"), "CREATE TABLE t AS SELECT 1 AS n", "SELECT n FROM t"
    )
    server.clone_database("template_one", "copy_one")
    copy = server.dsn("copy_one", "survey")
    assert await run(copy, "INSERT INTO t VALUES (2)", "SELECT sum(n) FROM t") == 3
    assert await run(server.dsn("template_one", "survey"), "SELECT sum(n) FROM t") == 1
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await run(server.dsn("copy_one", "intake"), "SELECT 1")
    server.drop_database("copy_one")
    with pytest.raises(EmbeddedPostgresError, match="already exists"):
        server.clone_database("template_one", "intake")
    with pytest.raises(EmbeddedPostgresError, match="no database"):
        server.clone_database("never_made", "copy_two")


@pytest.mark.parametrize("fault", ["immediate", "kill"])
async def test_committed_rows_survive_a_crash(server: EmbeddedPostgres, fault: str) -> None:
    table = f"survivor_{fault}"
    await run(server.dsn("intake"), f"CREATE TABLE {table} AS SELECT 1 AS n", "SELECT 1")
    url = server.url("intake")
    if fault == "kill":
        server.kill()
        with pytest.raises(OSError, match="Connect call failed"):
            await asyncpg.connect(server.dsn("intake"))
        server.start()
    else:
        server.restart("immediate")
    assert server.url("intake") == url
    assert await run(server.dsn("intake"), f"TABLE {table}") == 1


async def test_second_start_uses_the_running_server(server: EmbeddedPostgres) -> None:
    with EmbeddedPostgres(server.data_dir) as second:
        assert second.url("intake") == server.url("intake")
        assert server.is_owner
        assert not second.is_owner
        with pytest.raises(EmbeddedPostgresError, match="another process started"):
            second.kill()
    assert await run(server.dsn("intake"), "SELECT 1") == 1


async def test_pid_file_of_a_crash_does_not_block_the_start(new_folder: Callable[[], Path]) -> None:
    folder = new_folder()
    with EmbeddedPostgres(folder) as first:
        first.create_database("sla")
        lines = (folder / "pgdata" / "postmaster.pid").read_text().splitlines()
    # After a reboot the pid may belong to any program: here to this one.
    stale = folder / "pgdata" / "postmaster.pid"
    stale.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    with EmbeddedPostgres(folder) as again:
        assert again.is_owner
        assert await run(again.dsn("sla"), "SELECT 1") == 1


def test_settings_reach_the_server_and_a_bad_one_is_told(new_folder: Callable[[], Path]) -> None:
    folder = new_folder()
    with EmbeddedPostgres(folder, settings={"fsync": "off"}) as quick:
        assert quick.run_sql("SHOW fsync") == "off"
    with pytest.raises(EmbeddedPostgresError, match="no_such_thing"):
        EmbeddedPostgres(folder, settings={"no_such_thing": "1"}).start()


def test_server_does_not_outlive_a_killed_starter(new_folder: Callable[[], Path]) -> None:
    folder = new_folder()
    program = (
        "import pathlib, sys, time\n"
        "from shared.embedded.postgres import EmbeddedPostgres\n"
        "server = EmbeddedPostgres(pathlib.Path(sys.argv[1])).start()\n"
        "print(server.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(  # noqa: S603 - a program of this test
        [sys.executable, "-c", program, str(folder)], stdout=subprocess.PIPE, text=True
    ) as starter:
        assert starter.stdout is not None
        assert int(starter.stdout.readline()) > 0
        starter.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 30
    while EmbeddedPostgres(folder).pid is not None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    with EmbeddedPostgres(folder) as again:
        assert again.is_owner
