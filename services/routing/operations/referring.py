"""Bodies outside the Pemda: the OPD keeps the case, asks them, and reminds them."""

from datetime import timedelta
from typing import Any

from services.routing import referral_queries
from services.routing.context import RoutingContext
from services.routing.evidence_schemas import OutsideAnswer, ReferralWish
from services.routing.evidence_tables import Referral
from services.routing.operations.changing import (
    Acting,
    Fact,
    as_written,
    change_case,
    take_case,
)
from services.routing.states import Action
from services.routing.tables import Case
from services.routing.work_errors import BodyUnknown, ReferralGone
from shared.contracts.routing import CaseReferred, ReferralAnswered, ResponseGiven
from shared.ids import ComplaintId, new_id
from shared.unit_of_work import UnitOfWork


async def refer_case(
    unit: UnitOfWork, context: RoutingContext, acting: Acting, wish: ReferralWish
) -> Case:
    """Ask a body outside, and tell the citizen so.

    Publishes ResponseGiven(progress), and CaseReferred, for which clocks may wait. The case stays
    with its OPD, which is reminded of the answer. Raises BodyUnknown, and what `take_case` raises.
    """
    bodies = {body.code: body for body in context.work.external}
    if wish.body not in bodies:
        raise BodyUnknown(sorted(bodies))
    body = bodies[wish.body]
    case = await take_case(unit, acting, Action.PROGRESS)
    text = as_written(wish.text)
    days = wish.remind_days or body.remind_days
    referral = Referral(
        referral_id=new_id(),
        complaint_id=case.complaint_id,
        body=body.code,
        body_name=body.name,
        opd=case.opd,
        text=text,
        referred_at=unit.now,
        referred_by=acting.officer_id,
        remind_at=unit.now + timedelta(days=days),
    )
    await referral_queries.insert_referral(unit.connection, referral)
    told = f"Laporan Anda kami teruskan ke {body.name}. {text}"
    changed = await _tell(unit, acting, case, told, {"body": body.code})
    unit.publish(
        CaseReferred(**_about(unit, acting, case, referral.referral_id, body.code, body.name))
    )
    return changed


async def receive_outside_answer(
    unit: UnitOfWork, acting: Acting, referral_id: str, wish: OutsideAnswer
) -> Case:
    """Note what a body outside said, and tell the citizen.

    Publishes ResponseGiven(progress) and ReferralAnswered. Raises ReferralGone, and what
    `take_case` raises.
    """
    case = await take_case(unit, acting, Action.PROGRESS)
    text = as_written(wish.text)
    answered = await referral_queries.answer_referral(
        unit.connection, referral_id, case.complaint_id, text, unit.now
    )
    if answered is None:
        raise ReferralGone
    body, name = answered
    changed = await _tell(unit, acting, case, f"Jawaban dari {name}: {text}", {"body": name})
    unit.publish(ReferralAnswered(**_about(unit, acting, case, referral_id, body, name)))
    return changed


def _about(
    unit: UnitOfWork, acting: Acting, case: Case, referral_id: str, body: str, name: str
) -> dict[str, Any]:
    return {
        "complaint_id": ComplaintId(case.complaint_id),
        "occurred_at": unit.now,
        "referral_id": referral_id,
        "body": body,
        "body_name": name,
        "opd": case.opd,
        "officer_id": acting.officer_id,
    }


async def _tell(
    unit: UnitOfWork, acting: Acting, case: Case, text: str, details: dict[str, str]
) -> Case:
    fact = Fact("officer", acting.officer_id, text, details)
    changed = await change_case(unit, case, Action.PROGRESS, fact, officer_id=acting.officer_id)
    unit.publish(
        ResponseGiven(
            complaint_id=ComplaintId(case.complaint_id),
            occurred_at=unit.now,
            text=text,
            kind="progress",
            officer_id=acting.officer_id,
            opd=case.opd,
            opd_name=case.opd_name,
        )
    )
    return changed
