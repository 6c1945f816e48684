"""10,000 rows uploaded for 10,000 members who have paid: until all have a ticket, and its mail.

One event of one tier. A signed-in organizer sends the file to the API of a real server process;
time runs from the first byte. *Stored and assigned*: until another process reads 10,000 fulfilled
pre-orders from the database, which it asks every 50 ms: each has its assignment, its ticket at the
door, its line in the log and its queued mail. *Mails handed over*: until a mail server in a process
of its own has taken 10,000 mails, each with its credential unsealed and rendered at sending. On
SQLite the worker is inside the server; on PostgreSQL, as Debian ships it, there are one and four
worker processes besides. Nobody is given two, or nothing is reported.
"""

import time

from bench.figure import Figure
from bench.installation import Installation, installation
from bench.mail_sink import MailSink, mail_sink
from bench.pool_world import UPLOAD, fulfilled, owner_of, running, until, waiting_members
from sqlalchemy import func, select
from tests.factories.pool import pool_csv, ticket_rows

from handstamp.pool.models import Assignment

ROWS = 10_000
WAYS = (("sqlite", 1), ("postgresql", 1), ("postgresql", 4))


async def measure() -> dict[str, Figure]:
    """Measure."""
    found: dict[str, Figure] = {}
    for kind, workers in WAYS:
        async with installation(kind) as here, mail_sink(here.folder / "mails") as mails:
            here.more |= {"HANDSTAMP_MAIL_URL": mails.url, "ENABLE_TICKETING_PREORDERS": "true"}
            assigned, mailed = await _run(here, mails, workers)
        name = f"{ROWS:,} rows, {kind}, {workers} worker{'s' if workers > 1 else ''}"
        found[f"{name}: stored and assigned"] = Figure(assigned, "s", "< 10")
        found[f"{name}: mails handed over"] = Figure(mailed, "s", "< 60")
    return found


async def _run(here: Installation, mails: MailSink, workers: int) -> tuple[float, float]:
    offer = await waiting_members(here, ROWS)
    person = await owner_of(here, offer.event.organizer_id)
    content = pool_csv(ticket_rows(offer.event.title, ROWS))
    async with running(here, workers) as serving:
        started = time.perf_counter()
        answer = await serving.http.post(
            UPLOAD,
            params={"commit": "true", "filename": "all.csv"},
            headers={**person.headers, "Content-Type": "text/csv"},
            content=content,
        )
        assert answer.status_code < 300, answer.text
        await until(lambda: _are_fulfilled(here))
        assigned = time.perf_counter() - started
        await until(lambda: _are_mailed(mails))
        mailed = time.perf_counter() - started
    async with here.services.db.read() as session:
        ticket, demand = Assignment.ticket_id, Assignment.demand_id
        query = select(func.count(), func.count(ticket.distinct()), func.count(demand.distinct()))
        counted = (await session.execute(query)).one()
    assert tuple(counted) == (ROWS, ROWS, ROWS), counted
    assert len(mails.taken()) == ROWS
    return assigned, mailed


async def _are_fulfilled(here: Installation) -> bool:
    return await fulfilled(here) >= ROWS


async def _are_mailed(mails: MailSink) -> bool:
    return mails.count() >= ROWS
