"""Decides what a message means that a citizen wrote on a platform.

It looks at the words, at the Pemda's keywords, and at the complaints that the sender has already.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Final

from services.intake.rules.meanings import (
    Addition,
    Hint,
    Join,
    Keywords,
    Meaning,
    NewComplaint,
    OptIn,
    OptOut,
    OwnCase,
    Passed,
    Said,
    Standing,
    StatusAsked,
    Verdict,
)
from services.intake.rules.progress import JOINABLE_STATES, OPEN_STATES, WITHDRAWN
from services.intake.rules.tracking import LENGTH, read_code

#: Codes that are looked for in one message, at most.
MOST_CODES: Final = 3

_CODE_LIKE: Final = re.compile(rf"(?<![\w-])[0-9A-Za-z-]{{{LENGTH},{LENGTH + 4}}}(?![\w-])")
_WORD: Final = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_LETTER: Final = re.compile(r"[^\W_]")


def meaning_of(said: Said, keywords: Keywords, standing: Standing) -> Meaning:
    """Decide what a message means; every message means something."""
    meaning = (
        _command(said, keywords, standing)
        or _joining(said, keywords, standing)
        or _about_named(said, keywords, standing)
        or _verdict(said.text, keywords, _first(standing.own, lambda each: each.awaits_verdict))
        or _continuation(said, keywords, standing)
        or _opening(said, keywords)
    )
    return Passed() if said.public and _is_talk(said.text, keywords, meaning) else meaning


def codes_in(text: str) -> list[str]:
    """Return the tracking codes that a text may name, as they are stored."""
    found = (read_code(match[0]) for match in _CODE_LIKE.finditer(text))
    return list(dict.fromkeys(code for code in found if code is not None))[:MOST_CODES]


def is_greeting(text: str, greetings: Iterable[str]) -> bool:
    """Tell whether a text says nothing but a greeting, a thank-you or a title."""
    words = [_plain(word) for word in _WORD.findall(text)]
    return bool(words) and set(words) <= set(greetings)


def _command(said: Said, keywords: Keywords, standing: Standing) -> Meaning | None:
    if _after(said.text, keywords.stop) == "":
        return OptOut()
    if _after(said.text, keywords.start) == "":
        return OptIn()
    asked = _after(said.text, keywords.status)
    if asked == "":
        newest = standing.named or _first_id(standing.own)
        return StatusAsked(newest) if newest else Hint("no_complaint")
    if asked and _CODE_LIKE.fullmatch(asked) and not said.has_files:
        return StatusAsked(standing.named) if standing.named else Hint("code_unknown")
    if _after(said.text, keywords.new) is not None:
        return _opening(said, keywords)
    return None


def _joining(said: Said, keywords: Keywords, standing: Standing) -> Meaning | None:
    wish = _after(said.text, keywords.join)
    if wish is None or said.has_files:
        return None
    wish = wish.rstrip(" .!")
    own = [case for case in (standing.named_own, *standing.own) if case is not None]
    joinable = [case for case in own if case.state in JOINABLE_STATES and not case.joined]
    offered = _first(joinable, lambda case: bool(case.offers))
    if wish == "":
        # Said alone it may be an answer to something else.
        return Join(offered.complaint_id, number=offered.offers[0]) if offered else None
    if wish.isascii() and wish.isdigit():
        number = int(wish[:3])
        asked = _first(joinable, lambda case: number in case.offers)
        return Join(asked.complaint_id, number=number) if asked else Hint("no_similar")
    code = read_code(wish) if _CODE_LIKE.fullmatch(wish) else None
    if code is None:
        return None
    if standing.named is None:
        return Hint("code_unknown")
    joining = _first(joinable, lambda case: case.complaint_id != standing.named)
    return Join(joining.complaint_id, code=code) if joining else Hint("no_similar")


def _about_named(said: Said, keywords: Keywords, standing: Standing) -> Meaning | None:
    if standing.named is None:
        return None
    case = standing.named_own
    if case is None or case.state == WITHDRAWN:
        return StatusAsked(standing.named)
    rest = _CODE_LIKE.sub(lambda match: "" if read_code(match[0]) else match[0], said.text)
    awaits = case.state in {"resolved", "closed"}
    verdict = _verdict(rest, keywords, case if awaits else None)
    if verdict is not None:
        return verdict
    says_nothing = not _LETTER.search(rest) or is_greeting(rest, keywords.greetings)
    if says_nothing and not said.has_files and not said.has_place:
        return StatusAsked(standing.named)
    return Addition(case.complaint_id)


def _verdict(text: str, keywords: Keywords, case: OwnCase | None) -> Verdict | None:
    if case is None:
        return None
    # The negative ones first: "tidak puas" also holds the positive word.
    for phrases, satisfied in ((keywords.dissatisfied, False), (keywords.satisfied, True)):
        comment = _after(text, phrases)
        if comment is not None:
            return Verdict(case.complaint_id, satisfied, comment or None)
    return None


def _continuation(said: Said, keywords: Keywords, standing: Standing) -> Meaning | None:
    if not (_LETTER.search(said.text) or said.has_files or said.has_place):
        return None
    asked = _first(standing.own, lambda each: each.state == "waiting_citizen")
    if asked is not None:
        return Addition(asked.complaint_id)
    if is_greeting(said.text, keywords.greetings) and not said.has_files:
        return Hint("greeting")
    going_on = _first(
        standing.own,
        lambda each: each.fresh and (each.state in OPEN_STATES or each.awaits_verdict),
    )
    return Addition(going_on.complaint_id) if going_on else None


def _opening(said: Said, keywords: Keywords) -> Meaning:
    letters = len(_LETTER.findall(said.text))
    if letters == 0:
        is_sign = bool(said.text.strip()) and not said.has_files and not said.has_place
        return Passed() if is_sign else Hint("wordless")
    if is_greeting(said.text, keywords.greetings):
        return Hint("greeting")
    # With a point on the map, one word is a report: "banjir".
    if letters < keywords.shortest and not said.has_place:
        return Hint("too_short")
    return NewComplaint()


def _is_talk(text: str, keywords: Keywords, meaning: Meaning) -> bool:
    if isinstance(meaning, NewComplaint) and keywords.comments_need_keyword:
        words = {_plain(word) for word in _WORD.findall(text)}
        return words.isdisjoint(map(_plain, keywords.new))
    return isinstance(meaning, Hint)


def _first(cases: Iterable[OwnCase], fits: Callable[[OwnCase], bool]) -> OwnCase | None:
    return next((case for case in cases if fits(case)), None)


def _after(text: str, phrases: Sequence[str]) -> str | None:
    """Return what follows a keyword that the text begins with, None if it begins with none."""
    match = _beginning_with(tuple(phrases)).match(text)
    if match is None:
        return None
    rest = match["rest"].strip()
    return None if rest and match["keyword"].isdigit() else rest


@lru_cache
def _beginning_with(phrases: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(map(_plain, phrases), key=len, reverse=True)
    either = "|".join(r"\s+".join(map(re.escape, phrase.split())) for phrase in longest_first)
    # Signs beside a keyword do not matter: "*STOP*!", "Cek: K7M3PXA92W".
    return re.compile(
        rf"[^\w/]*(?P<keyword>{either})(?!\w)[^\w]*(?P<rest>.*)", re.DOTALL | re.IGNORECASE
    )


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _first_id(cases: Sequence[OwnCase]) -> str | None:
    return cases[0].complaint_id if cases else None
