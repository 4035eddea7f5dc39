"""How an application gets into a stage of its service: at first, by a decision, or once more."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import structlog

from services.routing import stage_queries
from services.routing.context import RoutingContext
from services.routing.stage_rules import terms_of
from services.routing.tables import Case
from shared.catalogue.definition import Service, Stage
from shared.catalogue.shelf import ServiceGone
from shared.contracts.event import Answer
from shared.contracts.routing import CaseAssigned, StageEntered
from shared.ids import ComplaintId
from shared.unit_of_work import UnitOfWork

log = structlog.get_logger(__name__)

#: The rule that a service's file is: its reason names this.
LAYANAN: Final = "layanan"


@dataclass(frozen=True, slots=True)
class Left:
    """With what the stage before was left: the decision, what it filled in, who took it."""

    stage: str
    decision: str
    answers: Mapping[str, Answer] = field(default_factory=dict)
    text: str | None = None
    officer_id: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A stage that a case is about to enter, and the OPD that works it."""

    service: Service
    stage: Stage
    opd: str
    opd_name: str

    def columns(self, now: datetime) -> dict[str, Any]:
        """Return what the case's row says of it."""
        return {"stage": self.stage.code, "stage_title": self.stage.title, "stage_since": now}

    async def enter(
        self, unit: UnitOfWork, complaint_id: str, left: Left | None = None
    ) -> StageEntered:
        """Note the visit; returns the event, to be published after the others of its unit."""
        await stage_queries.insert_visit(
            unit.connection,
            {
                "complaint_id": complaint_id,
                "stage": self.stage.code,
                "title": self.stage.title,
                "opd": self.opd,
                "opd_name": self.opd_name,
                "entered_at": unit.now,
            },
        )
        return StageEntered(
            complaint_id=ComplaintId(complaint_id),
            occurred_at=unit.now,
            part=0,
            stage=name_of(self.service, self.stage.code),
            stage_title=self.stage.title,
            opd=self.opd,
            opd_name=self.opd_name,
            service_code=self.service.code,
            service_version=str(self.service.version),
            terms=terms_of(self.stage),
            **told_of(self.service, left),
        )


def told_of(service: Service, left: Left | None) -> dict[str, Any]:
    """Return what a StageEntered says of the stage before."""
    if left is None:
        return {}
    return {
        "left": name_of(service, left.stage),
        "decision": left.decision,
        "answers": dict(left.answers) or None,
        "text": left.text,
        "officer_id": left.officer_id,
    }


def name_of(service: Service, stage: str) -> str:
    """Return what a stage is called outside routing."""
    return f"{service.code}.{stage}"


def entry_of(context: RoutingContext, service: Service, stage: Stage, addressed: str) -> Entry:
    """Return a stage with the OPD that works it for an application made to `addressed`."""
    opd = service.opd_of(stage, addressed)
    return Entry(service, stage, opd, context.opd_names.get(opd, opd))


async def find_service(
    unit: UnitOfWork, context: RoutingContext, code: str, version: int
) -> Service | None:
    """Return one version of a service, also one that an earlier profile had."""
    try:
        return await context.catalogue.find(unit.connection, code, version)
    except ServiceGone:
        return None


async def find_last_stage(
    unit: UnitOfWork, context: RoutingContext, case: Case, addressed: str | None = None
) -> Entry | None:
    """Return the stage that an application was in last; None for what has no stages."""
    if case.service is None or case.service_version is None:
        return None
    service = await find_service(unit, context, case.service, case.service_version)
    visit = await stage_queries.find_last_visit(unit.connection, case.complaint_id)
    stage = service.stage(visit.stage) if service and visit else None
    if service is None or stage is None:
        log.warning("a case's stage is gone", service=case.service, version=case.service_version)
        return None
    return entry_of(context, service, stage, addressed or case.addressed or service.opds[0])


def reason_of(service: Service, stage: Stage) -> str:
    """Return why an OPD has an application."""
    return f"Aturan “{LAYANAN}”: {service.title}, tahap “{stage.title}”."


def assigned_to(unit: UnitOfWork, entry: Entry, case: Case, reason: str) -> CaseAssigned:
    """Return the event that the OPD of a stage has the case now."""
    return CaseAssigned(
        complaint_id=ComplaintId(case.complaint_id),
        occurred_at=unit.now,
        part=0,
        opd=entry.opd,
        opd_name=entry.opd_name,
        topic=entry.service.code,
        topic_name=entry.service.title,
        by="rule",
        reason=reason,
    )
