"""A complaint becomes a case: the rules place it, or it goes to the triage desk."""

from collections.abc import Iterable
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from pydantic import BaseModel

from services.routing import queries
from services.routing.conditions import Circumstances
from services.routing.context import RoutingContext
from services.routing.decisions import Decision
from services.routing.states import State
from shared.contracts.event import Event, Proposal
from shared.contracts.intake import ComplaintSubmitted
from shared.contracts.routing import CaseAssigned, CaseTriaged
from shared.unit_of_work import UnitOfWork

log = structlog.get_logger(__name__)


async def open_case(unit: UnitOfWork, context: RoutingContext, event: ComplaintSubmitted) -> None:
    """Open the case and place it; publishes CaseAssigned, or CaseTriaged where no rule places it.

    A complaint that has a case already changes nothing: its submission came a second time under
    another event id.
    """
    decision = _decide(context, event)
    proposals = tuple(
        Proposal(opd=p.opd, topic=p.topic, confidence=p.confidence, words=p.words)
        for p in decision.proposals
    )
    case = _new_case(unit, context, event, decision, proposals)
    details: dict[str, Any] = {"rule": decision.rule_id} if decision.rule_id else {}
    if decision.failed_rules:
        details["failed_rules"] = list(decision.failed_rules)
    if not await queries.insert_case(unit.connection, case, details):
        return
    unit.publish(_announced(unit, context, event, decision, proposals))
    metrics = context.metrics
    placed = metrics.placed.labels(decision.by if decision.opd else "triage")
    waited = max(0.0, (unit.now - event.submitted_at).total_seconds())
    unit.after_commit(placed.inc)
    unit.after_commit(lambda: metrics.placing_seconds.observe(waited))


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
        "opd_name": context.opd_names[decision.opd] if decision.opd else None,
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
    context: RoutingContext,
    event: ComplaintSubmitted,
    decision: Decision,
    proposals: tuple[Proposal, ...],
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
        opd_name=context.opd_names[decision.opd],
        topic=decision.topic,
        topic_name=context.topic_names.get(decision.topic or ""),
        by=decision.by,
        reason=decision.reason,
        proposals=proposals,
    )
