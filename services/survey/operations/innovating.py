"""Innovations from the idea to the display: amended, judged, moved by the coordinator."""

from dataclasses import dataclass
from typing import Any

from services.survey import innovation_queries
from services.survey.context import SurveyContext
from services.survey.innovation_access import InnovationAccess
from services.survey.innovation_errors import (
    EntriesInvalid,
    InnovationActionNotYours,
    InnovationChanged,
    InnovationNotFound,
    OpdFixed,
    StageMoveIllegal,
    StageNotComplete,
)
from services.survey.innovation_schemas import (
    AmendmentForm,
    VerdictForm,
)
from services.survey.innovation_tables import Innovation, InnovationFact
from services.survey.operations.proposing import check_evidence, check_opd, looked_at
from services.survey.plan_access import opaque_id
from services.survey.rules.innovation_stages import (
    Holding,
    Stage,
    form_fault,
    stage_after,
    stage_before,
)
from shared.masking import mask_identifiers
from shared.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class InnovationActing:
    """Who acts on which innovation; `etags` are the versions they have seen, None for any."""

    access: InnovationAccess
    innovation_id: str
    etags: frozenset[str] | None = None

    @property
    def actor(self) -> str:
        """The opaque id that stands for the caller in histories."""
        return opaque_id(self.access.caller)


async def take_innovation(unit: UnitOfWork, acting: InnovationActing) -> Innovation:
    """Lock an innovation that the caller may see; raises InnovationNotFound, InnovationChanged."""
    innovation = await innovation_queries.find_innovation(
        unit.connection, acting.innovation_id, lock=True
    )
    if innovation is None or not acting.access.may_see(looked_at(innovation)):
        raise InnovationNotFound
    if acting.etags is not None and f'"{innovation.version}"' not in acting.etags:
        raise InnovationChanged(innovation.version)
    return innovation


async def amend(
    unit: UnitOfWork, context: SurveyContext, acting: InnovationActing, form: AmendmentForm
) -> Innovation:
    """Change what an innovation holds; a criterion that is argued anew is judged anew.

    Raises as `take_innovation`, and InnovationActionNotYours, StageMoveIllegal, EntriesInvalid.
    """
    innovation = await take_innovation(unit, acting)
    if not acting.access.may_amend(looked_at(innovation)):
        raise InnovationActionNotYours("OPD penanggung jawab, pengusul, atau koordinator")
    if innovation.stage == Stage.DECLINED:
        raise StageMoveIllegal(_stage_name(context, innovation))
    check_evidence(form.evidence or [])
    changes: dict[str, Any] = {
        name: mask_identifiers(value)
        for name in ("title", "problem", "idea")
        if (value := getattr(form, name)) is not None
    }
    if form.entries:
        changes["dossier"] = _entries(context, innovation.dossier, form)
    if form.arguments:
        argued = {
            str(code): {"argument": mask_identifiers(argument), "met": None}
            for code, argument in form.arguments.items()
        }
        changes["criteria"] = {**innovation.criteria, **argued}
    for name in ("evidence", "documents", "snippets"):
        if (items := getattr(form, name)) is not None:
            changes[name] = [item.model_dump() for item in items]
    note = f"Mengubah: {', '.join(sorted(changes))}." if changes else None
    return await change(unit, innovation, acting.actor, "amend", note, changes)


async def judge_criteria(
    unit: UnitOfWork, context: SurveyContext, acting: InnovationActing, form: VerdictForm
) -> Innovation:
    """Let the coordinator say which criteria are met; one without an argument cannot be.

    Raises as `take_innovation`, and InnovationActionNotYours, EntriesInvalid.
    """
    innovation = await _coordinated(unit, acting)
    names = {each.code: each.name for each in context.profile.innovation.criteria}
    bare = [code for code in form.met if not innovation.criteria.get(code, {}).get("argument")]
    if bare:
        raise EntriesInvalid(
            [(f"/met/{code}", f"{names[code]}: belum dijelaskan pengusul") for code in bare]
        )
    judged = {
        str(code): {**innovation.criteria[code], "met": met} for code, met in form.met.items()
    }
    changes = {"criteria": {**innovation.criteria, **judged}}
    return await change(
        unit, innovation, acting.actor, "judge", mask_identifiers(form.note), changes
    )


async def choose_opd(
    unit: UnitOfWork, context: SurveyContext, acting: InnovationActing, opd: str
) -> Innovation:
    """Let the coordinator give an innovation to an OPD.

    Raises as `take_innovation`, and InnovationActionNotYours, EntriesInvalid; OpdFixed once a
    member of the panel scored, who may be of that OPD.
    """
    innovation = await _coordinated(unit, acting)
    check_opd(context, opd)
    if await innovation_queries.list_totals(unit.connection, [innovation.innovation_id]):
        raise OpdFixed
    note = f"OPD penanggung jawab: {context.profile.opd_names[opd]}."
    return await change(unit, innovation, acting.actor, "choose-opd", note, {"opd": opd})


async def advance(
    unit: UnitOfWork, context: SurveyContext, acting: InnovationActing, note: str
) -> Innovation:
    """Move an innovation to the next stage, if this one holds what the profile asks for.

    Raises as `take_innovation`, and InnovationActionNotYours, StageMoveIllegal, StageNotComplete.
    """
    innovation = await _coordinated(unit, acting)
    after = stage_after(Stage(innovation.stage))
    if after is None:
        raise StageMoveIllegal(_stage_name(context, innovation))
    missing = context.profile.innovation.book.missing(
        Stage(innovation.stage), holding_of(innovation)
    )
    if missing:
        raise StageNotComplete(_stage_name(context, innovation), missing)
    return await _move(unit, innovation, acting, "advance", note, after)


async def send_back(
    unit: UnitOfWork, context: SurveyContext, acting: InnovationActing, note: str
) -> Innovation:
    """Move an innovation one stage back; raises as `advance`, without StageNotComplete."""
    innovation = await _coordinated(unit, acting)
    before = stage_before(Stage(innovation.stage))
    if before is None:
        raise StageMoveIllegal(_stage_name(context, innovation))
    return await _move(unit, innovation, acting, "send-back", note, before)


async def decline(
    unit: UnitOfWork, context: SurveyContext, acting: InnovationActing, note: str
) -> Innovation:
    """Decline an innovation; its proposer reads why. Raises as `send_back`."""
    innovation = await _coordinated(unit, acting)
    if innovation.stage == Stage.DECLINED:
        raise StageMoveIllegal(_stage_name(context, innovation))
    return await _move(unit, innovation, acting, "decline", note, Stage.DECLINED)


async def reconsider(
    unit: UnitOfWork, context: SurveyContext, acting: InnovationActing, note: str
) -> Innovation:
    """Take a declined innovation up again where it was. Raises as `send_back`."""
    innovation = await _coordinated(unit, acting)
    if innovation.stage != Stage.DECLINED or innovation.stage_before_declined is None:
        raise StageMoveIllegal(_stage_name(context, innovation))
    return await _move(
        unit, innovation, acting, "reconsider", note, Stage(innovation.stage_before_declined)
    )


async def change(
    unit: UnitOfWork,
    innovation: Innovation,
    actor: str | None,
    action: str,
    note: str | None,
    changes: dict[str, Any],
) -> Innovation:
    """Store changes of a locked innovation as its next version, with the fact they follow from."""
    version = innovation.version + 1
    fact = InnovationFact(
        innovation_id=innovation.innovation_id,
        version=version,
        happened_at=unit.now,
        actor=actor,
        action=action,
        from_stage=innovation.stage,
        to_stage=changes.get("stage", innovation.stage),
        note=note,
    )
    changes |= {"version": version, "updated_at": unit.now}
    return await innovation_queries.update_innovation(unit.connection, innovation, changes, fact)


def holding_of(innovation: Innovation) -> Holding:
    """Return what an innovation holds, as the rules take it."""
    criteria = innovation.criteria
    return Holding(
        dossier=innovation.dossier,
        evidence=len(innovation.evidence),
        argued=frozenset(code for code, each in criteria.items() if each.get("argument")),
        met=frozenset(code for code, each in criteria.items() if each.get("met")),
        opd=innovation.opd,
        final_score=None if innovation.final_score is None else float(innovation.final_score),
    )


async def _coordinated(unit: UnitOfWork, acting: InnovationActing) -> Innovation:
    innovation = await take_innovation(unit, acting)
    if not acting.access.coordinates:
        raise InnovationActionNotYours
    return innovation


async def _move(
    unit: UnitOfWork,
    innovation: Innovation,
    acting: InnovationActing,
    action: str,
    note: str,
    after: Stage,
) -> Innovation:
    changes = {
        "stage": str(after),
        "stage_before_declined": innovation.stage if after is Stage.DECLINED else None,
        "displayed_at": unit.now if after is Stage.DISPLAY else None,
    }
    return await change(unit, innovation, acting.actor, action, mask_identifiers(note), changes)


def _entries(
    context: SurveyContext, dossier: dict[str, Any], form: AmendmentForm
) -> dict[str, Any]:
    known = context.profile.innovation.book.entries
    errors = []
    for code, entry in form.entries.items():
        if code not in known:
            errors.append((f"/entries/{code}", "tidak ada dalam profil"))
        elif entry is not None and (fault := form_fault(known[code], entry)):
            errors.append((f"/entries/{code}", fault))
    if errors:
        raise EntriesInvalid(errors)
    given = {
        code: mask_identifiers(entry)
        if isinstance(entry, str) and known[code].kind == "text"
        else entry
        for code, entry in form.entries.items()
    }
    return {code: entry for code, entry in {**dossier, **given}.items() if entry is not None}


def _stage_name(context: SurveyContext, innovation: Innovation) -> str:
    return context.profile.innovation.stage_names[innovation.stage]
