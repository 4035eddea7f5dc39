"""The audit log: who did what to personal data and why, each entry chained to the one before."""

from typing import Any, Final

from services.intake import audit_queries
from services.intake.audit_tables import AuditEntry
from services.intake.rules.chain import canonical, link, written_time
from shared.masking import mask_identifiers
from shared.unit_of_work import UnitOfWork

#: Who acts when nobody does: a job of the service itself.
SYSTEM: Final = "system"
#: Who acts with a tracking secret.
REPORTER: Final = "reporter"

_GATHERED: Final = "audit"


class _Trail:
    """What a unit did, written at its end: the log's lock is then held for a moment only."""

    def __init__(self) -> None:
        self.noted: list[dict[str, Any]] = []

    async def finish(self, unit: UnitOfWork) -> None:
        head = await audit_queries.lock_head(unit.connection)
        seq, previous = head.seq, bytes(head.hash)
        entries = []
        for noted in self.noted:
            seq += 1
            entry = AuditEntry(seq=seq, at=unit.now, prev_hash=previous, hash=b"", **noted)
            entry.hash = previous = hash_of(entry)
            entries.append(entry)
        await audit_queries.append_entries(unit.connection, entries)


def record(
    unit: UnitOfWork,
    actor: str,
    action: str,
    object_: str,
    *,
    reason: str | None = None,
    **details: Any,
) -> None:
    """Let this unit's commit write an entry: who, did what (past tense), to `kind:id`, and why.

    `details` are codes and counts, never what identifies a citizen; numbers in the reason are
    masked, for staff may write them there.
    """
    unit.gather(_GATHERED, _Trail).noted.append(
        {
            "actor": actor,
            "action": action,
            "object": object_,
            "reason": None if reason is None else mask_identifiers(reason),
            "details": canonical(details).decode(),
        }
    )


def hash_of(entry: AuditEntry) -> bytes:
    """Return the hash that an entry must have: of the one before, and of all that it says."""
    said = [entry.actor, entry.action, entry.object, entry.reason, entry.details]
    return link(bytes(entry.prev_hash), [entry.seq, written_time(entry.at), *said])
