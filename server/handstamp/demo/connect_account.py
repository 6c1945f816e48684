"""The demo's organizer at Stripe: an account that may take payments, made as a person would."""

from handstamp.auth.shapes import ProfileChange
from handstamp.demo.stripe_double import Double
from handstamp.payments.connect_organizer import start
from handstamp.payments.payment_accounts import account_of, state_of
from handstamp.payments.refresh_account import refresh_account
from handstamp.plumbing.web import SYSTEM, Services

PROFILE = ProfileChange(
    legal_name="The Ink Room Society",
    legal_address="12 Water Street\nVancouver BC  V6B 1A5\nCanada",
    tax_number="GST 123456789 RT0001",
    contact_email="olive@example.org",
    website="https://example.org",
    brand_color="#4a2fae",
    refund_policy="Full refunds until the time above. Write to us; no reason needed.",
)


async def connect_account(services: Services, double: Double, organizer_id: str) -> None:
    """Connect the organizer, and finish the onboarding, unless it stands already."""
    if await _state(services, organizer_id) == "ready":
        return
    begun = await start(services, SYSTEM, organizer_id)
    await double.order("onboard", account=begun.account, outcome="finish")
    await refresh_account(services, begun.account)


async def _state(services: Services, organizer_id: str) -> str:
    """Ask the double afresh: its data may have been thrown away without the demo's."""
    async with services.db.read() as session:
        account = await account_of(session, organizer_id)
    if account is None:
        return "none"
    await refresh_account(services, account.stripe_account_id)
    async with services.db.read() as session:
        return state_of(await account_of(session, organizer_id))
