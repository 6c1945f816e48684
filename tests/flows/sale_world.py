"""An installation that sells: Stripe's double, a mail server, Handstamp's own processes."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

import httpx2
from tests.e2e.door_world import free_port
from tests.factories.auth import Person, make_owner
from tests.factories.events import make_event, make_list, make_tier
from tests.fixtures.mail import SmtpServer
from tests.fixtures.services import SECRET, make_settings
from tests.fixtures.stripe_double import StripeDouble
from tests.flows import sale_checks as checks
from tests.flows.passing_time import give_leases_up, left_to_do, pass_time, run_now, work_done
from tests.flows.refund_checks import refund_faults
from tests.flows.sale_processes import Handstamp

from handstamp.events.models import Event, Tier
from handstamp.events.publish_event import publish_event
from handstamp.orders.expire_orders import SWEEP_JOB
from handstamp.payments.models import PaymentAccount
from handstamp.plumbing.config import Settings
from handstamp.plumbing.migrate import migrate
from handstamp.plumbing.web import SYSTEM, Services, build_services

PRICES = {"Floor": 2_500, "Balcony": 4_000}
SETTLING_S = 90.0


@dataclass
class Sale:
    """Everything of one installation; `processes` by name: "server", "worker 1" …"""

    folder: Path
    settings: Settings
    services: Services
    double: StripeDouble
    smtp: SmtpServer
    processes: dict[str, Handstamp]
    owner: Person = field(init=False)
    organizer_id: str = ""
    account: str = ""
    event: Event = field(init=False)
    tiers: list[Tier] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Where the server answers."""
        return self.settings.public_url

    @property
    def server(self) -> Handstamp:
        """The web server."""
        return self.processes["server"]

    async def start(self) -> None:
        """Start every process that does not run, and let a dead one's leases run out."""
        for process in self.processes.values():
            if not process.is_alive:
                if process.process is not None:
                    await give_leases_up(self.services, process.process.pid)
                await process.start()

    async def sell(self, *, capacity: int = 5_000, **event: object) -> None:
        """Make an organizer, connected and able to take money, and an event with two tiers."""
        self.owner, organizer = await make_owner(self.services)
        self.organizer_id = organizer.id
        await self.connect()
        services = self.services
        async with services.db.write() as session:
            made = await make_event(
                session, services, organizer_id=organizer.id, published=False, tiers=(), lists=(),
                **event,
            )  # fmt: skip
            self.tiers = [
                await make_tier(session, services, made, name, price_cents=price, capacity=capacity)
                for name, price in PRICES.items()
            ]
            await make_list(session, services, made, tiers=[tier.number for tier in self.tiers])
            self.event = await publish_event(session, services, SYSTEM, made.id, "published")

    async def connect(self) -> None:
        """Open an account for the organizer as their browser does, and finish at Stripe."""
        async with httpx2.AsyncClient(base_url=self.address, timeout=60) as http:
            answer = await http.post(
                "/api/tickets/organizers/connect",
                json={"organizer_id": self.organizer_id},
                headers=self.owner.headers,
            )
        assert answer.status_code in (200, 201), answer.text
        async with self.services.db.read() as session:
            self.account = (
                await session.get_one(PaymentAccount, self.organizer_id)
            ).stripe_account_id
        await self.double.onboard(self.account, "finish")
        await self.until_connected()

    async def until_connected(self) -> None:
        """Wait until Stripe's word has come that the organizer may take money."""
        async with asyncio.timeout(SETTLING_S):
            while True:
                async with self.services.db.read() as session:
                    if (await session.get_one(PaymentAccount, self.organizer_id)).charges_enabled:
                        return
                await asyncio.sleep(0.05)

    async def settle(self, *, deliver: bool = True) -> None:
        """Let time pass until nothing is left to do: holds end, jobs come again, webhooks too."""
        try:
            async with asyncio.timeout(SETTLING_S):
                quiet = 0
                while quiet < 2:
                    await self.start()
                    sent = await self.double.deliver() if deliver else []
                    async with self.services.db.read() as session:
                        busy, following = await left_to_do(session)
                    if not busy and following is not None:
                        await pass_time(self.services, following)
                        await run_now(self.services, SWEEP_JOB)
                    quiet = 0 if busy or following is not None or sent else quiet + 1
                    await asyncio.sleep(0.03)
        except TimeoutError:
            async with self.services.db.read() as session:
                state = await checks.state_of_work(session)
            logs = "\n".join(process.tail() for process in self.processes.values())
            raise AssertionError(f"never settled: {state}\n{logs}") from None

    async def settle_without_time(self) -> None:
        """Wait until nothing is due; what waits for later waits on."""
        assert await work_done(self.services, SETTLING_S), self.logs()

    async def faults(self) -> list[str]:
        """Return everything that is not as it must be after `settle`."""
        accounts = ["", self.account]
        balances = {account: await self.double.balance(account=account) for account in accounts}
        charged = await self.charged()
        refunds = await self.double.objects("refund", account=self.account)
        disputes = await self.double.objects("dispute", account=self.account)
        async with self.services.db.read() as session:
            return [
                *await checks.order_faults(session),
                *await refund_faults(session, refunds, disputes),
                *await checks.payment_faults(session, charged),
                *await checks.money_faults(session, balances),
                *await checks.stock_faults(session),
                *await checks.job_faults(session),
                *await checks.mail_faults(session, self.smtp.messages),
                *await self.double.violations(),
            ]

    async def charged(self) -> list[tuple[str, int, int]]:
        """Return what Stripe took: order, amount, and how much of it went back."""
        charges = await self.double.objects("charge", account=self.account)
        return [
            (one["metadata"]["order_id"], one["amount"], one["amount_refunded"])
            for one in charges
            if one["paid"]
        ]

    async def mails_to(self, address: str, subject: str = "") -> list[EmailMessage]:
        """Wait for mails to an address with so much in their subject, and return them."""
        async with asyncio.timeout(SETTLING_S):
            while True:
                kept = zip(self.smtp.messages, self.smtp.recipients, strict=False)
                found = [m for m, to in kept if address in to and subject in str(m["Subject"])]
                if found:
                    return found
                await asyncio.sleep(0.05)

    def logs(self) -> str:
        """Return the processes' last words."""
        return json.dumps({name: process.tail() for name, process in self.processes.items()})


@asynccontextmanager
async def mail_server() -> AsyncIterator[SmtpServer]:
    """Run a mail server that keeps what it is given."""
    kept = SmtpServer()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(kept.new_line, host="127.0.0.1", port=0)
    kept.url = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield kept
    finally:
        server.close()
        await server.wait_closed()


@asynccontextmanager
async def open_sale(
    folder: Path, database_url: str, *, workers: int = 0, **environment: str
) -> AsyncIterator[Sale]:
    """Start an installation with everything around it; without workers the server is one too."""
    port = free_port()
    double = StripeDouble(folder / "stripe.db", now=None)
    double.start()
    try:
        async with mail_server() as smtp:
            settings = make_settings(database_url, public_url=f"http://localhost:{port}")
            await migrate(settings)
            names = {**names_of(settings, double, smtp, workers), **environment}
            processes = made(folder, names, port, workers)
            services = build_services(settings)
            await services.signals.start()
            sale = Sale(folder, settings, services, double, smtp, processes)
            await wire(sale)
            try:
                await sale.start()
                yield sale
            finally:
                await asyncio.gather(*(process.kill() for process in processes.values()))
                await services.signals.stop()
                await services.db.close()
    finally:
        double.kill()


async def wire(sale: Sale) -> None:
    """Have Stripe send its events to the server."""
    inbox = f"{sale.address}/api/tickets/webhooks/stripe"
    await sale.double.send_webhooks_to(platform=inbox, connect=f"{inbox}/connect")


def names_of(
    settings: Settings, double: StripeDouble, smtp: SmtpServer, workers: int
) -> dict[str, str]:
    """Return the environment of every process."""
    return {
        "HANDSTAMP_DATABASE_URL": settings.database_url,
        "HANDSTAMP_SECRET": SECRET,
        "HANDSTAMP_PUBLIC_URL": settings.public_url,
        "HANDSTAMP_MAIL_URL": smtp.url,
        "HANDSTAMP_RUN_WORKER": "false" if workers else "true",
        "HANDSTAMP_STRIPE_API_URL": double.url,
        "STRIPE_SECRET_KEY": double.key,
        "STRIPE_PUBLISHABLE_KEY": double.publishable_key,
        "STRIPE_WEBHOOK_SECRET": double.platform_secret,
        "STRIPE_CONNECT_WEBHOOK_SECRET": double.connect_secret,
        "ENABLE_TICKETING": "true",
        "ENABLE_TICKETING_CHECKOUT": "true",
        "ENABLE_TICKETING_PAYOUTS": "true",
        "ENABLE_TICKETING_REFUNDS": "true",
        "ENABLE_TICKETING_SCANNING": "true",
    }


def made(folder: Path, names: dict[str, str], port: int, workers: int) -> dict[str, Handstamp]:
    """Return the processes, not started."""
    commands: list[tuple[str, Sequence[str]]] = [("server", ("serve", "--port", str(port)))]
    commands += [(f"worker {number}", ("worker",)) for number in range(1, workers + 1)]
    return {name: Handstamp(name, tuple(said), names, folder) for name, said in commands}
