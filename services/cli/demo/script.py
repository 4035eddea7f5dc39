"""The script of a simulated day: `demo/complaints.yaml` of a profile, as timed steps."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import yaml

from services.cli.demo.applications import DemoApplication, read_applications

Actor = Literal["citizen", "officer", "desk"]
Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """Something that someone does with one complaint, so many minutes into the day."""

    minute: float
    actor: Actor
    action: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class DemoComplaint:
    """A complaint, where it belongs, and what becomes of it, in the order of time."""

    id: str
    minute: float
    submission: dict[str, Any]
    belongs_to: str | None
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class DemoDay:
    """One day: `minutes` long, from `opens_at` in the Pemda's zone."""

    opens_at: str
    minutes: int
    zone: str
    complaints: tuple[DemoComplaint, ...]
    applications: tuple[DemoApplication, ...] = ()

    def first(self, count: int) -> "DemoDay":
        """Return the same day with fewer complaints and applications."""
        return replace(
            self, complaints=self.complaints[:count], applications=self.applications[:count]
        )


def read_day(profile: Path) -> DemoDay:
    """Read the script of a profile; raises KeyError or OSError where it is not one."""
    document = yaml.safe_load((profile / "demo" / "complaints.yaml").read_text())
    zone = yaml.safe_load((profile / "pemda.yaml").read_text())["zone"]
    entries = [_complaint(entry) for entry in document["complaints"]]
    return DemoDay(
        opens_at=document["day"]["opens_at"],
        minutes=document["day"]["minutes"],
        zone=zone,
        complaints=tuple(sorted(entries, key=lambda each: each.minute)),
        applications=read_applications(profile),
    )


def _complaint(entry: Entry) -> DemoComplaint:
    expected = entry["expected_opd"]
    return DemoComplaint(
        id=entry["id"],
        minute=entry["at"],
        submission=_submission(entry),
        belongs_to=None if expected == "TRIAGE" else expected,
        steps=tuple(sorted(_steps(entry), key=lambda step: step.minute)),
    )


def _submission(entry: Entry) -> dict[str, Any]:
    names = ("text", "title", "channel", "classification", "reporter", "anonymous", "secret")
    body = {name: entry[name] for name in names if name in entry}
    location = {name: entry[name] for name in ("lat", "lon", "area_code") if name in entry}
    if location:
        body["location"] = location
    return body


def _steps(entry: Entry) -> list[Step]:
    at = entry["at"]
    officer: Entry = entry.get("officer", {})
    steps = [
        *_desk_steps(at, entry),
        *_officer_steps(at, officer, by_desk=not _is_assigned(entry)),
    ]
    if message := entry.get("citizen_message"):
        steps.append(_step(at, message, "citizen", "messages", text=message["text"]))
    if withdrawal := entry.get("withdraw"):
        steps.append(_step(at, withdrawal, "citizen", "withdraw", reason=withdrawal["reason"]))
    if feedback := entry.get("feedback"):
        verdict = {name: feedback[name] for name in ("satisfied", "text") if name in feedback}
        steps.append(_step(at, feedback, "citizen", "feedback", **verdict))
    return steps


def _is_assigned(entry: Entry) -> bool:
    return entry["expected_opd"] != "TRIAGE" or "assign_to" in entry.get("triage", {})


def _desk_steps(at: float, entry: Entry) -> list[Step]:
    steps = []
    if triage := entry.get("triage"):
        steps.append(
            _step(at, triage, "desk", "assign", opd=triage["assign_to"], reason=triage["reason"])
        )
    if handed_back := entry.get("officer", {}).get("return"):
        steps.append(
            Step(
                at + handed_back["reassign_after_minutes"],
                "desk",
                "assign",
                {"opd": handed_back["reassign_to"], "reason": handed_back["reassign_reason"]},
            )
        )
    return steps


def _officer_steps(at: float, officer: Entry, *, by_desk: bool) -> list[Step]:
    steps = []
    if handed_back := officer.get("return"):
        steps.append(_step(at, handed_back, "officer", "return", reason=handed_back["reason"]))
    if question := officer.get("ask"):
        steps.append(_step(at, question, "officer", "request-information", text=question["text"]))
        if "reply" in question:
            after = at + question["reply_after_minutes"]
            steps.append(Step(after, "citizen", "reply", {"text": question["reply"]}))
    if refusal := officer.get("reject"):
        actor: Actor = "desk" if by_desk else "officer"
        body = {"reason_code": refusal["reason_code"], "text": refusal["text"]}
        steps.append(_step(at, refusal, actor, "reject", **body))
    for when, what, action in (
        ("answer_after_minutes", "answer", "respond"),
        ("progress_after_minutes", "progress", "progress"),
        ("resolve_after_minutes", "resolution", "resolve"),
    ):
        if when in officer:
            steps.append(Step(at + officer[when], "officer", action, {"text": officer[what]}))
    return steps


def _step(at: float, source: Entry, actor: Actor, action: str, **body: Any) -> Step:
    return Step(at + source["after_minutes"], actor, action, body)
