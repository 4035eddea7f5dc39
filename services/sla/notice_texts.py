"""How a notice reads: the profile's texts filled with code, OPD, stage and due time. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.sla.addressees import Addressee, Offices
from services.sla.facts import Mark
from services.sla.notices_profile import CASE_FIELDS, ApprovedTemplate, NoticesFile, fields_of
from shared.indonesian import ZONES, write_weekday
from shared.messaging.port import Template
from shared.messaging.wording import fill

_DESK: Final = "Meja triase"
_NONE: Final = "-"


@dataclass(frozen=True, slots=True)
class CaseNotice:
    """A notice and what its case is like when the notice is sent; `holds` tells if it is true."""

    notice_id: str
    kind: str
    complaint_id: str
    tracking_code: str | None
    opd: str | None
    part: int
    stage: str | None
    due_at: datetime | None
    level: int | None
    marks: Sequence[Mark]
    holds: bool


@dataclass(frozen=True, slots=True)
class Letter:
    """A text with its subject, and the template that stands for it at WhatsApp."""

    subject: str
    text: str
    template: Template | None


@dataclass(frozen=True, slots=True)
class Overview:
    """How many cases are open, near and overdue, and the most urgent ones."""

    open: int
    near: int
    overdue: int
    cases: Sequence[CaseNotice] = ()


def notice_letter(offices: Offices, to: Addressee, notice: CaseNotice, now: datetime) -> Letter:
    """Write one notice."""
    values = _case_values(offices, notice, now) | _greeting(offices, to)
    return _letter(offices, notice.kind, values)


def digest_letter(
    offices: Offices,
    to: Addressee,
    counts: Mapping[str, int],
    oldest: Sequence[CaseNotice],
    now: datetime,
) -> Letter:
    """Write how many notices of each kind there are, and the oldest cases."""
    templates = _notices(offices).templates
    lines = [f"- {templates.named(kind).title}: {counts[kind]}" for kind in sorted(counts)]
    values = _greeting(offices, to) | {
        "total": str(sum(counts.values())),
        "counts": "\n".join(lines),
        "cases": _case_lines(offices, oldest, now),
    }
    return _letter(offices, "digest", values)


def daily_letter(offices: Offices, to: Addressee, overview: Overview, now: datetime) -> Letter:
    """Write what is open in the morning."""
    opd = to.contact.opd
    values = _greeting(offices, to) | {
        "opd": offices.opd_names.get(opd, opd) if opd else offices.pemda,
        "date": day_of(now, offices),
        "open": str(overview.open),
        "near": str(overview.near),
        "overdue": str(overview.overdue),
        "cases": _case_lines(offices, overview.cases, now),
    }
    return _letter(offices, "daily", values)


def case_link(offices: Offices, complaint_id: str) -> str:
    """Return where staff open a case."""
    return offices.staff_url.replace("{id}", complaint_id)


def day_of(at: datetime, offices: Offices) -> str:
    """Write a day as it is read in Indonesia."""
    return write_weekday(at.astimezone(offices.zone))


def moment_of(at: datetime, offices: Offices) -> str:
    """Write an instant with the Pemda's zone."""
    local = at.astimezone(offices.zone)
    return f"{day_of(at, offices)} pukul {local:%H.%M} {ZONES.get(offices.zone.key, '')}".strip()


def left_until(due_at: datetime, now: datetime) -> str:
    """Write how long there is to go, or by how much it is late, in its two greatest units."""
    minutes = int(abs((due_at - now).total_seconds()) // 60)
    days, rest = divmod(minutes, 24 * 60)
    parts = [(days, "hari"), (rest // 60, "jam"), (rest % 60, "menit")]
    shown = [f"{number} {unit}" for number, unit in parts if number][:2] or ["kurang dari 1 menit"]
    return f"{'lewat' if due_at <= now else 'sisa'} {' '.join(shown)}"


def _case_values(offices: Offices, notice: CaseNotice, now: datetime) -> dict[str, str]:
    topic = _topic(notice)
    due = notice.due_at
    return {
        "code": notice.tracking_code or notice.complaint_id,
        "opd": offices.opd_names.get(notice.opd, notice.opd) if notice.opd else _DESK,
        "opd_code": notice.opd or _DESK,
        "topic": offices.topic_names.get(topic, topic) if topic else _NONE,
        "stage": _stage(offices, notice) if notice.stage else _NONE,
        "due": moment_of(due, offices) if due else _NONE,
        "left": left_until(due, now) if due else _NONE,
        "level": _NONE if notice.level is None else str(notice.level),
        "link": case_link(offices, notice.complaint_id),
        "title": _title(offices, notice.kind),
    }


def _title(offices: Offices, kind: str) -> str:
    return _notices(offices).templates.named(kind).title


def _stage(offices: Offices, notice: CaseNotice) -> str:
    """Name a stage; one of a service's as the event called it that it was entered by."""
    about = (notice.part, notice.stage)
    entries = [mark.entry for mark in notice.marks if mark.entry and (mark.part, mark.ref) == about]
    if entries and entries[-1].title:
        return entries[-1].title
    stage = notice.stage or _NONE
    return _notices(offices).stages.get(stage, stage)


def _topic(notice: CaseNotice) -> str | None:
    """Return the topic that the part was last given."""
    return next(
        (mark.topic for mark in reversed(notice.marks) if mark.topic and mark.part == notice.part),
        None,
    )


def _case_lines(offices: Offices, cases: Sequence[CaseNotice], now: datetime) -> str:
    wording = _notices(offices).case_line
    lines = [fill(wording, _case_values(offices, each, now), CASE_FIELDS) for each in cases]
    return "\n".join(lines) or _NONE


def _letter(offices: Offices, kind: str, values: Mapping[str, str]) -> Letter:
    template = _notices(offices).templates.named(kind)
    known = fields_of(kind)
    return Letter(
        subject=fill(template.subject, values, known),
        text=fill(template.text, values, known),
        template=_approved(template.whatsapp, values),
    )


def _approved(template: ApprovedTemplate | None, values: Mapping[str, str]) -> Template | None:
    if template is None:
        return None
    parameters = tuple(values.get(name, "") for name in template.parameters)
    return Template(template.name, parameters, template.language)


def _greeting(offices: Offices, to: Addressee) -> dict[str, str]:
    return {"name": to.contact.name, "pemda": offices.pemda}


def _notices(offices: Offices) -> NoticesFile:
    if offices.notices is None:
        raise RuntimeError("the profile has no notices")
    return offices.notices
