"""Proving when a complaint was lodged, and that nothing in log and roots was changed since."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake import audit_queries
from services.intake.audit_tables import AuditEntry, DailyRoot
from services.intake.context import IntakeContext
from services.intake.operations.auditing import hash_of
from services.intake.operations.rooting import root_of
from services.intake.operations.submission import receipt_salt
from services.intake.privacy_errors import ProofNotReady
from services.intake.privacy_schemas import AuditRoot, AuditRoots, PathStep, Proof
from services.intake.rules.chain import NOTHING, merkle_path, merkle_root
from services.intake.tables import Complaint

_BATCH: Final = 5_000


@dataclass(frozen=True, slots=True)
class Flaw:
    """The first thing that is not as it was: `where` is an entry or a day, `what` in Indonesian."""

    where: str
    what: str


async def prove(connection: AsyncConnection, context: IntakeContext, complaint: Complaint) -> Proof:
    """Return what shows that this complaint stands in a published root.

    Raises ProofNotReady while its day is not closed.
    """
    leaf = await audit_queries.find_leaf(connection, complaint.complaint_id)
    if leaf is None:
        raise ProofNotReady
    root = await audit_queries.find_root(connection, leaf.day)
    leaves = await audit_queries.list_leaves(connection, leaf.day)
    if root is None:
        raise ProofNotReady
    return Proof(
        complaint_id=complaint.complaint_id,
        submitted_at=complaint.submitted_at,
        salt=receipt_salt(context.vault, complaint.key_id, complaint.complaint_id),
        receipt=bytes(leaf.digest).hex(),
        place=leaf.place,
        path=[
            PathStep(side="left" if step.left else "right", hash=step.hash.hex())
            for step in merkle_path(leaves, leaf.place)
        ],
        root=_shown(root),
    )


async def list_roots(connection: AsyncConnection, before: date | None, limit: int) -> AuditRoots:
    """Return the roots of days, the newest first."""
    roots = await audit_queries.list_roots(connection, before=before, limit=limit)
    return AuditRoots(roots=[_shown(each) for each in roots])


def _shown(root: DailyRoot) -> AuditRoot:
    return AuditRoot(
        day=root.day,
        complaints=root.complaints,
        complaint_root=bytes(root.complaint_root).hex(),
        audit_entries=root.audit_seq,
        audit_hash=bytes(root.audit_hash).hex(),
        previous=bytes(root.previous).hex(),
        root=bytes(root.root).hex(),
        closed_at=root.closed_at,
    )


async def find_flaw(
    connection: AsyncConnection, progress: Callable[[int], None] = lambda _: None
) -> Flaw | None:
    """Compute every hash again; returns the first that is not what is stored, or None.

    `progress` is told how many entries and days more were looked at.
    """
    flaw = await _flaw_in_log(connection, progress)
    return flaw or await _flaw_in_days(connection, progress)


async def count_links(connection: AsyncConnection) -> int:
    """Count what `find_flaw` looks at: entries and days."""
    head = await audit_queries.read_head(connection)
    return head.seq + len(await audit_queries.list_days(connection))


async def _flaw_in_log(connection: AsyncConnection, progress: Callable[[int], None]) -> Flaw | None:
    seq, previous = 0, NOTHING
    async for entries in audit_queries.stream_entries(connection, _BATCH):
        for entry in entries:
            flaw = _flaw_of(entry, seq + 1, previous)
            if flaw is not None:
                return flaw
            seq, previous = entry.seq, bytes(entry.hash)
        progress(len(entries))
    head = await audit_queries.read_head(connection)
    if (head.seq, bytes(head.hash)) != (seq, previous):
        return Flaw(f"entri {seq + 1}", "entri terakhir hilang atau ditambahkan di luar sistem")
    return None


def _flaw_of(entry: AuditEntry, seq: int, previous: bytes) -> Flaw | None:
    if entry.seq != seq:
        return Flaw(f"entri {seq}", "entri ini hilang")
    if bytes(entry.prev_hash) != previous:
        return Flaw(f"entri {seq}", "tidak menyambung pada entri sebelumnya")
    if bytes(entry.hash) != hash_of(entry):
        return Flaw(f"entri {seq}", "isi entri diubah")
    return None


async def _flaw_in_days(
    connection: AsyncConnection, progress: Callable[[int], None]
) -> Flaw | None:
    before: DailyRoot | None = None
    for root in await audit_queries.list_days(connection):
        what = _flaw_in_chain(root, before) or await _flaw_in_day(connection, root)
        if what is not None:
            return Flaw(f"hari {root.day}", what)
        before = root
        progress(1)
    lost = await audit_queries.find_rootless_day(connection)
    return None if lost is None else Flaw(f"hari {lost}", "akar hari ini hilang")


def _flaw_in_chain(root: DailyRoot, before: DailyRoot | None) -> str | None:
    if before is not None and (root.day - before.day).days != 1:
        return "hari sebelumnya hilang"
    if bytes(root.previous) != (NOTHING if before is None else bytes(before.root)):
        return "tidak menyambung pada hari sebelumnya"
    if bytes(root.root) != root_of(root):
        return "akar hari ini diubah"
    return None


async def _flaw_in_day(connection: AsyncConnection, root: DailyRoot) -> str | None:
    leaves = await audit_queries.list_leaves(connection, root.day)
    if len(leaves) != root.complaints or merkle_root(leaves) != bytes(root.complaint_root):
        return "tanda terima laporan diubah, hilang, atau ditambahkan"
    if await audit_queries.count_changed_receipts(connection, root.day):
        return "laporan tidak lagi cocok dengan tanda terimanya"
    logged = NOTHING if root.audit_seq == 0 else None
    if root.audit_seq:
        logged = await audit_queries.find_hash(connection, root.audit_seq)
    if logged is None or bytes(logged) != bytes(root.audit_hash):
        return "catatan audit tidak lagi cocok dengan akar hari ini"
    return None
