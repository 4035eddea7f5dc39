"""The services that a process knows, by code and version: those of its profile, and earlier ones.

A running application keeps the version it was made under. Every profile that was ever loaded stays
in the table `profile` of each service's database, so an earlier version, or one that another
process was started on a moment sooner, is found there when it is first asked for.
"""

from collections.abc import Iterable
from typing import Final

import structlog
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.catalogue.definition import Service

log = structlog.get_logger(__name__)

_SERVICE: Final = TypeAdapter(Service)
_FIND: Final = text("""
    SELECT found.service FROM (
        SELECT jsonb_array_elements(content::jsonb -> 'services') AS service, loaded_at
        FROM profile
    ) AS found
    WHERE found.service ->> 'code' = :code AND (found.service -> 'version')::int = :version
    ORDER BY found.loaded_at DESC LIMIT 1
""")

_LATEST: Final = text("""
    SELECT DISTINCT ON (code, version) service FROM (
        SELECT service, service ->> 'code' AS code, (service -> 'version')::int AS version,
               loaded_at
        FROM profile, jsonb_array_elements(content::jsonb -> 'services') AS service
        WHERE profile.version <> :present
    ) AS found
    WHERE code = ANY (CAST(:codes AS text[]))
    ORDER BY code, version, loaded_at DESC
""")


class ServiceGone(Exception):
    """No profile that was ever loaded has this version of the service."""

    def __init__(self, code: str, version: int) -> None:
        super().__init__(f"no profile has version {version} of the service '{code}'")


class Shelf:
    """The catalogue of one process."""

    def __init__(self, services: Iterable[Service]) -> None:
        """Begin with the services of the profile that the process started on."""
        self._present = {service.code: service for service in services}
        self._known = {(each.code, each.version): each for each in self._present.values()}

    @property
    def services(self) -> tuple[Service, ...]:
        """Return the services as they are offered now, in the order of their files."""
        return tuple(self._present.values())

    def present(self, code: str) -> Service | None:
        """Return the service as it is offered now, or None."""
        return self._present.get(code)

    async def find(self, connection: AsyncConnection, code: str, version: int) -> Service:
        """Return one version of a service; raises ServiceGone."""
        known = self._known.get((code, version))
        if known is None:
            known = await _read(connection, code, version)
            self._known[code, version] = known
        return known


async def _read(connection: AsyncConnection, code: str, version: int) -> Service:
    row = (await connection.execute(_FIND, {"code": code, "version": version})).first()
    if row is None:
        raise ServiceGone(code, version)
    try:
        return _SERVICE.validate_python(row.service)
    except ValidationError as error:
        log.warning("a stored service cannot be read any more", service=code, version=version)
        raise ServiceGone(code, version) from error


async def find_changed(
    connection: AsyncConnection, services: Iterable[Service], present: str
) -> list[Service]:
    """Return the services that an earlier profile had under the same version, and otherwise.

    Running applications of that version would go on by other rules than they were made under.
    `present` is the version of the profile that is asked about: what is loaded again is the same.
    """
    by_place = {(each.code, each.version): each for each in services}
    codes = sorted({code for code, _ in by_place})
    rows = await connection.execute(_LATEST, {"codes": codes, "present": present})
    changed = []
    for row in rows:
        try:
            before = _SERVICE.validate_python(row.service)
        except ValidationError:
            # Of a release whose services are not understood any more; nothing can run by it.
            continue
        now = by_place.get((before.code, before.version))
        if now is not None and now != before:
            changed.append(now)
    return changed
