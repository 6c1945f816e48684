"""What a phone pays to learn of 1 and of 100 check-ins elsewhere, at 1,000 and 50,000 tickets.

A real server process on SQLite. One phone makes the check-ins; another, which was up to date,
exchanges once: its bytes are request and answer bodies as they go over the wire (gzip where the
server zips), its time runs on loopback from the first byte sent to the last received. The median
of nine rounds. The last figures divide the two sizes of list: the cost must follow the changes.
"""

import time
from statistics import median
from typing import NamedTuple

from bench.door_phones import API, Phone, pair_phone
from bench.figure import Figure
from bench.installation import Installation, Running, installation, server

from handstamp.tickets.models import Ticket

SIZES = (1_000, 50_000)
CHECK_INS = (1, 100)
ROUNDS = 9


class _Cost(NamedTuple):
    size: float
    seconds: float


async def measure() -> dict[str, Figure]:
    """Measure."""
    costs: dict[tuple[int, int], _Cost] = {}
    for size in SIZES:
        async with installation() as here:
            event = await here.event(size)
            tickets = await here.tickets(event, ROUNDS * sum(CHECK_INS))
            async with server(here) as running:
                door = await pair_phone(here, event, "Door 1", http=running.http)
                other = await pair_phone(here, event, "Door 2", http=running.http)
                await other.download(running.http)
                for count in CHECK_INS:
                    mine, tickets = tickets[: ROUNDS * count], tickets[ROUNDS * count :]
                    rounds = [
                        await _round(here, running, door, other, mine[first : first + count])
                        for first in range(0, ROUNDS * count, count)
                    ]
                    costs[size, count] = _Cost(*map(median, zip(*rounds, strict=True)))
    return _figures(costs)


async def _round(
    here: Installation, running: Running, door: Phone, other: Phone, tickets: list[Ticket]
) -> _Cost:
    await other.sync(running.http)
    first = len(door.log) + 1
    door.admit(tickets, here.services.clock())
    headers, body = door.zipped(first)
    answer = await running.http.post(f"{API}/sync", content=body, headers=headers)
    assert answer.json()["acks"][0]["to"] == len(door.log), answer.text
    headers, body = other.zipped()
    asked = running.http.build_request("POST", f"{API}/sync", content=body, headers=headers)
    started = time.perf_counter()
    answer = await running.http.send(asked, stream=True)
    await answer.aread()
    seconds = time.perf_counter() - started
    changes = answer.json()["changes"]
    assert len(changes["facts"]) == len(tickets), changes
    assert not changes["more"]
    other.cursor = changes["to"]
    return _Cost(len(body) + answer.num_bytes_downloaded, seconds)


def _figures(costs: dict[tuple[int, int], _Cost]) -> dict[str, Figure]:
    found: dict[str, Figure] = {}
    for (size, count), cost in costs.items():
        words = f"{count} check-in{'s' if count > 1 else ''}, {size:,} tickets"
        found[f"sync after {words}, bytes"] = Figure(cost.size, "B")
        found[f"sync after {words}, time"] = Figure(cost.seconds * 1_000, "ms")
    small, large = SIZES
    for count in CHECK_INS:
        bytes_more = costs[large, count].size / costs[small, count].size
        time_more = costs[large, count].seconds / costs[small, count].seconds
        words = f"{count}, {large:,} over {small:,} tickets"
        found[f"sync after check-ins: {words}, bytes"] = Figure(bytes_more, "x", "<= 1.1")
        found[f"sync after check-ins: {words}, time"] = Figure(time_more, "x", "<= 2")
    return found
