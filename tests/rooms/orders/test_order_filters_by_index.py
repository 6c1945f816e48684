"""Whoever looks for orders reads an index and no whole order that does not fit."""

from typing import Any

import pytest
from sqlalchemy import event as engine_event
from sqlalchemy import update
from tests.factories.auth import make_owner
from tests.factories.orders import make_paid_order, make_sale

from handstamp.orders.filter_orders import read_filter
from handstamp.orders.find_orders import orders_of_event
from handstamp.orders.models import Order
from handstamp.plumbing.web import Services

pytestmark = pytest.mark.anyio
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # its plans are plain
ASKED = [
    {},
    {"words": "zoë"},
    {"status": "refunded"},
    {"since": "2026-01-01", "until": "2026-12-31"},
    {"code": "disc_1"},
    {"origin": "comp"},
    {"tier": "tier_1"},
]


@SQLITE
@pytest.mark.parametrize("asked", ASKED)
async def test_every_filter_is_answered_by_the_index(
    services: Services, asked: dict[str, str]
) -> None:
    owner, organizer = await make_owner(services)
    event, tiers = await make_sale(services, organizer_id=organizer.id)
    first = await make_paid_order(services, event, {tiers[0].id: 1})
    run: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        run.append((statement, values))

    engine = services.db.reader.sync_engine
    engine_event.listen(engine, "before_cursor_execute", note)
    async with services.db.read() as session:
        wanted = read_filter(asked)
        await orders_of_event(session, owner.actor, event.id, wanted=wanted, after=first)
        engine_event.remove(engine, "before_cursor_execute", note)
        connection = await session.connection()
        statement, values = next(one for one in run if "LIMIT" in one[0])
        plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        steps = [str(step) for step in plan.scalars("detail")]
    reads = [step for step in steps if "tickets_" in step]
    assert any("USING COVERING INDEX ix_tickets_orders_event" in step for step in reads), steps
    by_id = "USING INDEX sqlite_autoindex_tickets_orders_1 (id=?)"
    assert all("COVERING" in step or by_id in step for step in reads), steps
    assert not any(step.startswith("SCAN tickets_") for step in steps)


async def test_an_order_of_a_tier_or_a_code_is_found(services: Services) -> None:
    owner, organizer = await make_owner(services)
    event, tiers = await make_sale(services, organizer_id=organizer.id, prices={"A": 500, "B": 900})
    a = await make_paid_order(services, event, {tiers[0].id: 1})
    both = await make_paid_order(services, event, {tiers[0].id: 1, tiers[1].id: 1}, name="bea")
    async with services.db.write() as session:
        for column, order in (("discount_code_id", a), ("access_code_id", both)):
            change = update(Order).where(Order.id == order.id)
            await session.execute(change.values({column: "one"}))

    async def found(**asked: str) -> list[str]:
        async with services.db.read() as session:
            wanted = read_filter(asked)
            rows = await orders_of_event(session, owner.actor, event.id, wanted=wanted)
            return [row.id for row in rows]

    assert set(await found(tier=tiers[0].id)) == {a.id, both.id}
    assert await found(tier=tiers[1].id) == [both.id]
    assert set(await found(code="one")) == {a.id, both.id}
    assert await found(code="two") == []
