"""A service's own part of the Pemda's profile, kept in its own database, version by version."""

from typing import TypeVar

import sqlalchemy as sa
from alembic.operations import Operations
from pydantic import BaseModel
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

PartT = TypeVar("PartT", bound=BaseModel)

_profile = sa.table(
    "profile",
    sa.column("version", sa.Text),
    sa.column("content", sa.Text),
    sa.column("loaded_at", sa.DateTime(timezone=True)),
)


class ProfileMissing(Exception):
    """No profile was ever loaded into this database."""


def create_profile_table(op: Operations) -> None:
    """Create the table; each service's first migration calls this."""
    op.create_table(
        "profile",
        sa.Column("version", sa.Text, primary_key=True),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column(
            "loaded_at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=sa.text("clock_timestamp()"),
        ),
    )


async def save_profile(connection: AsyncConnection, version: str, part: BaseModel) -> None:
    """Make this version the one that the service starts on next; loading it again is the same."""
    await connection.execute(
        insert(_profile)
        .values(version=version, content=part.model_dump_json())
        .on_conflict_do_update(
            index_elements=["version"], set_={"loaded_at": sa.func.clock_timestamp()}
        )
    )


async def latest_profile(connection: AsyncConnection, model: type[PartT]) -> tuple[str, PartT]:
    """Return version and content of the profile loaded last; raises ProfileMissing."""
    row = (
        await connection.execute(
            sa.select(_profile.c.version, _profile.c.content)
            .order_by(_profile.c.loaded_at.desc())
            .limit(1)
        )
    ).first()
    if row is None:
        raise ProfileMissing("Load a profile first: tanggap profile load DIR")
    return row.version, model.model_validate_json(row.content)
