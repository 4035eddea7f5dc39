"""A service's own part of the Pemda's profile, kept in its own database, version by version."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

_profile = sa.table(
    "profile",
    sa.column("version", sa.Text),
    sa.column("content", sa.Text),
    sa.column("loaded_at", sa.DateTime(timezone=True)),
)


class ProfileMissing(Exception):
    """No profile was ever loaded into this database."""


def create_profile_table() -> None:
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


async def save_profile(connection: AsyncConnection, version: str, content: str) -> None:
    """Make this version the one that the service starts on next; loading it again is the same.

    `content` is JSON that the service's own `profile.parse` reads.
    """
    await connection.execute(
        insert(_profile)
        .values(version=version, content=content)
        .on_conflict_do_update(
            index_elements=["version"],
            set_={"content": content, "loaded_at": sa.func.clock_timestamp()},
        )
    )


async def latest_profile(connection: AsyncConnection) -> tuple[str, str]:
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
    return row.version, row.content
