"""One service of the catalogue: what its YAML file says, block by block.

The file is read by `shared.catalogue.reading`, which also checks what no single value shows.
"""

from collections.abc import Iterator
from typing import Annotated, Final, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from shared.catalogue.blocks import Appointment, Document, Fee, Numbering, Registry
from shared.catalogue.fields import (
    AnyField,
    ChoiceField,
    Condition,
    FieldCode,
    FileField,
    Label,
    Option,
    Sentence,
    Slug,
    Template,
)
from shared.profile import ProfilePart

OpdCode = Annotated[str, StringConstraints(min_length=2, max_length=32)]
StageRole = Literal["officer", "head"]
Applicant = Literal["citizen", "operator", "opd"]

#: Where a decision leads beside a stage: the end, the refusal, or a question to the applicant.
DONE: Final = "done"
REFUSED: Final = "refused"
APPLICANT: Final = "applicant"
ENDS: Final = (DONE, REFUSED, APPLICANT)
#: The OPD that the application was made to, where a service is offered by several.
ADDRESSED: Final = "addressed"


class Check(ProfilePart):
    """A rule between fields: what must hold, and what is said at which field where it does not."""

    id: Slug
    require: Condition
    message: Sentence
    field: FieldCode | None = None


class Criterion(ProfilePart):
    """A condition of eligibility with the reason that the applicant reads where it is not met.

    `refuse` turns the application away at the door; else it is accepted, and whoever decides sees
    what is not met.
    """

    id: Slug
    require: Condition
    reason: Sentence
    refuse: bool = False


class ScoredOption(ProfilePart):
    """An answer and the share, 0 to 1, of its item's weight that it earns."""

    value: FieldCode
    label: Label
    share: Annotated[float, Field(ge=0, le=1)]


_YES_PARTLY_NO: Final = (
    ScoredOption(value="ya", label="Ya, seluruhnya", share=1),
    ScoredOption(value="sebagian", label="Sebagian", share=0.5),
    ScoredOption(value="tidak", label="Belum", share=0),
)


class AssessmentItem(ProfilePart):
    """A question of a self-assessment or survey; it becomes a field `code`.

    With `evidence: required` a file `<code>_bukti` belongs to each answer that earns anything.
    `gap` is what must be done where the answer does not earn the whole weight. What is `critical`
    counts among the critical gaps then.
    """

    code: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,33}$")]
    question: Label
    weight: Annotated[float, Field(gt=0, le=1000)]
    options: tuple[ScoredOption, ...] = Field(_YES_PARTLY_NO, min_length=2, max_length=20)
    evidence: Literal["none", "optional", "required"] = "none"
    gap: Sentence | None = None
    critical: bool = False

    @model_validator(mode="after")
    def _can_be_answered(self) -> Self:
        if len({option.value for option in self.options}) < len(self.options):
            raise ValueError("two options have the same value")
        if self.evidence != "none" and not any(option.share for option in self.options):
            raise ValueError("evidence belongs to answers that earn something; here none does")
        return self


class Assessment(ProfilePart):
    """Weighted items; the score is the earned share of all weights in percent, 0 to 100.

    Expressions and templates know it as `code` (`score`), and as `<code>_gaps` and
    `<code>_critical_gaps` how many items earned less than all.
    """

    code: FieldCode = "score"
    title: Label
    items: tuple[AssessmentItem, ...] = Field(min_length=1, max_length=200)
    pass_score: Annotated[float, Field(ge=0, le=100)] = 0


class Form(ProfilePart):
    """What is asked: fields, rules between them, and an assessment."""

    fields: tuple[AnyField, ...] = Field((), max_length=200)
    rules: tuple[Check, ...] = ()
    assessment: Assessment | None = None


class ApplicationForm(Form):
    """What an applicant is asked; `eligibility` says who may have the service, and why not."""

    eligibility: tuple[Criterion, ...] = ()


class Clock(ProfilePart):
    """How long a stage may take; sla runs it.

    `seconds` of elapsed or of working time, or `days`, working days. It stands still while the
    applicant is asked for something, unless `pauses` is false.
    """

    counts: Literal["elapsed", "working", "working_days"] = "working_days"
    seconds: Annotated[int, Field(ge=60, le=366 * 86_400)] | None = None
    days: Annotated[int, Field(ge=1, le=366)] | None = None
    near_at: Annotated[float, Field(gt=0, lt=1)] = 0.75
    ladder: Slug = "standar"
    pauses: bool = True
    regulation: Sentence | None = None
    assumption: Sentence | None = None

    @model_validator(mode="after")
    def _has_one_limit(self) -> Self:
        if (self.counts == "working_days") != (self.days is not None) or (
            (self.seconds is None) == (self.days is None)
        ):
            raise ValueError("working_days need days, elapsed and working need seconds")
        return self


class Reason(ProfilePart):
    """A reason for a refusal: a code, and the sentence that the applicant reads."""

    code: Slug
    text: Sentence


class Decision(ProfilePart):
    """What may be decided in a stage, and where it leads.

    `next` is a stage, or `done`, `refused` or `applicant` (who is asked to correct or complete;
    afterwards the stage goes on, one round later). `when` is a condition over all that was answered
    so far and is not personal; where it does not hold, the decision is refused with `otherwise`. A
    refusal names one of `reasons`. `tell` is what the applicant reads. `fills` says whether what
    the stage requires must be filled in for it.
    """

    code: Slug
    title: Label
    next: Slug
    when: Condition | None = None
    otherwise: Sentence | None = None
    reasons: tuple[Reason, ...] = ()
    tell: Template | None = None
    fills: bool = True

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.next == REFUSED) != bool(self.reasons):
            raise ValueError("a decision has reasons if and only if it refuses")
        if (self.when is None) != (self.otherwise is None):
            raise ValueError("when and otherwise belong together")
        return self


class DispositionTerms(ProfilePart):
    """Letters are passed down a chain here: each disposition has a deadline and is answered.

    `instructions` are those to choose from; `days` is the deadline where none is named. A decision
    that ends the stage is refused while a disposition is open.
    """

    instructions: tuple[Label, ...] = Field(min_length=1, max_length=50)
    days: Annotated[int, Field(ge=1, le=90)] = 3


class Stage(ProfilePart):
    """A step of the work: who does it, what must be filled in, what may be decided, how fast.

    `opd` is an agency, or `addressed`: the one that the application was made to. Its form's fields
    are never personal: routing keeps them. `tell` is what the applicant reads when it begins.
    """

    code: Slug
    title: Label
    opd: OpdCode = ADDRESSED
    role: StageRole = "officer"
    clock: Clock | None = None
    form: Form = Form()
    disposition: DispositionTerms | None = None
    decisions: tuple[Decision, ...] = Field(min_length=1, max_length=20)
    tell: Template | None = None
    offline: bool = Field(
        False, description="It may be filled in without a network and sent later, many at once."
    )


class Service(ProfilePart):
    """A government service: one file of the catalogue.

    The codes of all its fields, those of the form and of every stage, are different.

    `version` rises with every change; an application keeps the version that it was made under.
    `opds` are those that offer it: several only where each works its own applications. `parameters`
    are amounts and words that templates and conditions name.
    """

    code: Slug
    version: Annotated[int, Field(ge=1, le=100_000)]
    title: Label
    group: Label
    description: Annotated[str, StringConstraints(min_length=10, max_length=4_000)]
    keywords: tuple[Label, ...] = ()
    opds: tuple[OpdCode, ...] = Field(min_length=1, max_length=200)
    applicants: tuple[Applicant, ...] = Field(("citizen", "operator"), min_length=1)
    public: bool = Field(False, description="Applications are shown like a public complaint.")
    enabled: bool = True
    regulation: Sentence | None = None
    assumption: Sentence | None = None
    requires: tuple[Label, ...] = Field((), description="What to have at hand.")
    fee: Fee = Fee()
    parameters: dict[FieldCode, str | int | float] = {}
    form: ApplicationForm
    appointment: Appointment | None = None
    stages: tuple[Stage, ...] = Field(min_length=1, max_length=40)
    numbering: tuple[Numbering, ...] = ()
    application_number: Slug | None = Field(
        None, description="The series that an application's own number is drawn from."
    )
    documents: tuple[Document, ...] = ()
    registry: Registry | None = None
    received: Template | None = Field(None, description="What the applicant reads at once.")

    @model_validator(mode="after")
    def _names_each_opd_once(self) -> Self:
        if len(set(self.opds)) < len(self.opds):
            raise ValueError("an OPD stands twice in opds")
        return self

    def stage(self, code: str) -> Stage | None:
        """Return the stage with this code, or None."""
        return next((stage for stage in self.stages if stage.code == code), None)

    @property
    def first(self) -> Stage:
        """Return the stage that an application begins in."""
        return self.stages[0]

    def series(self, code: str) -> Numbering | None:
        """Return the series of numbers with this code, or None."""
        return next((each for each in self.numbering if each.series == code), None)

    def opd_of(self, stage: Stage, addressed: str) -> str:
        """Return which OPD works a stage of an application that was made to `addressed`."""
        return addressed if stage.opd == ADDRESSED else stage.opd


def all_fields(form: Form) -> Iterator[AnyField]:
    """Yield the fields of a form, those of its assessment after the others."""
    yield from form.fields
    if form.assessment is not None:
        for item in form.assessment.items:
            yield from item_fields(item)


def item_fields(item: AssessmentItem) -> Iterator[AnyField]:
    """Yield the fields that an item of an assessment becomes."""
    yield ChoiceField(
        type="choice",
        code=item.code,
        label=item.question,
        required=True,
        options=tuple(Option(value=each.value, label=each.label) for each in item.options),
    )
    if item.evidence != "none":
        earning = [each.value for each in item.options if each.share > 0]
        listed = ", ".join(f'"{value}"' for value in earning)
        yield FileField(
            type="file",
            code=f"{item.code}_bukti",
            label=f"Bukti: {item.question}"[:200],
            required=item.evidence == "required",
            when=f"{item.code} in [{listed}]",
        )
