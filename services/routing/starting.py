"""Makes the proposals of a Pemda's first day from its profile, once for each profile."""

from functools import lru_cache
from typing import TYPE_CHECKING

from services.routing.catalogue import Topic, TopicExamples
from services.routing.rules import Router
from services.routing.text import split_words

if TYPE_CHECKING:
    from services.routing.classifier.starting import Starter


def starter_of(router: Router) -> "Starter | None":
    """Return what the profile's examples teach; None, and NumPy is not loaded, without any."""
    profile = router.profile
    if not profile.examples:
        return None
    return _learned(_Source(router), profile.topics, profile.examples, profile.spellings)


class _Source:
    """A router, which the cache takes for any other of equal topics and spellings."""

    def __init__(self, router: Router) -> None:
        self.router = router

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Source)

    def __hash__(self) -> int:
        return 0


# One process may start several services on one profile, as tests do by the hundred.
@lru_cache(maxsize=2)
def _learned(
    source: _Source,
    topics: tuple[Topic, ...],
    examples: tuple[TopicExamples, ...],
    spellings: tuple[tuple[str, str], ...],
) -> "Starter | None":
    del spellings
    from services.routing.classifier.model import SUB_DISTRICT  # noqa: PLC0415 - loads NumPy
    from services.routing.classifier.starting import (  # noqa: PLC0415 - loads NumPy
        Taught,
        learn_starter,
    )

    texts = {each.topic: each.texts for each in examples}
    taught = [
        Taught(topic.code, topic.opd or SUB_DISTRICT, topic.name, texts.get(topic.code, ()))
        for topic in topics
    ]
    points = {
        text: source.router.keyword_points(split_words(text))
        for each in examples
        for text in each.texts
    }
    return learn_starter(taught, points)
