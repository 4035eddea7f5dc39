"""Everything that the system wrote down or says, as text to search in."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from shared.contracts.topics import SERVICES, TOPICS, ServiceName
from shared.transport.in_process import InProcessTransport
from tests.journey.people import plain
from tests.support.system import System

_TABLES = """
    SELECT table_name FROM information_schema.tables
    WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
"""


@dataclass
class Haystack:
    """Texts, by where they were found."""

    texts: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, place: str, text: str) -> None:
        """Put one text in; its numbers are joined, so texts of different cells stay apart."""
        self.texts[place].append(plain(text))

    def find(self, needles: Iterable[str]) -> list[tuple[str, str, str]]:
        """Return each place, needle and surroundings where a needle was found."""
        found = []
        for place, texts in self.texts.items():
            for text in texts:
                for needle in needles:
                    at = text.find(needle)
                    if at >= 0:
                        found.append((place, needle, text[max(0, at - 40) : at + 60]))
        return found

    def find_in(self, place: str, needle: str) -> bool:
        """Tell whether one place holds this."""
        return any(needle in text for text in self.texts[place])

    async def add_database(self, system: System, name: ServiceName) -> None:
        """Put in every cell of every table of a service: rows, outbox, inbox, dead letters."""
        for table in await system.rows(name, _TABLES):
            place = f"{name}.{table['table_name']}"
            for row in await system.rows(name, f'SELECT * FROM "{table["table_name"]}"'):  # noqa: S608 - a name from the catalogue
                for column, value in row.items():
                    if value is not None:
                        self.add(f"{place}.{column}", as_text(value))

    async def add_bus(self, transport: InProcessTransport) -> None:
        """Put in every message: key, headers and value."""
        for topic in TOPICS:
            for number in range(topic.partitions):
                offset = 0
                while messages := await transport.fetch((topic.name, number), offset):
                    for message in messages:
                        self.add(f"bus {topic.name}", message.key)
                        self.add(f"bus {topic.name}", as_text(message.value))
                        for header, text in message.headers.items():
                            self.add(f"bus {topic.name} {header}", text)
                    offset = messages[-1].offset + 1

    async def add_metrics(self, system: System) -> None:
        """Put in what Prometheus is told."""
        for name in SERVICES:
            answer = await system.client.get(f"/{name}/metrics")
            assert answer.status_code == 200
            self.add(f"{name} /metrics", answer.text)


def as_text(value: Any) -> str:
    """Write a cell as text; bytes as far as they are text."""
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
