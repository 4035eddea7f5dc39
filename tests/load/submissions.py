"""Submissions to load intake with: the invented texts of the simulated day, all different."""

import json
from collections.abc import Iterator
from itertools import count
from typing import Any
from uuid import uuid4

from tests.load.traffic import demo_texts
from tests.load.wire import post_request

PATH = "/intake/v1/complaints"
# In the area of the profile contoh.
_AREA = "99.71.01"


class Submissions:
    """Makes one request after the other; no two have the same words, phone or key."""

    def __init__(self) -> None:
        self._texts = demo_texts()
        self._run = uuid4().hex[:12]
        self._numbers: Iterator[int] = count()

    def next_request(self) -> bytes:
        """Return the next request, with an Idempotency-Key of its own."""
        return self.request(next(self._numbers))

    def request(self, number: int) -> bytes:
        """Return the request of a number; the text of number 0 comes again after all others."""
        body = json.dumps(self._body(number), ensure_ascii=False).encode()
        return post_request(PATH, body, {"Idempotency-Key": f"bench-{self._run}-{number}"})

    def _body(self, number: int) -> dict[str, Any]:
        text = self._texts[number % len(self._texts)]
        return {
            "text": f"{text} (laporan uji {number})",
            "channel": "web",
            "location": {"address": f"Jalan Contoh nomor {number % 200}", "area_code": _AREA},
            "reporter": {
                "name": f"Warga Contoh {number}",
                "phone": f"0812{number % 10**8:08d}",
                "email": f"warga{number}@contoh.example",
            },
        }
