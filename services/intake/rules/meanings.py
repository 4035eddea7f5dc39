"""What a message on a platform can mean, and what is looked at to tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

HintKind = Literal[
    "greeting", "too_short", "wordless", "code_unknown", "no_complaint", "no_similar"
]


@dataclass(frozen=True, slots=True)
class Keywords:
    """Words of the Pemda's profile, in any case; `shortest` is how many letters tell something.

    `stop` and `start` are the whole message, `status` stands alone or before a tracking code,
    `join` also before a number; the others begin one. A keyword of digits is the whole message.
    Where `comments_need_keyword`, what stands under a post opens a complaint only if it holds a
    word of `new` (as in "#lapor").
    """

    new: tuple[str, ...]
    status: tuple[str, ...]
    stop: tuple[str, ...]
    start: tuple[str, ...]
    join: tuple[str, ...]
    satisfied: tuple[str, ...]
    dissatisfied: tuple[str, ...]
    greetings: frozenset[str]
    shortest: int
    comments_need_keyword: bool = False


@dataclass(frozen=True, slots=True)
class OwnCase:
    """A complaint of the sender: `fresh` if it is young enough for a message to be about it.

    `offers` are the numbers by which it was offered to join a like one. Where it has `joined`
    another's case, `state` is where that one stands.
    """

    complaint_id: str
    state: str
    fresh: bool
    judged: bool = False
    offers: tuple[int, ...] = ()
    joined: bool = False

    @property
    def awaits_verdict(self) -> bool:
        """Tell whether a verdict on its result is still to come."""
        return self.state == "resolved" or (
            self.state == "closed" and self.fresh and not self.judged
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a sender: their complaints, the newest first, and the one that is named.

    A complaint is named by its code in the text, or by answering a message about it; it may be
    somebody else's, and then is not `named_own`.
    """

    own: Sequence[OwnCase] = ()
    named: str | None = None
    named_own: OwnCase | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What a message holds, as far as its meaning depends on it; `public` for all to read."""

    text: str
    has_files: bool = False
    has_place: bool = False
    public: bool = False


@dataclass(frozen=True, slots=True)
class NewComplaint:
    """It reports something."""


@dataclass(frozen=True, slots=True)
class Addition:
    """It goes on with a complaint, and answers the open question if there is one."""

    complaint_id: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """It says whether the result satisfies; `comment` is what was written beside that."""

    complaint_id: str
    satisfied: bool
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Join:
    """The sender's complaint is to join another ("saya juga"), by the number or code they named."""

    complaint_id: str
    number: int | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class StatusAsked:
    """It asks where a complaint stands."""

    complaint_id: str


@dataclass(frozen=True, slots=True)
class OptOut:
    """The sender wants no more messages."""


@dataclass(frozen=True, slots=True)
class OptIn:
    """The sender wants messages (again)."""


@dataclass(frozen=True, slots=True)
class Hint:
    """Nothing can be done with it but to say how it is done."""

    kind: HintKind


@dataclass(frozen=True, slots=True)
class Passed:
    """Nothing to answer: a thumb up, or talk among people under a post."""


Meaning = NewComplaint | Addition | Verdict | Join | StatusAsked | OptOut | OptIn | Hint | Passed
