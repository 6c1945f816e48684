"""A charge run over 1,000 approved pre-orders: paced, how near the pace; unpaced, charges a second.

Stripe is the double (a process of its own), reached over HTTP; the worker is a real process
(`handstamp serve` on SQLite, with its worker inside; `handstamp serve` and `handstamp work` on
PostgreSQL), PostgreSQL as Debian ships it. Members, cards and approvals are put into the database
beforehand; each card is a test card that the double charges at once. The run is begun as its
organizer would, and time runs from then until the run is done: each pre-order has been charged,
booked in the ledger, given its signed ticket and its queued mail, and what was not approved was let
go. The paced figure is this wall time over 1,000 cards at 15 a second. Unpaced, the pace is
switched off (`HANDSTAMP_CHARGES_PER_SECOND=0`). PDFs and mails are made meanwhile, as they would
be, and the double's events are fetched and worked off by the catch-up job. Both databases charge
everybody exactly once, or nothing is reported.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from bench.figure import Figure
from bench.installation import DATABASES, HANDSTAMP, Installation, installation, server, stop
from sqlalchemy import func, select
from tests.factories.auth import make_user
from tests.factories.clubs import make_club_sale
from tests.fixtures.stripe_double import StripeDouble
from tests.flows.sale_world import mail_server

from handstamp.auth.models import Organizer
from handstamp.clubs import supply
from handstamp.clubs.find_clubs import Offered
from handstamp.clubs.models import Club, ClubEvent, ClubMember
from handstamp.clubs.rules import week_after
from handstamp.kit.ids import base32_encode, new_id
from handstamp.payments.gateway import close_gateway
from handstamp.payments.models import PaymentAccount
from handstamp.payments.stripe_gateway import API_VERSION
from handstamp.plumbing.web import SYSTEM
from handstamp.preorders.charge_run import Expected, start_run
from handstamp.preorders.models import ChargeRun, PreOrder
from handstamp.preorders.plan_run import due_plan

CARDS = 1_000
PER_SECOND = 15
PRICE = 1_500
POLL_S = 0.1
LONGEST_S = 240


async def measure() -> dict[str, Figure]:
    """Measure."""
    found: dict[str, Figure] = {}
    for kind in DATABASES:
        paced = await _run(kind, PER_SECOND)
        found[f"paced run over its least time, {kind}"] = Figure(
            paced / (CARDS / PER_SECOND), "x", "<= 1.1"
        )
        unpaced = await _run(kind, 0)
        found[f"charges without a pace, {kind}"] = Figure(CARDS / unpaced, "charges/s")
    return found


async def _run(kind: str, per_second: int) -> float:
    async with installation(kind) as here, mail_server() as mails:
        double = StripeDouble(here.folder / "stripe.db", now=None)
        double.start()
        try:
            pace = {"HANDSTAMP_CHARGES_PER_SECOND": str(per_second)}
            here.more = _names(double) | pace | {"HANDSTAMP_MAIL_URL": mails.url}
            more = {
                "stripe_api_url": double.url,
                "stripe_secret_key": double.key,
                "enable_checkout": True,
                "enable_preorders": True,
                "charges_per_second": per_second,
            }
            here.services.settings = here.settings.model_copy(update=more)
            offer = await _seed(here, double)
            async with _workers(here):
                return await _time(here, double, offer)
        finally:
            double.stop()
            await close_gateway(here.services)


def _names(double: StripeDouble) -> dict[str, str]:
    return {
        "HANDSTAMP_STRIPE_API_URL": double.url,
        "STRIPE_SECRET_KEY": double.key,
        "STRIPE_PUBLISHABLE_KEY": double.publishable_key,
        "STRIPE_WEBHOOK_SECRET": double.platform_secret,
        "STRIPE_CONNECT_WEBHOOK_SECRET": double.connect_secret,
        "ENABLE_TICKETING_PREORDERS": "true",
    }


@asynccontextmanager
async def _workers(here: Installation) -> AsyncIterator[None]:
    async with server(here):
        if here.services.db.is_sqlite:
            yield
            return
        with (here.folder / "worker.log").open("ab") as output:
            worker = await asyncio.create_subprocess_exec(
                str(HANDSTAMP), "worker", env=here.environment, stdout=output, stderr=output
            )
        try:
            yield
        finally:
            await stop(worker)


async def _seed(here: Installation, double: StripeDouble) -> Offered:
    club, offer, tiers = await make_club_sale(
        here.services, prices={"General": PRICE}, capacity=CARDS, currency="GBP",
        account="acct_of_figures", club={"discount_bp": 0},
    )  # fmt: skip
    account = await double.account()
    customer, methods = await _cards(double, account, CARDS)
    now, week = here.services.clock(), week_after(offer.terms.week, -2)
    async with here.services.db.write() as session:
        organizer = await session.get_one(Organizer, club.organizer_id)
        user = await make_user(session, "members@example.org")
        terms = await session.get_one(ClubEvent, (club.id, offer.event.id))
        terms.week = week
        for number, method in enumerate(methods):
            email = f"m{number}@example.org"
            member = ClubMember(
                id=new_id("cm"), club_id=club.id, email=email, user_id=None, status="active",
                invited_at=now, joined_at=now,
            )  # fmt: skip
            session.add(member)
            await session.flush()
            session.add(
                PreOrder(
                    id=new_id("po"),
                    number=f"HP-{base32_encode(number, 6)}",
                    club_id=club.id,
                    member_id=member.id,
                    user_id=user.id,
                    organizer_id=organizer.id,
                    event_id=offer.event.id,
                    tier_id=tiers[0].id,
                    tier_name="General",
                    week=week,
                    email=email,
                    status="approved",
                    currency="GBP",
                    price=PRICE,
                    discount=0,
                    total=PRICE,
                    account=account,
                    charge_type="direct",
                    customer_id=customer,
                    payment_method_id=method,
                    reserved=True,
                    created_at=now,
                    confirmed_at=now,
                    updated_at=now,
                )
            )
        await session.flush()
        fits = await supply.reserve_in_order(session, terms, [tiers[0].id] * CARDS)
        assert all(fits)
    await _connect(here, account, organizer)
    return offer


async def _connect(here: Installation, account: str, organizer: Organizer) -> None:
    async with here.services.db.write() as session:
        kept = await session.get_one(PaymentAccount, organizer.id)
        kept.stripe_account_id = account


async def _cards(double: StripeDouble, account: str, count: int) -> tuple[str, Sequence[str]]:
    """Save so many cards of one customer."""
    headers = {
        "Authorization": f"Bearer {double.key}",
        "Stripe-Version": API_VERSION,
        "Stripe-Account": account,
    }
    async with httpx2.AsyncClient(
        base_url=double.url, headers=headers, trust_env=False, timeout=60
    ) as http:

        async def ask(path: str, **fields: str) -> dict[str, Any]:
            answer = await http.post(f"/v1/{path}", data=fields)
            assert answer.status_code == 200, answer.text
            found: dict[str, Any] = answer.json()
            return found

        customer: str = (await ask("customers", email="m@example.org"))["id"]
        methods = []
        for _ in range(count):
            saved = await ask(
                "setup_intents", customer=customer, payment_method="pm_card_visa", confirm="true",
                return_url="http://localhost/",
            )  # fmt: skip
            methods.append(saved["payment_method"])
    return customer, methods


async def _time(here: Installation, double: StripeDouble, offer: Offered) -> float:
    services = here.services
    async with services.db.write() as session:
        club = await session.get_one(Club, offer.club.id)
        planned = await due_plan(session, club, services.clock())
        assert planned.count == CARDS
        expected = Expected(planned.count, planned.totals)
        started = time.perf_counter()
        run = await start_run(session, services, SYSTEM, club.id, expected)
    async with asyncio.timeout(LONGEST_S):
        done = False
        while not done:
            await asyncio.sleep(POLL_S)
            done = await _is_done(here, run.id)
    took = time.perf_counter() - started
    charged = await double.objects("charge", account=(await _account(here, run)))
    assert len(charged) == CARDS
    return took


async def _account(here: Installation, run: ChargeRun) -> str:
    async with here.services.db.read() as session:
        query = select(PreOrder.account).where(PreOrder.run_id == run.id).limit(1)
        return (await session.scalars(query)).one()


async def _is_done(here: Installation, run_id: str) -> bool:
    async with here.services.db.read() as session:
        run = await session.get_one(ChargeRun, run_id)
        if run.state != "done":
            return False
        wanted = select(func.count()).where(
            PreOrder.run_id == run_id, PreOrder.status == "fulfilled"
        )
        assert await session.scalar(wanted) == CARDS
    return True
