"""privacy.yaml: the notice, what is proposed as secret, who may unmask, how long data stay."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from services.intake.rules.secrecy import SecrecyRule, SecrecyRules, normal_phrase
from shared.auth import Role
from shared.profile import ProfilePart, ProfileReader

FILE = "privacy.yaml"

RequestKind = Literal["export", "correct", "erase", "object"]
RetentionClass = Literal["closed", "rejected", "merged", "withdrawn"]
#: Those of whom a profile may choose who unmasks.
UNMASKERS = (Role.OFFICER, Role.HEAD, Role.TRIAGE, Role.AUDITOR, Role.ADMIN)
Hours = Annotated[int, Field(ge=1, le=24 * 90)]


def _is_phrase(written: str) -> str:
    phrase = normal_phrase(written)
    if not phrase:
        raise ValueError("has no letters")
    return phrase


Phrase = Annotated[str, StringConstraints(max_length=80), AfterValidator(_is_phrase)]


class Notice(ProfilePart):
    """What people are told about their data; its version is kept with each complaint."""

    version: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.-]{1,32}$")]
    text: Annotated[str, StringConstraints(min_length=20, max_length=20_000)]


class SecrecyWords(ProfilePart):
    """One of `words`, and one of `beside` where there are any, let secrecy be proposed."""

    reason: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,31}$")]
    words: tuple[Phrase, ...] = Field(min_length=1)
    beside: tuple[Phrase, ...] = ()


class Unmasking(ProfilePart):
    """Who may be shown a reporter's identity; officers and heads only within their own OPD."""

    roles: frozenset[Role] = frozenset(UNMASKERS)
    anonymous_roles: frozenset[Role] = frozenset({Role.AUDITOR, Role.ADMIN})


class Retention(ProfilePart):
    """So many days after such a case ended, its reporter's identity and words are destroyed."""

    state: RetentionClass
    days: Annotated[int, Field(ge=1, le=36_500)]


class PrivacyFile(ProfilePart):
    """privacy.yaml. A state that `retention` does not name is kept without a limit."""

    notice: Notice
    secrecy: tuple[SecrecyWords, ...] = ()
    unmasking: Unmasking = Unmasking()
    request_hours: dict[RequestKind, Hours] = Field(default_factory=dict)
    breach_hours: Hours = 72
    retention: tuple[Retention, ...] = ()

    def secrecy_rules(self) -> SecrecyRules:
        """Make the rules ready for use."""
        return SecrecyRules(
            SecrecyRule(each.reason, frozenset(each.words), frozenset(each.beside))
            for each in self.secrecy
        )

    def hours_for(self, kind: RequestKind) -> int:
        """Return within how many hours a person's request must be decided.

        72 where the file does not say: what UU 27/2022 gives for a withdrawal of consent.
        """
        return self.request_hours.get(kind, 72)


def check_privacy(reader: ProfileReader, file: PrivacyFile) -> None:
    """Note what pydantic cannot see."""
    reader.require_unique(FILE, ("retention",), [each.state for each in file.retention], "state")
    for role in file.unmasking.roles.difference(UNMASKERS):
        reader.complain(FILE, ("unmasking", "roles"), f"'{role}' has no business with identities")
    for role in file.unmasking.anonymous_roles - file.unmasking.roles:
        reader.complain(
            FILE, ("unmasking", "anonymous_roles"), f"'{role}' is not among the roles that unmask"
        )
