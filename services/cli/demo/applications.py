"""The script of the day's applications: `demo/applications.yaml` of a profile.

Files are written as the word `foto` or `berkas`: whoever plays the script uploads one that was made
for it. `hari-5` and `hari+5` are days before and after the one on which it is played, `terdekat` is
the next free session.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any, Final, Literal

import yaml
from PIL import Image, ImageFilter

FILE: Final = Path("demo") / "applications.yaml"
_PHOTO, _PAPER = "foto", "berkas"
_DAY: Final = re.compile(r"hari([-+][0-9]+)")
NEXT_SESSION: Final = "terdekat"


@dataclass(frozen=True, slots=True)
class Turn:
    """What happens to an application next: staff decide, or the applicant corrects answers."""

    after_minutes: float
    decision: str | None
    answers: dict[str, Any]
    text: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class DemoApplication:
    """An application, and what becomes of it, in the order of time."""

    id: str
    minute: float
    service: str
    opd: str | None
    applicant: Literal["citizen", "operator", "opd"]
    applicant_opd: str | None
    answers: dict[str, Any]
    turns: tuple[Turn, ...]
    outcome: Literal["done", "refused", "open"]
    documents: tuple[str, ...]


def read_applications(profile: Path) -> tuple[DemoApplication, ...]:
    """Read the script; a profile without one has no applications in its day."""
    path = profile / FILE
    if not path.exists():
        return ()
    document = yaml.safe_load(path.read_text())
    return tuple(_application(entry) for entry in document["applications"])


def files_in(answers: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return, by field, the files that a script asks for, as their words."""
    return {
        code: answer
        for code, answer in answers.items()
        if isinstance(answer, list) and answer and all(each in (_PHOTO, _PAPER) for each in answer)
    }


def dated(answers: Mapping[str, Any], today: date) -> dict[str, Any]:
    """Return the answers with the days that they name."""

    def day_of(answer: Any) -> Any:
        found = _DAY.fullmatch(answer) if isinstance(answer, str) else None
        return answer if found is None else (today + timedelta(days=int(found[1]))).isoformat()

    return {code: day_of(answer) for code, answer in answers.items()}


def make_file(word: str, seed: str) -> bytes:
    """Make a picture that is like no other: a photo, or a paper as it is photographed."""
    chance = Random(f"{word}/{seed}")  # noqa: S311 - a picture, no secret
    mode = "L" if word == _PAPER else "RGB"
    small = Image.frombytes(mode, (12, 9), chance.randbytes(12 * 9 * len(mode)))
    written = BytesIO()
    large = small.resize((480, 360), Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(2))
    large.convert("RGB").save(written, "JPEG", quality=80)
    return written.getvalue()


def _application(entry: dict[str, Any]) -> DemoApplication:
    return DemoApplication(
        id=entry["id"],
        minute=entry["at"],
        service=entry["service"],
        opd=entry.get("opd"),
        applicant=entry.get("applicant", "citizen"),
        applicant_opd=entry.get("applicant_opd"),
        answers=entry["answers"],
        turns=tuple(
            Turn(
                after_minutes=turn["after_minutes"],
                decision=turn.get("decision"),
                answers=turn.get("answers", {}),
                text=turn.get("text"),
                reason=turn.get("reason"),
            )
            for turn in entry.get("turns", [])
        ),
        outcome=entry.get("outcome", "done"),
        documents=tuple(entry.get("documents", ())),
    )
