"""Links that invite to the survey: read where they come in, and printed in batches."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from services.survey.context import SurveyContext
from services.survey.errors import LinkInvalid, LinksNotConfigured, PeriodInvalid
from services.survey.operations.answering import Place, find_place
from services.survey.profile import SurveyUnit
from services.survey.queries import add_invitations
from services.survey.rules.periods import (
    PeriodUnknown,
    first_day,
    period_containing,
    periods_within,
)
from shared.survey_links import SurveyLink, SurveyLinkInvalid, sign_link, verify_link
from shared.unit_of_work import UnitOfWork

_NONCE_BYTES: Final = 16
LINK: Final = "link"


@dataclass(frozen=True, slots=True)
class ReadLink:
    """What a link is for, and the nonce by which it is spent."""

    place: Place
    nonce: str


@dataclass(frozen=True, slots=True)
class PrintedLink:
    """One link of a batch, to be given to one person."""

    unit: str
    service: str
    period: str
    url: str


def read_link(context: SurveyContext, token: str) -> ReadLink:
    """Return what a token says; raises LinkInvalid.

    Intake's links name the OPD that worked on a complaint: they count for a unit of that OPD which
    has the service, or else for the profile's fallback unit. A link's month stands for the period
    that it lies in.
    """
    try:
        link = verify_link(context.link_keys, token)
        period = period_containing(link.period, context.profile.period)
    except (SurveyLinkInvalid, PeriodUnknown) as error:
        raise LinkInvalid from error
    unit = _unit_of(context, link)
    if unit is None:
        raise LinkInvalid
    return ReadLink(Place(unit, link.service, period, LINK), link.nonce)


def _unit_of(context: SurveyContext, link: SurveyLink) -> SurveyUnit | None:
    named = context.unit(link.unit)
    of_opd = (each for each in context.profile.units if each.opd == link.unit)
    fallback = context.unit(context.profile.fallback_unit or "")
    for unit in (named, *of_opd, fallback):
        if unit is not None and unit.service_name(link.service) is not None:
            return unit
    return None


async def print_links(
    unit: UnitOfWork,
    context: SurveyContext,
    unit_code: str,
    service: str,
    period: str,
    count: int,
    address: str,
) -> Iterator[PrintedLink]:
    """Note that so many links are sent, and return them; `address` holds `{token}`.

    Raises UnitUnknown, PeriodInvalid, LinksNotConfigured.
    """
    if not context.link_keys:
        raise LinksNotConfigured
    place = find_place(context, unit_code, service, known_period(context, period), LINK)
    await add_invitations(unit.connection, place.period, unit_code, service, count)
    month = f"{first_day(place.period):%Y-%m}"
    return (
        PrintedLink(
            unit_code,
            service,
            place.period,
            address.replace(
                "{token}",
                sign_link(
                    context.link_keys,
                    SurveyLink(unit_code, service, month, secrets.token_urlsafe(_NONCE_BYTES)),
                ),
            ),
        )
        for _ in range(count)
    )


async def note_invitations(
    unit: UnitOfWork, context: SurveyContext, unit_code: str, service: str, period: str, count: int
) -> int:
    """Note that others sent so many links; returns how many were sent in all.

    Raises UnitUnknown, PeriodInvalid.
    """
    place = find_place(context, unit_code, service, known_period(context, period), LINK)
    return await add_invitations(unit.connection, place.period, unit_code, service, count)


def known_period(context: SurveyContext, period: str) -> str:
    """Return the code of one period of this survey; raises PeriodInvalid."""
    try:
        [only] = periods_within(period, context.profile.period)
    except (PeriodUnknown, ValueError) as error:
        raise PeriodInvalid(period, _example(context)) from error
    return only


def known_span(context: SurveyContext, period: str) -> tuple[str, ...]:
    """Return the periods that a code stands for: one, or all of a year; raises PeriodInvalid."""
    try:
        return periods_within(period, context.profile.period)
    except PeriodUnknown as error:
        raise PeriodInvalid(period, _example(context)) from error


def _example(context: SurveyContext) -> str:
    examples = {
        "monthly": "2026-03",
        "quarterly": "2026-Q1",
        "half_yearly": "2026-S1",
        "yearly": "2026",
    }
    return examples[context.profile.period]
