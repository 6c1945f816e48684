"""What the demo needs to sell: the organizer connected, and some orders for both evenings."""

from handstamp.auth.find_profile import profile_of
from handstamp.auth.save_profile import save_profile
from handstamp.demo.connect_account import PROFILE, connect_account
from handstamp.demo.seed_event import Demo
from handstamp.demo.seed_orders import seed_orders
from handstamp.demo.stripe_double import Double
from handstamp.plumbing.web import SYSTEM, Services


async def seed_selling(services: Services, double: Double, demo: Demo) -> None:
    """Do what an organizer and some buyers would; what is there already stays."""
    async with services.db.write(actor="demo") as session:
        if not (await profile_of(session, demo.organizer)).legal_name:
            await save_profile(session, SYSTEM, demo.organizer, PROFILE)
    await connect_account(services, double, demo.organizer)
    for event_id in (demo.tonight, demo.tomorrow):
        await seed_orders(services, double, event_id)
