"""What is kept of a person's account."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.find_person import Person
from handstamp.auth.models import LoginCode, Member, Organizer, Session, User


async def account_of(session: AsyncSession, person: Person) -> dict[str, Any]:
    """Return the account, its teams and sessions, and the sign-in mails that were asked for."""
    user = await session.get(User, person.user_id) if person.user_id else None
    account = user and {
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "administrator": user.is_admin,
        "created_at": user.created_at,
    }
    return {
        "account": account or None,
        "teams": await _teams(session, person.user_id),
        "sessions": await _sessions(session, person.user_id),
        "sign_in_mails": await _sign_in_mails(session, person.email),
    }


async def _teams(session: AsyncSession, user_id: str) -> list[dict[str, Any]]:
    query = (
        select(Organizer.name, Member.role)
        .join(Organizer, Organizer.id == Member.organizer_id)
        .where(Member.user_id == user_id)
        .order_by(Organizer.name)
    )
    return [{"organizer": name, "role": role} for name, role in await session.execute(query)]


async def _sessions(session: AsyncSession, user_id: str) -> list[dict[str, Any]]:
    query = select(Session).where(Session.user_id == user_id).order_by(Session.created_at)
    names = ("created_at", "last_seen_at", "expires_at", "revoked_at")
    return [{name: getattr(one, name) for name in names} for one in await session.scalars(query)]


async def _sign_in_mails(session: AsyncSession, email: str) -> list[dict[str, Any]]:
    query = select(LoginCode).where(LoginCode.email == email).order_by(LoginCode.created_at)
    names = ("created_at", "expires_at", "used_at")
    return [{name: getattr(one, name) for name in names} for one in await session.scalars(query)]
