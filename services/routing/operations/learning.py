"""Learning from the past: train a model, compare it, let it decide, take it back."""

from asyncio import to_thread
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.routing import model_queries
from services.routing.catalogue import RoutingProfile
from services.routing.context import RoutingContext
from services.routing.model_queries import ModelSummary, Past
from services.routing.model_tables import ArchivedComplaint
from services.routing.rules import Router
from shared.contracts.intake import ComplaintImported
from shared.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from services.routing.classifier.evaluation import Trial
    from services.routing.classifier.model import Model
    from services.routing.classifier.training import Lesson, Topics

LEAST_COMPARED = 30
"""Below so many newer texts, which of two models is better is chance."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A model that was trained, with its report and how the present one did on the same texts."""

    content: bytes
    digest: str
    report: dict[str, Any]
    learned_until: datetime
    lessons: int


@dataclass(frozen=True, slots=True)
class Present:
    """The model that decides now, and until when it has learned; nothing where there is none."""

    version: int | None = None
    model: "Model | None" = None
    learned_until: datetime | None = None


class ModelUnknown(LookupError):
    """There is no such version."""

    def __init__(self, version: int) -> None:
        """Name it."""
        super().__init__(f"there is no model {version}; `tanggap routing models` lists them")


class ModelUnreadable(ValueError):
    """The stored model is not one of this program, or not what was stored."""


class ModelNotBetter(ValueError):
    """The version has not shown itself better than the one that decides."""


class NothingToRollBack(ValueError):
    """No model decides: the rules and keywords do."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__("no model decides at present; there is nothing to roll back")


async def keep_archived(
    unit: UnitOfWork, context: RoutingContext, event: ComplaintImported
) -> None:
    """Keep an imported complaint to learn from; it opens no case."""
    del context
    title = f"{event.title}\n" if event.title else ""
    row = ArchivedComplaint(
        complaint_id=event.complaint_id,
        text=title + event.text,
        opd=event.opd,
        topic=event.topic,
        submitted_at=event.submitted_at,
    )
    await model_queries.insert_archived(unit.connection, row)


def lessons_of(past: Sequence[Past], profile: RoutingProfile) -> list["Lesson"]:
    """Return what can be learned: complaints of OPDs that the profile still has."""
    from services.routing.classifier.training import Lesson  # noqa: PLC0415 - loads scikit-learn

    label_of = labels_of(profile)
    topics = {topic.code for topic in profile.topics}
    return [
        Lesson(
            each.text,
            label_of[each.opd],
            each.topic if each.topic in topics else None,
            each.submitted_at,
        )
        for each in past
        if each.opd in label_of
    ]


def labels_of(profile: RoutingProfile) -> dict[str, str]:
    """Return each OPD's class: its code, or one and the same for all sub-districts."""
    from services.routing.classifier.model import SUB_DISTRICT  # noqa: PLC0415 - loads NumPy

    own = {o.code: SUB_DISTRICT if o.kind == "kecamatan" else o.code for o in profile.opds}
    # Imported logs often have one code for the OPDs of all sub-districts.
    return {SUB_DISTRICT: SUB_DISTRICT, **own}


def topics_of(router: Router) -> "Topics":
    """Return the profile's topics as a model learns them."""
    from services.routing.classifier.model import SUB_DISTRICT  # noqa: PLC0415 - loads NumPy
    from services.routing.classifier.training import Topics  # noqa: PLC0415 - loads scikit-learn

    owners = {topic.code: topic.opd or SUB_DISTRICT for topic in router.profile.topics}
    examples = [(text, each.topic) for each in router.profile.examples for text in each.texts]
    return Topics(owners, router.keyword_points, examples)


def train(past: Sequence[Past], router: Router, present: Present) -> Trained:
    """Train on all that is past, and measure it beside the present model on the newest texts.

    Blocks for up to two minutes.

    Raises:
        TooLittleToLearn: with what is missing.
    """
    from services.routing.classifier.evaluation import train_and_measure  # noqa: PLC0415
    from services.routing.classifier.model import write_model  # noqa: PLC0415

    lessons = lessons_of(past, router.profile)
    topics = topics_of(router)
    trial = train_and_measure(lessons, topics, "model", router.profile.placing.wanted_precision)
    content, digest = write_model(trial.model)
    report = {**trial.report.as_json(), "against": _compare(trial, topics, present)}
    newest = max(lesson.at for lesson in lessons)
    return Trained(content, digest, report, newest, len(lessons))


def _compare(trial: "Trial", topics: "Topics", present: Present) -> dict[str, Any]:
    """Return how both did on those of the newest texts that the present model has not seen."""
    from services.routing.classifier.evaluation import answers_of, keyword_answers  # noqa: PLC0415

    since = present.learned_until
    unseen = [n for n, lesson in enumerate(trial.newest) if since is None or lesson.at > since]
    lessons = [trial.newest[number] for number in unseen]
    if present.model is not None:
        theirs = answers_of(present.model, lessons, topics).right
    else:
        theirs = keyword_answers(lessons, topics).right
    return {
        "version": present.version,
        "texts": len(lessons),
        "right": int(trial.answers.right[unseen].sum()),
        "right_before": int(theirs.sum()),
    }


async def find_present(connection: AsyncConnection) -> Present:
    """Return the model that decides now; raises ModelUnreadable."""
    version = await model_queries.current_version(connection)
    if version is None:
        return Present()
    return await find_version(connection, version)


async def find_version(connection: AsyncConnection, version: int) -> Present:
    """Return a stored model.

    Raises:
        ModelUnknown: there is no such version.
        ModelUnreadable: it is damaged.
    """
    from services.routing.classifier.model import (  # noqa: PLC0415 - loads NumPy
        ModelDamaged,
        read_model,
    )

    stored = await model_queries.find_model(connection, version)
    if stored is None:
        raise ModelUnknown(version)
    try:
        model = await to_thread(read_model, stored.content, stored.digest, name_of(version))
    except ModelDamaged as error:
        raise ModelUnreadable(str(error)) from error
    return Present(version, model, stored.learned_until)


async def store_model(connection: AsyncConnection, trained: Trained, now: datetime) -> int:
    """Keep a trained model as a new version; nothing uses it until it is promoted."""
    values = {
        "trained_at": now,
        "learned_until": trained.learned_until,
        "lessons": trained.lessons,
        "digest": trained.digest,
        "content": trained.content,
        "report": trained.report,
    }
    return await model_queries.insert_model(connection, values)


async def promote_model(
    connection: AsyncConnection, version: int, now: datetime, forced_because: str | None = None
) -> None:
    """Let a version decide from now on; running services take it within seconds.

    Without a reason to force it, it must have been right more often than the one that decides now,
    on texts that neither had learned from.

    Raises:
        ModelUnknown: there is no such version.
        ModelNotBetter: it was not compared with the present one, or was not better.
    """
    await model_queries.lock_promotions(connection)
    models = {each.version: each for each in await model_queries.list_models(connection)}
    if version not in models:
        raise ModelUnknown(version)
    if forced_because is None:
        current = await model_queries.current_version(connection)
        _require_better(models[version], current)
    reason = forced_because or "better on the newest texts"
    await model_queries.insert_promotion(connection, version, now, reason)


async def roll_back(connection: AsyncConnection, now: datetime, reason: str) -> int | None:
    """Let the version before the present one decide again; None: the keywords alone.

    Raises NothingToRollBack where no model decides.
    """
    await model_queries.lock_promotions(connection)
    promoted = await model_queries.list_promotions(connection)
    current = promoted[0] if promoted else None
    if current is None:
        raise NothingToRollBack
    # A version that was rolled back itself lies above what it replaced: go below its first use.
    first_use = len(promoted) - 1 - promoted[::-1].index(current)
    before = promoted[first_use + 1] if first_use + 1 < len(promoted) else None
    await model_queries.insert_promotion(connection, before, now, reason)
    return before


def name_of(version: int) -> str:
    """Return what reasons call a model."""
    return f"model/{version}"


def _require_better(model: ModelSummary, current: int | None) -> None:
    against = model.report["against"]
    if against["version"] != current:
        raise ModelNotBetter("it was compared with another model than the present one; train again")
    if against["texts"] < LEAST_COMPARED:
        raise ModelNotBetter(f"only {against['texts']} newer texts to compare on")
    if against["right"] <= against["right_before"]:
        raise ModelNotBetter(
            f"of {against['texts']} newer texts it had {against['right']} right, "
            f"the present one {against['right_before']}"
        )
