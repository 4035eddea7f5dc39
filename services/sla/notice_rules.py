"""Who is told of what, and when: singly, in a digest, or after the quiet hours. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Final, Literal, NamedTuple
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from services.sla.firing import Firing, role_to_tell
from services.sla.policies import Rung
from services.sla.stopwatch import ClockKey

_NAMESPACE: Final = UUID("0b1f6f0a-3c1e-5a77-9a5d-6d1f3c7b9a11")


class NoticeKind(StrEnum):
    """What a notice is about; each is an occasion in notices.yaml."""

    ASSIGNED = "assigned"
    CONTRIBUTION = "contribution"
    RETURNED = "returned"
    REOPENED = "reopened"
    NEAR = "near"
    MISSED = "missed"
    ESCALATED = "escalated"


class Notice(NamedTuple):
    """Something that the holders of an office are told; `event_key` is what it is once for."""

    event_key: str
    kind: NoticeKind
    complaint_id: str
    to_role: str
    opd: str | None
    happened_at: datetime
    part: int = 0
    clock_id: str | None = None
    stage: str | None = None
    level: int | None = None


def notice_id_of(event_key: str, contact: str) -> str:
    """Return the id of what one contact is told of one event, the same whenever it is derived."""
    return str(uuid5(_NAMESPACE, f"{event_key}/{contact}"))


def message_id_of(what: str, channel: str) -> str:
    """Return the id under which something goes out by a channel: however often it is queued."""
    return str(uuid5(_NAMESPACE, f"{what}/by/{channel}"))


def case_notice(
    kind: NoticeKind, complaint_id: str, opd: str | None, happened_at: datetime, part: int = 0
) -> Notice:
    """Tell an OPD's officers, or the triage desk where there is no OPD, of a case they now have."""
    # Not by the event's id: the same fact, published or read once more, is no news.
    return Notice(
        event_key=f"{kind}/{complaint_id}/{part}/{opd or ''}/{happened_at.isoformat()}",
        kind=kind,
        complaint_id=complaint_id,
        to_role=_first_line(opd),
        opd=opd,
        happened_at=happened_at,
        part=part,
    )


def clock_notices(
    complaint_id: str,
    clock_id: str,
    key: ClockKey,
    opd: str | None,
    rungs: Sequence[Rung],
    fired: Sequence[Firing],
    now: datetime,
) -> list[Notice]:
    """Tell of what a clock did by itself: each level its role, near and missed the first line too.

    A clock without a ladder waits for the citizen, and tells nobody. What has been missed is not
    near any more: after a stop of days, only the miss is told.
    """
    if not rungs:
        return []
    is_missed = any(firing.kind == "missed" for firing in fired)
    notices = []
    for firing in fired:
        told = _told_by(firing, rungs, opd)
        if told is None or (is_missed and told[0] is NoticeKind.NEAR):
            continue
        kind, role, level = told
        notices.append(
            Notice(
                event_key=f"{clock_id}/{kind if level is None else level}",
                kind=kind,
                complaint_id=complaint_id,
                to_role=role,
                opd=opd,
                happened_at=now,
                part=key.part,
                clock_id=clock_id,
                stage=key.stage,
                level=level,
            )
        )
    return notices


def _told_by(
    firing: Firing, rungs: Iterable[Rung], opd: str | None
) -> tuple[NoticeKind, str, int | None] | None:
    if firing.rung is not None:
        role = role_to_tell(firing.rung, opd)
        if firing.rung.on == "near":
            return NoticeKind.NEAR, role, firing.rung.level
        mine = role == _first_line(opd)
        return (NoticeKind.MISSED if mine else NoticeKind.ESCALATED), role, firing.rung.level
    role = _first_line(opd)
    for rung in rungs:
        # Told by the ladder at the same moment: once is enough.
        if (rung.on, rung.after_seconds, role_to_tell(rung, opd)) == (firing.kind, 0, role):
            return None
    return NoticeKind(firing.kind), role, None


def _first_line(opd: str | None) -> str:
    return "officer" if opd is not None else "triage"


def quiet_until(now: datetime, zone: ZoneInfo, start: time, end: time) -> datetime | None:
    """Return when the quiet hours end in which an instant lies; None outside of them."""
    local = now.astimezone(zone)
    today = local.date()
    is_quiet = start <= local.time() < end
    ends_on = today
    if end < start:
        is_quiet = local.time() >= start or local.time() < end
        ends_on = today + timedelta(days=1) if local.time() >= start else today
    if not is_quiet:
        return None
    return datetime.combine(ends_on, end, tzinfo=zone)


Form = Literal["singly", "digest"]


@dataclass(frozen=True, slots=True)
class Told:
    """When a contact was told something singly, the oldest first, and when last in a digest."""

    recent: tuple[datetime, ...] = ()
    digested_at: datetime | None = None

    def within(self, window: timedelta, now: datetime) -> "Told":
        """Return what of it lies within the window; a clock that was set back forgets the rest."""
        since = now - window
        digested = self.digested_at
        return Told(
            tuple(at for at in self.recent if since < at <= now),
            digested if digested is not None and since < digested <= now else None,
        )


def choose_form(
    waiting: int, told: Told, most: int, window: timedelta, now: datetime
) -> Form | datetime:
    """Choose how so many waiting notices go to one contact, or until when they wait.

    In any window of time a contact gets at most `most` single messages and one digest.
    """
    lately = told.within(window, now)
    if waiting + len(lately.recent) <= most:
        return "singly"
    if lately.digested_at is not None:
        return lately.digested_at + window
    if waiting > most:
        return "digest"
    return lately.recent[-1] + window
