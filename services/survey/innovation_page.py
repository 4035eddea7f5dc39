"""Draws the gallery of innovations and each of them as pages: no script, nothing fetched."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from services.survey.context import SurveyContext
from services.survey.gallery_schemas import GalleryDetail, GalleryList
from services.survey.innovation_tables import InnovationReward
from services.survey.profile import element_name
from services.survey.rules.index import ELEMENTS
from shared.indonesian import write_day, write_number

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES: Final = Path(__file__).parent / "templates"
_FORMS: Final = {
    "tata-kelola": "Tata kelola",
    "pelayanan-publik": "Pelayanan publik",
    "lainnya": "Bentuk lain",
}
_EXCERPT: Final = 180


def draw_gallery(
    context: SurveyContext,
    page: GalleryList,
    rewards: Mapping[int, Sequence[InnovationReward]],
) -> str:
    """Return the page of the gallery; `rewards` are those of each year. All text is escaped."""
    names = context.profile.opd_names
    return (
        _pages()
        .get_template("gallery.html")
        .render(
            pemda=context.profile.pemda,
            items=[
                {
                    "item": item,
                    "kind": _kind(item.form, digital=item.digital),
                    "excerpt": _excerpt(item.idea),
                    "since": _day(context, item.displayed_at),
                    "score": _number(item.final_score),
                }
                for item in page.items
            ],
            following=page.next,
            rewards=[
                {
                    "year": year,
                    "places": [
                        {
                            "rank": each.rank,
                            "opd": names.get(each.opd, each.opd),
                            "why": each.reason,
                        }
                        for each in given
                    ],
                }
                for year, given in rewards.items()
                if given
            ],
        )
    )


def draw_innovation(context: SurveyContext, detail: GalleryDetail) -> str:
    """Return the page of a displayed innovation; every text in it is escaped."""
    file = context.profile.innovation
    content = detail.content
    stages = [
        {
            "name": stage.name,
            "entries": [
                {"name": each.name, "value": _written(each.value)}
                for each in content.entries
                if each.stage == stage.code
            ],
        }
        for stage in file.stages
    ]
    return (
        _pages()
        .get_template("innovation.html")
        .render(
            pemda=context.profile.pemda,
            detail=detail,
            content=content,
            kind=_kind(detail.form, digital=detail.digital),
            since=_day(context, detail.displayed_at),
            score=_number(detail.final_score),
            stages=[stage for stage in stages if stage["entries"]],
            criteria=[
                {"name": each.name, "argument": content.criteria[each.code]}
                for each in file.criteria
                if each.code in content.criteria
            ],
            evidence=[
                {
                    "name": f"{each.code} {element_name(each.code)}"
                    if each.kind == "element" and each.code in ELEMENTS
                    else f"Topik {each.code}",
                    "period": each.period,
                    "figure": _written(each.figure),
                    "url": each.url,
                }
                for each in content.evidence
            ],
            adopted_by=[
                {"adoption": each, "day": _day(context, each.reported_at)}
                for each in detail.adopted_by
            ],
        )
    )


def _kind(form: str, *, digital: bool) -> str:
    return f"{_FORMS[form]} · {'digital' if digital else 'nondigital'}"


def _excerpt(text: str) -> str:
    return text if len(text) <= _EXCERPT else f"{text[:_EXCERPT].rsplit(' ', 1)[0]} …"


def _day(context: SurveyContext, moment: datetime) -> str:
    return write_day(moment.astimezone(context.profile.place))


def _number(score: float | None) -> str | None:
    return None if score is None else write_number(score, 2)


def _written(value: str | float) -> str:
    """Write an entry; numbers with two digits behind the comma at most: 15.000.000 and 58,3."""
    return value if isinstance(value, str) else write_number(value, 2).rstrip("0").rstrip(",")


@cache
def _pages() -> "Environment":
    # Imported when the first page is drawn: most processes never draw one.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415

    return Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
