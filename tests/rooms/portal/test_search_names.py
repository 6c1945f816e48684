"""Orders, guests and pre-orders are found by names as people type them, on both databases."""

import pytest
from sqlalchemy import update
from tests.factories.clubs import make_club_sale
from tests.factories.events import make_event
from tests.factories.papers import make_paid_order
from tests.factories.preorders import make_preorder
from tests.fixtures.services import make_settings

from handstamp.clubs.models import ClubMember
from handstamp.orders.filter_orders import OrderFilter
from handstamp.orders.find_orders import orders_of_event
from handstamp.plumbing.config import Settings
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.preorders.find_preorders import preorders_of_event
from handstamp.preorders.models import PreOrder
from handstamp.tickets.find_tickets import find_tickets

pytestmark = pytest.mark.anyio
NAMES = ("Łukasz Żółć", "ÉMILIE du Châtelet", "Jürgen Müller", "Ada Lovelace")
TYPED = {
    "Łukasz": NAMES[0], "łukasz żółć": NAMES[0], "LUKASZ": NAMES[0], "ÉMILIE": NAMES[1],
    "émilie": NAMES[1], "emilie": NAMES[1], "Müller": NAMES[2], "MÜLLER": NAMES[2],
    "muller": NAMES[2], "lovel": NAMES[3],
}  # fmt: skip


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Settings of a server with clubs."""
    return make_settings(database_url, enable_checkout=True, enable_preorders=True)


async def test_orders_and_guests(services: Services) -> None:
    async with services.db.write() as session:
        event = await make_event(session, services)
        for name in NAMES:
            await make_paid_order(session, services, event=event, names=[name], name=name)
    async with services.db.read() as session:
        for typed, name in TYPED.items():
            orders = await orders_of_event(
                session, SYSTEM, event.id, wanted=OrderFilter(words=typed)
            )
            assert [one.name for one in orders] == [name], typed
            guests = await find_tickets(session, event.id, words=typed)
            assert [one.holder_name for one in guests] == [name], typed


async def test_pre_orders(services: Services) -> None:
    _club, offer, _tiers = await make_club_sale(services)
    for name in NAMES:
        _person, wish = await make_preorder(services, offer)
        async with services.db.write() as session:
            named = update(PreOrder).where(PreOrder.id == wish.id).values(name=name)
            await session.execute(named)
            own = ClubMember.id == wish.member_id
            await session.execute(update(ClubMember).where(own).values(name=name))
    async with services.db.read() as session:
        for typed, name in TYPED.items():
            found = await preorders_of_event(session, SYSTEM, offer.event.id, words=typed)
            assert [one.name for one in found] == [name], typed
