"""The number by which people call an order."""

from handstamp.kit.ids import new_number


def new_order_number() -> str:
    """Return a number for an order as `HS-7K3QX0`; whoever stores it sees to it that it is new."""
    return new_number("HS")
