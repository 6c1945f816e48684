"""Where a club's cards are saved and charged: the organizer's account, or the platform's."""

from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.clubs.models import Club
from handstamp.payments.payment_accounts import selling_account


class ChargeAccount(NamedTuple):
    """The account that calls are made in ('' = the platform), and the charge's type.

    A destination charge is made in the platform's account for the organizer's.
    """

    account: str
    charge_type: str


async def charge_account(session: AsyncSession, club: Club) -> ChargeAccount:
    """Return where a club's cards live.

    Raises:
        Conflict: its organizer cannot take payments; the detail says why.
    """
    if club.charge_account == "platform":
        return ChargeAccount("", "direct")
    found = await selling_account(session, club.organizer_id)
    if found.charge_type == "direct":
        return ChargeAccount(found.stripe_account_id, "direct")
    return ChargeAccount("", found.charge_type)
