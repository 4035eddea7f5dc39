"""SQL of the wording of policies and calendars, by which clocks run or ran."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from services.sla.tables import RuleVersionRow

_NOTE_RULES = text(
    """
    INSERT INTO rule_version (fingerprint, kind, name, content, known_since)
    SELECT n.*, CAST(:now AS timestamptz)
    FROM unnest(CAST(:fingerprints AS text[]), CAST(:kinds AS text[]), CAST(:names AS text[]),
                CAST(:contents AS text[])) AS n
    ON CONFLICT DO NOTHING
    """
)


async def note_rules(
    connection: AsyncConnection, rules: Sequence[RuleVersionRow], now: datetime
) -> None:
    """Keep the wording of policies and calendars by which clocks run from now on."""
    await connection.execute(
        _NOTE_RULES,
        {
            "fingerprints": [each.fingerprint for each in rules],
            "kinds": [each.kind for each in rules],
            "names": [each.name for each in rules],
            "contents": [each.content for each in rules],
            "now": now,
        },
    )


async def read_wordings(
    connection: AsyncConnection, fingerprints: Collection[str]
) -> dict[str, str]:
    """Return the wordings of these versions, by version, as far as they are known."""
    found = await connection.execute(
        select(col(RuleVersionRow.fingerprint), col(RuleVersionRow.content)).where(
            col(RuleVersionRow.fingerprint).in_(fingerprints)
        )
    )
    return {row.fingerprint: row.content for row in found}


async def list_rule_contents(
    connection: AsyncConnection, fingerprints: Collection[str]
) -> list[str]:
    """Return the wordings of these versions, as far as they are known."""
    found = await connection.execute(
        select(col(RuleVersionRow.content)).where(col(RuleVersionRow.fingerprint).in_(fingerprints))
    )
    return list(found.scalars())
