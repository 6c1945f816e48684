"""The list of orders on its page: narrowed down by an address, and taken away as it stands."""

import pytest
from tests.factories.orders import make_buyer
from tests.rooms.portal.conftest import Desk
from tests.rooms.portal.test_selling import base, event, settings

from handstamp.events.find_events import tiers_of
from handstamp.events.models import Event
from handstamp.orders.hold_tickets import hold
from handstamp.plumbing.web import Services

__all__ = ["event", "settings"]
pytestmark = pytest.mark.anyio


async def test_what_is_looked_for_stands_in_the_address_and_goes_into_the_file(
    desk: Desk, services: Services, event: Event
) -> None:
    async with services.db.read() as session:
        tiers = {tier.name: tier.id for tier in await tiers_of(session, event.id)}
    guest = await hold(services, make_buyer("ada"), event.id, {tiers["Guest"]: 1})
    other = await hold(services, make_buyer("bob"), event.id, {tiers["Guest"]: 2})
    await desk.get(base(event, f"/orders?q={guest.number}&tier={tiers['Guest']}"))
    assert guest.number in desk.text
    assert other.number not in desk.text
    found = f"/exports?q={guest.number}&amp;tier={tiers['Guest']}#orders"
    assert found in desk.html
    await desk.get(base(event, f"/orders?tier={tiers['Stalls']}"))
    assert "No order fits that search." in desk.text
    await desk.get(base(event, "/orders?since=soon"))
    assert "Write a day like" in desk.text
    assert other.number in desk.text
    page = base(event, f"/exports?q={guest.number}")
    await desk.get(page)
    assert f'value="{guest.number}"' in desk.html
    sent = {"q": guest.number, "column": ["number", "status"], "format": "csv"}
    await desk.post(base(event, "/exports/orders"), sent)
    assert desk.html.splitlines()[1:] == [f"{guest.number},pending"]
