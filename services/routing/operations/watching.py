"""Keeps a running service on the model that was promoted last."""

import asyncio

import structlog
from sqlalchemy.exc import SQLAlchemyError

from services.routing import model_queries
from services.routing.context import RoutingContext
from services.routing.operations.learning import ModelUnreadable, find_version
from shared.database import Database

log = structlog.get_logger(__name__)


async def watch_models(database: Database, context: RoutingContext, seconds: float) -> None:
    """Take each newly promoted model, until cancelled; the database may be away meanwhile."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await take_promoted(database, context)
        except (SQLAlchemyError, OSError) as error:
            log.warning("cannot look for promoted models", error=type(error).__name__)


async def take_promoted(database: Database, context: RoutingContext) -> None:
    """Put the promoted model on the shelf, if another one is there.

    One that cannot be read leaves the rules and keywords alone to decide, which an alarm tells.
    """
    shelf, metrics = context.shelf, context.metrics
    async with database.transaction() as connection:
        version = await model_queries.current_version(connection)
        if version == shelf.version:
            return
        try:
            found = await find_version(connection, version) if version is not None else None
            metrics.model_damaged.set(0)
        except ModelUnreadable as error:
            found = None
            metrics.model_damaged.set(1)
            log.exception("the promoted model cannot be read", version=version, reason=str(error))
    shelf.classifier = found.model if found else None
    shelf.version = version
    metrics.model_version.set((shelf.classifier and version) or 0)
    log.info("model taken", version=version)
