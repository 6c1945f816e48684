"""Sessions as rows: begun, found again by their token, revoked one by one or all at once."""

import hashlib
import secrets

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.models import Member, Session, User
from handstamp.kit.clock import DAY, HOUR, Millis
from handstamp.plumbing.db import now
from handstamp.plumbing.web import NOBODY, Actor, Services

PREFIX = "hs_session_"
COOKIE = "hs_session"
LIFE: Millis = 30 * DAY
NOTE_EVERY: Millis = HOUR


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def start_session(session: AsyncSession, user_id: str) -> str:
    """Begin a session and return its token, which is stored only as a hash."""
    token = PREFIX + secrets.token_urlsafe(32)
    moment = now(session)
    session.add(
        Session(
            id_hash=_hash(token),
            user_id=user_id,
            created_at=moment,
            last_seen_at=moment,
            expires_at=moment + LIFE,
        )
    )
    await session.flush()
    return token


async def find_actor(services: Services, token: str, ip: str) -> Actor:
    """Return who holds this token: a person or administrator, or nobody when it is void."""
    moment = services.clock()
    async with services.db.read() as session:
        found = await session.execute(
            select(Session, User)
            .join(User, User.id == Session.user_id)
            .where(Session.id_hash == _hash(token), Session.revoked_at.is_(None))
            .where(Session.expires_at > moment)
        )
        row = found.first()
        if row is None:
            return NOBODY
        held, user = row.Session, row.User
        teams = await session.execute(
            select(Member.organizer_id, Member.role).where(Member.user_id == user.id)
        )
        organizers = {team.organizer_id: team.role for team in teams}
    if moment - held.last_seen_at >= NOTE_EVERY:
        await _note_seen(services, held.id_hash, moment)
    kind = "admin" if user.is_admin else "user"
    return Actor(kind=kind, id=user.id, email=user.email, organizers=organizers, ip=ip)


async def _note_seen(services: Services, id_hash: str, moment: Millis) -> None:
    async with services.db.write() as session:
        await session.execute(
            update(Session)
            .where(Session.id_hash == id_hash)
            .values(last_seen_at=moment, expires_at=moment + LIFE)
        )


async def revoke_session(session: AsyncSession, token: str) -> None:
    """End one session; an unknown token changes nothing."""
    await session.execute(
        update(Session)
        .where(Session.id_hash == _hash(token), Session.revoked_at.is_(None))
        .values(revoked_at=now(session))
    )


async def revoke_all(session: AsyncSession, user_id: str) -> None:
    """End every session of a person."""
    await session.execute(
        update(Session)
        .where(Session.user_id == user_id, Session.revoked_at.is_(None))
        .values(revoked_at=now(session))
    )
