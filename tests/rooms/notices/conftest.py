"""A shop on the double, as for refunds."""

from tests.rooms.refunds.conftest import either, express, settings, shop

__all__ = ["either", "express", "settings", "shop"]
