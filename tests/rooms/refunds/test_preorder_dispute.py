"""A disputed pre-order: listed with its deadline, and its sheet says what the member agreed to."""

import httpx2
import pytest
from tests.factories.auth import make_person
from tests.factories.payments import selling_settings
from tests.fixtures.stripe_double import StripeDouble
from tests.rooms.portal.conftest import Desk
from tests.rooms.preorders.charge_club import open_club
from tests.rooms.refunds.test_dispute_pages import taken, text_of

from handstamp.auth.models import Organizer
from handstamp.kit.clock import FakeClock
from handstamp.plumbing.config import Settings
from handstamp.plumbing.web import Services
from handstamp.preorders.models import PreOrder

pytestmark = pytest.mark.anyio


@pytest.fixture
def settings(database_url: str, stripe_double: StripeDouble) -> Settings:
    """Settings of a server with clubs."""
    return selling_settings(database_url, stripe_double, enable_preorders=True)


async def test_the_sheet_of_a_preorder_says_what_was_agreed_to(
    services: Services,
    client: httpx2.AsyncClient,
    stripe_double: StripeDouble,
    clock: FakeClock,
) -> None:
    club = await open_club(services, client, stripe_double, clock)
    await club.member()
    await club.approve()
    await club.run()
    async with services.db.write() as session:
        wish = await session.get_one(PreOrder, club.wishes[0].id)
        wish.mandate_text, wish.mandate_at = "Charge my card on Tuesday.", clock()
        organizer = await session.get_one(Organizer, club.offer.club.organizer_id)
    assert wish.payment_intent_id
    dispute = await stripe_double.open_dispute(
        wish.payment_intent_id, reason="subscription_canceled"
    )
    await club.hear()
    owner = await make_person(services, "owner@example.org", organizer=organizer)
    here = f"/tickets/organizer/events/{wish.event_id}/disputes"
    desk = await Desk(client, owner).get(here)
    assert wish.number in desk.text
    assert f"/pre-orders/{wish.id}" in desk.html
    assert "they had cancelled before they were charged" in desk.text
    assert "7 days left" in desk.text
    said = text_of(await taken(desk, f"{here}/{dispute['id']}/evidence"))
    for wanted in (
        wish.number,
        wish.email,
        wish.tier_name,
        wish.payment_intent_id,
        "The member agreed to: Charge my card on Tuesday.",
        "Visa 4242",
        "£13.50",
        "None was published for this event.",
    ):
        assert wanted in said, (wanted, said)
