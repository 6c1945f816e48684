"""Coming into a club by a code or an invitation, after signing in.

Codes have 60 random bits, tries are limited, and every refusal of a code reads the same.
"""

from collections.abc import Awaitable, Callable

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.clubs import rules, store
from handstamp.clubs.find_clubs import Membership, living_club
from handstamp.clubs.invite_members import code_hash, is_good
from handstamp.clubs.models import Club, ClubInvite, ClubMember
from handstamp.kit.clock import HOUR
from handstamp.kit.ids import new_id
from handstamp.plumbing.db import is_sqlite
from handstamp.plumbing.errors import Conflict, Gone, NotFound
from handstamp.plumbing.limits import hit
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services

TRIES_PER_PERSON = 20
TRIES_PER_NETWORK = 100


async def look_at_code(services: Services, code: str, ip: str) -> Club:
    """Return the club that a good code opens, for the page that asks whether to join.

    Raises:
        Gone: it is none, was taken back, has expired or was used up.
        TooMany: too many tries from that network.
    """
    await hit(services, f"club-code/ip/{ip}", limit=TRIES_PER_NETWORK, window_ms=HOUR)
    async with services.db.read() as session:
        found = await _good_invite(session, services, code)
        club = await living_club(session, found.club_id) if found else None
    if club is None:
        raise _no_such_code()
    return club


def known_by_code(services: Services, code: str) -> Callable[[AsyncSession, str], Awaitable[bool]]:
    """Return what `request_sign_in` asks: whoever holds a good code may have a mail.

    The page calls `look_at_code` first, which limits the tries.
    """

    async def known(session: AsyncSession, _email: str) -> bool:
        return await _good_invite(session, services, code) is not None

    return known


async def join_by_code(services: Services, actor: Actor, code: str) -> Membership:
    """Make the actor a member of the club that a code opens; a member again changes nothing.

    Raises:
        Gone: it is none, was taken back, has expired or was used up.
        Conflict: the club has removed this person; only it can invite them again.
        TooMany: too many tries by that person or from that network.
    """
    await hit(services, f"club-code/ip/{actor.ip}", limit=TRIES_PER_NETWORK, window_ms=HOUR)
    await hit(services, f"club-code/user/{actor.id}", limit=TRIES_PER_PERSON, window_ms=HOUR)
    async with services.db.write(actor=f"{actor.kind}:{actor.id}") as session:
        found = await _good_invite(session, services, code, used_up=True)
        club = await living_club(session, found.club_id) if found else None
        if found is None or club is None:
            raise _no_such_code()
        member = await _own_row(session, services, club, actor)
        if member.status == "active":
            return Membership(club, member)
        if member.status == "removed":
            raise Conflict(
                _("The club has ended your membership. Ask it to invite you again."),
                code="removed",
            )
        if not await store.use_invite(session, found.id, services.clock()):
            raise _no_such_code()
        await _enter(session, services, club, member, actor, by=f"invite:{found.id}")
        return Membership(club, member)


async def accept_invitation(
    session: AsyncSession, services: Services, actor: Actor, club_id: str
) -> Membership:
    """Make the actor a member of a club that has invited their address.

    Raises:
        NotFound: no club of that id has; whether there is such a club is not told.
    """
    club = await living_club(session, club_id)
    mine = ClubMember.email == actor.email
    member = await store.member(session, club.id, mine, lock=True) if club else None
    if club is None or member is None or member.status not in ("invited", "active"):
        raise NotFound(_("No club has invited you under that address."))
    if member.status == "invited":
        await _enter(session, services, club, member, actor, by="e-mail")
    return Membership(club, member)


async def _good_invite(
    session: AsyncSession, services: Services, code: str, *, used_up: bool = False
) -> ClubInvite | None:
    """Return the invite of a code while it is good; one that is used up only if asked for."""
    clean = rules.clean_code(code)
    if not clean:
        return None
    wanted = ClubInvite.code_hash == code_hash(services, clean)
    found = await store.invite(session, wanted)
    if found is None or is_good(found, services.clock()):
        return found
    full = found.most_uses is not None and found.uses >= found.most_uses
    return found if used_up and full and found.revoked_at is None else None


async def _own_row(
    session: AsyncSession, services: Services, club: Club, actor: Actor
) -> ClubMember:
    """Return the actor's row in a club, made if there is none, locked."""
    insert = sqlite.insert if is_sqlite(session) else postgresql.insert
    row = insert(ClubMember).values(
        id=new_id("cm"),
        club_id=club.id,
        email=actor.email,
        name="",
        status="left",
        invited_by="",
        invited_at=services.clock(),
    )
    await session.execute(row.on_conflict_do_nothing(index_elements=["club_id", "email"]))
    member = await store.member(session, club.id, ClubMember.email == actor.email, lock=True)
    assert member is not None
    return member


async def _enter(
    session: AsyncSession,
    services: Services,
    club: Club,
    member: ClubMember,
    actor: Actor,
    *,
    by: str,
) -> None:
    member.status, member.user_id = "active", actor.id
    member.joined_at, member.ended_at = services.clock(), None
    await session.flush()
    await record(
        session,
        actor,
        "club.join",
        "club_member",
        member.id,
        organizer_id=club.organizer_id,
        meta={"club": club.id, "by": by},
    )


def _no_such_code() -> Gone:
    return Gone(_("This code is wrong, was used up or has expired. Ask the club for another."))
