"""Cases as Hypothesis makes them: what routing may say of one, and when."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from services.sla.facts import CaseFacts, Mark, MarkKind, StageEntry
from services.sla.policies import Policies
from services.sla.policy_profile import Ladder, LadderStep, Policy, PolicyScope
from services.sla.profile import SlaProfile

NOON = datetime(2026, 3, 9, 5, 0, tzinfo=UTC)
LIMITS = {
    "verification": 259_200,
    "first_response": 7_200,
    "follow_up": 86_400,
    "resolution": 432_000,
    "closing": 864_000,
}
SERVICE_STAGES = ("rtlh.administrasi", "rtlh.survei")
OPDS = ("PUPR", "DLH", "DISHUB")


def policy(stage: str, seconds: int | None = None, **fields: object) -> Policy:
    """Make a policy; `fields` win over what is usual."""
    usual: dict[str, object] = {
        "id": f"{stage.replace('_', '-')}-umum",
        "stage": stage,
        "seconds": seconds or LIMITS[stage],
        "near_at": 0.75,
        "ladder": "standar",
        "regulation": "Keputusan kepala daerah",
        "valid_from": "2026-01-01",
    }
    if "days" in fields:
        del usual["seconds"]
    return Policy.model_validate({**usual, **fields})


def profile(*more: Policy, without: tuple[str, ...] = ()) -> SlaProfile:
    """Make a profile with a general policy for each stage, and more."""
    ladder = Ladder(
        id="standar",
        steps=(
            LadderStep(level=0, on="near", to="officer", while_unassigned="triage"),
            LadderStep(level=1, on="missed", to="head", while_unassigned="triage"),
            LadderStep(level=2, on="missed", after_seconds=14_400, to="sekda"),
            LadderStep(level=3, on="missed", after_seconds=86_400, to="leader"),
        ),
    )
    general = [policy(stage) for stage in LIMITS if stage not in without]
    return SlaProfile(
        zone="Asia/Jakarta",
        ladders=(ladder,),
        policies=(*general, *more),
        calendars=(),
        contacts=(),
    )


def scope(**fields: object) -> PolicyScope:
    """Make a policy's scope."""
    return PolicyScope.model_validate(fields)


POLICIES = Policies(profile())


def submitted(facts: CaseFacts | None = None) -> CaseFacts:
    """Return a case that was submitted at noon, with the marks of `facts`."""
    marks = facts.marks if facts is not None else ()
    return CaseFacts(NOON, "web", "complaint", None, marks)


def mark(kind: MarkKind, hours: float, **fields: object) -> Mark:
    """Make a mark some hours after the submission."""
    return Mark(kind, NOON + timedelta(hours=hours), **fields)  # type: ignore[arg-type]


def case(*marks: Mark) -> CaseFacts:
    """Make a submitted case with these marks."""
    facts = submitted()
    for each in marks:
        facts = facts.with_mark(each)
    return facts


@st.composite
def marks(draw: st.DrawFn, most: int = 12) -> list[Mark]:
    """Draw what routing says of a case, in its order; nearly every order, also strange ones."""
    hours = 0.0
    epoch = 0
    found = []
    for kind in draw(st.lists(st.sampled_from(list(MarkKind)), max_size=most)):
        hours += draw(st.sampled_from([0.0, 0.001, 0.5, 2.0, 30.0, 300.0]))
        epoch += kind is MarkKind.REOPENED
        fields: dict[str, object] = {"part": draw(st.sampled_from([0, 0, 0, 1]))}
        if kind in {MarkKind.ASSIGNED, MarkKind.CONTRIBUTES}:
            fields["opd"] = draw(st.sampled_from(OPDS))
            fields["topic"] = draw(st.sampled_from([None, "rtlh"]))
        elif kind is MarkKind.REOPENED:
            fields["epoch"] = epoch
        elif kind is MarkKind.ENTERED:
            fields |= draw(entries(hours))
        found.append(mark(kind, hours, **fields))
    return found


@st.composite
def entries(draw: st.DrawFn, hours: float) -> dict[str, object]:
    """Draw which stage of a service is entered, and by which terms; or none any more."""
    stage = draw(st.sampled_from([*SERVICE_STAGES, None]))
    if stage is None:
        return {"opd": "PUPR"}
    due_at = NOON + timedelta(hours=hours + draw(st.sampled_from([0.02, 3.0, 400.0])))
    entry = StageEntry(
        title="Pemeriksaan",
        version="3",
        counts=draw(st.sampled_from(["elapsed", "elapsed", None])),
        seconds=draw(st.sampled_from([60, 7_200, 90_000])),
        ladder=draw(st.sampled_from(["standar", "tidak-ada"])),
        pauses=draw(st.booleans()),
        due_at=due_at if draw(st.booleans()) else None,
    )
    return {"opd": draw(st.sampled_from(OPDS)), "ref": stage, "entry": entry}
