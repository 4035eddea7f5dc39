"""Rahasia: proposed where it can be, taken at once where nobody can be asked, and switched."""

from dataclasses import dataclass
from typing import Final

from services.intake import privacy_queries
from services.intake.context import IntakeContext
from services.intake.errors import ComplaintNotFound
from services.intake.operations.auditing import record
from services.intake.privacy_errors import SecrecyIsTheReporters
from services.intake.privacy_schemas import Secrecy
from services.intake.schemas import ComplaintForm
from services.intake.tables import Complaint
from shared.contracts.intake import ComplaintAmended
from shared.ids import ComplaintId
from shared.unit_of_work import UnitOfWork

BY_REPORTER: Final = "reporter"
BY_RULE: Final = "rule"
BY_DESK: Final = "desk"

#: Channels whose answer reaches the person who wrote, or the operator before whom they are.
_ASKING_KINDS: Final = ("form", "desk")


@dataclass(frozen=True, slots=True)
class Choice:
    """Whether a new complaint is secret, by whose choice, and whether it is to be proposed."""

    secret: bool = False
    by: str | None = None
    suggested: bool = False


def choose_secrecy(context: IntakeContext, form: ComplaintForm, channel: str) -> Choice:
    """Decide on a new complaint.

    Where its words tell of a child, of violence at home or of health, secrecy is proposed on the
    channels whose answer the writer reads. On the others (a chat, a post, a call) the complaint is
    secret at once: what was public for an hour cannot be hidden again, and the writer can make it
    public.
    """
    if form.secret:
        return Choice(secret=True, by=BY_REPORTER)
    if context.secrecy.reason_for(f"{form.title or ''} {form.text}") is None:
        return Choice()
    if context.channel_kinds.get(channel) in _ASKING_KINDS:
        return Choice(suggested=True)
    return Choice(secret=True, by=BY_RULE)


async def set_secrecy(
    unit: UnitOfWork, complaint: Complaint, secret: bool, *, reason: str | None = None, by: str
) -> Secrecy:
    """Hide a complaint's content from the public, or show it; publishes ComplaintAmended.

    With a reason it is staff's doing, who cannot lift what the reporter chose. Raises
    SecrecyIsTheReporters.
    """
    now = await privacy_queries.lock_secrecy(unit.connection, complaint.complaint_id)
    if now is None:
        raise ComplaintNotFound
    was_secret, was_by = now
    by_staff = reason is not None
    if by_staff and was_by == BY_REPORTER:
        if not secret:
            raise SecrecyIsTheReporters
        return _shown(complaint, was_secret, was_by)
    chosen_by = (BY_DESK if by_staff else BY_REPORTER) if secret else None
    if (secret, chosen_by) == now:
        return _shown(complaint, secret, chosen_by)
    await privacy_queries.put_secrecy(unit.connection, complaint.complaint_id, secret, chosen_by)
    record(
        unit,
        by,
        "secrecy_changed",
        f"complaint:{complaint.complaint_id}",
        reason=reason,
        secret=secret,
    )
    if was_secret != secret:
        unit.publish(
            ComplaintAmended(
                complaint_id=ComplaintId(complaint.complaint_id),
                occurred_at=unit.now,
                secret=secret,
            )
        )
    return _shown(complaint, secret, chosen_by)


def _shown(complaint: Complaint, secret: bool, chosen_by: str | None) -> Secrecy:
    return Secrecy.model_validate(
        {"tracking_code": complaint.tracking_code, "secret": secret, "secret_by": chosen_by}
    )
