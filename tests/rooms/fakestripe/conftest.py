"""The real SDK over real HTTP, pointed at the double."""

from collections.abc import AsyncIterator

import pytest
import stripe
from tests.fixtures.stripe_double import StripeDouble


@pytest.fixture
async def sdk(stripe_double: StripeDouble) -> AsyncIterator[stripe.StripeClient]:
    """The SDK without retries of its own."""
    http = stripe.HTTPXClient(timeout=5)
    client = stripe.StripeClient(
        stripe_double.key, base_addresses={"api": stripe_double.url}, http_client=http,
        max_network_retries=0,
    )  # fmt: skip
    yield client
    await http.close_async()  # type: ignore[no-untyped-call]
