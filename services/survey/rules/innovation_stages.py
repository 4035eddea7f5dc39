"""The five stages of an innovation, and what each must hold before the next. Pure.

Stages as in Kota Solok: Drum-up, Diagnose, Design, Delivery (the launching), Display. The criteria
are those of PP 38/2017 article 6, forms and initiators those of its articles 3 to 7.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Final, Literal


class Stage(StrEnum):
    """Where an innovation is; declined is outside of the row."""

    DRUM_UP = "drum-up"
    DIAGNOSE = "diagnose"
    DESIGN = "design"
    DELIVERY = "delivery"
    DISPLAY = "display"
    DECLINED = "declined"


#: The row of stages, in its order.
STAGES: Final = (Stage.DRUM_UP, Stage.DIAGNOSE, Stage.DESIGN, Stage.DELIVERY, Stage.DISPLAY)


class Criterion(StrEnum):
    """What an innovation of a local government must be (PP 38/2017, article 6)."""

    NEW = "pembaharuan"
    USEFUL = "manfaat"
    NO_BURDEN = "tidak-membebani"
    OWN_POWER = "kewenangan"
    REPLICABLE = "dapat-direplikasi"


RequirementKind = Literal[
    "text", "date", "number", "link", "evidence", "criteria_argued", "criteria_met", "opd", "score"
]


#: Kinds of requirements that are entries of the dossier.
ENTRY_KINDS: Final = frozenset({"text", "date", "number", "link"})


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that a stage must hold: of texts the least characters, of evidence the least items.

    Texts, dates, numbers and links are entries of the dossier, under the requirement's code.
    """

    code: str
    name: str
    kind: RequirementKind
    at_least: int = 1


@dataclass(frozen=True, slots=True)
class Holding:
    """What an innovation holds at present."""

    dossier: Mapping[str, Any]
    evidence: int = 0
    argued: frozenset[str] = frozenset()
    met: frozenset[str] = frozenset()
    opd: str | None = None
    final_score: float | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """What is missing, as a sentence in Indonesian that says what to do."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class StageBook:
    """What each stage must hold, from the profile."""

    holds: Mapping[Stage, Sequence[Requirement]] = field(default_factory=dict)

    @property
    def entries(self) -> dict[str, Requirement]:
        """What is an entry of the dossier, by its code."""
        every = (each for requirements in self.holds.values() for each in requirements)
        return {each.code: each for each in every if each.kind in ENTRY_KINDS}

    def missing(self, stage: Stage, holding: Holding) -> list[Missing]:
        """Return what this stage still lacks, in the profile's order."""
        found = ((each, _fault(each, holding)) for each in self.holds.get(stage, ()))
        return [Missing(each.code, fault) for each, fault in found if fault is not None]


def stage_after(stage: Stage) -> Stage | None:
    """Return the next stage; None after the last, and for what was declined."""
    place = STAGES.index(stage) if stage in STAGES else len(STAGES)
    return STAGES[place + 1] if place + 1 < len(STAGES) else None


def stage_before(stage: Stage) -> Stage | None:
    """Return the stage before; None before the first, and for what was declined."""
    place = STAGES.index(stage) if stage in STAGES else 0
    return STAGES[place - 1] if place else None


def form_fault(requirement: Requirement, entry: object) -> str | None:
    """Say in Indonesian how an entry must be written; None where it is."""
    valid = {"text": _is_text, "date": _is_date, "number": _is_number, "link": _is_link}
    return None if valid[requirement.kind](entry) else _WANTED[requirement.kind]


def _fault(requirement: Requirement, holding: Holding) -> str | None:
    name = requirement.name
    if requirement.kind in ENTRY_KINDS:
        return _entry_fault(requirement, holding.dossier.get(requirement.code))
    if requirement.kind == "evidence":
        lacking = requirement.at_least - holding.evidence
        return f"{name}: tambahkan {lacking} bukti lagi." if lacking > 0 else None
    if requirement.kind in {"criteria_argued", "criteria_met"}:
        return _criteria_fault(requirement, holding)
    if requirement.kind == "opd":
        return None if holding.opd else f"{name}: tetapkan OPD yang bertanggung jawab."
    return None if holding.final_score is not None else f"{name}: tunggu nilai akhir panel."


def _entry_fault(requirement: Requirement, entry: object) -> str | None:
    name = requirement.name
    if entry is None or entry == "":
        return f"{name}: belum diisi."
    if fault := form_fault(requirement, entry):
        return f"{name}: {fault}."
    if requirement.kind == "text" and len(str(entry).strip()) < requirement.at_least:
        return f"{name}: tulis paling sedikit {requirement.at_least} huruf."
    return None


def _criteria_fault(requirement: Requirement, holding: Holding) -> str | None:
    met = requirement.kind == "criteria_met"
    there = holding.met if met else holding.argued
    lacking = [str(each) for each in Criterion if each not in there]
    if not lacking:
        return None
    what = "belum dinyatakan terpenuhi" if met else "belum dijelaskan"
    return f"{requirement.name}: kriteria {', '.join(lacking)} {what}."


_WANTED: Final = {
    "text": "tulis sebagai teks",
    "date": "tulis tanggal seperti 2026-03-09",
    "number": "tulis angka",
    "link": "tulis alamat yang diawali https://",
}


def _is_text(entry: object) -> bool:
    return isinstance(entry, str) and bool(entry.strip())


def _is_date(entry: object) -> bool:
    try:
        return isinstance(entry, str) and len(entry) == 10 and bool(date.fromisoformat(entry))
    except ValueError:
        return False


def _is_number(entry: object) -> bool:
    return isinstance(entry, int | float) and not isinstance(entry, bool)


def _is_link(entry: object) -> bool:
    return isinstance(entry, str) and entry.startswith("https://") and len(entry) > len("https://")
