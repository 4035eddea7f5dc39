"""An answer is checked alone, then stored and counted together with others that come now."""

import hmac
import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final
from uuid import uuid4

from services.survey.answer_queries import (
    ClaimRow,
    OpenPeriod,
    TallyKey,
    add_to_extras,
    add_to_tallies,
    find_claims,
    find_salt,
    insert_answers,
    insert_comments,
    is_claimed,
    lock_periods,
    take_claims,
)
from services.survey.context import SurveyContext
from services.survey.errors import (
    AnsweredAlready,
    AnswersInvalid,
    LinkSpent,
    PeriodNotOpen,
    UnitUnknown,
)
from services.survey.official import GROUPS, UNSTATED, Language
from services.survey.profile import SurveyUnit
from services.survey.rules.answers import (
    Given,
    Row,
    Scale,
    find_faults,
    mean_of,
    row_of,
    themes_of,
)
from services.survey.rules.index import ELEMENTS
from services.survey.rules.periods import first_day, last_day, name_of
from services.survey.tables import SCORE_COLUMNS
from shared.errors import Problem
from shared.masking import mask_identifiers
from shared.unit_of_work import UnitOfWork

_SALT_BYTES: Final = 32
_PLACES: Final = {name: place for place, name in enumerate(SCORE_COLUMNS, 3)}
_WIDTH: Final = 3 + len(SCORE_COLUMNS)


@dataclass(frozen=True, slots=True)
class Place:
    """What is asked about: a service of a unit in a period, and by which channel."""

    unit: SurveyUnit
    service: str
    period: str
    channel: str


@dataclass(frozen=True, slots=True)
class ClaimOf:
    """Why an answer may be given once: parts that are hashed under the period's salt.

    `taken` makes what is said to who comes second; `request` tells the same request sent again.
    """

    parts: tuple[str, ...]
    taken: Callable[[], Problem]
    request: bytes | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer that is ready to be stored; comments are masked."""

    place: Place
    answered_on: date
    language: Language
    row: Row
    groups: Mapping[str, str]
    extras: Mapping[str, int]
    comments: tuple[tuple[str | None, str, str], ...]
    claim: ClaimOf | None = None
    batch_id: str | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The answer is stored; `repeated`: it had been, by the same request."""

    repeated: bool = False


Outcome = Accepted | Problem


@dataclass(slots=True)
class _Sums:
    """What a group of answers adds to the counted tables."""

    tallies: dict[TallyKey, list[int]] = field(default_factory=dict)
    extras: Counter[tuple[str, str, str, int]] = field(default_factory=Counter)

    def add(self, draft: Draft) -> None:
        place, row = draft.place, draft.row
        mean = mean_of(row)
        columns = [
            _PLACES[f"{code.lower()}_{score}"]
            for code, score in zip(ELEMENTS, row, strict=True)
            if score is not None
        ]
        stated = [(name, draft.groups.get(name, UNSTATED)) for name in GROUPS]
        for dimension, value in (("all", "all"), ("channel", place.channel), *stated):
            key = (place.period, place.unit.code, place.service, dimension, value)
            sums = self.tallies.setdefault(key, [0] * _WIDTH)
            sums[0] += 1
            sums[1] += mean
            sums[2] += mean * mean
            for column in columns:
                sums[column] += 1
        for question, score in draft.extras.items():
            self.extras[place.period, place.unit.code, question, score] += 1


def find_place(context: SurveyContext, unit: str, service: str, period: str, channel: str) -> Place:
    """Return what is asked about; raises UnitUnknown."""
    found = context.unit(unit)
    if found is None:
        raise UnitUnknown(unit)
    if found.service_name(service) is None:
        raise UnitUnknown(unit, service)
    return Place(found, service, period, channel)


def require_open(context: SurveyContext, period: str, today: date) -> None:
    """Raise PeriodNotOpen where a day lies before a period, or after its days of grace."""
    if today < first_day(period):
        raise PeriodNotOpen(name_of(period), begun=False)
    if today > last_day(period) + timedelta(days=context.profile.grace_days):
        raise PeriodNotOpen(name_of(period))


def draft_answer(
    context: SurveyContext,
    place: Place,
    given: Given,
    answered_on: date,
    *,
    language: Language = "id",
    comment: str | None = None,
    claim: ClaimOf | None = None,
    batch_id: str | None = None,
) -> Draft:
    """Check an answer and mask its words; raises AnswersInvalid."""
    extras = context.profile.extras_of(place.unit.code)
    scales = [Scale(e.code, len((e.answers or {})["id"])) for e in extras if e.kind == "scale"]
    texts = [each.code for each in extras if each.kind == "text"]
    if faults := find_faults(given, GROUPS, scales, texts):
        raise AnswersInvalid(faults)
    marks = {theme.code: theme.words for theme in context.profile.themes}
    words = [(None, comment), *given.words.items()]
    comments = []
    for question, said in words:
        if text := _storable(said or "").strip():
            masked = mask_identifiers(text)
            comments.append((question, masked, " ".join(themes_of(masked, marks))))
    return Draft(
        place=place,
        answered_on=answered_on,
        language=language,
        row=row_of(given.scores),
        groups=given.groups,
        extras=given.extras,
        comments=tuple(comments),
        claim=claim,
        batch_id=batch_id,
    )


def _storable(text: str) -> str:
    """Return the text without what Postgres and UTF-8 cannot hold."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


async def store_answers(unit: UnitOfWork, drafts: Sequence[Draft]) -> Sequence[Outcome]:
    """Store answers that come at one time, and count them; returns what became of each, in order.

    An answer whose claim was taken is refused by what the claim says, unless the very same request
    took it. Where a period was closed, PeriodNotOpen.
    """
    fresh_salts = {draft.place.period: secrets.token_bytes(_SALT_BYTES) for draft in drafts}
    periods = await lock_periods(unit.connection, fresh_salts)
    hashes = [_hash(draft, periods[draft.place.period]) for draft in drafts]
    first: dict[bytes, int] = {}
    for number, each in enumerate(hashes):
        if each is not None:
            first.setdefault(each, number)
    taken = await _take(unit, drafts, first)
    outcomes: list[Outcome] = []
    stored: list[Draft] = []
    requests: dict[bytes, bytes | None] | None = None
    for number, (draft, claim_hash) in enumerate(zip(drafts, hashes, strict=True)):
        if periods[draft.place.period].closed_at is not None:
            outcomes.append(PeriodNotOpen(name_of(draft.place.period)))
        elif claim_hash is None or (claim_hash in taken and first[claim_hash] == number):
            stored.append(draft)
            outcomes.append(Accepted())
        else:
            if requests is None:
                known = [each for each in hashes if each is not None]
                requests = await find_claims(unit.connection, known)
            outcomes.append(_repeated(draft, requests.get(claim_hash)))
    await _write(unit, stored)
    return outcomes


async def _take(
    unit: UnitOfWork, drafts: Sequence[Draft], first: Mapping[bytes, int]
) -> set[bytes]:
    claims = []
    for claim_hash, number in first.items():
        draft = drafts[number]
        request = draft.claim.request if draft.claim else None
        claims.append(ClaimRow(claim_hash, draft.place.period, request))
    return await take_claims(unit.connection, claims) if claims else set()


async def _write(unit: UnitOfWork, drafts: Sequence[Draft]) -> None:
    if not drafts:
        return
    sums = _Sums()
    for draft in drafts:
        sums.add(draft)
    await insert_answers(unit.connection, [_answer_row(draft) for draft in drafts])
    comments = [row for draft in drafts for row in _comment_rows(draft)]
    await insert_comments(unit.connection, comments)
    await add_to_extras(unit.connection, sums.extras)
    # Last, because its rows are those that others wait for.
    await add_to_tallies(unit.connection, sums.tallies)


async def require_free(unit: UnitOfWork, place: Place, claim: ClaimOf) -> None:
    """Raise what the claim says where it is taken: before someone fills in a form in vain."""
    salt = await find_salt(unit.connection, place.period)
    if salt is not None and await is_claimed(unit.connection, _hash_of(claim, salt)):
        raise claim.taken()


def _hash(draft: Draft, period: OpenPeriod) -> bytes | None:
    """Return the hash of an answer's claim, which means nothing once the salt is gone."""
    if draft.claim is None or period.salt is None:
        return None
    return _hash_of(draft.claim, period.salt)


def _hash_of(claim: ClaimOf, salt: bytes) -> bytes:
    parts = [part.encode("utf-8", "replace") for part in claim.parts]
    message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return hmac.digest(salt, message, "sha256")


def _repeated(draft: Draft, request: bytes | None) -> Outcome:
    claim = draft.claim
    if claim is None or (claim.request is not None and claim.request == request):
        return Accepted(repeated=True)
    return claim.taken()


def _answer_row(draft: Draft) -> dict[str, Any]:
    place = draft.place
    return {
        # Random, and not by time: ids shall not tell in which order people answered.
        "answer_id": str(uuid4()),
        "period": place.period,
        "unit": place.unit.code,
        "service": place.service,
        "channel": place.channel,
        "answered_on": draft.answered_on,
        "language": draft.language,
        **{name: draft.groups.get(name) for name in GROUPS},
        **{code.lower(): score for code, score in zip(ELEMENTS, draft.row, strict=True)},
        "extras": dict(draft.extras),
        "batch_id": draft.batch_id,
    }


def _comment_rows(draft: Draft) -> list[dict[str, Any]]:
    place = draft.place
    return [
        {
            "comment_id": str(uuid4()),
            "period": place.period,
            "unit": place.unit.code,
            "service": place.service,
            "question": question,
            "text": text,
            "themes": themes,
        }
        for question, text, themes in draft.comments
    ]


def device_claim(place: Place, device: str, request: bytes | None) -> ClaimOf:
    """Return the claim of a device at the public form: once for each service of a unit."""
    return ClaimOf(("device", place.unit.code, place.service, device), AnsweredAlready, request)


def link_claim(nonce: str, request: bytes | None) -> ClaimOf:
    """Return the claim of a link: once."""
    return ClaimOf(("link", nonce), LinkSpent, request)
