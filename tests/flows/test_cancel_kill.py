"""An event is cancelled while the process dies again and again; everybody is refunded once."""

from pathlib import Path

import httpx2
import pytest
from sqlalchemy import func, select
from tests.flows.buyer import a_buyer
from tests.flows.sale_world import Sale, open_sale
from tests.rooms.portal.conftest import Desk

from handstamp.mail.models import Mail
from handstamp.notices.find_notices import progress_of
from handstamp.orders.models import Order
from handstamp.refunds.models import Refund
from handstamp.tickets.models import Ticket

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(900)]
BUYERS = 5
STEPS = (3, 9, 17, 26)  # of what the process does next, each time it has come back


async def cancel(sale: Sale) -> None:
    """Cancel the event on its page, and click twice."""
    here = f"/tickets/organizer/events/{sale.event.id}/cancel"
    async with httpx2.AsyncClient(base_url=sale.address, timeout=60) as http:
        desk = Desk(http, sale.owner)
        for _ in range(2):
            await desk.post(here, {"typed": sale.event.title}, on=here)
        assert desk.status == 200, desk.text


async def test_a_cancelled_event_survives_a_process_killed_in_the_middle(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with open_sale(tmp_path, sqlite_url) as sale:
        await sale.sell()
        for _ in range(BUYERS):
            async with a_buyer(sale) as buyer:
                await buyer.buy(1, 1)
                await buyer.becomes("paid")
        async with a_buyer(sale) as holder:
            await holder.hold(1, 0)
            await holder.check_out()
        await sale.settle_without_time()
        await cancel(sale)
        died = 0
        for step in STEPS:
            starts = sale.server.starts
            sale.server.die_at(step)
            await sale.settle(deliver=False)
            sale.server.die_at(0)
            died += sale.server.starts > starts
        await sale.settle()
        assert died
        assert await sale.faults() == []
        async with sale.services.db.read() as session:
            statuses = list(await session.scalars(select(Order.status).order_by(Order.status)))
            refunds = await session.scalar(select(func.count()).select_from(Refund))
            tickets = set(await session.scalars(select(Ticket.status)))
            told = await session.scalars(
                select(Mail.to_email).where(Mail.kind == "event_cancelled")
            )
            progress = await progress_of(session, sale.event.id)
            addresses = sorted(told)
        assert statuses == ["cancelled"] + ["refunded"] * BUYERS
        assert refunds == BUYERS
        assert tickets == {"cancelled"}
        assert len(set(addresses)) == len(addresses) == BUYERS
        assert progress is not None
        assert progress.run.finished_at
        assert progress.parts == {"refunding": BUYERS}
