"""Invented complaints for a data bank of any size: the same ones in each run, none of them real.

Their words are those of the simulated day, as frequent as they are there, with a long tail of rare
ones such as names of streets; their topics, places and hours are as uneven as real ones.
"""

import random
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any
from uuid import UUID

import yaml

from tests.load.traffic import SCRIPT, demo_texts

NEWEST = datetime(2026, 3, 9, 2, 0, tzinfo=UTC)
YEARS = 4
#: One word in so many is a rare one.
_RARE_EVERY = 12
_RARE_WORDS = 60_000
_SYLLABLES = re.findall("..", "bacedagahujakalamanapurasatiwayo")
_CHANNELS = ("web", "whatsapp", "sms", "instagram")


class BankRows:
    """Makes rows such as `insert_imports` takes."""

    def __init__(self, seed: int = 1) -> None:
        """Learn words and topics from the profile's example."""
        self._random = random.Random(seed)  # noqa: S311 - the same in each run
        words = Counter(re.findall(r"[a-z]{3,}", " ".join(demo_texts()).lower()))
        self.words = [word for word, _ in words.most_common()]
        self._cumulative = list(accumulate(count for _, count in words.most_common()))
        content = yaml.safe_load((SCRIPT.parents[1] / "topics.yaml").read_text(encoding="utf-8"))
        topics = [(each["code"], each["opd"]) for each in content["topics"] if "opd" in each]
        self._topics = topics
        self._topic_weights = list(accumulate(1 / rank for rank in range(1, len(topics) + 1)))
        pemda = yaml.safe_load((SCRIPT.parents[1] / "pemda.yaml").read_text(encoding="utf-8"))
        self._areas = [
            village["code"] for district in pemda["districts"] for village in district["villages"]
        ]
        self._bounds = pemda["bounds"]

    def rows(self, count: int) -> Iterator[dict[str, Any]]:
        """Yield so many rows, spread over the years."""
        step = timedelta(days=365 * YEARS) / max(count, 1)
        for number in range(count):
            yield self._row(NEWEST - step * (count - number))

    def terms(self, count: int) -> list[str]:
        """Draw words to search for, the frequent ones as often as they are written."""
        return self._draw(count)

    def _row(self, submitted_at: datetime) -> dict[str, Any]:
        chance = self._random
        topic, opd = chance.choices(self._topics, cum_weights=self._topic_weights)[0]
        words = self._draw(chance.randint(8, 30))
        answered = chance.random()
        return {
            "entry_id": str(UUID(int=chance.getrandbits(128), version=4)),
            "submitted_at": submitted_at,
            "channel": _CHANNELS[int(chance.random() ** 2 * len(_CHANNELS))],
            "classification": "complaint",
            "opd": opd,
            "topic": topic,
            "area_code": self._areas[int(chance.random() ** 2 * len(self._areas))],
            "lat": chance.uniform(self._bounds["south"], self._bounds["north"]),
            "lon": chance.uniform(self._bounds["west"], self._bounds["east"]),
            "secret": chance.random() < 0.03,
            "title": None,
            "text": " ".join(words),
            "responded_at": submitted_at + timedelta(hours=80 * answered**3)
            if answered < 0.94
            else None,
            "resolved_at": None,
        }

    def _draw(self, count: int) -> list[str]:
        words = self._random.choices(self.words, cum_weights=self._cumulative, k=count)
        return [self._rare() if self._random.random() < 1 / _RARE_EVERY else word for word in words]

    def _rare(self) -> str:
        number = int(self._random.random() ** 3 * _RARE_WORDS)
        word = ""
        for _ in range(4):
            number, syllable = divmod(number, len(_SYLLABLES))
            word += _SYLLABLES[syllable]
        return word
