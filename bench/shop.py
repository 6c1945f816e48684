"""An event on sale for the figures: two tiers, an organizer that can be paid."""

from tests.factories.orders import make_sale

from bench.installation import Installation
from handstamp.events.models import Event


async def open_shop(
    here: Installation, *, capacity: int, account: str = "acct_figures", price: int = 2_500
) -> tuple[Event, list[str]]:
    """Put an event on sale; return it and its tiers."""
    event, tiers = await make_sale(
        here.services,
        account=account,
        capacity=capacity,
        prices={"Floor": price, "Balcony": price},
    )
    return event, [tier.id for tier in tiers]
