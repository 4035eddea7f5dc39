"""HTTP in: what the rules and the model would decide, without deciding anything."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse

from services.routing.access import DESK, READERS
from services.routing.api.doors import context_of, service_of
from services.routing.conditions import Circumstances
from services.routing.deciding_schemas import (
    Change,
    Explanation,
    TextToClassify,
    WhatIf,
    WhatIfSummary,
)
from services.routing.operations.what_if import propose, replay
from services.routing.schemas import ProposalView
from shared.auth import Principal, require
from shared.limiting import RateLimit
from shared.problems import problem_responses

router = APIRouter(prefix="/routing/v1", tags=["deciding"])


class JsonLines(StreamingResponse):
    """An answer of lines of JSON, sent as they come."""

    media_type = "application/x-ndjson"


@router.post(
    "/classify",
    operation_id="routing_classify",
    responses=problem_responses(400, 401, 403, 413, 422, 429, 503),
)
async def classify(
    request: Request, body: TextToClassify, caller: Annotated[Principal, Depends(require(*READERS))]
) -> Explanation:
    """Explain whose a text would be, by which rule or model and words; nothing is stored."""
    limit: RateLimit = request.app.state.classify_limit
    limit.hit(sha256(caller.subject.encode("utf-8", "surrogatepass")).digest())
    context = context_of(request)
    point = (body.lat, body.lon) if body.lat is not None and body.lon is not None else None
    came = Circumstances(
        channel=body.channel,
        account_opd=body.account_opd,
        classification=body.classification,
        emergency=body.emergency,
        area_code=body.area_code,
        point=point,
        submitted_at=service_of(request).clock.now().astimezone(context.zone),
        chosen=body.service_code,
        answers=body.answers,
    )
    shelf = context.shelf
    decision = context.router.choose_opd(body.text, body.title, came, shelf.adviser)
    return Explanation(
        opd=decision.opd,
        opd_name=context.opd_names.get(decision.opd or ""),
        topic=decision.topic,
        by=decision.by,
        rule=decision.rule_id,
        model_version=shelf.version if shelf.classifier else None,
        reason=decision.reason,
        priority=decision.priority,
        proposals=[
            ProposalView(opd=p.opd, topic=p.topic, confidence=p.confidence, words=list(p.words))
            for p in decision.proposals
        ],
        failed_rules=list(decision.failed_rules),
    )


@router.post(
    "/what-if",
    operation_id="routing_what_if",
    response_class=JsonLines,
    responses={
        200: {
            "description": "Lines of JSON: a Change each, at last a WhatIfSummary.",
            "content": {"application/x-ndjson": {"schema": {"type": "string"}}},
        },
        **problem_responses(400, 401, 403, 409, 413, 422, 503),
    },
)
async def what_if(
    request: Request, body: WhatIf, caller: Annotated[Principal, Depends(require(*DESK))]
) -> JsonLines:
    """Replay other rules or another model over past cases; shows what would change, line by line.

    What a case does not keep (the account written to, form answers) is not known to the rules here.
    """
    del caller
    database = service_of(request).database
    context = context_of(request)
    then = await propose(database, context, body)
    found = replay(database, context, then, body.cases)
    # The first one is fetched before the answer begins, so that being busy is a proper 409.
    first = await anext(found)
    return JsonLines(_lines(first, found))


async def _lines(
    first: Change | WhatIfSummary, rest: AsyncGenerator[Change | WhatIfSummary]
) -> AsyncIterator[str]:
    yield first.model_dump_json() + "\n"
    # Closed at once when the reader goes away: the next replay need not wait for this one.
    async with aclosing(rest):
        async for each in rest:
            yield each.model_dump_json() + "\n"
