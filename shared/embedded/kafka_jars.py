"""The jars of Apache Kafka: fetched once, checked against pinned sums, kept for offline use."""

import hashlib
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from shared.embedded.lockfile import FileLock

_PINNED = Path(__file__).with_name("kafka_jars.txt")


class KafkaJarsError(RuntimeError):
    """A jar could not be fetched, or is not the one that was pinned."""


def default_cache_dir() -> Path:
    """The user's cache folder for Tanggap; `XDG_CACHE_HOME` is heeded."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "tanggap"


def kafka_jars(cache_dir: Path | None = None) -> list[Path]:
    """The jars for Kafka's class path, from `cache_dir`; the first call fetches 44 MB in 5-7 s.

    Several processes may ask at once: one fetches, the others wait. Raises KafkaJarsError.
    """
    pinned = _read_pinned()
    # The sum of the list names the folder, so that a new list never meets old jars.
    edition = hashlib.sha256(_PINNED.read_bytes()).hexdigest()[:12]
    folder = (cache_dir or default_cache_dir()) / f"kafka-{edition}"
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_suffix(".lock"), timeout_seconds=600):
            if not folder.exists():
                _fetch(pinned, folder)
    return [folder / _file_name(coordinates) for coordinates in pinned]


def _read_pinned() -> dict[str, str]:
    lines = _PINNED.read_text().splitlines()
    pairs = (line.split() for line in lines if line and not line.startswith("#"))
    return dict(pairs)


def _file_name(coordinates: str) -> str:
    _, artifact, version = coordinates.split(":")
    return f"{artifact}-{version}.jar"


def _fetch(pinned: dict[str, str], folder: Path) -> None:
    """Fetch into a folder beside, then rename: a broken fetch leaves nothing that looks whole."""
    # Imported here: production, with a Kafka of its own, does not install jgo.
    from jgo.maven import MavenContext  # noqa: PLC0415

    fresh = folder.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    context = MavenContext(repo_cache=fresh / "repository", timeout=60)

    def fetch_one(coordinates: str) -> None:
        group, artifact, version = coordinates.split(":")
        jar = Path(context.project(group, artifact).at_version(version).artifact().resolve())
        if hashlib.sha256(jar.read_bytes()).hexdigest() != pinned[coordinates]:
            raise KafkaJarsError(f"{coordinates} is not the pinned file; nothing was kept")
        jar.replace(fresh / _file_name(coordinates))

    try:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(fetch_one, pinned))
    except KafkaJarsError:
        shutil.rmtree(fresh)
        raise
    except (OSError, RuntimeError, ValueError) as error:
        shutil.rmtree(fresh)
        raise KafkaJarsError(f"Kafka's jars could not be fetched: {error}") from error
    shutil.rmtree(fresh / "repository")
    fresh.rename(folder)
