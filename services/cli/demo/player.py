"""Plays the script: each complaint is a story of its own that unfolds by the simulated clock."""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from services.cli.demo.applications import (
    NEXT_SESSION,
    DemoApplication,
    Turn,
    dated,
    files_in,
    make_file,
)
from services.cli.demo.doors import Doors, Json, Refused
from services.cli.demo.script import DemoComplaint, DemoDay, Step
from shared.clock import SteeredClock

# How long the desk takes to notice what a rule could not place, or placed wrongly.
_DESK_MINUTES = 6
_LOOKS = 100
_MOMENT = 0.5


@dataclass
class Story:
    """What became of one complaint, as its people saw it."""

    complaint: DemoComplaint
    receipt: dict[str, Any] = field(default_factory=dict)
    opd: str | None = None
    placed_by: str | None = None

    @property
    def complaint_id(self) -> str:
        """The id that intake gave."""
        complaint_id: str = self.receipt["complaint_id"]
        return complaint_id


class Player:
    """Lets every story of the day happen, and counts what happens."""

    def __init__(
        self, day: DemoDay, doors: Doors, clock: SteeredClock, begins: datetime, speed: float
    ) -> None:
        """`speed` is how many times faster than the wall clock the day runs."""
        self._day = day
        self._doors = doors
        self._clock = clock
        self._begins = begins
        self._speed = speed
        self._run = uuid4().hex[:12]
        self.stories = [Story(complaint) for complaint in day.complaints]
        self.counts: Counter[str] = Counter()
        self.happenings: deque[tuple[datetime, str]] = deque(maxlen=12)
        self.refusals: list[str] = []

    async def play(self) -> None:
        """Play the whole day; returns when the last story has ended."""
        await asyncio.gather(
            *(self._tell(story) for story in self.stories),
            *(self._apply(each) for each in self._day.applications),
        )

    async def wait_until(self, instant: datetime) -> None:
        """Sleep until the simulated clock, which can be looked at only, shows this instant."""
        while (left := (instant - self._clock.now()).total_seconds()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(min(left / self._speed, 0.5))

    async def _tell(self, story: Story) -> None:
        complaint = story.complaint
        try:
            await self._wait(complaint.minute)
            await self._submit(story)
            await self._place(story)
            for step in complaint.steps:
                await self._wait(step.minute)
                await self._do(story, step)
        except Refused as refusal:
            self.refusals.append(f"{complaint.id}: {refusal}")

    async def _apply(self, script: DemoApplication) -> None:
        """Let an application live from its form to its end."""
        try:
            await self._wait(script.minute)
            answers = await self._uploaded(script)
            receipt = await self._doors.apply(script, answers, f"{self._run}-{script.id}")
            self._note("permohonan", f"{receipt['tracking_code']} untuk {script.service}")
            for turn in script.turns:
                await self._wait(script.minute + turn.after_minutes)
                await self._turn(script, receipt, answers, turn)
        except Refused as refusal:
            self.refusals.append(f"{script.id}: {refusal}")

    async def _turn(
        self, script: DemoApplication, receipt: dict[str, Any], answers: Json, turn: Turn
    ) -> None:
        case = await self._routed(receipt)
        if turn.decision is None:
            await self._doors.correct(receipt, {**answers, **turn.answers})
            self._note("diperbaiki pemohon", f"{receipt['tracking_code']} ({script.service})")
            return
        filled = dated(turn.answers, self._today())
        files = files_in(turn.answers)
        if files:
            await self._until_seen(receipt, case["opd"])
        for code, words in files.items():
            filled[code] = [
                await self._doors.prove(
                    case["opd"],
                    case["complaint_id"],
                    make_file(word, f"{self._run}{script.id}{code}{number}"),
                )
                for number, word in enumerate(words)
            ]
        if files:
            # A photo is known to routing a moment after intake took it.
            await asyncio.sleep(_MOMENT)
        body = {
            "decision": turn.decision,
            "answers": filled,
            "text": turn.text,
            "reason": turn.reason,
        }
        wish = {name: value for name, value in body.items() if value is not None}
        await self._doors.decide(case["opd"], case["complaint_id"], wish)
        self._note("diputuskan", f"{turn.decision}, {script.service} oleh {case['opd']}")

    async def _until_seen(self, receipt: dict[str, Any], opd: str) -> None:
        """Wait until intake knows who has the case: only they may add photos."""
        for _ in range(_LOOKS):
            if await self._doors.agency_seen(receipt) == opd:
                return
            await asyncio.sleep(0.1)

    def _today(self) -> date:
        return self._clock.now().astimezone(ZoneInfo(self._day.zone)).date()

    async def _uploaded(self, script: DemoApplication) -> Json:
        answers = dated(script.answers, self._today())
        for code, answer in answers.items():
            if answer == NEXT_SESSION:
                answers[code] = await self._doors.next_session(script.service)
        for code, words in files_in(script.answers).items():
            answers[code] = [
                await self._doors.upload(make_file(word, f"{self._run}{script.id}{code}{number}"))
                for number, word in enumerate(words)
            ]
        return answers

    async def _submit(self, story: Story) -> None:
        body = story.complaint.submission
        story.receipt = await self._doors.submit(body, f"{self._run}-{story.complaint.id}")
        self._note("masuk", f"{story.receipt['tracking_code']} lewat {body['channel']}")

    async def _place(self, story: Story) -> None:
        case = await self._routed(story.receipt)
        story.opd, story.placed_by = case.get("opd"), "aturan" if case.get("opd") else "meja"
        if story.opd:
            self._note("ditempatkan aturan", f"{story.receipt['tracking_code']} ke {story.opd}")
        else:
            self._note("ke meja triase", story.receipt["tracking_code"])
        belongs_to = story.complaint.belongs_to
        if belongs_to is not None and story.opd != belongs_to:
            await self._wait(story.complaint.minute + _DESK_MINUTES)
            await self._assign(story, {"opd": belongs_to, "reason": "Sesuai isi laporan."})

    async def _routed(self, receipt: dict[str, Any]) -> dict[str, Any]:
        for _ in range(_LOOKS):
            case = await self._doors.case(receipt["complaint_id"])
            if case is not None:
                return case
            await asyncio.sleep(0.1)
        raise Refused(f"routing does not know {receipt['tracking_code']}")

    async def _assign(self, story: Story, body: dict[str, Any]) -> None:
        await self._doors.staff(None, story.complaint_id, "assign", body)
        story.opd = body["opd"]
        self._note("ditempatkan meja", f"{story.receipt['tracking_code']} ke {story.opd}")

    async def _do(self, story: Story, step: Step) -> None:
        code = story.receipt["tracking_code"]
        if step.action == "assign":
            if story.opd != step.body["opd"]:
                await self._assign(story, step.body)
        elif step.actor == "citizen":
            action, door = _CITIZEN_ACTIONS[step.action]
            await self._until_legal(action, lambda: self._doors.citizen_actions(story.receipt))
            await self._doors.citizen(story.receipt, door, step.body)
            self._note(_WORDS[step.action], code)
        else:
            await self._do_as_staff(story, step)

    async def _do_as_staff(self, story: Story, step: Step) -> None:
        opd = None if step.actor == "desk" else story.opd
        case = story.complaint_id
        await self._until_legal(step.action, lambda: self._doors.staff_actions(opd, case))
        await self._doors.staff(opd, case, step.action, step.body)
        by = opd or "meja triase"
        self._note(_WORDS[step.action], f"{story.receipt['tracking_code']} oleh {by}")
        if step.action == "return":
            story.opd = None

    async def _until_legal(self, action: str, look: Callable[[], Awaitable[list[str]]]) -> None:
        """Wait, as people do, until they can see that what went before has arrived.

        What never becomes legal is tried all the same, and refused.
        """
        for _ in range(_LOOKS):
            if action in await look():
                return
            await asyncio.sleep(0.1)

    async def _wait(self, minute: float) -> None:
        await self.wait_until(self._begins + timedelta(minutes=minute))

    def _note(self, what: str, details: str) -> None:
        self.counts[what] += 1
        self.happenings.append((self._clock.now(), f"{what}: {details}"))


#: What must be possible for it, and the door that it goes through.
_CITIZEN_ACTIONS = {
    "reply": ("reply", "messages"),
    "messages": ("message", "messages"),
    "withdraw": ("withdraw", "withdraw"),
    "feedback": ("feedback", "feedback"),
}
_WORDS = {
    "reply": "pesan warga",
    "messages": "pesan warga",
    "withdraw": "dicabut",
    "feedback": "penilaian",
    "respond": "dijawab",
    "progress": "kemajuan",
    "request-information": "ditanya balik",
    "resolve": "selesai",
    "reject": "ditolak",
    "return": "dikembalikan",
}
