"""Does the audit log still say what it said when it was chained?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.chain import FIRST_HASH, Said, address_digest, entry_hash, mark_message
from handstamp.audit.chain_entries import SAID, SERVER_KEY
from handstamp.audit.models import AuditEntry, AuditMark
from handstamp.kit.clock import Millis
from handstamp.kit.signing import public_key, verify
from handstamp.plumbing.secrets import kept_key
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Services

PIECE = 1_000
N_ = str  # marks text for the catalogues; it is translated where it is read
FAULTS = {
    "missing": N_("Entry %(number)d is missing. It was deleted."),
    "link": N_("Entry %(number)d does not follow from the one before it. One was put in."),
    "said": N_("Entry %(number)d does not say what it said when it was chained. It was changed."),
    "address": N_("The address of entry %(number)d was changed, or removed by hand."),
    "mark": N_("The server's key did not sign the chain up to entry %(number)d. It was rewritten."),
    "cut": N_("The log ends before entry %(number)d, which was signed. Its end was cut off."),
    "unsigned": N_("Nobody signed the log's end, entry %(number)d. It was added by hand."),
    "noted": N_("Entry %(number)d has not the hash that you noted. The log was rewritten since."),
}  # fmt: skip


class AuditFault(NamedTuple):
    """The first entry, by its number in the chain, that does not hold, and how."""

    number: int
    code: str


class Noted(NamedTuple):
    """An end that somebody wrote down at another time."""

    number: int
    hash: bytes


@dataclass
class AuditReport:
    """What was verified: `entries` chained, `erased` of them with their address erased.

    `waiting` entries are not chained yet, the oldest since `waits_since` (ms UTC).
    """

    entries: int = 0
    erased: int = 0
    hash: bytes = FIRST_HASH
    signed: int = 0
    waiting: int = 0
    waits_since: Millis | None = None
    fault: AuditFault | None = None


class _Broken(Exception):
    def __init__(self, number: int, code: str) -> None:
        super().__init__(code)
        self.fault = AuditFault(number, code)


async def verify_audit(services: Services, noted: Noted | None = None) -> AuditReport:
    """Compute the whole chain again, in pieces, of one moment.

    The server's key is taken from its private half, which opens only under the secret: who can
    write the database alone can forge neither.
    """
    _public, private = await kept_key(services, SERVER_KEY)
    key, report = public_key(private), AuditReport()
    async with services.db.read() as session:
        try:
            while await _verify_piece(session, report, key, noted):
                pass
            await _verify_end(session, report, noted)
        except _Broken as broken:
            report.fault = broken.fault
        waiting = select(func.count(), func.min(AuditEntry.created_at))
        counted = await session.execute(waiting.where(AuditEntry.chain_no.is_(None)))
        report.waiting, report.waits_since = counted.one()
    return report


def audit_fault_words(fault: AuditFault) -> str:
    """Return one or two sentences that say what is wrong."""
    return _(FAULTS[fault.code]) % {"number": fault.number}


async def _verify_piece(
    session: AsyncSession, report: AuditReport, key: bytes, noted: Noted | None
) -> bool:
    query = select(
        *SAID,
        AuditEntry.ip,
        AuditEntry.chain_no,
        AuditEntry.prev_hash,
        AuditEntry.hash,
        AuditEntry.ip_salt,
        AuditEntry.ip_digest,
    ).where(AuditEntry.chain_no > report.entries)
    rows = (await session.execute(query.order_by(AuditEntry.chain_no).limit(PIECE))).all()
    if not rows:
        return False
    marks = await _marks(session, report.entries, rows[-1].chain_no)
    for row in rows:
        _verify_entry(row, report)
        mark = marks.get(report.entries)
        if mark is not None:
            if mark.hash != report.hash or not verify(
                key, mark.signature, mark_message(report.entries, report.hash)
            ):
                raise _Broken(report.entries, "mark")
            report.signed = report.entries
        if noted is not None and noted.number == report.entries and noted.hash != report.hash:
            raise _Broken(report.entries, "noted")
    return True


def _verify_entry(row: Any, report: AuditReport) -> None:
    number = report.entries + 1
    if row.chain_no != number:
        raise _Broken(number, "missing")
    if row.prev_hash != report.hash:
        raise _Broken(number, "link")
    said, digest = Said(*row[: len(SAID)]), row.ip_digest or b""
    hash_ = entry_hash(report.hash, number, said, digest)
    if row.hash != hash_:
        raise _Broken(number, "said")
    erased = bool(digest) and not row.ip and row.ip_salt is None
    if not erased and digest != (address_digest(row.ip_salt or b"", row.ip) if row.ip else b""):
        raise _Broken(number, "address")
    report.entries, report.hash = number, hash_
    report.erased += erased


async def _marks(session: AsyncSession, after: int, until: int) -> Mapping[int, AuditMark]:
    query = select(AuditMark).where(AuditMark.chain_no > after, AuditMark.chain_no <= until)
    return {mark.chain_no: mark for mark in await session.scalars(query)}


async def _verify_end(session: AsyncSession, report: AuditReport, noted: Noted | None) -> None:
    last = await session.scalar(select(func.max(AuditMark.chain_no))) or 0
    if max(last, noted.number if noted else 0) > report.entries:
        raise _Broken(report.entries + 1, "cut")
    if report.signed != report.entries:
        raise _Broken(report.entries, "unsigned")
