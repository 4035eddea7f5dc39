"""Unmasking: staff are shown who reported, for a reason, and that they were is written down."""

import json

from services.intake import queries
from services.intake.context import IntakeContext
from services.intake.errors import ComplaintNotFound, ReporterErased
from services.intake.operations.auditing import record
from services.intake.operations.reading import open_person
from services.intake.privacy_errors import IdentityProtected
from services.intake.privacy_schemas import UnmaskedIdentity, UnmaskForm
from services.intake.tables import Complaint
from shared.auth import Principal, Role
from shared.unit_of_work import UnitOfWork

_OF_AN_OPD = (Role.OFFICER, Role.HEAD)
_EVERYWHERE = (Role.AUDITOR, Role.ADMIN)


async def unmask_reporter(
    unit: UnitOfWork,
    context: IntakeContext,
    complaint_id: str,
    form: UnmaskForm,
    caller: Principal,
) -> UnmaskedIdentity:
    """Return the fields that were asked for; each time is an entry of the audit log.

    Raises ComplaintNotFound, also for what is not the caller's; IdentityProtected for an anonymous
    reporter; ReporterErased.
    """
    complaint = await queries.find_complaint_by_id(unit.connection, complaint_id)
    if complaint is None or not _is_theirs(context, complaint, caller):
        raise ComplaintNotFound("Tidak ada laporan dengan nomor ini pada OPD Anda.")
    if complaint.anonymous and not _may_unmask_anonymous(context, caller, form):
        raise IdentityProtected
    reporter = await queries.find_reporter(unit.connection, complaint.reporter_id)
    person = open_person(context, reporter)
    if person is None:
        raise ReporterErased
    identity: dict[str, str] = {}
    if reporter.identity is not None:
        identity = json.loads(person.open(reporter.identity, f"{reporter.reporter_id}:identity"))
    record(
        unit,
        caller.subject,
        "identity_unmasked",
        f"complaint:{complaint_id}",
        reason=form.reason,
        fields=sorted(set(form.fields)),
        purpose=form.purpose,
        anonymous=complaint.anonymous,
    )
    return UnmaskedIdentity.model_validate(
        {
            "complaint_id": complaint_id,
            "anonymous": complaint.anonymous,
            **{field: identity.get(field) for field in form.fields},
        }
    )


def _is_theirs(context: IntakeContext, complaint: Complaint, caller: Principal) -> bool:
    """Tell whether one of the caller's roles that may unmask reaches this complaint."""
    roles = caller.roles & context.profile.privacy.unmasking.roles
    if not roles.isdisjoint(_EVERYWHERE):
        return True
    if complaint.opd is None:
        return Role.TRIAGE in roles
    return not roles.isdisjoint(_OF_AN_OPD) and caller.opd == complaint.opd


def _may_unmask_anonymous(context: IntakeContext, caller: Principal, form: UnmaskForm) -> bool:
    allowed = context.profile.privacy.unmasking.anonymous_roles
    return form.purpose != "handling" and not caller.roles.isdisjoint(allowed)
