"""The demo's event with a service fee, a tax and a code."""

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.discounts.save_code import add_code
from handstamp.discounts.shapes import NewCode
from handstamp.events.set_prices import set_prices
from handstamp.events.shapes import PricesChange, TaxShape
from handstamp.plumbing.web import SYSTEM, Services

CODE = "LANTERN10"


async def seed_prices(session: AsyncSession, services: Services, event_id: str) -> None:
    """Add 2.5 % and 0.50 a ticket, GST, and a code that takes a tenth off."""
    prices = PricesChange(
        fee_bp=250,
        fee_fixed=50,
        fee_payer="buyer",
        tax_mode="rates",
        rates=[TaxShape(name="GST", ppm=50_000)],
    )
    await set_prices(session, services, SYSTEM, event_id, prices)
    code = NewCode(code=CODE, kind="percent", value=1_000, max_uses=50)
    await add_code(session, services, SYSTEM, event_id, code)
