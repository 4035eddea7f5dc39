"""The profile's messages.yaml: what citizens are written, on which occasion and in which form."""

from collections.abc import Iterator
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from services.intake.rules.answering import TOLD
from services.intake.rules.wording import VARIABLES, WordingInvalid, named_in, render
from shared.messaging.gsm import ONE_MESSAGE, septets
from shared.profile import ProfilePart, ProfileReader

FILE: Final = "messages.yaml"
Wording = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
_Form = Literal["text", "sms", "public", "secret"]
_CODE: Final = "K7M3PXA92W"
# What is for the reporter alone, in a form that others may read.
_PRIVATE: Final[dict[_Form, frozenset[str]]] = {
    "text": frozenset(),
    "sms": frozenset(),
    "public": frozenset({"text"}),
    "secret": frozenset({"text", "opd", "opd_code", "sentence"}),
}


class WhatsAppTemplate(ProfilePart):
    """A template that Meta approved, for more than 24 hours after the citizen wrote."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,512}$")]
    parameters: tuple[str, ...] = ()
    language: str = "id"


class MessageTemplate(ProfilePart):
    """One occasion.

    `sms` is one SMS, `public` a reply under a comment or post, `secret` what is written of a secret
    complaint (Rahasia), on every channel and also by SMS: it tells nothing of the matter.
    """

    text: Wording
    sms: Wording
    public: Wording | None = None
    secret: Wording | None = None
    subject: Wording | None = None
    whatsapp: WhatsAppTemplate | None = None

    def forms(self) -> Iterator[tuple[_Form, str]]:
        """Return each form that there is, with its name."""
        given: tuple[tuple[_Form, str | None], ...] = (
            ("text", self.text),
            ("sms", self.sms),
            ("public", self.public),
            ("secret", self.secret),
        )
        yield from ((name, wording) for name, wording in given if wording is not None)


class Templates(ProfilePart):
    """Every occasion on which a citizen is written to."""

    received: MessageTemplate
    assigned: MessageTemplate
    answered: MessageTemplate
    progressed: MessageTemplate
    information_requested: MessageTemplate
    resolved: MessageTemplate
    reopened: MessageTemplate
    closed: MessageTemplate
    rejected: MessageTemplate
    merged: MessageTemplate
    survey: MessageTemplate
    # Answers to what was just written.
    added: MessageTemplate
    thanks: MessageTemplate
    status: MessageTemplate
    opted_out: MessageTemplate
    opted_in: MessageTemplate
    hint_greeting: MessageTemplate
    hint_too_short: MessageTemplate
    hint_wordless: MessageTemplate
    hint_code_unknown: MessageTemplate
    hint_no_complaint: MessageTemplate
    # A Pemda that has no words for these offers nobody to join a like complaint.
    similar: MessageTemplate | None = None
    joined: MessageTemplate | None = None
    hint_no_similar: MessageTemplate | None = None
    # What a service's stage tells its applicants when it begins; without it they are told nothing.
    stage_entered: MessageTemplate | None = None

    def named(self, name: str) -> MessageTemplate | None:
        """Return the template of an occasion; None where the profile has no words for it."""
        template: MessageTemplate | None = getattr(self, name)
        return template


class SurveyInvitation(ProfilePart):
    """Whether who was served is invited to a survey when their case is closed, and where it is."""

    enabled: bool = False
    service: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    link: Annotated[str, StringConstraints(pattern=r"^https?://.*\{token\}", max_length=300)]


class FrontEnd(ProfilePart):
    """A web site or app that is told, by webhook, when something happens to a complaint of it."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
    url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$", max_length=500)]
    channels: tuple[str, ...] = Field(min_length=1)


class MessagesFile(ProfilePart):
    """messages.yaml; `track_link` is where a citizen looks up a complaint."""

    track_link: Annotated[str, StringConstraints(pattern=r"^https?://.*\{code\}", max_length=100)]
    templates: Templates
    whatsapp_secret: WhatsAppTemplate | None = None
    survey: SurveyInvitation | None = None
    front_ends: tuple[FrontEnd, ...] = ()


def check_messages(reader: ProfileReader, file: MessagesFile, short_name: str) -> None:
    """Complain of each text that cannot be filled in, tells too much, or is no single SMS."""
    longest_code = max(reader.codes("opds.yaml", "opds"), key=len, default="")
    longest = {
        "code": _CODE,
        "link": file.track_link.replace("{code}", _CODE),
        "opd_code": longest_code,
        "opd": longest_code,
        "pemda": short_name,
    }
    for name in Templates.model_fields:
        template = file.templates.named(name)
        if template is None:
            continue
        place = ("templates", name)
        if name in TOLD and template.secret is None:
            reader.complain(FILE, place, "has no 'secret', for complaints that are Rahasia")
        for form, wording in template.forms():
            for problem in _problems(form, wording, longest):
                reader.complain(FILE, (*place, form), problem)
        for problem in _template_problems(template.whatsapp):
            reader.complain(FILE, (*place, "whatsapp"), problem)
    _check_front_ends(reader, file)


def _check_front_ends(reader: ProfileReader, file: MessagesFile) -> None:
    names = [front_end.name for front_end in file.front_ends]
    reader.require_unique(FILE, ("front_ends",), names, "name")
    channels = reader.codes("channels.yaml", "channels")
    for index, front_end in enumerate(file.front_ends):
        for channel in front_end.channels:
            if channel not in channels:
                where = ("front_ends", index, "channels")
                reader.complain(FILE, where, f"there is no channel '{channel}'")


def _problems(form: _Form, wording: str, longest: dict[str, str]) -> Iterator[str]:
    try:
        named = named_in(wording)
    except WordingInvalid as invalid:
        yield str(invalid)
        return
    for each in sorted(named & _PRIVATE[form]):
        yield f"'{each}' is for the reporter alone"
    if form in {"sms", "secret"}:
        size = septets(render(wording, longest))
        if size is None:
            yield "holds a letter that is not in the alphabet of SMS"
        elif size > ONE_MESSAGE:
            yield f"is up to {size} characters as an SMS; at most {ONE_MESSAGE} fit"


def _template_problems(template: WhatsAppTemplate | None) -> Iterator[str]:
    for each in template.parameters if template else ():
        if each not in VARIABLES:
            yield f"there is no '{each}'; there is {', '.join(sorted(VARIABLES))}"
