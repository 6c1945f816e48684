"""A server that takes cards through the double, and a club whose organizer is connected."""

from functools import partial

import httpx2
import pytest
from tests.factories.clubs import make_club_sale
from tests.factories.payments import selling_settings
from tests.fixtures.services import make_settings
from tests.fixtures.stripe_double import StripeDouble
from tests.rooms.preorders.charge_club import OpenClub, open_club

from handstamp.clubs.find_clubs import Offered
from handstamp.kit.clock import FakeClock
from handstamp.plumbing.config import Settings
from handstamp.plumbing.web import Services


@pytest.fixture
def settings(request: pytest.FixtureRequest, database_url: str) -> Settings:
    """Settings with pre-orders on; with the double where a test wants it."""
    if "stripe_double" in request.fixturenames:
        double: StripeDouble = request.getfixturevalue("stripe_double")
        return selling_settings(database_url, double, enable_preorders=True)
    return make_settings(database_url, enable_preorders=True)


@pytest.fixture
async def offer(services: Services, stripe_double: StripeDouble) -> Offered:
    """An event that a club offers this week; its organizer's account is connected."""
    account = await stripe_double.account()
    _club, offered, _tiers = await make_club_sale(
        services, prices={"General": 1_500, "Balcony": 2_500}, account=account, currency="GBP"
    )
    return offered


@pytest.fixture
def club_of(
    services: Services, client: httpx2.AsyncClient, stripe_double: StripeDouble, clock: FakeClock
) -> OpenClub:
    """Opens a club whose members' cards can be charged; see `open_club`."""
    return partial(open_club, services, client, stripe_double, clock)
