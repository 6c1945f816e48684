"""Puts away what a self-test made: money given back, key revoked, event archived."""

from sqlalchemy import select

from handstamp.checkin.models import Device
from handstamp.checkin.revoke_device import revoke_device
from handstamp.events.models import Event
from handstamp.events.publish_event import publish_event
from handstamp.orders.models import Order
from handstamp.orders.rules import PLACED
from handstamp.orders.settle_order import close_order
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.refunds.find_refunds import refund_view
from handstamp.refunds.refund_order import refund_order
from handstamp.selftest.models import SelfTest


async def put_away(services: Services, test_id: str) -> None:
    """Put away what is left of a run; safe to repeat, and after a crash.

    Raises:
        Problem: a part cannot be put away; the rest was.
    """
    async with services.db.read() as session:
        test = await session.get_one(SelfTest, test_id)
        event = await session.get(Event, test.event_id) if test.event_id else None
        order = await session.get(Order, test.order_id) if test.order_id else None
        placed = order is not None and order.status in PLACED
        owed = (await refund_view(session, order)).refundable if order and placed else 0
        query = select(Device.id).where(
            Device.event_id == test.event_id, Device.revoked_at.is_(None), Device.kind == "api"
        )
        keys = (await session.scalars(query)).all() if event else []
    if order is not None and order.status == "pending":
        await close_order(services, order.id, reason="buyer")
    if order is not None and owed:
        await refund_order(services, SYSTEM, order.id, note="Self-test", origin="system")
    async with services.db.write(actor=SYSTEM.id) as session:
        for key in keys:
            await revoke_device(session, services, SYSTEM, key)
        if event is not None and event.status == "testing":
            await publish_event(session, services, SYSTEM, event.id, "archived")
        (await session.get_one(SelfTest, test_id)).cleaned_at = services.clock()
