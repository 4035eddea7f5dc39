"""What survey's doors and operations are given at start: the profile, and the keys of links."""

from dataclasses import dataclass
from datetime import date, datetime

from services.survey.profile import SurveyProfile, SurveyUnit
from services.survey.rules.periods import period_of


@dataclass(frozen=True, slots=True)
class SurveyContext:
    """The profile that the service started on, its version, and the keys that verify links.

    Without keys no link is valid, and none can be made.
    """

    profile: SurveyProfile
    profile_version: str
    link_keys: tuple[bytes, ...] = ()

    def unit(self, code: str) -> SurveyUnit | None:
        """Return a unit by its code."""
        return self.profile.by_code.get(code)

    def today(self, now: datetime) -> date:
        """Return the day that it is in the Pemda."""
        return now.astimezone(self.profile.place).date()

    def current_period(self, now: datetime) -> str:
        """Return the code of the period that is running."""
        return period_of(self.today(now), self.profile.period)
