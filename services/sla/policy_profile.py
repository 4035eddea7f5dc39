"""sla.yaml: how long each stage may take, who is told when it is late, what lets it stand still."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from services.sla.calendar_profile import Code, Slug
from shared.profile import ProfilePart, ProfileReader

FILE = "sla.yaml"

Sentence = Annotated[str, StringConstraints(min_length=5, max_length=400)]
StaffRole = Literal["officer", "head", "triage", "sekda", "leader"]
Seconds = Annotated[int, Field(ge=60, le=366 * 86_400)]
Days = Annotated[int, Field(ge=1, le=366)]
Counts = Literal["elapsed", "working", "working_days"]
PauseReason = Literal["citizen", "external", "force_majeure"]

REQUIRED_STAGES = ("verification", "first_response", "follow_up", "closing")
STAGES_BEFORE_AN_OPD = ("verification", "first_response")
#: What lets a clock of a stage stand still; a stage that is not named never does.
PAUSES_OF: dict[str, tuple[PauseReason, ...]] = {
    "follow_up": ("citizen",),
    "resolution": ("citizen", "external", "force_majeure"),
}


def pauses_of(stage: str) -> tuple[PauseReason, ...]:
    """Return what lets a clock of a stage stand still; a service's stage has its own say."""
    return PAUSES_OF["resolution"] if is_of_a_service(stage) else PAUSES_OF.get(stage, ())


def is_of_a_service(stage: str) -> bool:
    """Tell whether a stage is one of a service's, which are called `<service>.<stage>`."""
    return "." in stage


class PolicyScope(ProfilePart):
    """What a policy is for; an empty list is for all. The more it names, the more specific.

    With `emergency` it is for emergencies alone.
    """

    channels: tuple[Code, ...] = ()
    opds: tuple[Code, ...] = ()
    topics: tuple[Code, ...] = ()
    classifications: tuple[Code, ...] = ()
    emergency: bool = False

    @property
    def specificity(self) -> tuple[int, ...]:
        """Return what orders scopes: the greater is the more specific.

        An emergency outweighs all else: what is urgent is urgent by whatever channel it came.
        Then counts how many kinds of conditions there are; among as many, a topic outweighs an
        OPD, an OPD the kind of matter, and that the channel.
        """
        kinds = (self.topics, self.opds, self.classifications, self.channels)
        return (self.emergency, sum(map(bool, kinds)), *map(bool, kinds))

    @property
    def is_general(self) -> bool:
        """Tell whether it is for every case."""
        return not any(self.specificity)


class PauseLimit(ProfilePart):
    """How often, and for how long in all, a reason may let a clock stand still."""

    reason: PauseReason
    max_times: Annotated[int, Field(ge=0, le=1000)]
    max_seconds: Annotated[int, Field(ge=60, le=3 * 366 * 86_400)]


class Extension(ProfilePart):
    """By what an officer may extend the time once, with a reason; in the policy's own unit."""

    days: Days | None = None
    seconds: Seconds | None = None


class Policy(ProfilePart):
    """How long a stage may take from its start.

    `counts` says how: `seconds` of elapsed time or of working time, or `days`, working days after
    the day of the start. `near_at` is the share of that time after which the clock is near its
    end. `calendar` is the calendar that counts, whichever the OPD has.
    """

    id: Slug
    stage: Code
    seconds: Seconds | None = None
    days: Days | None = None
    counts: Counts = "elapsed"
    calendar: Slug | None = None
    near_at: Annotated[float, Field(gt=0, lt=1)]
    ladder: Slug | None = None
    scope: PolicyScope = PolicyScope()
    pauses: tuple[PauseLimit, ...] = ()
    extension: Extension | None = None
    regulation: Sentence
    assumption: Sentence | None = None
    valid_from: date
    valid_until: date | None = None

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> "Policy":
        if self.valid_until is not None and self.valid_until <= self.valid_from:
            raise ValueError("valid_until must be after valid_from")
        return self

    @model_validator(mode="after")
    def _has_one_limit(self) -> "Policy":
        unit = "days" if self.counts == "working_days" else "seconds"
        limits: list[Policy | Extension] = [self]
        if self.extension is not None:
            limits.append(self.extension)
        for each in limits:
            given = [name for name in ("days", "seconds") if getattr(each, name) is not None]
            if given != [unit]:
                raise ValueError(f"with counts: {self.counts} a limit is said in {unit} alone")
        return self

    @field_validator("pauses")
    @classmethod
    def _one_limit_a_reason(cls, pauses: tuple[PauseLimit, ...]) -> tuple[PauseLimit, ...]:
        if len({each.reason for each in pauses}) < len(pauses):
            raise ValueError("each reason has one limit")
        return pauses


class LadderStep(ProfilePart):
    """Whom to tell, and when: `after_seconds` count from the clock's becoming near or missed."""

    level: Annotated[int, Field(ge=0, le=20)]
    on: Literal["near", "missed"]
    after_seconds: Annotated[int, Field(ge=0, le=366 * 86_400)] = 0
    to: StaffRole
    while_unassigned: StaffRole | None = None

    @property
    def role_while_unassigned(self) -> StaffRole:
        """Return whom to tell while no OPD has the case."""
        return self.while_unassigned or self.to


class Ladder(ProfilePart):
    """An escalation ladder; its steps are in the order of their levels."""

    id: Slug
    steps: tuple[LadderStep, ...] = Field(min_length=1)

    @field_validator("steps")
    @classmethod
    def _climbs(cls, steps: tuple[LadderStep, ...]) -> tuple[LadderStep, ...]:
        levels = [step.level for step in steps]
        if levels != sorted(set(levels)):
            raise ValueError("each level comes once, and they rise")
        moments = [(step.on == "missed", step.after_seconds) for step in steps]
        if moments != sorted(moments):
            raise ValueError("a higher level may not be told before a lower one")
        return steps


class SlaFile(ProfilePart):
    """sla.yaml."""

    ladders: tuple[Ladder, ...] = Field(min_length=1)
    policies: tuple[Policy, ...] = Field(min_length=1)


def check_policies(
    reader: ProfileReader, sla: SlaFile, opds: frozenset[str], calendars: Sequence[str] | None
) -> None:
    """Note what no single value shows; `calendars` are their ids, None if they are unknown."""
    reader.require_unique(FILE, ("ladders",), [ladder.id for ladder in sla.ladders], "id")
    reader.require_unique(FILE, ("policies",), [policy.id for policy in sla.policies], "id")
    reader.require_unique(
        FILE,
        ("policies",),
        [(policy.stage, policy.scope, policy.valid_from) for policy in sla.policies],
        "stage",
    )
    ladders = {ladder.id for ladder in sla.ladders}
    for index, policy in enumerate(sla.policies):
        place = ("policies", index)
        if policy.ladder is not None and policy.ladder not in ladders:
            reader.complain(FILE, (*place, "ladder"), f"there is no ladder '{policy.ladder}'")
        if policy.calendar and calendars is not None and policy.calendar not in calendars:
            reader.complain(FILE, (*place, "calendar"), f"there is no calendar '{policy.calendar}'")
        for opd in policy.scope.opds:
            if opd not in opds:
                reader.complain(FILE, (*place, "scope", "opds"), f"opds.yaml has no OPD '{opd}'")
        _check_can_apply(reader, policy, place)
    general = {policy.stage for policy in sla.policies if policy.scope.is_general}
    for stage in REQUIRED_STAGES:
        if stage not in general:
            reader.complain(FILE, ("policies",), f"the stage '{stage}' has no policy for all cases")


def _check_can_apply(reader: ProfileReader, policy: Policy, place: tuple[str | int, ...]) -> None:
    if policy.stage in STAGES_BEFORE_AN_OPD and (policy.scope.opds or policy.scope.topics):
        message = f"'{policy.stage}' starts before the case has an OPD or topic: this never applies"
        reader.complain(FILE, (*place, "scope"), message)
    for index, limit in enumerate(policy.pauses):
        if limit.reason not in PAUSES_OF.get(policy.stage, ()):
            message = f"'{policy.stage}' never stands still for '{limit.reason}'"
            reader.complain(FILE, (*place, "pauses", index), message)
    if policy.extension is not None and policy.stage != "resolution":
        reader.complain(FILE, (*place, "extension"), "only 'resolution' can be extended")
