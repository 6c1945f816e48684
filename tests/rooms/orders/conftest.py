"""A server that sells through the double."""

import pytest
from tests.factories.payments import selling_settings
from tests.fixtures.stripe_double import StripeDouble

from handstamp.plumbing.config import Settings


@pytest.fixture
def settings(database_url: str, stripe_double: StripeDouble) -> Settings:
    """Settings of a server that sells through the double."""
    return selling_settings(database_url, stripe_double)
