"""Replays other rules or another model over past cases, and tells what would have changed."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any

from services.routing import queries
from services.routing.catalogue import KeywordRule, RoutingProfile
from services.routing.conditions import Circumstances
from services.routing.context import RoutingContext
from services.routing.deciding_errors import ModelVersionUnknown, RulesUnusable, WhatIfBusy
from services.routing.deciding_schemas import Change, WhatIf, WhatIfSummary
from services.routing.decisions import Classifier, Decision
from services.routing.operations.learning import ModelUnknown, ModelUnreadable, find_version
from services.routing.profile import rule_of
from services.routing.queries import PageStart
from services.routing.rules import Router, compile_rules
from shared.database import Database
from shared.expressions.language import ExpressionInvalid

PAGE = 200
one_at_a_time = asyncio.Semaphore(1)
"""Replays of this process; each takes a core for some seconds."""


@dataclass(frozen=True, slots=True)
class Deciding:
    """Rules and a model, as they would decide together."""

    router: Router
    classifier: Classifier | None


async def propose(database: Database, context: RoutingContext, wish: WhatIf) -> Deciding:
    """Return what is proposed, made ready; what is not proposed stays as it is.

    Raises:
        RulesUnusable: a rule names what the profile does not have, or its `when` is wrong.
        ModelVersionUnknown: there is no such model, or it cannot be read.
    """
    router, classifier = context.router, context.shelf.adviser
    if wish.rules is not None:
        rules = tuple(rule_of(entry) for entry in wish.rules)
        router = await asyncio.to_thread(_compiled, router.profile, rules)
    if wish.model_version is not None:
        try:
            async with database.transaction() as connection:
                classifier = (await find_version(connection, wish.model_version)).model
        except (ModelUnknown, ModelUnreadable) as error:
            raise ModelVersionUnknown from error
    return Deciding(router, classifier)


async def replay(
    database: Database, context: RoutingContext, then: Deciding, most: int
) -> AsyncGenerator[Change | WhatIfSummary]:
    """Yield each case that would have gone elsewhere, the newest first, and then the summary.

    One replay at a time and process; the deciding runs in a thread, page by page.
    Raises WhatIfBusy before anything is yielded.
    """
    if one_at_a_time.locked():
        raise WhatIfBusy
    async with one_at_a_time:
        now = Deciding(context.router, context.shelf.adviser)
        summary = WhatIfSummary(
            cases=0, changed=0, placed_now=0, placed_then=0, right_now=0, right_then=0
        )
        start: PageStart | None = None
        while summary.cases < most:
            async with database.transaction() as connection:
                limit = min(PAGE, most - summary.cases)
                cases = await queries.list_whole_cases(connection, start=start, limit=limit)
            if not cases:
                break
            for change in await asyncio.to_thread(_page, cases, now, then, context, summary):
                yield change
            start = PageStart(cases[-1]["submitted_at"], cases[-1]["complaint_id"])
        yield summary


def _page(
    cases: Sequence[Any],
    now: Deciding,
    then: Deciding,
    context: RoutingContext,
    summary: WhatIfSummary,
) -> list[Change]:
    """Decide each case in both ways; counts into the summary."""
    changes: list[Change] = []
    for case in cases:
        before, after = _decide(case, now, context), _decide(case, then, context)
        summary.cases += 1
        summary.placed_now += before.opd is not None
        summary.placed_then += after.opd is not None
        summary.right_now += before.opd is not None and before.opd == case["opd"]
        summary.right_then += after.opd is not None and after.opd == case["opd"]
        if before.opd != after.opd:
            summary.changed += 1
            changes.append(
                Change(
                    complaint_id=case["complaint_id"],
                    tracking_code=case["tracking_code"],
                    opd_now=before.opd,
                    opd_then=after.opd,
                    opd_in_the_end=case["opd"],
                    reason=after.reason,
                )
            )
    return changes


def _decide(case: Any, deciding: Deciding, context: RoutingContext) -> Decision:
    point = (case["lat"], case["lon"]) if case["lat"] is not None else None
    came = Circumstances(
        channel=case["channel"],
        classification=case["classification"],
        emergency=case["emergency"],
        area_code=case["area_code"],
        point=point,
        submitted_at=case["submitted_at"].astimezone(context.zone),
    )
    return deciding.router.choose_opd(case["text"], case["title"], came, deciding.classifier)


def _compiled(profile: RoutingProfile, rules: tuple[KeywordRule, ...]) -> Router:
    opds = {opd.code for opd in profile.opds}
    topics = {topic.code for topic in profile.topics}
    for number, rule in enumerate(rules):
        if rule.opd is not None and rule.opd not in opds:
            raise RulesUnusable(f"/rules/{number}/opd", f"tidak ada OPD '{rule.opd}'")
        if rule.topic is not None and rule.topic not in topics:
            raise RulesUnusable(f"/rules/{number}/topic", f"tidak ada topik '{rule.topic}'")
    router = compile_rules(profile.model_copy(update={"rules": ()}))
    for number, rule in enumerate(rules):
        if rule.when is not None:
            try:
                router.language.compile(rule.when)
            except ExpressionInvalid as error:
                raise RulesUnusable(f"/rules/{number}/when", str(error)) from error
    return compile_rules(profile.model_copy(update={"rules": rules}))
