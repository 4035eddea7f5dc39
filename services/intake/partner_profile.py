"""What the profile says of partners and posters: 112, SP4N-LAPOR, Open311's services, QR sheets.

Topics and OPDs are routing's files; here only their names are read, for people who choose one.
"""

from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints

from shared.profile import ProfilePart, ProfileReader

FILES = ("partners.yaml", "posters.yaml")
_PARTNERS, _POSTERS = FILES
_TOPICS = "topics.yaml"
_OPDS = "opds.yaml"
_MOST_KEYWORDS = 5

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=32)]
TopicCode = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
Words = Annotated[str, StringConstraints(min_length=2, max_length=200)]


class CallCategory(ProfilePart):
    """What a call taker of 112 chooses, and the topic it stands for; without one, the text tells.

    An emergency is assigned at once by its topic, and has clocks of its own.
    """

    name: Words
    topic: TopicCode | None = None
    emergency: bool = False


class Nuisance(ProfilePart):
    """When a number counts as a nuisance: so many pranks and ghost calls, within so many hours."""

    calls: Annotated[int, Field(ge=1, le=100)] = 3
    within_hours: Annotated[int, Field(ge=1, le=24 * 30)] = 24
    block_hours: Annotated[int, Field(ge=1, le=24 * 30)] = 24


class Call112(ProfilePart):
    """The call centre."""

    categories: tuple[CallCategory, ...] = ()
    nuisance: Nuisance = Nuisance()


class Sp4nCategory(ProfilePart):
    """A category of SP4N-LAPOR by its national name, and its number where that is known."""

    name: Words
    topic: TopicCode
    id: Annotated[int, Field(ge=1)] | None = None


class Sp4n(ProfilePart):
    """The Pemda as SP4N-LAPOR knows it: `agency` is its Instansi Induk."""

    agency: Words | None = None
    province: Words | None = None
    city: Words | None = None
    categories: tuple[Sp4nCategory, ...] = ()


class PartnersFile(ProfilePart):
    """partners.yaml."""

    call112: Call112 = Call112()
    sp4n: Sp4n = Sp4n()


class Poster(ProfilePart):
    """Where a QR sheet hangs; its code comes back with each complaint that it led to."""

    code: Slug
    medium: Words
    place: Words


class PostersFile(ProfilePart):
    """posters.yaml; `form_url` is the Pemda's own form, which QR codes open."""

    form_url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s?#]+$", max_length=300)]
    posters: tuple[Poster, ...] = ()


class ServiceTopic(ProfilePart):
    """A topic as a reporter may choose it: an Open311 service. `group` is its OPD's name."""

    code: TopicCode
    name: Words
    group: Words | None = None
    keywords: tuple[str, ...] = ()


class _Topic(ProfilePart):
    model_config = ConfigDict(extra="ignore")

    code: str
    name: str
    opd: str | None = None
    strong: list[str] = []
    keywords: list[str] = []


class _TopicsFile(ProfilePart):
    model_config = ConfigDict(extra="ignore")

    topics: list[_Topic] = []


class _Opd(ProfilePart):
    model_config = ConfigDict(extra="ignore")

    code: str
    name: str


class _OpdsFile(ProfilePart):
    model_config = ConfigDict(extra="ignore")

    opds: list[_Opd] = []


class OutsideProfile(ProfilePart):
    """All of it, as intake stores it; a profile that was stored before this existed has none."""

    partners: PartnersFile = PartnersFile()
    posters: PostersFile | None = None
    services: tuple[ServiceTopic, ...] = ()


def read_outside(reader: ProfileReader) -> OutsideProfile:
    """Read the files; what is wrong is noted with the reader, and its part is left empty."""
    partners = reader.read(_PARTNERS, PartnersFile) or PartnersFile()
    posters = reader.read(_POSTERS, PostersFile)
    services = _services(reader)
    codes = {service.code for service in services}
    _check_categories(reader, partners, codes)
    if posters:
        reader.require_unique(_POSTERS, ("posters",), [p.code for p in posters.posters], "code")
    return OutsideProfile(partners=partners, posters=posters, services=services)


def _services(reader: ProfileReader) -> tuple[ServiceTopic, ...]:
    topics = reader.read(_TOPICS, _TopicsFile)
    opds = reader.read(_OPDS, _OpdsFile)
    if topics is None or opds is None:
        return ()
    names = {opd.code: opd.name for opd in opds.opds}
    return tuple(
        ServiceTopic(
            code=topic.code,
            name=topic.name,
            group=names.get(topic.opd or ""),
            keywords=tuple(
                # "a ~ b" is a pattern for routing and no word for people.
                [word for word in (*topic.strong, *topic.keywords) if "~" not in word]
            )[:_MOST_KEYWORDS],
        )
        for topic in topics.topics
    )


def _check_categories(reader: ProfileReader, file: PartnersFile, topics: set[str]) -> None:
    for part, categories in (
        ("call112", [(each.name, each.topic) for each in file.call112.categories]),
        ("sp4n", [(each.name, each.topic) for each in file.sp4n.categories]),
    ):
        place = (part, "categories")
        names = [plain_name(name) for name, _ in categories]
        reader.require_unique(_PARTNERS, place, names, "name")
        for index, (_, topic) in enumerate(categories):
            if topic is not None and topic not in topics:
                where = (*place, index, "topic")
                reader.complain(_PARTNERS, where, f"{_TOPICS} has no topic '{topic}'")


def plain_name(name: str) -> str:
    """Return a name as it is compared: case and runs of spaces do not matter."""
    return " ".join(name.split()).casefold()
