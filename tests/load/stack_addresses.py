"""Finds the servers of a running `make stack` below its TANGGAP_HOME, without starting any."""

from dataclasses import dataclass
from pathlib import Path

from services.deployment import database_name
from shared.contracts.topics import ServiceName
from shared.embedded.kafka import EmbeddedKafka
from shared.embedded.postgres import EmbeddedPostgres

_LOOKED_AT: tuple[ServiceName, ...] = ("intake", "routing", "sla")


class NoStack(RuntimeError):
    """Nothing runs below this home."""


@dataclass(frozen=True, slots=True)
class Servers:
    """Where a stack's databases are, and its broker if it has one of its own."""

    databases: dict[ServiceName, str]
    kafka: str | None


def servers_below(home: Path) -> Servers:
    """Return the addresses of a stack's own servers; raises NoStack where none run."""
    postgres = EmbeddedPostgres(home / "postgres")
    if postgres.pid is None:
        raise NoStack(f"No Postgres runs below {home}: start `make stack`, or name the databases.")
    # With the server running, this only looks up where it is.
    postgres.start()
    databases = {name: postgres.url(database_name(name)) for name in _LOOKED_AT}
    postgres.stop()
    kafka = EmbeddedKafka(home / "kafka")
    if kafka.pid is None:
        return Servers(databases, None)
    kafka.start()
    bootstrap = kafka.bootstrap
    kafka.stop()
    return Servers(databases, bootstrap)
