"""What routing's doors and operations are given at start: the rules and names of one profile."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from services.routing.catalogue import RoutingProfile
from services.routing.decisions import Classifier
from services.routing.metrics import RoutingMetrics
from services.routing.rules import Router, compile_rules
from services.routing.starting import starter_of
from services.routing.workbook import WorkBook
from shared.catalogue.shelf import Shelf


@dataclass(slots=True)
class ModelShelf:
    """The model that decides at present: replaced while the service runs, None for none.

    `starter` proposes where none decides: it is learned from the profile's examples at start.
    """

    version: int | None = None
    classifier: Classifier | None = None
    starter: Classifier | None = None

    @property
    def adviser(self) -> Classifier | None:
        """What is asked after the rules."""
        return self.classifier or self.starter


@dataclass(frozen=True, slots=True)
class RoutingContext:
    """The compiled rules, the model, names by code, how to work, and the metrics."""

    router: Router
    opd_names: Mapping[str, str]
    topic_names: Mapping[str, str]
    reopen_window: timedelta
    zone: ZoneInfo
    shelf: ModelShelf
    work: WorkBook
    topics_with_photo: frozenset[str]
    metrics: RoutingMetrics
    catalogue: Shelf
    pemda: str = ""


def make_context(
    profile: RoutingProfile, reopen_days: float, metrics: RoutingMetrics
) -> RoutingContext:
    """Make ready what a profile says; learning from its examples takes some tenths of a second."""
    router = compile_rules(profile)
    return RoutingContext(
        router=router,
        opd_names={opd.code: opd.name for opd in profile.opds},
        topic_names={topic.code: topic.name for topic in profile.topics},
        reopen_window=timedelta(days=reopen_days),
        zone=ZoneInfo(profile.zone),
        shelf=ModelShelf(starter=starter_of(router)),
        work=profile.work,
        topics_with_photo=frozenset(
            guide.topic for guide in profile.work.guides if guide.evidence == "photo"
        ),
        metrics=metrics,
        catalogue=Shelf(profile.services),
        pemda=profile.pemda,
    )
