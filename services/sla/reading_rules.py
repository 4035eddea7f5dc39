"""What callers are shown of the rules behind deadlines: explanations, previews, adjustments."""

from collections.abc import Mapping, Sequence

from services.sla import adjustment_queries, queries, rule_queries
from services.sla.context import SlaContext
from services.sla.explaining import Adjusted, Story, explain
from services.sla.operations.adjusting import Preview
from services.sla.operations.hearing import learn_calendars
from services.sla.rule_schemas import (
    AdjustmentView,
    CaseExplanation,
    MovedClock,
    MovedCount,
    PolicyPreview,
)
from services.sla.rule_tables import AdjustedClockRow, AdjustmentRow
from services.sla.rules import clock_id_of
from shared.unit_of_work import UnitOfWork


async def read_explanation(
    unit: UnitOfWork, context: SlaContext, complaint_id: str, clock_id: str | None
) -> CaseExplanation:
    """Explain the clocks of a case, or the one that is asked for."""
    case = (await queries.read_cases(unit.connection, [complaint_id]))[complaint_id]
    await learn_calendars(unit.connection, context.policies, [case])
    versions = {clock.terms.version for clock in case.clocks.values()}
    story = Story(
        complaint_id=complaint_id,
        facts=case.facts,
        terms=case.terms,
        adjusted=[
            Adjusted(
                clock_id=row.clock_id,
                at=row.adjusted_at,
                old_policy=row.old_policy,
                new_policy=row.new_policy,
                old_due_at=row.old_due_at,
                new_due_at=row.new_due_at,
                reason=reason,
            )
            for row, reason in await adjustment_queries.list_adjustments_of_case(
                unit.connection, complaint_id
            )
        ],
        wordings=await rule_queries.read_wordings(unit.connection, sorted(versions)),
        now=unit.now,
    )
    clocks = explain(story, context.policies, context.policies.zone)
    return CaseExplanation(
        complaint_id=complaint_id,
        clocks=[each for each in clocks if clock_id is None or each.clock_id == clock_id],
    )


def view_preview(preview: Preview, profile_version: str) -> PolicyPreview:
    """Show which clocks would move."""
    return PolicyPreview(
        profile_version=profile_version,
        examined=preview.examined,
        complete=preview.is_complete,
        moved=preview.moved,
        counts=[
            MovedCount(stage=stage, old_policy=old, new_policy=new, earlier=earlier, later=later)
            for (stage, old, new), (earlier, later) in sorted(preview.counts.items())
        ],
        samples=[
            MovedClock(
                complaint_id=complaint_id,
                clock_id=clock_id_of(complaint_id, move.after.key),
                stage=move.after.key.stage,
                old_policy=move.before.terms.policy,
                new_policy=move.after.terms.policy,
                old_due_at=move.before.due_at,
                new_due_at=move.after.due_at,
            )
            for complaint_id, move in preview.samples
        ],
    )


def view_adjustment(
    row: AdjustmentRow, by_stage: Mapping[str, int], samples: Sequence[AdjustedClockRow]
) -> AdjustmentView:
    """Show how far an adjustment is."""
    return AdjustmentView.model_validate(
        {
            **row.model_dump(),
            "by_stage": dict(by_stage),
            "samples": [each.model_dump() for each in samples],
        }
    )
