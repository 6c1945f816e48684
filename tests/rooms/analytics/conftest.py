"""A shop that is paid at the double, as the tests of refunds have it."""

from tests.rooms.refunds.conftest import settings, shop

__all__ = ["settings", "shop"]
