"""Who loads the system: citizens who submit and answer, and officers who work on their cases.

Every request is written to the log. What ends unclear is sent again with the same
Idempotency-Key by some, and given up by others, as people do.
"""

import asyncio
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import uuid4

import yaml

from shared.auth import Role
from shared.clock import Clock
from tests.load.client import Answer, Unanswered, Unreachable, Way
from tests.load.log import LoadLog, Record, digest

SCRIPT = Path(__file__).parents[2] / "deploy/profiles/contoh/demo/complaints.yaml"
SUBMIT = "/intake/v1/complaints"
_LETTERS = str.maketrans("0123456789", "ghijklmnop")
# Statuses that make no promise in either direction.
_UNCLEAR_FROM = 500

# Services remember an Idempotency-Key for seven days; nobody here tries for as long as that.
_KEY_KEPT = timedelta(days=5)

Staff = Callable[..., dict[str, str]]


@dataclass(frozen=True, slots=True)
class Lodged:
    """A complaint that was accepted, with what its reporter was given."""

    complaint_id: str
    tracking_code: str
    secret: str


@dataclass(frozen=True, slots=True)
class Errand:
    """A request that may be sent more than once, under one Idempotency-Key."""

    operation: str
    path: str
    body: Mapping[str, Any]
    key: str
    headers: Mapping[str, str]
    marker: str | None = None
    complaint_id: str | None = None


def demo_texts() -> list[str]:
    """Return the texts of the simulated day, invented for this product."""
    script = yaml.safe_load(SCRIPT.read_text(encoding="utf-8"))
    return [each["text"] for each in script["complaints"]]


class Sender:
    """Sends errands to one service and writes each try to the log."""

    def __init__(self, way: Way, log: LoadLog, clock: Clock) -> None:
        """Times in the log are the clock's, durations the machine's."""
        self._way = way
        self._log = log
        self.clock = clock

    async def send(self, errand: Errand) -> Answer | None:
        """Send once; None when no answer came."""
        content = json.dumps(errand.body).encode()
        sent_at, began = self.clock.now(), monotonic()
        answer: Answer | None = None
        error: str | None = None
        unclear = False
        try:
            answer = await self._way.ask("POST", errand.path, content, self._headers(errand))
        except Unreachable as refused:
            error = str(refused)
        except Unanswered as lost:
            error, unclear = str(lost), True
        seconds = monotonic() - began
        found = _read(answer)
        self._log.add(
            Record(
                operation=errand.operation,
                sent_at=sent_at.isoformat(),
                answered_at=self.clock.now().isoformat() if answer is not None else None,
                seconds=round(seconds, 6),
                status=answer.status if answer is not None else None,
                unclear=unclear or (answer is not None and answer.status >= _UNCLEAR_FROM),
                key=errand.key,
                marker=errand.marker,
                body_hash=digest(content),
                answer_hash=digest(answer.body) if answer is not None else None,
                complaint_id=found.get("complaint_id") or errand.complaint_id,
                tracking_code=found.get("tracking_code"),
                retry_after=answer.headers.get("retry-after") if answer is not None else None,
                error=error,
            )
        )
        return answer

    def _headers(self, errand: Errand) -> dict[str, str]:
        return {"Idempotency-Key": errand.key, **errand.headers}


class Citizens:
    """Submit complaints, and later write, give feedback or withdraw."""

    def __init__(
        self,
        sender: Sender,
        texts: Sequence[str],
        chance: random.Random,
        *,
        longest_patience: float = 5.0,
    ) -> None:
        """Patience is how long somebody goes on sending what was not answered, in seconds."""
        self._sender = sender
        self._texts = texts
        self._chance = chance
        self._patience = longest_patience
        self.lodged: dict[str, Lodged] = {}
        self._given_up: list[tuple[datetime, Errand]] = []
        self._to_answer: list[tuple[str, Lodged]] = []

    async def submit(self, _number: int = 0) -> None:
        """Lodge a complaint; a few send it a second time although it was answered."""
        errand = self.complaint()
        if await self._lodge(errand) and self._chance.random() < 0.05:
            await self._sender.send(errand)

    async def try_again(self, _number: int = 0) -> None:
        """Send a complaint again that was given up without an answer."""
        since = self._sender.clock.now() - _KEY_KEPT
        self._given_up = [each for each in self._given_up if each[0] > since]
        if self._given_up:
            _, errand = self._given_up.pop(self._chance.randrange(len(self._given_up)))
            await self._lodge(errand)

    async def _lodge(self, errand: Errand) -> bool:
        answer = await self._insist(errand)
        if answer is None or answer.status != 201:
            if not _is_final(answer):
                self._given_up.append((self._sender.clock.now(), errand))
            return False
        found = answer.json()
        self.lodged[found["complaint_id"]] = Lodged(
            found["complaint_id"], found["tracking_code"], found["secret"]
        )
        return True

    def hear(self, action: str, complaint_id: str) -> None:
        """Be told what an officer did; a result and a question will be answered."""
        answers = {"resolve": "feedback", "request-information": "messages"}
        if action in answers and complaint_id in self.lodged:
            self._to_answer.append((answers[action], self.lodged[complaint_id]))

    async def write_again(self, _number: int = 0) -> None:
        """Answer a result or a question; else write about any complaint, or withdraw it."""
        if not self.lodged:
            return
        if self._to_answer and self._chance.random() < 0.6:
            what, of = self._to_answer.pop(self._chance.randrange(len(self._to_answer)))
        else:
            what = self._chance.choices(("messages", "feedback", "withdraw"), (8, 1, 1))[0]
            of = self._chance.choice(list(self.lodged.values()))
        bodies: dict[str, dict[str, Any]] = {
            "messages": {"text": "Mohon kabarnya, belum ada petugas yang datang."},
            "feedback": {"satisfied": self._chance.random() < 0.6, "text": "Sudah saya lihat."},
            "withdraw": {"reason": "Sudah beres dengan sendirinya."},
        }
        await self._insist(
            Errand(
                operation=what,
                path=f"{SUBMIT}/{of.tracking_code}/{what}",
                body=bodies[what],
                key=str(uuid4()),
                headers={"X-Tracking-Secret": of.secret},
                complaint_id=of.complaint_id,
            )
        )

    def complaint(self) -> Errand:
        """Return a new complaint, ready to be sent; its title holds a marker of letters."""
        # Letters alone: a number might be masked. Never drawn from `chance`, which may repeat.
        marker = "uji" + uuid4().hex.translate(_LETTERS)
        body: dict[str, Any] = {
            "text": self._chance.choice(self._texts),
            "title": f"Laporan {marker}",
            "channel": "web",
        }
        if self._chance.random() < 0.7:
            number = self._chance.randrange(10**8)
            body["reporter"] = {"name": "Warga Contoh", "phone": f"0812{number:08d}"}
        return Errand("submit", SUBMIT, body, str(uuid4()), {}, marker)

    async def _insist(self, errand: Errand) -> Answer | None:
        patience = monotonic() + self._chance.choice((0.0, self._patience))
        pause = 0.3
        while True:
            answer = await self._sender.send(errand)
            if _is_final(answer) or monotonic() > patience:
                return answer
            await asyncio.sleep(pause)
            pause = min(2.0, pause * 1.7)


class Officers:
    """The triage desk and the officers of every OPD, who take what lies on their desks."""

    def __init__(
        self,
        routing: Way,
        sender: Sender,
        staff: Staff,
        opds: Sequence[str],
        chance: random.Random,
        tell: Callable[[str, str], None],
    ) -> None:
        """`staff(*roles, opd=…)` returns the headers of a member of staff.

        `tell(action, complaint_id)` hears of everything that was done.
        """
        self._routing = routing
        self._sender = sender
        self._opds = opds
        self._chance = chance
        self._staff = staff
        self._tell = tell

    async def work(self, _number: int = 0) -> None:
        """Take one case of some pile and do the next thing with it."""
        state = self._chance.choices(
            ("triage", "assigned", "in_progress", "resolved", "rejected"), (3, 5, 4, 1, 0.3)
        )[0]
        cases = await self._list(state)
        if cases:
            await self._act(self._chance.choice(cases))

    async def _list(self, state: str) -> list[Any]:
        path = f"/routing/v1/cases?status={state}&limit=50"
        try:
            answer = await self._routing.ask("GET", path, headers=self._desk())
        except (Unreachable, Unanswered):
            return []
        return list(answer.json()["items"]) if answer.status == 200 else []

    async def _act(self, case: Mapping[str, Any]) -> None:
        action, body, by_desk = self._choose(case["state"])
        opd = case["opd"]
        headers = (
            self._desk()
            if by_desk
            else self._staff(Role.OFFICER, opd=opd, subject=f"petugas-{opd}")
        )
        answer = await self._sender.send(
            Errand(
                operation=action,
                path=f"/routing/v1/cases/{case['complaint_id']}/{action}",
                body=body,
                key=str(uuid4()),
                headers=headers,
                complaint_id=case["complaint_id"],
            )
        )
        if answer is not None and answer.status == 200:
            self._tell(action, case["complaint_id"])

    def _desk(self) -> dict[str, str]:
        return self._staff(Role.TRIAGE, subject="meja-1")

    def _choose(self, state: str) -> tuple[str, dict[str, Any], bool]:
        """Return an action that is legal in a state, its body, and whether the desk takes it."""
        assign = ("assign", {"opd": self._chance.choice(self._opds), "reason": "Urusannya."}, True)
        answer = {"text": "Terima kasih. Petugas kami berangkat hari ini."}
        reject = {"reason_code": "not_government", "text": "Itu urusan pengelola gedung."}
        if state == "triage":
            return self._draw((9, assign), (1, ("reject", reject, True)))
        if state == "resolved":
            return "close", {}, True
        if state == "rejected":
            return "reconsider", {"reason": "Ada bukti baru."}, True
        return self._draw(
            (5, ("respond", answer, False)),
            (3, ("progress", answer, False)),
            (4, ("resolve", {"text": "Sudah dikerjakan."}, False)),
            (1, ("request-information", {"text": "Di sebelah mana?"}, False)),
            (1, ("return", {"reason": "Bukan urusan kami."}, False)),
            (1, assign),
            (0.5, ("reject", reject, False)),
        )

    def _draw(
        self, *choices: tuple[float, tuple[str, dict[str, Any], bool]]
    ) -> tuple[str, dict[str, Any], bool]:
        return self._chance.choices([c for _, c in choices], [w for w, _ in choices])[0]


def _is_final(answer: Answer | None) -> bool:
    """Tell whether there is nothing to wait for: a first try may still be under way (409)."""
    if answer is None or answer.status >= _UNCLEAR_FROM:
        return False
    return answer.status != 409 or not str(answer.json().get("type")).endswith("in-flight")


def _read(answer: Answer | None) -> dict[str, Any]:
    if answer is None or answer.status >= 300:
        return {}
    found = answer.json()
    return found if isinstance(found, dict) else {}
