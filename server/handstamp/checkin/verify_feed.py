"""Is an event's feed what was numbered once? Its chain of marks, computed again (R31, R69).

The digest of a mark covers which rows were numbered in which order. Facts and tickets are compared
with it; what a row says beyond its identity and revision is covered for facts alone, whose tag
is part of their hash.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.checkin.models import Fact, FeedHead, FeedMark
from handstamp.checkin.number_changes import FIRST_DIGEST, mark_digest
from handstamp.checkin.wire import fact_hash, tag_of
from handstamp.plumbing.texts import _
from handstamp.tickets.models import Ticket

PIECE = 20  # marks at once, of at most 1,000 rows each
IN_ONE = 500
N_ = str  # marks text for the catalogues; it is translated where it is read
FAULTS = {
    "first": N_("The feed does not begin with its first mark. It was cut at the front."),
    "emptied": N_("What mark %(seq)d covers was removed."),
    "count": N_("Mark %(seq)d does not cover the numbers it ends. Marks are missing or changed."),
    "digest": N_("Mark %(seq)d does not follow from the one before. One of the two was changed."),
    "fact": N_("Number %(seq)d is not the fact that was numbered so. It was changed or deleted."),
    "added": N_("Number %(seq)d is a row that was not numbered so. It was put in by hand."),
    "ticket": N_("Number %(seq)d is not the ticket that was numbered so. It was changed."),
    "end": N_("The feed ends at %(seq)d, its last mark does not. Its end was cut off."),
    "noted": N_("Mark %(seq)d is not the one that you noted. The feed was rewritten since."),
}  # fmt: skip


class FeedFault(NamedTuple):
    """The first place in the feed that does not hold, and how."""

    seq: int
    code: str


class NotedMark(NamedTuple):
    """A cursor that somebody wrote down, or that stands in a signed list."""

    seq: int
    digest: bytes


@dataclass
class FeedReport:
    """What was verified. `kept_from`: marks up to here are of before their rows were kept."""

    feed_id: str = ""
    marks: int = 0
    seq: int = 0
    digest: bytes = FIRST_DIGEST
    facts: int = 0
    kept_from: int = 0
    fault: FeedFault | None = None


class _Broken(Exception):
    def __init__(self, seq: int, code: str) -> None:
        super().__init__(code)
        self.fault = FeedFault(seq, code)


async def verify_feed(
    session: AsyncSession, event_id: str, noted: NotedMark | None = None
) -> FeedReport:
    """Compute the chain of an event's feed again; an event without a feed has nothing wrong."""
    report = FeedReport()
    head = await session.get(FeedHead, event_id)
    if head is None:
        return report
    report.feed_id = head.feed_id
    try:
        await _verify_marks(session, event_id, report, noted)
        if (head.seq, head.digest) != (report.seq, report.digest):
            raise _Broken(head.seq, "end")
        if noted is not None and noted.seq > report.seq:
            raise _Broken(report.seq, "end")
    except _Broken as broken:
        report.fault = broken.fault
    return report


def feed_fault_words(fault: FeedFault) -> str:
    """Return one or two sentences that say what is wrong."""
    return _(FAULTS[fault.code]) % {"seq": fault.seq}


async def _verify_marks(
    session: AsyncSession, event_id: str, report: FeedReport, noted: NotedMark | None
) -> None:
    first = await session.get(FeedMark, (event_id, 0))
    if first is None or first.digest != FIRST_DIGEST:
        raise _Broken(0, "first")
    chain = _Chain(report, noted)
    while True:
        query = (
            select(FeedMark.seq, FeedMark.digest, FeedMark.salt, FeedMark.rows)
            .where(FeedMark.event_id == event_id, FeedMark.seq > report.seq)
            .order_by(FeedMark.seq)
            .limit(PIECE)
        )
        marks = (await session.execute(query)).all()
        broken = chain.follow(marks)
        numbered, chain.numbered = chain.numbered, {}
        if numbered:
            await _verify_facts(session, event_id, report, numbered)
            await _verify_tickets(session, event_id, numbered)
        if broken is not None:
            raise broken
        if len(marks) < PIECE:
            return


class _Chain:
    """Follows marks from one to the next; `numbered` are the lines they cover, by number."""

    def __init__(self, report: FeedReport, noted: NotedMark | None) -> None:
        self.report, self.noted = report, noted
        self.numbered: dict[int, str] = {}
        self._kept = False

    def follow(self, marks: Sequence[Any]) -> _Broken | None:
        """Take marks until one does not hold, which is returned."""
        for mark in marks:
            code = self._take(mark)
            if code:
                return _Broken(mark.seq, code)
            self.report.marks += 1
            self.report.seq, self.report.digest = mark.seq, mark.digest
            noted = self.noted
            if noted is not None and noted.seq == mark.seq and noted.digest != mark.digest:
                return _Broken(mark.seq, "noted")
        return None

    def _take(self, mark: Any) -> str:
        if mark.rows is None or mark.salt is None:
            self.report.kept_from = mark.seq
            return "emptied" if self._kept else ""
        self._kept = True
        lines = mark.rows.splitlines()
        if len(lines) != mark.seq - self.report.seq:
            return "count"
        if mark_digest(self.report.digest, mark.rows, mark.salt) != mark.digest:
            return "digest"
        self.numbered.update(enumerate(lines, self.report.seq + 1))
        return ""


async def _verify_facts(
    session: AsyncSession, event_id: str, report: FeedReport, numbered: dict[int, str]
) -> None:
    query = select(Fact.feed_seq, Fact.device_id, Fact.number, Fact.tag, Fact.bytes).where(
        Fact.event_id == event_id, Fact.feed_seq.between(min(numbered), max(numbered))
    )
    held: dict[int, str] = {}
    for seq, device, number, tag, raw in await session.execute(query):
        line = f"f{device}/{number}/{tag}:1"
        held[seq or 0] = line if tag_of(fact_hash(raw)) == tag else ""
    wanted = {seq: line for seq, line in numbered.items() if line.startswith("f")}
    _compare(held, wanted, "fact")
    report.facts += len(wanted)


async def _verify_tickets(session: AsyncSession, event_id: str, numbered: dict[int, str]) -> None:
    query = select(Ticket.feed_seq, Ticket.serial, Ticket.revision).where(
        Ticket.event_id == event_id, Ticket.feed_seq.between(min(numbered), max(numbered))
    )
    found = (await session.execute(query)).all()
    held = {seq or 0: f"t{serial}:{rev}" for seq, serial, rev in found}
    wanted = {seq: line for seq, line in numbered.items() if line.startswith("t")}
    moved = {seq: line for seq, line in wanted.items() if seq not in held}
    later = await _later(session, event_id, moved)
    _compare(held, {seq: line for seq, line in wanted.items() if seq not in later}, "ticket")


async def _later(session: AsyncSession, event_id: str, moved: dict[int, str]) -> set[int]:
    """Return the numbers whose tickets changed since, and stand further on or wait for it."""
    places: dict[int, list[int]] = {}
    for seq, line in moved.items():
        places.setdefault(int(line[1:].split(":")[0]), []).append(seq)
    query = select(Ticket.serial, Ticket.feed_seq).where(Ticket.event_id == event_id)
    later: set[int] = set()
    serials = sorted(places)
    for start in range(0, len(serials), IN_ONE):
        piece = query.where(Ticket.serial.in_(serials[start : start + IN_ONE]))
        for serial, now in await session.execute(piece):
            later.update(seq for seq in places[serial] if now is None or now > seq)
    return later


def _compare(held: dict[int, str], wanted: dict[int, str], code: str) -> None:
    wrong: Sequence[int] = [seq for seq, line in wanted.items() if held.get(seq) != line]
    extra = sorted(held.keys() - wanted.keys())
    if wrong and (not extra or wrong[0] <= extra[0]):
        raise _Broken(wrong[0], code)
    if extra:
        raise _Broken(extra[0], "added")
