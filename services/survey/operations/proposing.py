"""Proposals of innovations: ideas of citizens, who stay unknown, and those of staff; each once."""

import secrets
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from services.survey import innovation_queries
from services.survey.context import SurveyContext
from services.survey.innovation_access import InnovationAccess, Looked
from services.survey.innovation_errors import (
    EntriesInvalid,
    InnovationActionNotYours,
    ProposedAlready,
)
from services.survey.innovation_package import PackageContent
from services.survey.innovation_schemas import IdeaForm, InnovationEvidence, ProposalForm
from services.survey.innovation_tables import Innovation, InnovationFact
from services.survey.plan_access import opaque_id
from services.survey.rules.index import ELEMENTS
from services.survey.rules.innovation_stages import Stage
from services.survey.rules.periods import PeriodUnknown, first_day
from shared.auth import Principal, Role
from shared.ids import new_id
from shared.masking import mask_identifiers
from shared.unit_of_work import UnitOfWork

#: Without 0, 1, I, O, which are misread.
_LETTERS: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_REFERENCE_CHARACTERS: Final = 10


async def propose_idea(unit: UnitOfWork, form: IdeaForm) -> Innovation:
    """Store a citizen's idea, masked, and nothing of the citizen; the same idea is found again.

    Raises EntriesInvalid.
    """
    innovation = new_innovation(unit, form, initiator="masyarakat", evidence=form.evidence)
    if await store_new(unit, innovation, None, "propose"):
        return innovation
    found = await innovation_queries.find_by_digest(unit.connection, innovation.digest)
    return found or innovation


async def propose(
    unit: UnitOfWork, context: SurveyContext, access: InnovationAccess, form: ProposalForm
) -> Innovation:
    """Store a proposal of an OPD or an employee; only the coordinator proposes for others.

    Raises EntriesInvalid, InnovationActionNotYours, ProposedAlready.
    """
    caller = access.caller
    if not access.coordinates:
        may_be = {"asn", "opd"} if caller.has(Role.HEAD, Role.OFFICER) else {"asn"}
        if form.initiator not in may_be or form.opd not in {None, caller.opd}:
            raise InnovationActionNotYours
    opd = form.opd or (caller.opd if caller.has(Role.OFFICER, Role.HEAD) else None)
    check_opd(context, opd)
    innovation = new_innovation(unit, form, initiator=form.initiator, evidence=form.evidence)
    innovation.opd, innovation.proposer = opd, opaque_id(caller)
    if not await store_new(unit, innovation, opaque_id(caller), "propose"):
        found = await innovation_queries.find_by_digest(unit.connection, innovation.digest)
        seen = found is not None and access.may_see(looked_at(found))
        raise ProposedAlready(found.innovation_id if found is not None and seen else None)
    return innovation


def looked_at(innovation: Innovation) -> Looked:
    """Return what decides who may do what with it."""
    return Looked(innovation.opd, innovation.proposer, Stage(innovation.stage))


def access_for(context: SurveyContext, caller: Principal) -> InnovationAccess:
    """Return what a caller may do with innovations."""
    file = context.profile.innovation
    return InnovationAccess(caller, file.coordinator, file.panel.from_stage)


def new_innovation(
    unit: UnitOfWork,
    form: IdeaForm | PackageContent,
    *,
    initiator: str,
    evidence: Sequence[InnovationEvidence],
) -> Innovation:
    """Return a proposal, masked, that is not stored yet; raises EntriesInvalid."""
    check_evidence(evidence)
    words = {name: mask_identifiers(getattr(form, name)) for name in ("title", "problem", "idea")}
    said = "\0".join(" ".join(word.split()).casefold() for word in words.values())
    return Innovation(
        innovation_id=new_id(),
        version=1,
        digest=sha256(said.encode("utf-8", "replace")).digest(),
        reference="".join(secrets.choice(_LETTERS) for _ in range(_REFERENCE_CHARACTERS)),
        title=words["title"],
        problem=words["problem"],
        idea=words["idea"],
        initiator=initiator,
        form=form.form,
        digital=form.digital,
        stage=str(Stage.DRUM_UP),
        evidence=[each.model_dump() for each in evidence],
        dossier={},
        criteria={},
        documents=[],
        snippets=[],
        proposed_at=unit.now,
        updated_at=unit.now,
    )


async def store_new(
    unit: UnitOfWork, innovation: Innovation, actor: str | None, action: str
) -> bool:
    """Store a proposal with its first fact; False if the same is there already."""
    fact = InnovationFact(
        innovation_id=innovation.innovation_id,
        version=1,
        happened_at=unit.now,
        actor=actor,
        action=action,
        to_stage=innovation.stage,
    )
    return await innovation_queries.insert_innovation(unit.connection, innovation, fact)


def check_evidence(evidence: Sequence[InnovationEvidence]) -> None:
    """Raise EntriesInvalid for an element or a period that the survey does not have."""
    errors = []
    for index, each in enumerate(evidence):
        if each.kind != "element":
            continue
        if each.code not in ELEMENTS:
            errors.append((f"/evidence/{index}/code", "unsur ditulis U1 sampai U9"))
        try:
            first_day(each.period)
        except PeriodUnknown:
            errors.append((f"/evidence/{index}/period", "tulis periode seperti 2026-02"))
    if errors:
        raise EntriesInvalid(errors)


def check_opd(context: SurveyContext, opd: str | None) -> None:
    """Raise EntriesInvalid for an OPD that the profile does not have."""
    if opd is not None and opd not in context.profile.opd_names:
        raise EntriesInvalid([("/opd", "OPD tidak ada dalam profil Pemda")])
