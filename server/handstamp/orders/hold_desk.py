"""Group commit for holds: what waits for one event is decided and stored in one transaction.

In a rush everybody wants the same event. One by one, each hold would wait for the commit of the
one before it; together they share the reading, the writing and the commit. What was decided in
memory is stored by conditional statements: when another process was faster, nothing is kept and
each is tried alone.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from sqlalchemy import Connection

from handstamp.clubs.find_clubs import members_on
from handstamp.discounts.rules import USED_UP
from handstamp.discounts.take_codes import count_uses, known_codes
from handstamp.kit.clock import HOUR, Millis
from handstamp.orders import hold_rows, rules
from handstamp.orders.hold_book import (
    Asked,
    Book,
    Held,
    Kept,
    Outcome,
    Refused,
    by_network,
)
from handstamp.orders.models import Order, OrderItem
from handstamp.orders.settle_order import EXPIRE_JOB
from handstamp.plumbing import job_queue
from handstamp.plumbing.idempotency import find_answers, keep_answers
from handstamp.plumbing.models import StoredAnswer
from handstamp.plumbing.web import Services
from handstamp.tickets import stock
from handstamp.tickets.stock import Move
from handstamp.waitlist.hold_offers import give_back, kept_for_list, offers_on, take

ROOM = "orders.holds"
MOST_AT_ONCE = 64


class NoEvent(Exception):
    """There is no such event."""


class TryAlone(Exception):
    """What was decided could not be stored as it was: another process was faster."""


@dataclass
class _Waiting:
    asked: Asked
    answer: asyncio.Future[Outcome]


@dataclass
class _Line:
    waiting: deque[_Waiting] = field(default_factory=deque)
    task: asyncio.Task[None] | None = None


class HoldDesk:
    """One line of waiting holds per event; a line that is empty has no task."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._lines: dict[str, _Line] = {}

    async def submit(self, event_id: str, asked: Asked) -> Outcome:
        """Have a hold decided in the next transaction of its event; returns after the commit.

        Raises:
            NoEvent: there is no such event.
            TryAlone: it was changed by somebody else at the same moment: try again.
        """
        line = self._lines.setdefault(event_id, _Line())
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        line.waiting.append(_Waiting(asked, answer))
        if line.task is None:
            line.task = asyncio.create_task(self._run(event_id, line))
        return await asyncio.shield(answer)

    async def _run(self, event_id: str, line: _Line) -> None:
        while line.waiting:
            await self._settle(event_id, _take(line.waiting))
        line.task = None
        self._lines.pop(event_id, None)

    async def _settle(self, event_id: str, taken: Sequence[_Waiting]) -> None:
        asked = [waiting.asked for waiting in taken]
        now = self._services.clock()
        try:
            outcomes = await self._services.db.write_in_thread(
                lambda link: hold_all(link, event_id, asked, now)
            )
        except Exception as error:
            if len(taken) == 1:
                _fail(taken[0], error)
                return
            for waiting in taken:
                await self._settle(event_id, [waiting])
            return
        for waiting, outcome in zip(taken, outcomes, strict=True):
            if not waiting.answer.done():
                waiting.answer.set_result(outcome)


def hold_all(
    connection: Connection, event_id: str, asked: Sequence[Asked], now: Millis
) -> list[Outcome]:
    """Decide and store holds in the open transaction; all buyers are different ones.

    Raises:
        NoEvent: there is no such event.
        TryAlone: nothing may be kept.
    """
    book = _open_book(connection, event_id, asked, now)
    onces = [one.once for one in asked if one.once]
    kept = find_answers(connection, onces) if onces else {}
    outcomes = [_answered(kept, one) or book.decide(one) for one in asked]
    outcomes = [_told(one, outcome) for one, outcome in zip(asked, outcomes, strict=True)]
    keep_answers(
        connection,
        [
            (one.once, outcome.answer)
            for one, outcome in zip(asked, outcomes, strict=True)
            if one.once and isinstance(outcome, Held) and outcome.answer
        ],
        now,
    )
    gone = _write(connection, book)
    if gone is None:
        return outcomes
    if len(asked) > 1:
        raise TryAlone
    raise GoneMeanwhile(gone)


def _answered(kept: Mapping[tuple[str, str], StoredAnswer], asked: Asked) -> Kept | None:
    found = kept.get((asked.once.scope, asked.once.key)) if asked.once else None
    return None if found is None else Kept(found)


def _told(asked: Asked, outcome: Outcome) -> Outcome:
    if asked.tell is None or not isinstance(outcome, Held):
        return outcome
    return replace(outcome, answer=asked.tell(outcome))


class GoneMeanwhile(Exception):
    """The last ticket or use of a code went to another process; carries the refusal outside."""

    def __init__(self, refused: Refused) -> None:
        super().__init__()
        self.refused = refused


def _open_book(connection: Connection, event_id: str, asked: Sequence[Asked], now: Millis) -> Book:
    offer = hold_rows.offer(connection, event_id) if event_id.isprintable() else None
    if offer is None:
        raise NoEvent
    keys = [key for one in asked for key in one.keys]
    networks = sorted({one.buyer.network for one in asked} - {""})
    pending = hold_rows.pending_orders(connection, keys)
    hold_rows.lock_networks(connection, networks)
    people = [one.buyer.user_id for one in asked if one.buyer.user_id]
    codes = sorted({code for one in asked for code in one.codes})
    members = members_on(connection, event_id, people) if offer.members_only else frozenset()
    offers = offers_on(connection, sorted({one.offer_id for one in asked} - {""}))
    return Book(
        event_id=event_id,
        offer=offer,
        now=now,
        taken=Counter(hold_rows.taken(connection, event_id)),
        recent=Counter(hold_rows.recent_orders(connection, keys, now - HOUR)),
        pending={order.buyer_key: (order, items) for order, items in pending},
        networks=by_network(hold_rows.network_holds(connection, networks)),
        members=members,
        codes=known_codes(connection, event_id, codes),
        offers=offers,
        least=kept_for_list(connection, event_id, now),
    )


def _write(connection: Connection, book: Book) -> Refused | None:
    for old in book.closing:
        due = rules.is_due(old.expires_at, book.now)
        values = {
            "status": "expired" if due else "cancelled",
            "close_reason": "timed_out" if due else "replaced",
            "closed_at": book.now,
        }
        if not hold_rows.close_unstarted(connection, old, values):
            raise TryAlone
    if count_uses(connection, book.uses) is not None:
        return Refused([rules.code_refusal(*USED_UP)])
    for old, items in book.giving_back:
        if not give_back(connection, old.waitlist_offer_id or "", book.now):
            book.moves += [Move(old.event_id, item.tier_id, held=-item.qty) for item in items]
    for held in book.adding:
        offer_id, qty = held.order.waitlist_offer_id, sum(item.qty for item in held.items)
        if offer_id and not take(connection, offer_id, qty, book.now):
            raise TryAlone
    if not book.adding:
        return None
    fresh = sorted(book.adding, key=lambda held: held.order.buyer_key)
    hold_rows.add_orders(
        connection,
        [_values(held.order) for held in fresh],
        [_values(item) for held in fresh for item in held.items],
    )
    ends = [({"order": held.order.id}, held.order.expires_at) for held in fresh]
    job_queue.add_on(connection, EXPIRE_JOB, ends)
    gone = stock.move(connection, book.moves)
    return None if gone is None else book.sold_out(gone.tier_id, gone.remaining)


def _values(row: Order | OrderItem) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in row.__table__.columns}


def _take(waiting: deque[_Waiting]) -> list[_Waiting]:
    """Take from the front; a buyer who waits twice is served once in each transaction."""
    taken: list[_Waiting] = []
    later: list[_Waiting] = []
    keys: set[str] = set()
    while waiting and len(taken) < MOST_AT_ONCE:
        one = waiting.popleft()
        (later if keys & {*one.asked.keys} else taken).append(one)
        keys.update(one.asked.keys)
    waiting.extendleft(reversed(later))
    return taken


def _fail(waiting: _Waiting, error: Exception) -> None:
    if waiting.answer.done():
        return
    if isinstance(error, GoneMeanwhile):
        waiting.answer.set_result(error.refused)
    else:
        waiting.answer.set_exception(error)


def hold_desk(services: Services) -> HoldDesk:
    """Return this process's desk, made at first use."""
    found = services.rooms.get(ROOM)
    if found is None:
        found = services.rooms[ROOM] = HoldDesk(services)
    return cast("HoldDesk", found)
