"""A phone that queued 1,000 scans without signal hands them in.

A real server process on SQLite with 10,000 tickets. One phone has admitted 1,000 people; its log
goes up as the app sends it: one exchange of 1,000 facts, gzip, one signature. Server time is what
the exchange takes on loopback, from the first byte sent to the last received, so it holds HTTP,
checking every fact and the signature, fold, commit and the answer. The median of nine phones with
1,000 tickets each. Then each phone, which has heard no answer, sends the same again: the time of
that, and how many facts, feed numbers and greens the server has more afterwards.
"""

import time
from statistics import median

import httpx2
from bench.door_phones import API, Phone, pair_phone
from bench.figure import Figure
from bench.installation import Installation, installation, server
from sqlalchemy import func, select

from handstamp.checkin.models import Admission, Fact, FeedHead
from handstamp.events.models import Event

TICKETS = 10_000
SCANS = 1_000
PHONES = 9


async def measure() -> dict[str, Figure]:
    """Measure."""
    async with installation() as here:
        event = await here.event(TICKETS)
        tickets = await here.tickets(event, TICKETS)
        async with server(here) as running:
            phones = []
            for number in range(PHONES):
                phone = await pair_phone(here, event, f"Door {number + 1}", http=running.http)
                mine = tickets[number * SCANS : (number + 1) * SCANS]
                phone.admit(mine, here.services.clock())
                phones.append(phone)
            first = [await _hand_in(phone, running.http) for phone in phones]
            before = await _held(here, event)
            again = [await _hand_in(phone, running.http) for phone in phones]
            after = await _held(here, event)
        assert before[0] == PHONES * SCANS, before
    changed = sum(abs(one - other) for one, other in zip(before, after, strict=True))
    return {
        "1,000 queued scans, server time": Figure(median(first), "s", "< 0.5"),
        "1,000 queued scans again, server time": Figure(median(again), "s"),
        "1,000 queued scans again, changes": Figure(changed, "rows", "<= 0"),
    }


async def _hand_in(phone: Phone, http: httpx2.AsyncClient) -> float:
    headers, body = phone.zipped(1)
    started = time.perf_counter()
    answer = await http.post(f"{API}/sync", content=body, headers=headers)
    seconds = time.perf_counter() - started
    (ack,) = answer.json()["acks"]
    assert ack["to"] == len(phone.log), ack
    assert len(ack["stamps"]) == len(phone.log), ack
    return seconds


async def _held(here: Installation, event: Event) -> tuple[int, int, int]:
    """Return how many facts, numbers of the feed, and greens there are."""
    async with here.services.db.read() as session:
        facts = await session.scalar(select(func.count()).where(Fact.event_id == event.id))
        seq = await session.scalar(select(FeedHead.seq).where(FeedHead.event_id == event.id))
        greens = await session.scalar(
            select(func.sum(Admission.greens)).where(Admission.event_id == event.id)
        )
    return facts or 0, seq or 0, greens or 0
