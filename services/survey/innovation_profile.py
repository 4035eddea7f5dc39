"""innovation.yaml of a profile: follow-up plans, stages, criteria, panel, self-assessment, rewards.

What a Pemda decides by itself is here; the five stages and the five criteria are fixed.
"""

from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from services.survey.rules.innovation_index import Band, Indicator
from services.survey.rules.innovation_stages import (
    STAGES,
    Criterion,
    Requirement,
    RequirementKind,
    Stage,
    StageBook,
)
from services.survey.rules.weak_elements import WeaknessRule
from shared.profile import ProfilePart, ProfileReader

INNOVATION = "innovation.yaml"

_OPDS = "opds.yaml"
_HUNDRED = Decimal(100)

Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
Name = Annotated[str, StringConstraints(min_length=2, max_length=200)]
OpdCode = Annotated[str, StringConstraints(min_length=2, max_length=32)]
ElementCode = Literal["U1", "U2", "U3", "U4", "U5", "U6", "U7", "U8", "U9"]
IndexPoints = Annotated[Decimal, Field(ge=25, le=100)]
Weight = Annotated[Decimal, Field(gt=0, le=100)]


class PlansPart(ProfilePart):
    """When an element is weak, and how soon its follow-up plan must be written.

    Targets are on the scale of the index, 25 to 100.
    """

    target: IndexPoints
    targets: dict[ElementCode, IndexPoints] = Field(default_factory=dict)
    falling_periods: int = Field(3, ge=1, le=12)
    lowest: int = Field(2, ge=0, le=9)
    least_answers: int = Field(30, ge=5, le=10_000)
    plan_within_days: int = Field(14, ge=1, le=366)

    def rule(self) -> WeaknessRule:
        """Return the rule that it describes."""
        return WeaknessRule(
            target=Fraction(self.target),
            targets={code: Fraction(points) for code, points in self.targets.items()},
            falling_periods=self.falling_periods,
            lowest=self.lowest,
            least_answers=self.least_answers,
        )


class CriterionPart(ProfilePart):
    """How one of the five criteria is called, and what the proposer is asked about it."""

    code: Criterion
    name: Name
    question: Name


class RequirementPart(ProfilePart):
    """One thing that a stage must hold."""

    code: Code
    name: Name
    kind: RequirementKind
    at_least: int = Field(1, ge=1, le=10_000)


class StagePart(ProfilePart):
    """A stage, and what it must hold before the next."""

    code: Stage
    name: Name
    holds: tuple[RequirementPart, ...] = ()


class AspectPart(ProfilePart):
    """An aspect that weighs something of 100."""

    code: Code
    name: Name
    weight: Weight


class PanelPart(ProfilePart):
    """How a panel scores: from which stage on, by which aspects, and when a third is asked."""

    from_stage: Stage = Stage.DELIVERY
    threshold: Decimal = Field(Decimal(15), ge=0, le=100)
    aspects: tuple[AspectPart, ...] = Field(min_length=1)

    @cached_property
    def weights(self) -> dict[str, Decimal]:
        """The weight of each aspect."""
        return {aspect.code: aspect.weight for aspect in self.aspects}


class RewardsPart(ProfilePart):
    """How many OPDs are rewarded, and how many of an OPD's best innovations count."""

    best: int = Field(3, ge=1, le=50)
    counted: int = Field(3, ge=1, le=50)


class BandPart(ProfilePart):
    """A band of the index: from `least` on, to below the next one's."""

    code: Code
    name: Name
    least: Decimal = Field(ge=0, le=100)


class IndicatorPart(ProfilePart):
    """An indicator of the self-assessment; `assumed` where its name or weight is not verified.

    Levels count from 0 (not there) to `top`.
    """

    code: Code
    name: Name
    aspect: Code
    variable: Name
    weight: Weight
    scope: Literal["pemda", "innovation", "count"]
    top: int = Field(3, ge=1, le=10)
    assumed: bool = True


class AssessmentPart(ProfilePart):
    """The self-assessment by indicators."""

    source: Name
    least_innovations: int = Field(10, ge=1, le=1000)
    aspects: tuple[AspectPart, ...] = Field(min_length=1)
    bands: tuple[BandPart, ...] = Field(min_length=1)
    indicators: tuple[IndicatorPart, ...] = Field(min_length=1, max_length=200)

    @cached_property
    def rules(self) -> tuple[Indicator, ...]:
        """The indicators as the rules take them."""
        return tuple(
            Indicator(each.code, each.aspect, each.weight, each.scope, each.top)
            for each in self.indicators
        )

    @cached_property
    def band_rules(self) -> tuple[Band, ...]:
        """The bands as the rules take them."""
        return tuple(Band(each.code, each.name, each.least) for each in self.bands)


class InnovationFile(ProfilePart):
    """innovation.yaml. The coordinator is the OPD for research (Balitbang, Bapperida)."""

    plans: PlansPart
    coordinator: OpdCode
    criteria: tuple[CriterionPart, ...]
    stages: tuple[StagePart, ...]
    panel: PanelPart
    rewards: RewardsPart
    assessment: AssessmentPart

    @cached_property
    def book(self) -> StageBook:
        """What each stage must hold."""
        return StageBook(
            {
                stage.code: tuple(
                    Requirement(each.code, each.name, each.kind, each.at_least)
                    for each in stage.holds
                )
                for stage in self.stages
            }
        )

    @cached_property
    def stage_names(self) -> dict[str, str]:
        """What each stage is called."""
        return {str(stage.code): stage.name for stage in self.stages} | {
            str(Stage.DECLINED): "Tidak dilanjutkan"
        }


def read_innovation(reader: ProfileReader) -> InnovationFile | None:
    """Return what innovation.yaml says; None where it has problems, which the reader has noted."""
    file = reader.read(INNOVATION, InnovationFile)
    if file is None:
        return None
    if file.coordinator not in reader.codes(_OPDS, "opds"):
        reader.complain(INNOVATION, ("coordinator",), f"{_OPDS} has no OPD '{file.coordinator}'")
    _check_stages(reader, file)
    _check_panel(reader, file.panel)
    _check_assessment(reader, file.assessment)
    return file


def _check_stages(reader: ProfileReader, file: InnovationFile) -> None:
    if [stage.code for stage in file.stages] != list(STAGES):
        reader.complain(
            INNOVATION, ("stages",), f"the stages must be {', '.join(STAGES)}, in this order"
        )
    if sorted(each.code for each in file.criteria) != sorted(Criterion):
        reader.complain(
            INNOVATION, ("criteria",), f"the criteria must be {', '.join(Criterion)}, each once"
        )
    codes: set[str] = set()
    for place, stage in enumerate(file.stages):
        for number, each in enumerate(stage.holds):
            where = ("stages", place, "holds", number, "code")
            if each.code in codes:
                reader.complain(INNOVATION, where, f"'{each.code}' is asked of a stage already")
            codes.add(each.code)
    _check_score(reader, file)


def _check_score(reader: ProfileReader, file: InnovationFile) -> None:
    """Complain where a stage waits for a score that the panel may give only later."""
    order = {stage: place for place, stage in enumerate(STAGES)}
    if file.panel.from_stage not in order:
        reader.complain(INNOVATION, ("panel", "from_stage"), "must be one of the five stages")
        return
    for place, stage in enumerate(file.stages):
        for number, each in enumerate(stage.holds):
            early = order.get(stage.code, 0) < order[file.panel.from_stage]
            if each.kind == "score" and early:
                where = ("stages", place, "holds", number, "kind")
                said = f"the panel scores from {file.panel.from_stage} on"
                reader.complain(INNOVATION, where, said)


def _check_panel(reader: ProfileReader, panel: PanelPart) -> None:
    where = ("panel", "aspects")
    reader.require_unique(INNOVATION, where, [each.code for each in panel.aspects], "code")
    total = sum((each.weight for each in panel.aspects), Decimal(0))
    if total != _HUNDRED:
        reader.complain(INNOVATION, where, f"the weights sum to {total}, not to 100")


def _check_assessment(reader: ProfileReader, part: AssessmentPart) -> None:
    at = "assessment"
    for items in ("aspects", "bands", "indicators"):
        codes = [each.code for each in getattr(part, items)]
        reader.require_unique(INNOVATION, (at, items), codes, "code")
    leasts = [band.least for band in part.bands]
    reader.require_unique(INNOVATION, (at, "bands"), leasts, "least")
    if sum((each.weight for each in part.aspects), Decimal(0)) != _HUNDRED:
        reader.complain(INNOVATION, (at, "aspects"), "the weights do not sum to 100")
    sums = {each.code: Decimal(0) for each in part.aspects}
    for index, each in enumerate(part.indicators):
        if each.aspect not in sums:
            where = (at, "indicators", index, "aspect")
            reader.complain(INNOVATION, where, f"there is no aspect '{each.aspect}'")
            continue
        sums[each.aspect] += each.weight
    for index, aspect in enumerate(part.aspects):
        if sums[aspect.code] != aspect.weight:
            reader.complain(
                INNOVATION,
                (at, "aspects", index, "weight"),
                f"its indicators weigh {sums[aspect.code]}, not {aspect.weight}",
            )
