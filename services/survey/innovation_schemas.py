"""What the API takes and gives about innovations: proposals, stages, scores, sheets, ranking."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from services.survey.plan_schemas import Link, Note
from services.survey.rules.innovation_stages import Criterion, Stage
from services.survey.rules.panel_scores import PanelState
from shared.text import CleanText

Title = Annotated[CleanText, Field(min_length=5, max_length=200)]
Story = Annotated[CleanText, Field(min_length=20, max_length=5000)]
Entry = Annotated[CleanText, Field(max_length=10_000)]
Figure = Annotated[float, Field(strict=True, ge=-1e15, le=1e15, allow_inf_nan=False)]
ShortText = Annotated[CleanText, Field(min_length=2, max_length=200)]
OpdText = Annotated[CleanText, Field(min_length=2, max_length=32)]
ItemCode = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$", min_length=1, max_length=64)
]
RegionCode = Annotated[str, Field(pattern=r"^[0-9]{2}(\.[0-9]{2})?$", examples=["99.71"])]
FormOfInnovation = Literal["tata-kelola", "pelayanan-publik", "lainnya"]
Initiator = Literal["kepala-daerah", "dprd", "opd", "asn", "masyarakat", "replikasi"]

_EVIDENCE: dict[str, Any] = {
    "kind": "element", "code": "U3", "period": "2026-02", "figure": 58.3, "url": None,
}  # fmt: skip
_IDEA: dict[str, Any] = {
    "title": "Antrean Cerah: ambil nomor dari rumah",
    "problem": "Warga menunggu di loket sejak subuh, dan nilai waktu penyelesaian selalu terendah.",
    "idea": "Nomor antrean diambil dari rumah dan tiba tepat sebelum dipanggil.",
    "form": "pelayanan-publik",
    "digital": True,
    "evidence": [_EVIDENCE],
}


def _example(**values: Any) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [values]})


class InnovationEvidence(BaseModel):
    """A figure that shows the problem: of a topic of complaints, or of an element of the survey."""

    model_config = _example(**_EVIDENCE)
    kind: Literal["topic", "element"]
    code: ItemCode
    period: Annotated[CleanText, Field(min_length=4, max_length=10)]
    figure: Figure
    url: Link | None = None


class IdeaForm(BaseModel):
    """A citizen's idea. Who sends it is not asked, and nothing of them is kept."""

    model_config = _example(**_IDEA)
    title: Title
    problem: Story
    idea: Story
    form: FormOfInnovation = "pelayanan-publik"
    digital: bool = Field(False, strict=True)
    evidence: list[InnovationEvidence] = Field(default_factory=list, max_length=20)


class ProposalForm(IdeaForm):
    """A proposal of an OPD or an employee; the coordinator may name another initiator and OPD."""

    model_config = _example(**_IDEA, initiator="opd")
    initiator: Literal["kepala-daerah", "dprd", "opd", "asn", "masyarakat"] = "asn"
    opd: OpdText | None = None


class InnovationDocument(BaseModel):
    """A document by its name and address."""

    name: ShortText
    url: Link


class ProfileSnippet(BaseModel):
    """A part of this system's profile that the innovation uses, for others to copy."""

    file: Annotated[str, Field(pattern=r"^[a-z0-9-]+\.yaml$", max_length=64)]
    text: Annotated[CleanText, Field(min_length=1, max_length=20_000)]


class AmendmentForm(BaseModel):
    """What changes; what is left out stays. Entries are those that the profile's stages ask for.

    An entry of null is removed. Lists are replaced as a whole.
    """

    model_config = _example(
        entries={"akar-masalah": "Satu loket melayani semua keperluan, tanpa nomor antrean."},
        arguments={"pembaharuan": "Belum ada loket di kota ini yang dapat dipesan dari rumah."},
    )
    title: Title | None = None
    problem: Story | None = None
    idea: Story | None = None
    entries: dict[ItemCode, Entry | Figure | None] = Field(default_factory=dict, max_length=50)
    arguments: dict[Criterion, Story] = Field(default_factory=dict)
    evidence: list[InnovationEvidence] | None = Field(None, max_length=20)
    documents: list[InnovationDocument] | None = Field(None, max_length=20)
    snippets: list[ProfileSnippet] | None = Field(None, max_length=5)


class InnovationNoteForm(BaseModel):
    """Why it is done."""

    model_config = _example(note="Uji coba pada satu loket sudah menunjukkan hasil.")
    note: Note


class VerdictForm(BaseModel):
    """Which of the five criteria the coordinator finds met."""

    model_config = _example(met={"pembaharuan": True, "manfaat": True}, note="Sudah diperiksa.")
    met: dict[Criterion, StrictBool] = Field(min_length=1)
    note: Note


class OpdChoice(BaseModel):
    """The OPD that is to carry the innovation."""

    model_config = _example(opd="DUKCAPIL")
    opd: OpdText


class ScoreForm(BaseModel):
    """What one member of the panel thinks: 0 to 100 by aspect, and why."""

    model_config = _example(
        marks={"kebaruan": 80, "manfaat": 85, "keberlanjutan": 70, "replikasi": 75},
        comment="Manfaatnya terukur; keberlanjutannya masih bergantung pada satu orang.",
    )
    marks: dict[ItemCode, Annotated[int, Field(strict=True, ge=0, le=100)]] = Field(
        min_length=1, max_length=20
    )
    comment: Annotated[CleanText, Field(min_length=10, max_length=4000)]


class SheetForm(BaseModel):
    """Levels of the self-assessment by indicator, from 0; the sheet is replaced as a whole."""

    model_config = _example(levels={"visi-misi": 3, "apbd": 2})
    levels: dict[ItemCode, Annotated[int, Field(strict=True, ge=0, le=10)]] = Field(max_length=200)


class AdoptionForm(BaseModel):
    """Who adopted the innovation. Only the institution is asked for, no person."""

    model_config = _example(
        adopter="Pemerintah Kota Misal Jaya",
        region_code="98.01",
        url="https://misaljaya.example/antrean-cerah",
        note="Dipakai di dua kecamatan sejak April 2026.",
    )
    adopter: ShortText
    region_code: RegionCode | None = None
    url: Link | None = None
    note: Note | None = None


class IdeaTaken(BaseModel):
    """The reference by which anybody who knows it sees what became of the idea."""

    reference: str = Field(examples=["H7QK3MZP2W"])
    stage: Stage
    stage_name: str


class IdeaStatus(IdeaTaken):
    """What became of an idea."""

    title: str
    opd_name: str | None
    proposed_at: datetime
    updated_at: datetime
    note: str | None = Field(description="Why it was declined, where it was.")


class InnovationSummary(BaseModel):
    """An innovation as lists show it; the score is there once it is final."""

    innovation_id: str
    version: int
    title: str
    initiator: Initiator
    form: FormOfInnovation
    digital: bool
    opd: str | None
    opd_name: str | None
    stage: Stage
    stage_name: str
    panel: PanelState | None = Field(description="Null before the stage that is scored.")
    final_score: float | None
    proposed_at: datetime
    updated_at: datetime
    displayed_at: datetime | None


class InnovationPage(BaseModel):
    """A page of innovations, the newest first."""

    items: list[InnovationSummary]
    next: str | None = Field(description="Cursor of the next page; null on the last.")


class CriterionView(BaseModel):
    """One of the five criteria: what is argued, and whether the coordinator finds it met."""

    code: Criterion
    name: str
    question: str
    argument: str | None
    met: bool | None


class MissingView(BaseModel):
    """Something that the present stage still lacks."""

    code: str
    message: str


class InnovationStep(BaseModel):
    """A step of an innovation."""

    version: int
    happened_at: datetime
    action: str
    from_stage: Stage | None
    to_stage: Stage
    note: str | None


class AdoptionView(BaseModel):
    """Who adopted an innovation; reports of others count once they are confirmed."""

    adoption_id: str
    adopter: str
    region_code: str | None
    url: str | None
    note: str | None
    reported_at: datetime
    confirmed: bool


class InnovationDetail(InnovationSummary):
    """An innovation with all it holds, what its stage lacks, and what the caller may do now."""

    problem: str
    idea: str
    evidence: list[InnovationEvidence]
    entries: dict[str, str | float]
    criteria: list[CriterionView]
    documents: list[InnovationDocument]
    snippets: list[ProfileSnippet]
    origin: dict[str, Any] | None = Field(description="Of an imported one: the package it is from.")
    missing: list[MissingView]
    steps: list[InnovationStep]
    adoptions: list[AdoptionView]
    actions: list[str]


class ScoreView(BaseModel):
    """What one member of the panel thought; who it was is not told."""

    marks: dict[str, int]
    total: float
    comment: str
    scored_at: datetime


class PanelView(BaseModel):
    """How far the scoring is. Before it is final, a member sees their own score and no other."""

    state: PanelState
    own: ScoreView | None
    scores: list[ScoreView]
    final_score: float | None


class SheetView(BaseModel):
    """A stored sheet of the self-assessment."""

    year: int
    subject: str = Field(description="`pemda`, or an innovation's id.")
    levels: dict[str, int]
    updated_at: datetime


class IndicatorView(BaseModel):
    """An indicator; an assumed one was not verified against the regulation."""

    code: str
    name: str
    aspect: str
    variable: str
    weight: float
    scope: Literal["pemda", "innovation", "count"]
    top: int
    assumed: bool


class AssessmentView(BaseModel):
    """The self-assessment of a year: an aid, and not the ministry's own judgement."""

    year: int
    source: str
    index: float
    band: str | None
    band_name: str
    by_aspect: dict[str, float]
    innovations: int
    unanswered: list[str]
    sheets: list[SheetView]
    indicators: list[IndicatorView]


class RankView(BaseModel):
    """An OPD's place in a year, and why."""

    rank: int
    opd: str
    opd_name: str
    points: float
    innovations: int
    displayed: int
    adoptions: int
    rewarded: bool
    reason: str


class RankingView(BaseModel):
    """The ranking of a year, by final scores as they stand."""

    year: int
    ranks: list[RankView]


class RewardView(BaseModel):
    """An OPD that was rewarded, and why."""

    rank: int
    opd: str
    opd_name: str
    points: float
    reason: str
    awarded_at: datetime


class RewardsView(BaseModel):
    """The rewards of a year."""

    year: int
    rewards: list[RewardView]
