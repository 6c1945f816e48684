"""Server and workers are killed at every step of a purchase and of what follows: it adds up."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.contract.long_counts import long_count, soaks
from tests.flows.buyer import Buyer, a_buyer
from tests.flows.passing_time import HOLD, pass_time
from tests.flows.refund_walks import (
    add_fees_and_taxes,
    be_disputed,
    be_refunded_at_stripe,
    get_parts_back,
)
from tests.flows.sale_world import Sale, open_sale

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(3_600)]


class Step(NamedTuple):
    """The n-th step of that name, from 1."""

    name: str
    occurrence: int


Walk = Callable[[Buyer], Awaitable[None]]
DECLINED = "4000000000000002"
MOST_WALKS = 20
TRIES = 4  # steps are not the same each time: of a share, the next one is tried


async def buy_and_get_refunded(buyer: Buyer) -> None:
    """Hold, pay, get tickets by mail; then the organizer gives the money back."""
    await buyer.buy(2, 1)
    await buyer.becomes("paid")
    await buyer.mailed("order_confirmation")
    await buyer.refund()
    await buyer.becomes("refunded")
    await buyer.mailed("order_refunded")


async def be_declined_and_leave(buyer: Buyer) -> None:
    """Hold, be declined, and leave the page open until the time is over."""
    await buyer.hold(1, 1)
    page = await buyer.check_out()
    declined = await buyer.sale.double.pay(page, card=DECLINED)
    assert declined["declined"] == "generic_decline"
    await pass_time(buyer.sale.services, HOLD)
    await buyer.becomes("expired")


async def change_and_cancel(buyer: Buyer) -> None:
    """Hold, open the page, choose anew, open another page, give it all back."""
    await buyer.hold(1, 0)
    await buyer.check_out()
    await buyer.hold(0, 2)
    await buyer.check_out()
    assert await buyer.cancel() == "cancelled"


WALKS: dict[str, tuple[Walk, int]] = {
    "bought and refunded": (buy_and_get_refunded, 3),
    "declined and expired": (be_declined_and_leave, 1),
    "changed and cancelled": (change_and_cancel, 1),
    "given back in parts": (get_parts_back, 2),
    "disputed": (be_disputed, 1),
    "refunded at Stripe": (be_refunded_at_stripe, 1),
}
TOGETHER = [[name] for name in WALKS] if soaks() else [list(WALKS)]  # a share is too short to part


async def killed_at_every_step(sale: Sale, who: str, name: str, kind: str) -> None:
    """Count a walk's steps in a process, then walk again and again and kill it at each."""
    walk, share = WALKS[name]
    share = share if kind == "SQLite" else share // 2
    what = f"kills of the {who}, {kind}, {name}"
    if not (share or soaks()):
        print(f"{what}: none")
        return
    steps = await steps_of(sale, who, walk)
    process = sale.processes[who]
    count = long_count(min(share, len(steps)), len(steps), what)
    if count < len(steps):  # what the clock's own jobs do may not come again
        steps = [step for step in steps if step.occurrence == 1 and "cron_slots" not in step.name]
    tries = 1 if count == len(steps) else TRIES
    died = 0
    for number in range(count):
        first = (2 * number + 1) * len(steps) // (2 * count)
        for step in steps[first : first + tries]:
            starts = process.starts
            process.die_at(step.occurrence, step.name)
            async with a_buyer(sale) as buyer:
                await walk(buyer)
            await sale.settle()  # the last steps of a walk are taken here
            await sale.start()
            process.die_at(0)
            found = await sale.faults()
            where = f"{who} killed at {step} of {len(steps)}"
            assert not found, f"{name}: {where}: " + "\n".join(found) + sale.logs()
            if process.starts > starts:
                died += 1
                break
    assert died * 2 >= count or who != "server", f"{what}: it died only {died} times"


async def steps_of(sale: Sale, who: str, walk: Walk) -> list[Step]:
    """Return the steps that a process takes in a walk that nothing disturbs.

    Which of two workers takes a job is chance, so some walks go by without this one. How many
    steps there are is chance too (the schedule's jobs fall in between), so each has its name.
    """
    steps: list[str] = []
    for _ in range(MOST_WALKS):
        sale.processes[who].die_at(0)
        async with a_buyer(sale) as buyer:
            await walk(buyer)
        await sale.settle()
        assert await sale.faults() == []
        steps = sale.processes[who].steps()
        if steps:
            break
    assert steps
    return [Step(name, steps[: at + 1].count(name)) for at, name in enumerate(steps)]


@pytest.mark.parametrize(
    "names", TOGETHER, ids=lambda names: names[0] if len(names) == 1 else "all"
)
async def test_one_process_killed_at_every_step(
    sqlite_url: str, tmp_path: Path, names: list[str]
) -> None:
    async with open_sale(tmp_path, sqlite_url) as sale:
        await sale.sell()
        await add_fees_and_taxes(sale)
        for name in names:
            await killed_at_every_step(sale, "server", name, "SQLite")


@pytest.mark.parametrize(
    "names", TOGETHER, ids=lambda names: names[0] if len(names) == 1 else "all"
)
@pytest.mark.parametrize("who", ["server", "worker 1"])
async def test_one_of_several_processes_killed_at_every_step(
    postgres_url: str, tmp_path: Path, who: str, names: list[str]
) -> None:
    async with open_sale(tmp_path, postgres_url, workers=2) as sale:
        await sale.sell()
        await add_fees_and_taxes(sale)
        for name in names:
            await killed_at_every_step(sale, who, name, "PostgreSQL")
