"""Bytes per ticket of the list that a phone downloads before doors, at 10,000 tickets.

A running server on SQLite; an event whose guest list is `bench/guest_list.py`, and one with the
same guests whose organizer keeps e-mails off the phones. A phone is paired by HTTP and asks for
the list once, as a browser does (`Accept-Encoding: gzip, deflate, br`). Counted is the body as
it came over the wire, with signature, keys, lists and everything else in it. The requests are
those until an exchange says that nothing is missing. What browsers get that take no brotli
(http without TLS) is given without a goal.
"""

import httpx2
from bench.door_phones import API, Phone, pair_phone
from bench.figure import Figure
from bench.installation import installation, server

TICKETS = 10_000
GOALS = {
    "with e-mail": (["name", "email", "order"], "<= 22"),
    "without e-mail": (["name", "order"], "<= 14"),
}


async def measure() -> dict[str, Figure]:
    """Measure."""
    found: dict[str, Figure] = {}
    async with installation() as here:
        events = {
            name: (await here.event(TICKETS, snapshot_fields=fields), goal)
            for name, (fields, goal) in GOALS.items()
        }
        async with server(here) as running:
            http = running.http
            for name, (event, goal) in events.items():
                phone = await pair_phone(here, event, http=http)
                size, requests = await phone.download(http), 1
                requests += await _missing(phone, http)
                zipped = await http.get(
                    f"{API}/snapshot", headers={**phone.headers, "Accept-Encoding": "gzip"}
                )
                plain = int(zipped.headers["content-length"])
                found[f"list, bytes per ticket {name}"] = Figure(size / TICKETS, "B", goal)
                found[f"list, bytes per ticket {name}, gzip"] = Figure(plain / TICKETS, "B")
                found[f"list, requests to have it {name}"] = Figure(requests, "requests", "<= 1")
    return found


async def _missing(phone: Phone, http: httpx2.AsyncClient) -> int:
    """Return how many more requests the phone needs until it has every ticket."""
    changes = (await phone.sync(http))["changes"]
    return 1 if changes["tickets"] else 0
