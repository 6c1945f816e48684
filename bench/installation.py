"""An installation to measure: a database, an event tonight, and real server processes."""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import psutil
import psycopg
from sqlalchemy import select, text
from tests.factories.events import make_event

from bench.cluster import cluster, free_port
from bench.guest_list import guest_list
from handstamp.events.find_events import tiers_of
from handstamp.events.models import Event
from handstamp.kit.clock import HOUR, system_clock
from handstamp.plumbing.config import Settings
from handstamp.plumbing.logs import configure_logs
from handstamp.plumbing.migrate import migrate
from handstamp.plumbing.web import SYSTEM, Services, build_services
from handstamp.tickets.find_tickets import tokens_of
from handstamp.tickets.issue_tickets import Holder, issue_rows
from handstamp.tickets.models import Ticket

SECRET = "a secret of the figures that is long enough"
DATABASES = ("sqlite", "postgresql")
TIERS = ("General", "Balcony", "Floor", "Backstage")
HANDSTAMP = Path(sys.executable).with_name("handstamp")
START_S = 60.0


@dataclass
class Installation:
    """A migrated database, and the services of this process on it; `more` is for its processes."""

    folder: Path
    settings: Settings
    services: Services
    port: int
    more: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Where its server answers while one runs."""
        return f"http://localhost:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that its server and its commands read."""
        return {
            **os.environ,
            "HANDSTAMP_DATABASE_URL": self.settings.database_url,
            "HANDSTAMP_SECRET": SECRET,
            "HANDSTAMP_PUBLIC_URL": self.address,
            "ENABLE_TICKETING": "true",
            "ENABLE_TICKETING_CHECKOUT": "true",
            **self.more,
        }

    async def analyze(self) -> None:
        """Have PostgreSQL look at its tables, as it does by itself; SQLite has nobody who does."""
        if not self.services.db.is_sqlite:
            async with self.services.db.write() as session:
                await session.execute(text("ANALYZE"))

    async def event(self, tickets: int, **others: Any) -> Event:
        """Make an event that goes on now, with one check-in list and so many tickets."""
        services = self.services
        now = services.clock()
        async with services.db.write() as session:
            event = await make_event(
                session,
                services,
                tiers=TIERS,
                start_at=now - HOUR,
                end_at=now + 5 * HOUR,
                **others,
            )
            tiers = await tiers_of(session, event.id)
            rows = [
                (tiers[guest.tier], Holder(guest.name, guest.email, guest.order))
                for guest in guest_list(tickets)
            ]
            await issue_rows(session, services, event, rows, source="import", actor=SYSTEM)
        return event

    async def tickets(self, event: Event, count: int, skip: int = 0) -> list[Ticket]:
        """Return tickets in the order of issue."""
        wanted = select(Ticket).where(Ticket.event_id == event.id).order_by(Ticket.id)
        async with self.services.db.read() as session:
            return list(await session.scalars(wanted.offset(skip).limit(count)))

    async def tokens(self, event: Event, tickets: Sequence[Ticket]) -> list[str]:
        """Return what the QR codes of tickets say."""
        async with self.services.db.read() as session:
            return await tokens_of(session, self.services, event, tickets)


@asynccontextmanager
async def installation(kind: str = "sqlite") -> AsyncIterator[Installation]:
    """Make an installation on one of `DATABASES` in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="handstamp-bench-") as name:
        folder = Path(name)
        if kind == "sqlite":
            async with _on(folder, f"sqlite+aiosqlite:///{folder / 'handstamp.db'}") as made:
                yield made
        else:
            with cluster(folder) as url:
                async with _on(folder, url) as made:
                    yield made


@asynccontextmanager
async def _on(folder: Path, url: str) -> AsyncIterator[Installation]:
    port = free_port()
    settings = Settings(
        database_url=url,
        secret=SECRET,
        public_url=f"http://localhost:{port}",
        ENABLE_TICKETING=True,
        run_worker=False,
    )
    configure_logs("WARNING")
    await migrate(settings)
    services = build_services(settings, system_clock)
    await services.signals.start()
    try:
        yield Installation(folder, settings, services, port)
    finally:
        await services.signals.stop()
        await services.db.close()


@dataclass(frozen=True)
class Running:
    """A server under measurement, and a client of it with kept connections."""

    root: psutil.Process
    http: httpx2.AsyncClient

    def processes(self) -> list[psutil.Process]:
        """Return what answers requests, and what started it; not the child that draws PDFs."""
        family = [self.root, *self.root.children(recursive=True)]
        return [one for one in family if not any("pdf_child" in word for word in one.cmdline())]


@asynccontextmanager
async def server(here: Installation, processes: int = 1) -> AsyncIterator[Running]:
    """Run `handstamp serve` with its usual settings; yields when all its processes answer."""
    before = await asyncio.to_thread(_listeners, here)
    command = [str(HANDSTAMP), "serve", "--port", str(here.port), "--processes", str(processes)]
    log = here.folder / "server.log"
    with log.open("ab") as output:
        started = await asyncio.create_subprocess_exec(
            *command, env=here.environment, stdout=output, stderr=output
        )
    async with httpx2.AsyncClient(base_url=here.address, timeout=60) as http:
        try:
            async with asyncio.timeout(START_S):
                while not await _answers(http) or (
                    processes > 1 and await asyncio.to_thread(_listeners, here) < before + processes
                ):
                    assert started.returncode is None, log.read_text()[-2000:]
                    await asyncio.sleep(0.02)
            yield Running(psutil.Process(started.pid), http)
        finally:
            await stop(started)


async def stop(process: asyncio.subprocess.Process) -> None:
    """End a process that was started here, if it has not ended yet."""
    if process.returncode is None:
        process.terminate()
        await process.wait()


async def _answers(http: httpx2.AsyncClient) -> bool:
    try:
        return (await http.get("/api/tickets/checkin/time")).status_code == 200
    except httpx2.TransportError:
        return False


def _listeners(here: Installation) -> int:
    """Count the processes that hear the others' signals; on SQLite there are none."""
    if here.services.db.is_sqlite:
        return 0
    url = here.settings.database_url.replace("+psycopg", "")
    asked = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
    with psycopg.connect(url) as connection:
        row = connection.execute(asked).fetchone()
    return int(row[0]) if row else 0
