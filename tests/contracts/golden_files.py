"""The golden files: every form in which an event class was ever published, and must stay readable.

`<Class>.v1.json` is the first form; after a field was added, `<Class>.v1-2.json` is the next.
"""

import json
from pathlib import Path
from typing import Any, Final

from shared.contracts.envelope import encode
from shared.contracts.event import Event
from shared.contracts.examples import example_envelope
from shared.contracts.topics import CONTRACT_VERSION, topic_of
from shared.transport.message import Message

GOLDEN_DIR: Final = Path(__file__).parent / "golden"

Golden = dict[str, Any]


def golden_paths(event_class: type[Event]) -> list[Path]:
    """Return the class's golden files, the oldest first."""
    first = GOLDEN_DIR / f"{event_class.__name__}.v{CONTRACT_VERSION}.json"
    paths = [first] if first.exists() else []
    while (following := next_path(event_class, len(paths))).exists():
        paths.append(following)
    return paths


def next_path(event_class: type[Event], existing: int) -> Path:
    """Return where the next golden file goes, when there are so many already."""
    suffix = f"-{existing + 1}" if existing else ""
    return GOLDEN_DIR / f"{event_class.__name__}.v{CONTRACT_VERSION}{suffix}.json"


def read_golden(path: Path) -> Golden:
    """Return a golden file's `headers`, `key` and `value`."""
    golden: Golden = json.loads(path.read_text(encoding="utf-8"))
    return golden


def golden_of(message: Message) -> Golden:
    """Return a message in the form of a golden file."""
    return {
        "headers": dict(message.headers),
        "key": message.key,
        "value": json.loads(message.value),
    }


def message_of(golden: Golden, event_class: type[Event]) -> Message:
    """Return the message that a golden file holds."""
    value = json.dumps(golden["value"], ensure_ascii=False).encode()
    return Message(topic_of(event_class).name, golden["key"], value, golden["headers"])


def present_form(event_class: type[Event]) -> Golden:
    """Return what today's code writes for the class's example."""
    return golden_of(encode(example_envelope(event_class)))
