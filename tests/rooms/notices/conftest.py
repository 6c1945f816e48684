"""A shop on the double, as for refunds."""

from tests.rooms.orders.conftest import sale
from tests.rooms.refunds.conftest import either, express, settings, shop

__all__ = ["either", "express", "sale", "settings", "shop"]
