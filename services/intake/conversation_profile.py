"""The part of channels.yaml that says how messages of citizens are understood: the keywords."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from services.intake.rules.meanings import Keywords
from shared.profile import ProfilePart

Phrase = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"\S")]
Phrases = Annotated[tuple[Phrase, ...], Field(min_length=1)]

_GREETINGS = (
    "admin assalamualaikum assalamu'alaikum bapak baik banyak bpk bu halo hai hallo hello hi ibu "
    "iya kak kakak kasih magrib makasih malam matur min minta nuwun ok oke p pagi pak permisi ping "
    "punten salam sama selamat sendiri siang siap sore suwun terima terimakasih tes test trims wb "
    "wr warahmatullahi wabarakatuh ya yth"
)


class Conversation(ProfilePart):
    """How long a message goes on with an earlier complaint, and the keywords, in any case.

    `comments` says whether every comment under a post may be a complaint, or only one that holds a
    word of `new`, such as "#lapor".
    """

    follow_up_days: int = Field(default=14, ge=1, le=365)
    shortest_complaint: int = Field(default=9, ge=1, le=200)
    comments: Literal["all", "keyword"] = "all"
    new: Phrases = ("lapor", "baru")
    status: Phrases = ("cek", "status")
    stop: Phrases = ("stop", "berhenti", "/stop")
    start: Phrases = ("mulai", "/start")
    join: Phrases = ("ikut", "saya juga")
    satisfied: Phrases = ("1", "puas", "sudah puas")
    dissatisfied: Phrases = ("2", "tidak puas", "tdk puas", "belum puas", "kurang puas")
    greetings: tuple[Phrase, ...] = tuple(_GREETINGS.split())

    def keywords(self) -> Keywords:
        """Return them as the rules want them."""
        return Keywords(
            new=self.new,
            status=self.status,
            stop=self.stop,
            start=self.start,
            join=self.join,
            satisfied=self.satisfied,
            dissatisfied=self.dissatisfied,
            greetings=frozenset(word.casefold() for word in self.greetings),
            shortest=self.shortest_complaint,
            comments_need_keyword=self.comments == "keyword",
        )
