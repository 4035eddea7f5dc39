"""Makes ready what services stand on: databases, migrations, topics and the Pemda's profile.

What the environment names is used; what it does not name is the embedded server's.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from services.all_in_one import profile_module, settings_of
from shared.catalogue.definition import Service as CatalogueService
from shared.catalogue.reading import FOLDER
from shared.catalogue.shelf import find_changed
from shared.contracts.topics import TOPICS, ServiceName
from shared.database import Database
from shared.embedded.postgres import EmbeddedPostgres
from shared.migrating import migrate
from shared.profile import ProfileInvalid, ProfileProblem, ProfileReader, version_of
from shared.profile_store import save_profile
from shared.settings import CoreSettings, ServiceSettings
from shared.transport.in_process import InProcessTransport
from shared.transport.kafka import KafkaTransport
from shared.transport.port import Transport

BUS_DATABASE = "tanggap_bus"
#: Who steps back where processors are scarce. Nobody waits for sla: its clocks run from the times
#: in the events, and a rush that it hears of later is cheaper for being taken in larger batches.
NICENESS: Final[Mapping[ServiceName, int]] = {"sla": 10}


def database_name(service: ServiceName) -> str:
    """Return the name of a service's database in the embedded server; its role is named alike."""
    return f"tanggap_{service}"


def needs_embedded_postgres(core: CoreSettings, services: Iterable[ServiceName]) -> bool:
    """Tell whether any database is not named in the environment."""
    bus_missing = core.kafka_bootstrap is None and core.bus_database_url is None
    return bus_missing or any(not settings_of(s, core=core).database_url for s in services)


def create_databases(postgres: EmbeddedPostgres, services: Iterable[ServiceName]) -> None:
    """Create each service's database with a role of its own, and the bus's."""
    for name in (*map(database_name, services), BUS_DATABASE):
        postgres.create_database(name)


def settle_settings(
    core: CoreSettings, services: Sequence[ServiceName], postgres: EmbeddedPostgres | None
) -> tuple[CoreSettings, dict[ServiceName, ServiceSettings]]:
    """Return settings in which every database is named."""
    if core.bus_database_url is None and core.kafka_bootstrap is None and postgres is not None:
        core = core.model_copy(update={"bus_database_url": postgres.url(BUS_DATABASE)})
    settings = {}
    for name in services:
        each = settings_of(name, core=core)
        if not each.database_url:
            if postgres is None:
                raise ValueError(f"Set TANGGAP_{name.upper()}_DATABASE_URL")
            each = each.model_copy(update={"database_url": postgres.url(database_name(name))})
        settings[name] = each
    return core, settings


def make_transport(core: CoreSettings, client_id: str) -> tuple[Transport, Database | None]:
    """Return the transport that the settings ask for, and the bus's database to close, if any."""
    if core.kafka_bootstrap is not None:
        kafka = KafkaTransport(core.kafka_bootstrap, client_id=client_id, instance_id=core.instance)
        return kafka, None
    if core.bus_database_url is None:
        raise ValueError("Set TANGGAP_KAFKA_BOOTSTRAP or TANGGAP_BUS_DATABASE_URL")
    bus = Database(core.bus_database_url, pool_size=core.database_pool)
    return InProcessTransport(bus, {topic.name: topic.partitions for topic in TOPICS}), bus


async def migrate_all(settings: dict[ServiceName, ServiceSettings]) -> None:
    """Bring every database to the newest revision."""
    for name, each in settings.items():
        await migrate(name, each.database_url)


def check_profile(folder: Path, services: Iterable[ServiceName]) -> list[ProfileProblem]:
    """Return every problem that any service sees in a profile, in the order of files and lines."""
    return sorted({p for name in services for p in profile_module(name).check(folder)})


async def load_profile(folder: Path, settings: dict[ServiceName, ServiceSettings]) -> str:
    """Write each service's part into its own database under one version, and return it.

    Raises ProfileInvalid before anything is written: also for a service that changed under the
    version that it had.
    """
    if problems := check_profile(folder, settings):
        raise ProfileInvalid(problems)
    version = version_of(folder)
    if problems := await _find_changed_services(folder, settings, version):
        raise ProfileInvalid(problems)
    for name, each in settings.items():
        module = profile_module(name)
        content = module.dump(module.read(folder))
        database = Database(each.database_url)
        try:
            async with database.transaction() as connection:
                await save_profile(connection, version, content)
        finally:
            await database.close()
    return version


async def _find_changed_services(
    folder: Path, settings: dict[ServiceName, ServiceSettings], version: str
) -> list[ProfileProblem]:
    """Say of each service that changed under its version what to do; applications keep theirs."""
    changed: dict[str, int] = {}
    for name, each in settings.items():
        found = getattr(profile_module(name).read(folder), "services", ())
        # Survey has services of another kind under that name.
        services = [each for each in found if isinstance(each, CatalogueService)]
        if not services:
            continue
        database = Database(each.database_url)
        try:
            async with database.transaction() as connection:
                for service in await find_changed(connection, services, version):
                    changed[service.code] = service.version
        finally:
            await database.close()
    reader = ProfileReader(folder)
    for code, number in sorted(changed.items()):
        file = f"{FOLDER}/{code}.yaml"
        reader.read(file, CatalogueService)
        message = (
            f"version {number} was loaded before with another content: write version: {number + 1}"
        )
        reader.complain(file, ("version",), message)
    return reader.problems
