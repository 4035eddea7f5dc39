"""Who may see, change, coordinate and score innovations; whatever is not listed is denied.

The research agency (Balitbang, Bapperida) coordinates: officers and the head of the OPD that the
profile names, and the survey's managers, who stand in where a Pemda has no such agency.
"""

from dataclasses import dataclass
from typing import Final

from services.survey.plan_access import opaque_id
from services.survey.rules.innovation_stages import STAGES, Stage
from shared.auth import Principal, Role

OPD_STAFF: Final = (Role.OFFICER, Role.HEAD)
#: Who proposes: an OPD, an employee, or the coordinator for somebody else.
PROPOSERS: Final = (*OPD_STAFF, Role.SURVEY_MANAGER)
#: Who reads every innovation, beside the coordinator.
INNOVATION_WATCHERS: Final = (Role.LEADER, Role.SEKDA, Role.AUDITOR, Role.ADMIN)
INNOVATION_READERS: Final = (*PROPOSERS, *INNOVATION_WATCHERS, Role.PANEL)
RANKING_READERS: Final = (*PROPOSERS, *INNOVATION_WATCHERS)


@dataclass(frozen=True, slots=True)
class Looked:
    """What of an innovation decides who may do what with it."""

    opd: str | None
    proposer: str | None
    stage: Stage


@dataclass(frozen=True, slots=True)
class InnovationAccess:
    """Answers for one caller; `coordinator` is the OPD that coordinates, `scored_from` a stage."""

    caller: Principal
    coordinator: str
    scored_from: Stage

    @property
    def coordinates(self) -> bool:
        """Tell whether the caller coordinates innovations."""
        return self.caller.has(Role.SURVEY_MANAGER) or (
            self.caller.has(*OPD_STAFF) and self.caller.opd == self.coordinator
        )

    @property
    def sees_all(self) -> bool:
        """Tell whether the caller sees the innovations of all OPDs, and those of none."""
        return self.coordinates or self.caller.has(*INNOVATION_WATCHERS)

    def is_own(self, looked: Looked) -> bool:
        """Tell whether it is the caller's OPD's, or their own idea."""
        of_opd = self.caller.opd is not None and self.caller.opd == looked.opd
        mine = looked.proposer is not None and looked.proposer == opaque_id(self.caller)
        return of_opd or mine

    def may_see(self, looked: Looked) -> bool:
        """Tell whether the caller may know of it: the panel from the stage on that it scores."""
        if self.sees_all or (self.caller.has(*OPD_STAFF) and self.is_own(looked)):
            return True
        return self.caller.has(Role.PANEL) and self.is_scored(looked.stage)

    def may_amend(self, looked: Looked) -> bool:
        """Tell whether the caller may change what it holds."""
        return self.coordinates or (self.caller.has(*OPD_STAFF) and self.is_own(looked))

    def may_score(self, looked: Looked) -> bool:
        """Tell whether the caller may score it: nobody scores their own OPD's, nor their own."""
        return self.caller.has(Role.PANEL) and not self.is_own(looked)

    def is_scored(self, stage: Stage) -> bool:
        """Tell whether innovations in this stage are scored."""
        return stage in STAGES and STAGES.index(stage) >= STAGES.index(self.scored_from)
