"""Who an e-mail address belongs to."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.models import User
from handstamp.auth.rules import clean_email
from handstamp.plumbing.errors import BadInput
from handstamp.plumbing.texts import _


@dataclass(frozen=True)
class Person:
    """Somebody by e-mail (lower case); `user_id` is '' when they have no account."""

    email: str
    user_id: str = ""


async def find_person(session: AsyncSession, email: str) -> Person:
    """Return who an address belongs to; there need not be anything of them.

    Raises:
        BadInput: that is no address.
    """
    try:
        address = clean_email(email)
    except ValueError as error:
        raise BadInput(_("That does not look like an e-mail address.")) from error
    found = await session.scalar(select(User.id).where(User.email == address))
    return Person(address, found or "")
