"""Know a person by e-mail, making their account when there is none."""

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.models import User
from handstamp.auth.rules import clean_email
from handstamp.kit.ids import new_id
from handstamp.plumbing.db import is_sqlite, now
from handstamp.plumbing.errors import BadInput
from handstamp.plumbing.texts import _


async def create_user(
    session: AsyncSession, email: str, *, name: str = "", is_admin: bool = False
) -> User:
    """Return the person with that e-mail, new or known; `is_admin` only ever adds the right.

    Raises:
        BadInput: no mail can be sent to that address.
    """
    try:
        address = clean_email(email)
    except ValueError as error:
        raise BadInput(_("That does not look like an e-mail address.")) from error
    insert = sqlite.insert if is_sqlite(session) else postgresql.insert
    row = insert(User).values(
        id=new_id("user"), email=address, name=name, is_admin=is_admin, created_at=now(session)
    )
    await session.execute(row.on_conflict_do_nothing(index_elements=["email"]))
    user = (await session.execute(select(User).where(User.email == address))).scalar_one()
    if is_admin:
        user.is_admin = True
    return user
