"""Stripe's webhooks twice, in any order, too late or never: the same sale comes out."""

from pathlib import Path

import pytest
from tests.flows.buyer import Buyer, a_buyer
from tests.flows.passing_time import HOLD, pass_time, run_now
from tests.flows.sale_world import Sale, open_sale

from handstamp.webhooks.catch_up import JOB as CATCH_UP

pytestmark = pytest.mark.anyio

ORDERS = 3


async def bought(sale: Sale, buyer: Buyer) -> None:
    """Buy, and have another order of the same buyer refunded at Stripe's dashboard."""
    await buyer.buy(1, 2)
    charges = await sale.double.objects("charge", account=sale.account)
    await sale.double.refund(charges[0]["id"])


async def events_of(sale: Sale) -> list[str]:
    """Return every event of the organizer's account, oldest first."""
    found = await sale.double.objects("event", account=sale.account)
    return [str(event["id"]) for event in reversed(found)]


async def agreed(sale: Sale, what: str) -> None:
    """Nothing is left to do and everything adds up."""
    found = await sale.faults()
    assert not found, f"{what}: " + "\n".join([*found, sale.logs()])


async def test_every_webhook_comes_three_times(database_url: str, tmp_path: Path) -> None:
    async with open_sale(tmp_path, database_url, workers=workers(database_url)) as sale:
        await sale.sell()
        async with a_buyer(sale) as buyer:
            await buyer.buy(2, 0)
            await buyer.becomes("paid")
            for event in await events_of(sale):
                await sale.double.duplicate(event, times=2)
            await sale.settle()
            await agreed(sale, "after paying")
            await buyer.refund()
            await buyer.becomes("refunded")
            for event in await events_of(sale):
                await sale.double.duplicate(event, times=2)
            await sale.settle()
            await agreed(sale, "after the refund")


@pytest.mark.parametrize("order", ["newest", "shuffled"])
async def test_webhooks_overtake_each_other(database_url: str, tmp_path: Path, order: str) -> None:
    async with open_sale(tmp_path, database_url, workers=workers(database_url)) as sale:
        await sale.sell()
        await sale.double.webhooks("hold")
        for _ in range(ORDERS):
            async with a_buyer(sale) as buyer:
                await bought(sale, buyer)
        await sale.double.webhooks("send")
        await sale.double.deliver(order)
        await sale.settle()
        await agreed(sale, order)


async def test_lost_webhooks_are_found_by_asking(database_url: str, tmp_path: Path) -> None:
    async with open_sale(tmp_path, database_url, workers=workers(database_url)) as sale:
        await sale.sell()
        await sale.double.webhooks("drop")
        async with a_buyer(sale) as buyer, a_buyer(sale) as other:
            await bought(sale, buyer)
            await other.buy(1, 0)
            await sale.settle_without_time()
            assert {await buyer.status(), await other.status()} == {"pending"}
            await run_now(sale.services, CATCH_UP)
            assert await other.becomes("paid") == "paid"
            assert await buyer.becomes("refunded") == "refunded"
        await sale.settle(deliver=False)
        await agreed(sale, "caught up")


async def test_lost_webhooks_of_a_payment_are_found_when_the_hold_ends(
    database_url: str, tmp_path: Path
) -> None:
    async with open_sale(tmp_path, database_url, workers=workers(database_url)) as sale:
        await sale.sell()
        await sale.double.webhooks("drop")
        async with a_buyer(sale) as buyer:
            await buyer.buy(1, 1)
            await pass_time(sale.services, HOLD)
            assert await buyer.becomes("paid", "expired") == "paid"
        await sale.settle(deliver=False)
        await agreed(sale, "at the end of the hold")


async def test_webhooks_come_when_the_hold_is_long_over(database_url: str, tmp_path: Path) -> None:
    async with open_sale(tmp_path, database_url, workers=workers(database_url)) as sale:
        await sale.sell()
        await sale.double.webhooks("hold")
        async with a_buyer(sale) as buyer, a_buyer(sale) as idle:
            await buyer.buy(1, 1)
            await idle.hold(2, 0)
            await idle.check_out()
            await pass_time(sale.services, HOLD)
            await sale.settle(deliver=False)
            assert (await buyer.status(), await idle.status()) == ("paid", "expired")
            await sale.double.webhooks("send")
            await sale.settle()
            assert (await buyer.status(), await idle.status()) == ("paid", "expired")
        await agreed(sale, "late webhooks")


def workers(url: str) -> int:
    """Return how many workers run beside the server: two, where there can be any."""
    return 0 if url.startswith("sqlite") else 2
