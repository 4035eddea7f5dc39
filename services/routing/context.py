"""What routing's doors and operations are given at start: the rules and names of one profile."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from services.routing.catalogue import RoutingProfile
from services.routing.metrics import RoutingMetrics
from services.routing.rules import Router, compile_rules


@dataclass(frozen=True, slots=True)
class RoutingContext:
    """The compiled rules, the names of OPDs and topics by code, and the metrics."""

    router: Router
    opd_names: Mapping[str, str]
    topic_names: Mapping[str, str]
    reopen_window: timedelta
    zone: ZoneInfo
    metrics: RoutingMetrics


def make_context(
    profile: RoutingProfile, reopen_days: float, metrics: RoutingMetrics
) -> RoutingContext:
    """Make ready what a profile says; takes some milliseconds."""
    return RoutingContext(
        router=compile_rules(profile),
        opd_names={opd.code: opd.name for opd in profile.opds},
        topic_names={topic.code: topic.name for topic in profile.topics},
        reopen_window=timedelta(days=reopen_days),
        zone=ZoneInfo(profile.zone),
        metrics=metrics,
    )
