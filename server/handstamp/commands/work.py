"""`handstamp worker`: background work in a process of its own."""

import asyncio
import signal

from sqlalchemy.engine import make_url

from handstamp.commands.running import MISUSED, read_settings, run_plainly, say, services_of, stop
from handstamp.mail.transport import close_mail
from handstamp.payments.gateway import open_gateway
from handstamp.pdf.check_fonts import warn_of_fonts
from handstamp.pdf.ticket_pdf import close_pdf
from handstamp.plumbing.config import Settings
from handstamp.plumbing.jobs import Worker
from handstamp.plumbing.memory import freeze_what_stays
from handstamp.worker import workers_of


def work() -> None:
    """Run background jobs until stopped; for PostgreSQL, beside `handstamp serve`."""
    settings = read_settings()
    if make_url(settings.database_url).get_backend_name() == "sqlite":
        stop("on SQLite the worker runs inside `handstamp serve`", MISUSED)
    run_plainly(_work(settings))


async def _work(settings: Settings) -> None:
    async with services_of(settings) as services:
        open_gateway(services)
        workers = workers_of(services)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, _stop_all, workers)
        looking = asyncio.create_task(warn_of_fonts(services))
        freeze_what_stays()
        say("ready")
        await asyncio.gather(*(worker.run() for worker in workers))
        looking.cancel()
        await close_pdf(services)
        await close_mail(services)


def _stop_all(workers: list[Worker]) -> None:
    for worker in workers:
        worker.stop()
