"""The SQL of innovations: proposals, their facts, scores, sheets, adoptions, rewards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel, col

from services.survey.innovation_tables import (
    Innovation,
    InnovationAdoption,
    InnovationFact,
    InnovationReward,
    InnovationScore,
    InnovationSheet,
)
from services.survey.rules.innovation_stages import Stage

RowT = TypeVar("RowT", bound=SQLModel)

_MOST_FACTS = 200
_MOST_ADOPTIONS = 500


@dataclass(frozen=True, slots=True)
class WantedInnovations:
    """Which innovations a list shows; what is None is not asked for.

    `own_of` keeps it to an OPD's, or to what the proposer of that id proposed.
    """

    opd: str | None = None
    stages: Sequence[Stage] | None = None
    own_of: tuple[str | None, str] | None = None
    unscored: bool = False

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """Return what must hold of an innovation."""
        conditions: list[sa.ColumnElement[bool]] = []
        if self.opd is not None:
            conditions.append(col(Innovation.opd) == self.opd)
        if self.stages is not None:
            conditions.append(col(Innovation.stage).in_([str(stage) for stage in self.stages]))
        if self.unscored:
            conditions.append(col(Innovation.final_score).is_(None))
        if self.own_of is not None:
            opd, proposer = self.own_of
            mine = col(Innovation.proposer) == proposer
            conditions.append(mine if opd is None else sa.or_(col(Innovation.opd) == opd, mine))
        return conditions


async def insert_innovation(
    connection: AsyncConnection, innovation: Innovation, fact: InnovationFact
) -> bool:
    """Store a proposal with its first fact; False, and nothing stored, if the same is there."""
    statement = (
        insert(Innovation)
        .values(**innovation.model_dump())
        .on_conflict_do_nothing(index_elements=["digest"])
        .returning(col(Innovation.innovation_id))
    )
    if (await connection.execute(statement)).first() is None:
        return False
    await connection.execute(sa.insert(InnovationFact), fact.model_dump())
    return True


async def update_innovation(
    connection: AsyncConnection,
    innovation: Innovation,
    changes: Mapping[str, Any],
    fact: InnovationFact,
) -> Innovation:
    """Store changes of an innovation whose row is locked, with the fact they follow from."""
    await connection.execute(
        sa.update(Innovation)
        .where(col(Innovation.innovation_id) == innovation.innovation_id)
        .values(**changes)
    )
    await connection.execute(sa.insert(InnovationFact), fact.model_dump())
    return Innovation(**{**innovation.model_dump(), **changes})


async def find_innovation(
    connection: AsyncConnection, innovation_id: str, *, lock: bool = False
) -> Innovation | None:
    """Return the innovation, if there is one; `lock` keeps it from others until the unit ends."""
    statement = sa.select(Innovation).where(col(Innovation.innovation_id) == innovation_id)
    found = await connection.execute(statement.with_for_update() if lock else statement)
    return _one(Innovation, found.first())


async def find_by_digest(connection: AsyncConnection, digest: bytes) -> Innovation | None:
    """Return the innovation of the same proposal."""
    statement = sa.select(Innovation).where(col(Innovation.digest) == digest)
    return _one(Innovation, (await connection.execute(statement)).first())


async def find_by_reference(connection: AsyncConnection, reference: str) -> Innovation | None:
    """Return the innovation that a citizen's reference names."""
    statement = sa.select(Innovation).where(col(Innovation.reference) == reference)
    return _one(Innovation, (await connection.execute(statement)).first())


async def list_innovations(
    connection: AsyncConnection, wanted: WantedInnovations, *, below: str | None, limit: int
) -> list[Innovation]:
    """Return innovations, the newest first (ids sort by time)."""
    statement = sa.select(Innovation).where(*wanted.conditions())
    if below is not None:
        statement = statement.where(col(Innovation.innovation_id) < below)
    statement = statement.order_by(col(Innovation.innovation_id).desc()).limit(limit)
    return _all(Innovation, await connection.execute(statement))


async def list_displayed(
    connection: AsyncConnection, *, below: tuple[datetime, str] | None, limit: int
) -> list[Innovation]:
    """Return what the gallery shows, what was displayed last first."""
    order = (col(Innovation.displayed_at), col(Innovation.innovation_id))
    statement = sa.select(Innovation).where(col(Innovation.stage) == str(Stage.DISPLAY))
    if below is not None:
        statement = statement.where(sa.tuple_(*order) < below)
    statement = statement.order_by(*(each.desc() for each in order)).limit(limit)
    return _all(Innovation, await connection.execute(statement))


async def list_scored(
    connection: AsyncConnection, since: datetime, until: datetime
) -> list[Innovation]:
    """Return the innovations whose score became final in this time, and that an OPD carries."""
    statement = sa.select(Innovation).where(
        col(Innovation.finalised_at) >= since,
        col(Innovation.finalised_at) < until,
        col(Innovation.final_score).is_not(None),
        col(Innovation.opd).is_not(None),
        col(Innovation.stage) != str(Stage.DECLINED),
    )
    return _all(Innovation, await connection.execute(statement))


async def list_innovation_facts(
    connection: AsyncConnection, innovation_id: str
) -> list[InnovationFact]:
    """Return an innovation's steps, the first one first; at most the last 200."""
    statement = (
        sa.select(InnovationFact)
        .where(col(InnovationFact.innovation_id) == innovation_id)
        .order_by(col(InnovationFact.version).desc())
        .limit(_MOST_FACTS)
    )
    return _all(InnovationFact, await connection.execute(statement))[::-1]


async def list_scores(connection: AsyncConnection, innovation_id: str) -> list[InnovationScore]:
    """Return the panel's scores. Whoever calls this keeps them from those who may not see them."""
    statement = (
        sa.select(InnovationScore)
        .where(col(InnovationScore.innovation_id) == innovation_id)
        .order_by(col(InnovationScore.scored_at), col(InnovationScore.panelist))
    )
    return _all(InnovationScore, await connection.execute(statement))


async def list_totals(
    connection: AsyncConnection, innovation_ids: Sequence[str]
) -> dict[str, list[tuple[str, Decimal]]]:
    """Return member and total of each score, by innovation; for deciding, not for showing."""
    statement = sa.select(
        col(InnovationScore.innovation_id),
        col(InnovationScore.panelist),
        col(InnovationScore.total),
    ).where(col(InnovationScore.innovation_id).in_(innovation_ids))
    found: dict[str, list[tuple[str, Decimal]]] = {}
    for row in await connection.execute(statement):
        found.setdefault(row.innovation_id, []).append((row.panelist, row.total))
    return found


async def insert_score(connection: AsyncConnection, score: InnovationScore) -> None:
    """Store a score."""
    await connection.execute(sa.insert(InnovationScore), score.model_dump())


async def insert_adoption(connection: AsyncConnection, adoption: InnovationAdoption) -> bool:
    """Store an adoption; False where the same adopter is there already."""
    statement = (
        insert(InnovationAdoption)
        .values(**adoption.model_dump())
        .on_conflict_do_nothing(index_elements=["digest"])
        .returning(col(InnovationAdoption.adoption_id))
    )
    return (await connection.execute(statement)).first() is not None


async def find_adoption(connection: AsyncConnection, digest: bytes) -> InnovationAdoption | None:
    """Return the adoption of the same adopter."""
    statement = sa.select(InnovationAdoption).where(col(InnovationAdoption.digest) == digest)
    return _one(InnovationAdoption, (await connection.execute(statement)).first())


async def list_adoptions(
    connection: AsyncConnection, innovation_id: str, *, confirmed: bool = False
) -> list[InnovationAdoption]:
    """Return who adopted an innovation, or only what was confirmed; the first one first."""
    statement = sa.select(InnovationAdoption).where(
        col(InnovationAdoption.innovation_id) == innovation_id
    )
    if confirmed:
        statement = statement.where(col(InnovationAdoption.confirmed_at).is_not(None))
    order = (col(InnovationAdoption.reported_at), col(InnovationAdoption.adoption_id))
    statement = statement.order_by(*order).limit(_MOST_ADOPTIONS)
    return _all(InnovationAdoption, await connection.execute(statement))


async def count_adoptions(
    connection: AsyncConnection, innovation_ids: Sequence[str]
) -> dict[str, int]:
    """Return how many confirmed adoptions each innovation has."""
    statement = (
        sa.select(col(InnovationAdoption.innovation_id), sa.func.count())
        .where(
            col(InnovationAdoption.innovation_id).in_(innovation_ids),
            col(InnovationAdoption.confirmed_at).is_not(None),
        )
        .group_by(col(InnovationAdoption.innovation_id))
    )
    return {row[0]: row[1] for row in await connection.execute(statement)}


async def confirm_adoption(
    connection: AsyncConnection, innovation_id: str, adoption_id: str, actor: str, now: datetime
) -> InnovationAdoption | None:
    """Mark an adoption as confirmed, also again, and return it; None where there is none."""
    done = await connection.execute(
        sa.update(InnovationAdoption)
        .where(
            col(InnovationAdoption.adoption_id) == adoption_id,
            col(InnovationAdoption.innovation_id) == innovation_id,
        )
        .values(
            confirmed_at=sa.func.coalesce(col(InnovationAdoption.confirmed_at), now),
            confirmed_by=sa.func.coalesce(col(InnovationAdoption.confirmed_by), actor),
        )
        .returning(InnovationAdoption)
    )
    return _one(InnovationAdoption, done.first())


async def store_sheet(connection: AsyncConnection, sheet: InnovationSheet) -> None:
    """Store a sheet of the self-assessment in place of the one before."""
    values = sheet.model_dump()
    changed = {name: values[name] for name in ("levels", "updated_at", "updated_by")}
    await connection.execute(
        insert(InnovationSheet)
        .values(**values)
        .on_conflict_do_update(index_elements=["year", "subject"], set_=changed)
    )


async def list_sheets(connection: AsyncConnection, year: int) -> list[InnovationSheet]:
    """Return the sheets of a year."""
    statement = (
        sa.select(InnovationSheet)
        .where(col(InnovationSheet.year) == year)
        .order_by(col(InnovationSheet.subject))
    )
    return _all(InnovationSheet, await connection.execute(statement))


async def insert_rewards(connection: AsyncConnection, rewards: Sequence[InnovationReward]) -> None:
    """Store the rewards of a year."""
    await connection.execute(
        sa.insert(InnovationReward), [reward.model_dump() for reward in rewards]
    )


async def lock_rewards(connection: AsyncConnection, year: int) -> None:
    """Let those who award the same year at once come one after the other."""
    await connection.execute(
        sa.select(sa.func.pg_advisory_xact_lock(sa.literal(0x72657764), sa.literal(year)))
    )


async def list_rewards(connection: AsyncConnection, year: int) -> list[InnovationReward]:
    """Return the rewards of a year, the best first."""
    statement = (
        sa.select(InnovationReward)
        .where(col(InnovationReward.year) == year)
        .order_by(col(InnovationReward.rank), col(InnovationReward.opd))
    )
    return _all(InnovationReward, await connection.execute(statement))


def _one(table: type[RowT], row: Any) -> RowT | None:
    return None if row is None else table(**row._mapping)  # noqa: SLF001 - documented API


def _all(table: type[RowT], rows: Any) -> list[RowT]:
    return [table(**row._mapping) for row in rows]  # noqa: SLF001 - documented API
