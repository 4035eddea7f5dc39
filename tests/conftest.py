"""Fixtures of all tests: the run's real servers, and the whole system on them."""

import gc
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

import hypothesis
import pytest
import structlog

from shared.embedded.kafka import EmbeddedKafka
from shared.embedded.postgres import EmbeddedPostgres
from tests.support.scheduling import GroupScheduling
from tests.support.servers import Databases, kafka_in_environment, running_postgres
from tests.support.system import System, running_system

# structlog's own default draws tracebacks with all their variables, which takes seconds each.
structlog.configure(
    processors=[
        structlog.stdlib.add_log_level,
        structlog.processors.format_exc_info,
        structlog.processors.KeyValueRenderer(key_order=["event"]),
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=False,
)

# jgo asks platformdirs for its folders, which warns where a container leaves this unset.
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())

# A busy machine makes nothing wrong: no example has a limit of wall time, pytest's own bounds the
# test. The run that judges a change tries the same examples each time; new ones are looked for by
# `pytest --hypothesis-profile explore`.
_UNHURRIED = hypothesis.settings(
    deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.register_profile("explore", _UNHURRIED)
hypothesis.settings.register_profile("same", _UNHURRIED, derandomize=True)
hypothesis.settings.load_profile("same")

# Tests' clocks stand still, and their citizens share a phone.
os.environ.setdefault("TANGGAP_INTAKE_LIMIT_SENDER", "100000 per hour")

_ROOT = "TANGGAP_TEST_ROOT"
_SERVERS = pytest.StashKey[ExitStack]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say how often each fault is made, and how much is searched for leaks."""
    parser.addoption(
        "--chaos-rounds", type=int, default=1, help="rounds of each fault in tests/chaos"
    )
    parser.addoption(
        "--leak-complaints", type=int, default=6, help="of the demo's 210, in journey/test_leaks.py"
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> GroupScheduling | None:
    """Keep each group of tests on one worker, where groups are asked for."""
    return GroupScheduling(config, log) if config.getvalue("dist") == "loadgroup" else None


def pytest_configure() -> None:
    """Keep asyncio's runner from handling SIGINT: in Python 3.11 that is a tenth of a run.

    It would look its handler up after each coroutine, and `signal.getsignal` writes out what it
    finds: the task that has ended, with the whole system that a fixture returned.
    """
    signal.signal(signal.SIGINT, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    signal.default_int_handler(number, frame)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Let the process that drives the run start Postgres, so that all its workers share one."""
    if hasattr(session.config, "workerinput"):
        return
    root = Path(tempfile.mkdtemp(prefix="tanggap-test-"))
    os.environ[_ROOT] = str(root)
    servers = ExitStack()
    servers.callback(shutil.rmtree, root, ignore_errors=True)
    servers.enter_context(running_postgres(root))
    session.config.stash[_SERVERS] = servers


def pytest_collection_finish() -> None:
    """Let the collector pass over what stays: modules and tests are a million objects.

    Else each full collection stops the test that it comes in for 0.6 s, on a busy machine for more.
    """
    gc.collect()
    gc.freeze()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Stop what was started."""
    servers = session.config.stash.get(_SERVERS, None)
    if servers is not None:
        servers.close()


@pytest.fixture(scope="session")
def run_root() -> Path:
    """Return the folder of this test run, shared by all of its processes."""
    return Path(os.environ[_ROOT])


@pytest.fixture(scope="session")
def postgres(run_root: Path) -> Iterator[EmbeddedPostgres]:
    """Join the run's Postgres."""
    with running_postgres(run_root) as server:
        yield server


@pytest.fixture(scope="session")
def databases(postgres: EmbeddedPostgres, run_root: Path) -> Databases:
    """Make fresh, migrated databases."""
    return Databases(postgres, run_root)


@pytest.fixture(scope="session")
def kafka(run_root: Path) -> Iterator[str]:
    """Return the address of a broker: the environment's, or one that this worker starts.

    Tests that use it carry `xdist_group("kafka")`, so that one worker has them all.
    """
    given = kafka_in_environment()
    if given is not None:
        yield given
        return
    with EmbeddedKafka(run_root / "kafka") as broker:
        yield broker.bootstrap


@pytest.fixture
async def system(databases: Databases, tmp_path: Path) -> AsyncIterator[System]:
    """Run the whole system for one test."""
    async with running_system(databases, tmp_path) as running:
        yield running


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let a report hold what a worker can send: tests log lone surrogates on purpose."""
    report = yield
    report.sections = [
        (name, content.encode("utf-8", "replace").decode()) for name, content in report.sections
    ]
    return report
