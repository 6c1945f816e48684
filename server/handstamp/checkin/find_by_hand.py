"""What each person did by hand at an event's doors, and how often they searched."""

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.checkin.models import Device, Fact
from handstamp.checkin.wire import ADMIT, OVERRIDE, UNDO, decode_fact
from handstamp.plumbing.api import JSON_LIMIT

PAGE = 1_000
MOST_PEOPLE = 9  # R71
MOST_NAME = 80


@dataclass
class ByHand:
    """One person; '' is who gave no name. All are counts.

    `admitted`: let in without a code that was proven. `searches` are as phones report them.
    """

    operator: str
    phones: list[str] = field(default_factory=list)
    admitted: int = 0
    overridden: int = 0
    taken_back: int = 0
    searches: int = 0


async def by_hand(session: AsyncSession, event_id: str) -> list[ByHand]:
    """Return who decided without a code, took back, overruled or searched; the busiest first."""
    found: dict[str, ByHand] = {}
    phones: defaultdict[str, set[str]] = defaultdict(set)

    def of(operator: str, phone: str) -> ByHand:
        phones[operator].add(phone)
        return found.setdefault(operator, ByHand(operator))

    async for raw, phone in _handmade(session, event_id):
        fact = decode_fact(raw)
        person = of(fact.operator, phone)
        person.admitted += fact.kind == ADMIT
        person.overridden += fact.kind == OVERRIDE
        person.taken_back += fact.kind == UNDO
    rows = await session.execute(
        select(Device.name, Device.status_json).where(
            Device.event_id == event_id, Device.kind == "phone"
        )
    )
    for phone, text in rows:
        for operator, searches in read_searches(json.loads(text or "{}").get("searches")):
            of(operator, phone).searches += searches
    for person in found.values():
        person.phones = sorted(phones[person.operator])
    return sorted(found.values(), key=lambda one: (-one.admitted, -one.searches, one.operator))


def read_searches(sent: Any) -> Iterator[tuple[str, int]]:
    """Yield what is well said of a phone's report (R71): a phone may say anything."""
    for pair in sent[:MOST_PEOPLE] if isinstance(sent, list) else ():
        if not isinstance(pair, list) or len(pair) != 2:
            continue
        name, count = pair
        if isinstance(name, str) and type(count) is int and 0 <= count < JSON_LIMIT:
            yield name.encode(errors="replace").decode()[:MOST_NAME], count


async def _handmade(session: AsyncSession, event_id: str) -> AsyncIterator[tuple[bytes, str]]:
    """Yield bytes and phone of what no proven code stands behind, a page at a time."""
    unproven = and_(Fact.kind == ADMIT, Fact.scanned.is_(False))
    last = 0
    while True:
        rows = await session.execute(
            select(Fact.id, Fact.bytes, Device.name)
            .join(Device, Device.id == Fact.device_id)
            .where(Fact.event_id == event_id, Fact.id > last, Device.kind == "phone")
            .where(or_(unproven, Fact.kind.in_((UNDO, OVERRIDE))))
            .order_by(Fact.id)
            .limit(PAGE)
        )
        page = list(rows)
        for _id, raw, name in page:
            yield raw, name
        if len(page) < PAGE:
            return
        last = page[-1].id
