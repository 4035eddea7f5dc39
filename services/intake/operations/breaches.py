"""The register of breaches, with the hours within which people and authority must be told."""

from datetime import timedelta

from services.intake import privacy_queries
from services.intake.context import IntakeContext
from services.intake.errors import FormIncorrect
from services.intake.operations.auditing import record
from services.intake.privacy_errors import BreachAlreadyTold, BreachNotFound
from services.intake.privacy_schemas import BreachForm, BreachToldForm, BreachView
from services.intake.privacy_tables import Breach
from services.intake.rules.checking import is_in_the_future
from shared.ids import new_id
from shared.masking import mask_identifiers
from shared.unit_of_work import UnitOfWork


async def record_breach(
    unit: UnitOfWork, context: IntakeContext, form: BreachForm, by: str
) -> BreachView:
    """Enter a breach; its clock runs from its discovery (UU 27/2022, 3 x 24 hours).

    Raises FormIncorrect.
    """
    if is_in_the_future(form.discovered_at, unit.now):
        raise FormIncorrect([("/discovered_at", "Waktu ini masih di masa depan.")])
    breach = Breach(
        breach_id=new_id(),
        what=form.what,
        people=form.people,
        how=mask_identifiers(form.how),
        remedy=mask_identifiers(form.remedy),
        discovered_at=form.discovered_at,
        notify_by=form.discovered_at + timedelta(hours=context.profile.privacy.breach_hours),
        recorded_by=by,
        recorded_at=unit.now,
    )
    await privacy_queries.insert_breach(unit.connection, breach)
    record(unit, by, "breach_recorded", f"breach:{breach.breach_id}", people=form.people)
    return _shown(breach, unit)


async def tell_breach(
    unit: UnitOfWork, breach_id: str, form: BreachToldForm, by: str
) -> BreachView:
    """Note that people or authority were told; raises BreachNotFound, BreachAlreadyTold."""
    breach = await privacy_queries.find_breach(unit.connection, breach_id)
    if breach is None:
        raise BreachNotFound
    told = {
        "subjects": breach.subjects_told_at,
        "authority": breach.authority_told_at,
    }
    if told[form.whom] is not None:
        raise BreachAlreadyTold(form.whom, [whom for whom, at in told.items() if at is None])
    if not breach.discovered_at <= form.told_at <= unit.now:
        raise FormIncorrect([("/told_at", "Isi waktu antara penemuan pelanggaran dan sekarang.")])
    values: dict[str, object] = {f"{form.whom}_told_at": form.told_at}
    if form.remedy is not None:
        values["remedy"] = mask_identifiers(form.remedy)
    await privacy_queries.update_breach(unit.connection, breach_id, values)
    record(unit, by, "breach_told", f"breach:{breach_id}", whom=form.whom)
    return _shown(breach.model_copy(update=values), unit)


async def list_breaches(unit: UnitOfWork) -> list[BreachView]:
    """Return the register, the newest discovery first."""
    return [_shown(each, unit) for each in await privacy_queries.list_breaches(unit.connection)]


def _shown(breach: Breach, unit: UnitOfWork) -> BreachView:
    untold = breach.subjects_told_at is None or breach.authority_told_at is None
    return BreachView.model_validate(
        {**breach.model_dump(), "overdue": untold and unit.now > breach.notify_by}
    )
