"""People, teams and sessions for tests, made through the real use cases."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.create_organizer import create_organizer
from handstamp.auth.create_user import create_user
from handstamp.auth.models import Member, Organizer, User
from handstamp.auth.sessions import find_actor, start_session
from handstamp.kit.ids import base32_encode, random_int
from handstamp.plumbing.web import SYSTEM, Actor, Services


@dataclass(frozen=True)
class Person:
    """A signed-in person: who they are, their session's token, and its request headers."""

    actor: Actor
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """Return headers that make a request in this person's name."""
        return {"Authorization": f"Bearer {self.token}"}


async def make_user(session: AsyncSession, email: str = "ada@example.org") -> User:
    """Return a person, new or known."""
    return await create_user(session, email)


async def make_person(
    services: Services,
    email: str = "ada@example.org",
    *,
    organizer: Organizer | None = None,
    is_admin: bool = False,
) -> Person:
    """Return a signed-in person, in the team of `organizer` if one is given."""
    async with services.db.write() as session:
        user = await create_user(session, email, is_admin=is_admin)
        if organizer is not None:
            session.add(Member(user_id=user.id, organizer_id=organizer.id, role="owner"))
        token = await start_session(session, user.id)
    return Person(await find_actor(services, token, "192.0.2.1"), token)


async def make_team(services: Services, name: str = "Moon Gallery") -> Organizer:
    """Return a fresh organizer without people."""
    code = "".join(letter for letter in base32_encode(random_int(60), 12) if letter.isalpha())
    async with services.db.write() as session:
        return await create_organizer(session, services.settings, SYSTEM, name, (code + "XYZ")[:5])


async def make_owner(
    services: Services, email: str = "ada@example.org"
) -> tuple[Person, Organizer]:
    """Return a signed-in person and the organizer they run."""
    organizer = await make_team(services)
    return await make_person(services, email, organizer=organizer), organizer
