"""Stripe refuses, breaks, answers too late or is down: the sale waits and comes out right."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from tests.contract.long_counts import long_count
from tests.flows.buyer import Buyer, a_buyer
from tests.flows.passing_time import HOLD, pass_time, run_now
from tests.flows.refund_walks import at_stripe, items, tickets
from tests.flows.sale_world import Sale, open_sale, wire

from handstamp.webhooks.catch_up import JOB as CATCH_UP

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(1_800)]

SESSIONS, ONE_SESSION = "/v1/checkout/sessions", "/v1/checkout/sessions/"
DISPUTES = "/v1/disputes/"
CALLS = [
    ("POST", SESSIONS),
    ("GET", ONE_SESSION),
    ("POST", ONE_SESSION),
    ("GET", "/v1/refunds"),
    ("POST", "/v1/refunds"),
    ("GET", "/v1/events"),
    ("GET", DISPUTES),
]
WAYS = ["drop", "500_after", "429", "500", "timeout", "503", "drop_before"]
FAULTS = [(way, *call) for way in WAYS for call in CALLS]
TIMES = 3  # the library asks once more by itself; so much is past what it hides


async def trade(sale: Sale) -> None:
    """Buy and be refunded, and let another order run out, with every call of a sale in between."""
    async with a_buyer(sale) as buyer, a_buyer(sale) as idle:
        await idle.hold(1, 0)
        await idle.check_out()
        await buyer.buy(1, 1)
        await buyer.becomes("paid")
        await buyer.refund()
        await run_now(sale.services, CATCH_UP)
        await sale.settle()
        assert (await buyer.status(), await idle.status()) == ("refunded", "expired")


async def quarrel(sale: Sale) -> None:
    """Give a part back, have a bank ask for the rest and get it, and hear of it in between."""
    async with a_buyer(sale) as buyer:
        await buyer.buy(1, 1)
        await buyer.becomes("paid")
        await buyer.refund(lines=[{"item": (await items(buyer))[0].id, "qty": 1}])
        await sale.settle()
        (charge,) = await at_stripe(buyer, "charge")
        dispute = await sale.double.open_dispute(charge["id"])
        await sale.settle()
        assert await tickets(buyer) == {"disputed": 1, "refunded": 1}
        await sale.double.close_dispute(dispute["id"], won=False)
        await sale.settle()
        assert await tickets(buyer) == {"cancelled": 1, "refunded": 1}


async def test_every_call_goes_wrong_in_every_way(sqlite_url: str, tmp_path: Path) -> None:
    count = long_count(6, len(FAULTS), "ways in which calls to Stripe go wrong")
    async with open_sale(tmp_path, sqlite_url) as sale:
        await sale.sell()
        for number in range(count):
            way, method, path = FAULTS[number * (len(FAULTS) + 1) // count % len(FAULTS)]
            await sale.double.fail(way, path=path, method=method, times=TIMES, seconds=4)
            await (quarrel if path == DISPUTES else trade)(sale)
            await sale.double.heal()
            found = await sale.faults()
            assert not found, f"{way} at {method} {path}: " + "\n".join([*found, sale.logs()])


async def down_for_minutes(sale: Sale, meanwhile: Callable[[], Awaitable[None]]) -> None:
    """Kill Stripe's double, do something, and let it come back with what it knew."""
    sale.double.kill()
    await meanwhile()
    sale.double.start()
    await wire(sale)


async def start_of_checkout(buyer: Buyer) -> None:
    """Stripe is away when a page is opened: the hold stays, and trying again helps."""
    await buyer.hold(1, 1)

    async def asked() -> None:
        path = f"/api/tickets/orders/{buyer.order_id}/checkout"
        body = {"email": buyer.email, "name": "Grace Hopper", "terms": True}
        answer = await buyer.http.post(path, json=body)
        assert answer.status_code == 503, answer.text
        assert answer.headers["Retry-After"]
        assert await buyer.status() == "pending"

    await down_for_minutes(buyer.sale, asked)
    await buyer.sale.double.pay(await buyer.check_out())
    assert await buyer.becomes("paid") == "paid"


async def payment(buyer: Buyer) -> None:
    """Stripe took the money and went away before any of its events arrived."""
    await buyer.sale.double.webhooks("hold")
    await buyer.buy(1, 1)

    async def looked() -> None:
        page = await buyer.http.get(f"/tickets/order/{buyer.order_id}")
        assert page.status_code == 200, page.text
        assert await buyer.status() == "pending"

    await down_for_minutes(buyer.sale, looked)
    await buyer.sale.double.webhooks("send")
    assert await buyer.becomes("paid") == "paid"


async def end_of_the_hold(buyer: Buyer) -> None:
    """Stripe is away when holds end: nothing is given back before Stripe has said so."""
    sale = buyer.sale
    await sale.double.webhooks("drop")
    await buyer.buy(1, 1)
    async with a_buyer(sale) as idle:
        await idle.hold(2, 0)
        await idle.check_out()

        async def waited() -> None:
            await pass_time(sale.services, HOLD)
            await sale.settle_without_time()
            assert (await buyer.status(), await idle.status()) == ("pending", "pending")

        await down_for_minutes(sale, waited)
        await sale.double.webhooks("send")
        await sale.settle(deliver=False)
        assert (await buyer.status(), await idle.status()) == ("paid", "expired")


async def refund(buyer: Buyer) -> None:
    """Stripe is away when a refund is asked for: it is sent once, later."""
    await buyer.buy(1, 1)
    await buyer.becomes("paid")

    async def asked() -> None:
        await buyer.refund()
        await asyncio.sleep(0)
        assert await buyer.status() == "paid"

    await down_for_minutes(buyer.sale, asked)
    await buyer.sale.settle()
    assert await buyer.status() == "refunded"


async def test_stripe_is_down_for_minutes(database_url: str, tmp_path: Path) -> None:
    workers = 0 if database_url.startswith("sqlite") else 2
    async with open_sale(tmp_path, database_url, workers=workers) as sale:
        await sale.sell()
        for moment in (start_of_checkout, payment, end_of_the_hold, refund):
            async with a_buyer(sale) as buyer:
                await moment(buyer)
            await sale.settle()
            found = await sale.faults()
            assert not found, f"{moment.__name__}: " + "\n".join([*found, sale.logs()])
