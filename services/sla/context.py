"""What sla's doors, operations and scanner are given at start: one profile made ready."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from services.sla.addressees import Offices, Sending, make_offices
from services.sla.drawing_board import Names
from services.sla.metrics import SlaMetrics
from services.sla.policies import STAGES, Policies
from services.sla.profile import SlaProfile


@dataclass(frozen=True, slots=True)
class SlaContext:
    """The policies, the codes that may be asked for, whom notices go to, and the metrics."""

    policies: Policies
    profile_version: str
    opds: frozenset[str]
    stages: tuple[str, ...]
    metrics: SlaMetrics
    zone: ZoneInfo
    pemda_name: str
    names: Names
    offices: Offices


def make_context(
    profile: SlaProfile,
    version: str,
    metrics: SlaMetrics,
    *,
    staff_url: str = "",
    sending: Sending | None = None,
) -> SlaContext:
    """Make ready what a profile says; without `sending`, notices are stored and go to nobody."""
    policies = Policies(profile)
    return SlaContext(
        policies=policies,
        profile_version=version,
        # Every OPD has an officer and a head among the contacts; reading the profile checks it.
        opds=frozenset(c.opd for c in profile.contacts if c.opd is not None),
        stages=(*STAGES, *sorted(policies.stages - set(STAGES))),
        metrics=metrics,
        zone=ZoneInfo(profile.zone),
        pemda_name=profile.pemda_name,
        names=Names(profile.opd_names, profile.area_names),
        offices=make_offices(profile, staff_url, sending or Sending()),
    )
