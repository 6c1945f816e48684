"""The demo can be started at any hour of the night and of the day."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select
from tests.fixtures.services import make_settings
from tests.fixtures.stripe_double import StripeDouble

from handstamp.demo.seed_club import seed_club
from handstamp.demo.seed_event import seed
from handstamp.demo.seed_pool import seed_pool
from handstamp.demo.seed_selling import seed_selling
from handstamp.demo.stripe_double import Double
from handstamp.kit.clock import SECOND, FakeClock
from handstamp.payments.gateway import close_gateway
from handstamp.plumbing.migrate import migrate
from handstamp.plumbing.web import build_services
from handstamp.refunds.models import Refund

pytestmark = pytest.mark.anyio
HOURS = ("2026-11-26T22:30", "2026-11-27T10:30")  # 15:30 and 03:30 where its organizer is


@pytest.fixture(params=HOURS)
def now(request: pytest.FixtureRequest) -> int:
    """Seconds since 1970."""
    return round(datetime.fromisoformat(request.param).replace(tzinfo=UTC).timestamp())


@pytest.fixture
def double(tmp_path: Path, now: int) -> Iterator[StripeDouble]:
    """A double for which it is as late as for the demo."""
    made = StripeDouble(tmp_path / "stripe.db", now=now)
    made.start()
    yield made
    made.kill()


async def test_it_sells_and_refunds(sqlite_url: str, double: StripeDouble, now: int) -> None:
    settings = make_settings(
        sqlite_url,
        demo=True,
        open_registration=True,
        enable_checkout=True,
        enable_preorders=True,
        enable_refunds=True,
        stripe_secret_key=double.key,
        stripe_api_url=double.url,
        stripe_webhook_secret=double.platform_secret,
        stripe_connect_webhook_secret=double.connect_secret,
    )
    services = build_services(settings, FakeClock(now * SECOND))
    await migrate(settings)
    stripe = Double(double.url, double.platform_secret, double.connect_secret)
    demo = await seed(services)
    await seed_selling(services, stripe, demo)
    await seed_club(services, stripe, demo.organizer)
    await seed_pool(services, stripe, demo.organizer)
    async with services.db.read() as session:
        assert await session.scalar(select(func.count()).select_from(Refund)) == 2
    await close_gateway(services)
    await services.db.close()
