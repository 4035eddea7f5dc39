"""One case from the first word to the last answer, as a citizen, the desk and an officer make it.

Submit, assign, respond, resolve, search: five requests, each timed by itself. The desk asks again
for a case that routing has not heard of yet; such an answer is no error, waiting too long is one.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count, cycle
from time import perf_counter
from typing import Any, Final
from urllib.parse import quote, urlsplit

from shared.auth import Role
from shared.contracts.topics import ServiceName
from shared.embedded.ports import HOST
from tests.load.bank_rows import BankRows
from tests.load.submissions import Submissions
from tests.load.wire import TOO_LATE_SECONDS, Answer, BadAnswer, Connection, post_request
from tests.support.stack import Stack

STEPS: Final = ("submit", "assign", "respond", "resolve", "search")
# No rule gives these a text of the simulated day, and none of their topics asks for a photo.
_OPDS: Final = ("BAPPERIDA", "DISPUSIP", "BPKAD", "INSPEKTORAT")
_SEARCHES: Final = 5_000
# An event needs about a tenth of a second to reach routing; who asks more often loads it, and so
# each pause is twice the one before, as with any client that is told to come again.
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 0.8


class _Failed(Exception):
    """A step did not succeed; it has been noted."""


@dataclass(slots=True)
class Played:
    """What became of the cases: how many were finished, errors by step, seconds of each request.

    `asked_again` counts the answers that routing had not heard of a case yet.
    """

    finished: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, list[float]] = field(default_factory=lambda: {step: [] for step in STEPS})
    first_error: str = ""
    asked_again: int = 0

    @property
    def longest(self) -> float:
        """Return the seconds of the slowest request; 0 without any."""
        return max((max(each) for each in self.seconds.values() if each), default=0.0)

    @property
    def requests(self) -> int:
        """Count the requests that were answered well."""
        return sum(map(len, self.seconds.values()))


class CasePlayer:
    """Plays cases over kept connections; any number at the same time."""

    def __init__(self, system: Stack) -> None:
        self._ports = {name: urlsplit(url).port or 0 for name, url in system.base.items()}
        self._idle: dict[ServiceName, list[Connection]] = {name: [] for name in system.base}
        self._numbers = count()
        self._submissions = Submissions()
        self._terms = cycle(BankRows(seed=2).terms(_SEARCHES))
        self._desk = system.staff(Role.TRIAGE, subject="meja-1")
        self._officers = {
            opd: system.staff(Role.OFFICER, opd=opd, subject=f"petugas-{opd.lower()}")
            for opd in _OPDS
        }

    async def play(self, played: Played) -> None:
        """Play one case; what went wrong is noted and nothing is raised."""
        number = next(self._numbers)
        opd = _OPDS[number % len(_OPDS)]
        try:
            answer = await self._step(
                played, "submit", "intake", self._submissions.request(number), 201
            )
            path = f"/routing/v1/cases/{json.loads(answer.body)['complaint_id']}"
            await self._assign(played, path, opd)
            for action, text in (
                ("respond", "Terima kasih. Petugas kami berangkat hari ini."),
                ("resolve", "Sudah kami kerjakan siang ini."),
            ):
                request = self._post(f"{path}/{action}", {"text": text}, self._officers[opd])
                await self._step(played, action, "routing", request, 200)
            await self._step(played, "search", "intake", self._search(), 200)
        except _Failed:
            return
        played.finished += 1

    async def close_case(self, complaint_id: str) -> None:
        """Let the desk close a resolved case; raises BadAnswer if it is not."""
        request = self._post(f"/routing/v1/cases/{complaint_id}/close", {}, self._desk)
        answer = await self._ask("routing", request)
        if answer.status != 200:
            raise BadAnswer(answer.body.decode(errors="replace"))

    def close(self) -> None:
        """Close every connection."""
        for connections in self._idle.values():
            while connections:
                connections.pop().close()

    async def _assign(self, played: Played, path: str, opd: str) -> None:
        request = self._post(
            f"{path}/assign", {"opd": opd, "reason": "Ditentukan oleh meja triase."}, self._desk
        )
        began = perf_counter()
        pause = _FIRST_PAUSE
        await asyncio.sleep(pause)
        while True:
            answer = await self._try(played, "assign", "routing", request)
            if answer.status == 200:
                played.seconds["assign"].append(answer.seconds)
                return
            if answer.status != 404 or perf_counter() - began > TOO_LATE_SECONDS:
                raise self._noted(played, "assign", answer)
            played.asked_again += 1
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _step(
        self, played: Played, step: str, service: ServiceName, request: bytes, wanted: int
    ) -> Answer:
        answer = await self._try(played, step, service, request)
        if answer.status != wanted:
            raise self._noted(played, step, answer)
        played.seconds[step].append(answer.seconds)
        return answer

    async def _try(self, played: Played, step: str, service: ServiceName, request: bytes) -> Answer:
        try:
            return await self._ask(service, request)
        except (OSError, TimeoutError, BadAnswer) as error:
            played.errors[step] += 1
            played.first_error = played.first_error or f"{step}: {error!r}"
            raise _Failed from error

    @staticmethod
    def _noted(played: Played, step: str, answer: Answer) -> _Failed:
        played.errors[step] += 1
        said = answer.body[:300].decode(errors="replace")
        played.first_error = played.first_error or f"{step}: {answer.status} {said}"
        return _Failed()

    async def _ask(self, service: ServiceName, request: bytes) -> Answer:
        idle = self._idle[service]
        connection = idle.pop() if idle else Connection(HOST, self._ports[service])
        answer = await connection.ask(request)
        idle.append(connection)
        return answer

    def _post(self, path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> bytes:
        # The server closes what rested for some seconds; a kept key makes each try one of a kind.
        key = f"bench-{next(self._numbers)}-{id(self)}"
        return post_request(path, json.dumps(body).encode(), {**headers, "Idempotency-Key": key})

    def _search(self) -> bytes:
        headers = "".join(f"{name}: {value}\r\n" for name, value in self._desk.items())
        path = f"/intake/v1/bank/search?q={quote(next(self._terms))}&limit=20"
        return f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n{headers}\r\n".encode()
