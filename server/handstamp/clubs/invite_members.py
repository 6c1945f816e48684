"""Letting people into a club: by e-mail, one or a file of them, or by a code to pass on."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.auth.find_profile import profile_of
from handstamp.auth.rules import clean_email
from handstamp.clubs import club_mails, rules, store
from handstamp.clubs.find_clubs import club_of
from handstamp.clubs.member_rows import Person, read_people
from handstamp.clubs.models import Club, ClubInvite, ClubMember
from handstamp.kit.clock import DAY
from handstamp.kit.ids import ALPHABET, new_id
from handstamp.kit.signing import derive, keyed_hash
from handstamp.plumbing.errors import BadInput, Conflict, NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services
from handstamp.tickets.guest_file import read_guest_file, says

MOST_INVITES = 200  # that are good at the same time
MOST_MEMBERS = 50_000
MOST_ERRORS = 50


class Invited(NamedTuple):
    """How many were invited now, and how many were in the club or invited already."""

    invited: int
    known: int


@dataclass(frozen=True)
class MadeInvite:
    """A fresh invite and its code, which is kept nowhere."""

    invite: ClubInvite
    code: str
    link: str


async def invite_people(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    club_id: str,
    people: Sequence[Person],
) -> Invited:
    """Invite people by e-mail; whoever is in the club or invited already stays as they are.

    Who left or was removed is invited again. Each new one gets one mail.

    Raises:
        NotFound: the club is not the actor's.
        Conflict: the club is archived or full.
        BadInput: an address is none; nobody is invited then.
    """
    club = await _living(session, actor, club_id)
    wanted = {person.email: person for person in _cleaned(people)}
    known = await store.known_emails(session, club.id, sorted(wanted))
    counts = await store.member_counts(session, [club.id])
    if sum(counts.values()) + len(wanted.keys() - known.keys()) > MOST_MEMBERS:
        raise Conflict(_("A club may have %(most)d members.") % {"most": MOST_MEMBERS})
    fresh = [
        _invite(session, services, actor, club, known=known.get(email), person=person)
        for email, person in wanted.items()
        if email not in known or known[email].status in ("left", "removed")
    ]
    await session.flush()
    profile = await profile_of(session, club.organizer_id)
    for member in fresh:
        await club_mails.queue_invitation(session, member, profile.language)
    await record(
        session,
        actor,
        "club.invite_people",
        "club",
        club.id,
        organizer_id=club.organizer_id,
        meta={"count": len(fresh)},
    )
    return Invited(len(fresh), len(wanted) - len(fresh))


async def read_member_file(content: bytes) -> list[Person]:
    """Read a CSV, TSV or XLSX of e-mails.

    Raises:
        TooLarge: it is larger than 5 MB.
        BadInput: it cannot be read, or rows are bad; `errors` says which lines, and why.
    """
    found = read_people(await read_guest_file(content))
    if found.bad:
        errors = [
            {"field": "file", "line": issue.line, "message": says(issue)}
            for issue in found.bad[:MOST_ERRORS]
        ]
        first = found.bad[0]
        where = _("Line %(line)d") % {"line": first.line} + " " if first.line else ""
        told = _("%(first)s Nobody was invited.") % {"first": f"{where}{says(first)}."}
        raise BadInput(told, code="bad_rows", errors=errors)
    return found.people


async def create_invite(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    club_id: str,
    *,
    note: str = "",
    most_uses: int | None = None,
    days: int | None = 30,
) -> MadeInvite:
    """Make a code that lets people in; only its keyed hash is kept.

    Raises:
        NotFound: the club is not the actor's.
        Conflict: the club is archived, or has very many good codes.
    """
    club = await _living(session, actor, club_id)
    now = services.clock()
    good = [one for one in await store.invites(session, club.id) if is_good(one, now)]
    if len(good) >= MOST_INVITES:
        raise Conflict(_("This club has very many codes. Take one back first."))
    code = "".join(secrets.choice(ALPHABET) for _letter in range(rules.CODE_LETTERS))
    invite = ClubInvite(
        id=new_id("inv"),
        club_id=club.id,
        code_hash=code_hash(services, code),
        note=note.strip(),
        most_uses=most_uses,
        created_by=actor.id,
        created_at=now,
        expires_at=None if days is None else now + days * DAY,
    )
    session.add(invite)
    await session.flush()
    meta = {"most_uses": most_uses, "days": days}
    await _note(
        session, actor, "club.create_invite", invite, organizer_id=club.organizer_id, **meta
    )
    spoken = rules.spoken_code(code)
    return MadeInvite(invite, spoken, link_of(services, spoken))


async def revoke_invite(
    session: AsyncSession, services: Services, actor: Actor, club_id: str, invite_id: str
) -> ClubInvite:
    """Take a code back; who has come in by it stays. The same again changes nothing.

    Raises:
        NotFound: the club is not the actor's, or has no such invite.
    """
    club = await club_of(session, actor, club_id)
    known = invite_id.isprintable()
    mine = (ClubInvite.id == invite_id, ClubInvite.club_id == club.id)
    invite = await store.invite(session, *mine, lock=True) if known else None
    if invite is None:
        raise NotFound(_("There is no such invite in this club."))
    if invite.revoked_at is None:
        invite.revoked_at = services.clock()
        await session.flush()
        await _note(session, actor, "club.revoke_invite", invite, organizer_id=club.organizer_id)
    return invite


def is_good(invite: ClubInvite, now: int) -> bool:
    """Tell whether an invite still lets somebody in."""
    if invite.revoked_at is not None or (
        invite.expires_at is not None and invite.expires_at <= now
    ):
        return False
    return invite.most_uses is None or invite.uses < invite.most_uses


def code_hash(services: Services, code: str) -> str:
    """Return how a code (as `rules.clean_code` gives it) is stored."""
    return keyed_hash(derive(services.settings.secret_bytes(), "clubs/invite"), code)


def link_of(services: Services, code: str) -> str:
    """Return the address that holds a code."""
    return f"{services.settings.public_url}/tickets/clubs/join?code={code}"


async def _living(session: AsyncSession, actor: Actor, club_id: str) -> Club:
    club = await club_of(session, actor, club_id, lock=True)
    if club.archived_at is not None:
        raise Conflict(_("This club has ended."), code="archived")
    return club


def _cleaned(people: Sequence[Person]) -> list[Person]:
    cleaned, errors = [], []
    for place, person in enumerate(people):
        try:
            cleaned.append(Person(clean_email(person.email), person.name.strip()))
        except ValueError:
            message = _("That does not look like an e-mail address.")
            errors.append({"field": f"people.{place}.email", "message": message})
    if errors:
        raise BadInput(errors[0]["message"], errors=errors[:MOST_ERRORS])
    return cleaned


def _invite(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    club: Club,
    *,
    known: ClubMember | None,
    person: Person,
) -> ClubMember:
    member = known
    if member is None:
        member = ClubMember(id=new_id("cm"), club_id=club.id, email=person.email)
        session.add(member)
    member.status = "invited"
    member.name = person.name or member.name or ""
    member.invited_by, member.invited_at = actor.id, services.clock()
    return member


async def _note(
    session: AsyncSession,
    actor: Actor,
    action: str,
    invite: ClubInvite,
    *,
    organizer_id: str,
    **meta: Any,
) -> None:
    about = {"club": invite.club_id, **meta}
    await record(
        session, actor, action, "club_invite", invite.id, organizer_id=organizer_id, meta=about
    )
