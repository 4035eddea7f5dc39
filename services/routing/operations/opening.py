"""A complaint becomes a case: the rules place it, or it goes to the triage desk.

An application is placed by its service, in the first of its stages.
"""

from collections.abc import Iterable, Mapping
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from pydantic import BaseModel

from services.routing import queries
from services.routing.conditions import Circumstances
from services.routing.context import RoutingContext
from services.routing.decisions import Decision
from services.routing.operations.entering_stages import (
    LAYANAN,
    Entry,
    entry_of,
    find_service,
    reason_of,
)
from services.routing.states import State
from shared.contracts.event import Event, Proposal
from shared.contracts.intake import ComplaintSubmitted
from shared.contracts.routing import CaseAssigned, CaseTriaged
from shared.unit_of_work import UnitOfWork

log = structlog.get_logger(__name__)


async def open_case(unit: UnitOfWork, context: RoutingContext, event: ComplaintSubmitted) -> None:
    """Open the case and place it; publishes CaseAssigned, or CaseTriaged where no rule places it.

    An application enters the first stage of its service, and StageEntered follows. One whose
    service no profile ever had is an ordinary complaint, and the desk's. A complaint that has a
    case already changes nothing: its submission came a second time under another event id.
    """
    entry = await _first_stage(unit, context, event)
    if entry is not None:
        decision = _by_service(entry)
    elif event.service_version is not None:
        decision = _with_unknown_service(event)
    else:
        decision = _decide(context, event)
    proposals = tuple(
        Proposal(opd=p.opd, topic=p.topic, confidence=p.confidence, words=p.words)
        for p in decision.proposals
    )
    case = _new_case(unit, context, event, decision, proposals)
    if entry is not None:
        case |= _application(entry, event) | entry.columns(unit.now)
    details: dict[str, Any] = {"rule": decision.rule_id} if decision.rule_id else {}
    if decision.failed_rules:
        details["failed_rules"] = list(decision.failed_rules)
    if not await queries.insert_case(unit.connection, case, details):
        return
    unit.publish(_announced(unit, event, decision, proposals, case))
    if entry is not None:
        unit.publish(await entry.enter(unit, event.complaint_id))
    metrics = context.metrics
    placed = metrics.placed.labels(decision.by if decision.opd else "triage")
    waited = max(0.0, (unit.now - event.submitted_at).total_seconds())
    unit.after_commit(placed.inc)
    unit.after_commit(lambda: metrics.placing_seconds.observe(waited))


async def _first_stage(
    unit: UnitOfWork, context: RoutingContext, event: ComplaintSubmitted
) -> Entry | None:
    """Return where an application begins; None for a complaint, and for a service not known."""
    code, version = event.service_code, event.service_version
    if code is None or version is None or not (version.isascii() and version.isdigit()):
        return None
    number = int(version[:9])
    service = await find_service(unit, context, code, number) if version == str(number) else None
    if service is None:
        return None
    addressed = str((event.answers or {}).get("addressed", ""))
    if addressed not in service.opds:
        addressed = service.opds[0]
    return entry_of(context, service, service.first, addressed)


def _by_service(entry: Entry) -> Decision:
    reason = reason_of(entry.service, entry.stage)
    return Decision(entry.opd, entry.service.code, LAYANAN, reason, ())


def _with_unknown_service(event: ComplaintSubmitted) -> Decision:
    named = f"{event.service_code or '-'} versi {event.service_version}"
    log.warning("an application's service is unknown", service=named)
    reason = f"Layanan “{named}” tidak ada dalam profil; meja triase menentukan."
    return Decision(None, None, None, reason, ())


def _application(entry: Entry, event: ComplaintSubmitted) -> dict[str, Any]:
    addressed = (event.answers or {}).get("addressed")
    return {
        "opd_name": entry.opd_name,
        "topic_name": entry.service.title,
        "service": entry.service.code,
        "service_version": entry.service.version,
        "addressed": addressed if addressed in entry.service.opds else entry.service.opds[0],
        "answers": event.answers or {},
    }


def _decide(context: RoutingContext, event: ComplaintSubmitted) -> Decision:
    began = perf_counter()
    came = circumstances_of(event, context.zone)
    decision = context.router.choose_opd(event.text, event.title, came, context.shelf.adviser)
    context.metrics.decision_seconds.observe(perf_counter() - began)
    for rule_id in decision.failed_rules:
        context.metrics.rule_failures.labels(rule_id).inc()
        log.warning("a rule could not be evaluated", rule=rule_id, complaint=event.complaint_id)
    return decision


def circumstances_of(event: ComplaintSubmitted, zone: ZoneInfo) -> Circumstances:
    """Return what the rules may know of how a complaint came."""
    place = event.location
    point = (
        (place.lat, place.lon)
        if place and place.lat is not None and place.lon is not None
        else None
    )
    return Circumstances(
        channel=event.channel,
        account_opd=event.account_opd,
        classification=event.classification,
        emergency=event.emergency,
        area_code=place.area_code if place else None,
        point=point,
        submitted_at=event.submitted_at.astimezone(zone),
        chosen=event.service_code,
        answers=event.answers or {},
    )


def _new_case(
    unit: UnitOfWork,
    context: RoutingContext,
    event: ComplaintSubmitted,
    decision: Decision,
    proposals: tuple[Proposal, ...],
) -> dict[str, Any]:
    """Return the columns of a new case; those that are left out are null."""
    placed = decision.opd is not None
    return {
        "complaint_id": event.complaint_id,
        "version": 1,
        "tracking_code": event.tracking_code,
        "state": str(State.ASSIGNED if placed else State.TRIAGE),
        "state_since": unit.now,
        "epoch": 0,
        "waits": 0,
        "times_returned": 0,
        "opd": decision.opd,
        "opd_name": context.opd_names.get(decision.opd or ""),
        "topic": decision.topic,
        "topic_name": context.topic_names.get(decision.topic or ""),
        "priority": "emergency" if event.emergency else decision.priority,
        "assigned_by": decision.by if placed else None,
        "reason": decision.reason,
        "proposals": _plain(proposals),
        "candidates": _plain(event.candidates),
        "channel": event.channel,
        "classification": event.classification,
        "title": event.title,
        "text": event.text,
        **(event.location.model_dump() if event.location else {}),
        "anonymous": event.anonymous,
        "secret": event.secret,
        "emergency": event.emergency,
        "spam": False,
        "submitted_at": event.submitted_at,
        "assigned_at": unit.now if placed else None,
        "updated_at": unit.now,
    }


def _plain(models: Iterable[BaseModel]) -> list[dict[str, Any]]:
    return [each.model_dump(mode="json") for each in models]


def _announced(
    unit: UnitOfWork,
    event: ComplaintSubmitted,
    decision: Decision,
    proposals: tuple[Proposal, ...],
    case: Mapping[str, Any],
) -> Event:
    if decision.opd is None:
        return CaseTriaged(
            complaint_id=event.complaint_id,
            occurred_at=unit.now,
            proposals=proposals,
            reason=decision.reason,
        )
    return CaseAssigned(
        complaint_id=event.complaint_id,
        occurred_at=unit.now,
        part=0,
        opd=decision.opd,
        opd_name=case["opd_name"],
        topic=decision.topic,
        topic_name=case["topic_name"],
        by=decision.by,
        reason=decision.reason,
        proposals=proposals,
    )
