"""Clubs begin, let people in by code, link, e-mail or file, and let them go."""

import asyncio

import httpx2
import pytest
from sqlalchemy import select
from tests.factories.auth import make_owner, make_person
from tests.factories.clubs import make_club, make_member

from handstamp.audit.models import AuditEntry
from handstamp.auth.request_sign_in import KNOWN_ROOM, request_sign_in
from handstamp.clubs import club_mails
from handstamp.clubs.create_club import create_club
from handstamp.clubs.edit_club import archive_club
from handstamp.clubs.endings import ENDED_JOB
from handstamp.clubs.find_clubs import is_known, member_of, memberships
from handstamp.clubs.invite_members import create_invite, invite_people, revoke_invite
from handstamp.clubs.join_club import (
    TRIES_PER_PERSON,
    accept_invitation,
    join_by_code,
    known_by_code,
    look_at_code,
)
from handstamp.clubs.leave_club import leave_club, remove_member
from handstamp.clubs.member_rows import Person
from handstamp.clubs.models import Club, ClubInvite, ClubMember
from handstamp.clubs.shapes import NewClub
from handstamp.kit.clock import DAY, FakeClock
from handstamp.mail.models import Mail
from handstamp.mail.prepared import NoLongerWanted
from handstamp.mail.render_mail import render_mail
from handstamp.plumbing.errors import Conflict, Forbidden, Gone, NotFound, TooMany
from handstamp.plumbing.models import Job
from handstamp.plumbing.web import SYSTEM, Services


async def new_club(services: Services, **others: object) -> Club:
    _owner, organizer = await make_owner(services)
    async with services.db.write() as session:
        return await make_club(session, services, organizer.id, **others)


async def code_of(services: Services, club: Club, **others: int | None) -> str:
    async with services.db.write() as session:
        return (await create_invite(session, services, SYSTEM, club.id, **others)).code  # type: ignore[arg-type]


async def mails(services: Services) -> list[Mail]:
    async with services.db.read() as session:
        return list(await session.scalars(select(Mail).order_by(Mail.to_email)))


async def endings(services: Services) -> int:
    async with services.db.read() as session:
        return len(list(await session.scalars(select(Job.id).where(Job.kind == ENDED_JOB))))


async def test_a_code_lets_somebody_in_once_however_often_it_is_used(services: Services) -> None:
    club = await new_club(services)
    code = await code_of(services, club)
    person = await make_person(services, "mia@example.org")
    assert (await look_at_code(services, code, "192.0.2.1")).id == club.id
    first = await join_by_code(services, person.actor, code.lower().replace("-", " "))
    again = await join_by_code(services, person.actor, code)
    assert first.member.id == again.member.id
    async with services.db.read() as session:
        found = await memberships(session, person.actor.id)
        assert [one.club.id for one in found] == [club.id]
        actions = list(await session.scalars(select(AuditEntry.action)))
    assert actions.count("club.join") == 1


async def test_two_tabs_that_join_at_once_use_a_code_once(services: Services) -> None:
    club = await new_club(services)
    code = await code_of(services, club, most_uses=1)
    person = await make_person(services, "mia@example.org")
    await asyncio.gather(*(join_by_code(services, person.actor, code) for _tab in range(4)))
    other = await make_person(services, "noa@example.org")
    with pytest.raises(Gone):
        await join_by_code(services, other.actor, code)
    assert (await join_by_code(services, person.actor, code)).member.status == "active"


async def test_no_more_people_come_in_than_a_code_has_uses(services: Services) -> None:
    club = await new_club(services)
    code = await code_of(services, club, most_uses=3)
    people = [await make_person(services, f"p{number}@example.org") for number in range(8)]
    tried = await asyncio.gather(
        *(join_by_code(services, person.actor, code) for person in people), return_exceptions=True
    )
    assert sum(isinstance(one, Gone) for one in tried) == 5
    async with services.db.read() as session:
        active = select(ClubMember.id).where(ClubMember.status == "active")
        assert len(list(await session.scalars(active))) == 3


async def test_a_code_ends_by_time_by_hand_and_with_its_club(
    services: Services, clock: FakeClock
) -> None:
    club = await new_club(services)
    person = await make_person(services, "mia@example.org")
    late = await code_of(services, club, days=1)
    async with services.db.write() as session:
        made = await create_invite(session, services, SYSTEM, club.id)
        await revoke_invite(session, services, SYSTEM, club.id, made.invite.id)
        await revoke_invite(session, services, SYSTEM, club.id, made.invite.id)
    with pytest.raises(Gone):
        await join_by_code(services, person.actor, made.code)
    good = await code_of(services, club)
    clock.advance(DAY)
    with pytest.raises(Gone):
        await join_by_code(services, person.actor, late)
    async with services.db.write() as session:
        await archive_club(session, services, SYSTEM, club.id)
    for code in (good, "", "0000-0000-0000", "no code at all"):
        with pytest.raises(Gone):
            await join_by_code(services, person.actor, code)


async def test_guessing_codes_is_limited_before_the_right_one_counts(services: Services) -> None:
    club = await new_club(services)
    code = await code_of(services, club)
    person = await make_person(services, "mia@example.org")
    for _try in range(TRIES_PER_PERSON):
        with pytest.raises(Gone):
            await join_by_code(services, person.actor, "0000-0000-0000")
    with pytest.raises(TooMany):
        await join_by_code(services, person.actor, code)


async def test_no_code_is_kept_in_the_clear(services: Services) -> None:
    club = await new_club(services)
    code = await code_of(services, club)
    async with services.db.read() as session:
        made = (await session.scalars(select(ClubInvite))).one()
    assert code.replace("-", "") not in repr(vars(made))


async def test_people_are_invited_by_one_mail_and_come_in_by_their_address(
    services: Services,
) -> None:
    club = await new_club(services)
    people = [Person("Mia@Example.org", "Mia"), Person("noa@example.org")]
    async with services.db.write() as session:
        assert await invite_people(session, services, SYSTEM, club.id, people) == (2, 0)
        assert await invite_people(session, services, SYSTEM, club.id, people) == (0, 2)
    sent = await mails(services)
    assert [mail.to_email for mail in sent] == ["mia@example.org", "noa@example.org"]
    text = await render_mail(services, club_mails.PREPARERS, sent[0])
    assert "Harry's Club" in text.subject
    assert "/tickets/clubs" in text.text
    assert "bought tickets" not in text.text + text.html
    mia = await make_person(services, "mia@example.org")
    eve = await make_person(services, "eve@example.org")
    async with services.db.write() as session:
        await accept_invitation(session, services, mia.actor, club.id)
        await accept_invitation(session, services, mia.actor, club.id)
        for club_id in (club.id, "club_none"):
            with pytest.raises(NotFound, match="No club has invited you"):
                await accept_invitation(session, services, eve.actor, club_id)
    with pytest.raises(NoLongerWanted):
        await render_mail(services, club_mails.PREPARERS, sent[0])


async def test_the_invited_may_sign_in_where_registration_is_closed(services: Services) -> None:
    club = await new_club(services)
    async with services.db.write() as session:
        await invite_people(session, services, SYSTEM, club.id, [Person("mia@example.org")])
    code = await code_of(services, club)
    services.rooms[KNOWN_ROOM] = (is_known,)
    object.__setattr__(services.settings, "open_registration", False)
    await request_sign_in(services, "mia@example.org", "/tickets/clubs", "192.0.2.1")
    await request_sign_in(services, "eve@example.org", "/tickets/clubs", "192.0.2.1")
    assert [m.to_email for m in await mails(services) if m.kind == "sign_in"] == ["mia@example.org"]
    known = known_by_code(services, code)
    await request_sign_in(services, "eve@example.org", "", "192.0.2.1", known=known)
    assert len([m for m in await mails(services) if m.kind == "sign_in"]) == 2


async def test_leaving_and_being_removed_end_a_membership_and_tell_the_pre_orders(
    services: Services,
) -> None:
    club = await new_club(services)
    code = await code_of(services, club)
    mia, membership = await make_member(services, club)
    async with services.db.write() as session:
        await leave_club(session, services, mia.actor, club.id)
        assert await member_of(session, club.id, mia.actor.id) is None
        with pytest.raises(NotFound):
            await leave_club(session, services, mia.actor, club.id)
    assert await endings(services) == 1
    await join_by_code(services, mia.actor, code)
    async with services.db.write() as session:
        await remove_member(session, services, SYSTEM, club.id, membership.member.id)
        await remove_member(session, services, SYSTEM, club.id, membership.member.id)
    assert await endings(services) == 2
    with pytest.raises(Conflict, match="invite you again"):
        await join_by_code(services, mia.actor, code)
    async with services.db.write() as session:
        again = await invite_people(session, services, SYSTEM, club.id, [Person("mia@example.org")])
        assert again == (1, 0)
        await accept_invitation(session, services, mia.actor, club.id)
        assert await member_of(session, club.id, mia.actor.id) is not None


async def test_only_who_runs_the_server_charges_cards_on_its_account(services: Services) -> None:
    owner, organizer = await make_owner(services)
    with pytest.raises(Forbidden):
        async with services.db.write() as session:
            new = NewClub(name="X", time_zone="UTC", charge_account="platform")
            await create_club(session, services, owner.actor, organizer.id, new)


FILE = "E-Mail;Name\nmia@example.org;Mia\n;Nobody\nno mail;X\nnoa@example.org;\n"


async def test_a_file_with_bad_rows_names_their_lines_and_invites_nobody(
    client: httpx2.AsyncClient, services: Services
) -> None:
    owner, organizer = await make_owner(services)
    async with services.db.write() as session:
        club = await make_club(session, services, organizer.id)
    object.__setattr__(services.settings, "enable_preorders", True)
    path = f"/api/tickets/admin/clubs/{club.id}/members"
    sent = await client.post(f"{path}/import", content=FILE.encode(), headers=owner.headers)
    assert sent.status_code == 400, sent.text
    assert [error["line"] for error in sent.json()["errors"]] == [3, 4]
    assert "Nobody was invited" in sent.json()["detail"]
    assert await mails(services) == []
    good = "E-Mail;Name\nmia@example.org;Mia\nNoa@example.org;\nmia@example.org;twice\n"
    sent = await client.post(f"{path}/import", content=good.encode(), headers=owner.headers)
    assert sent.json() == {"invited": 2, "known": 0}
    shown = (await client.get(path, headers=owner.headers)).json()
    assert [member["email"] for member in shown["members"]] == [
        "mia@example.org",
        "noa@example.org",
    ]
    for empty in (b"", b"Name\nMia\n", b"%PDF-1.4"):
        sent = await client.post(f"{path}/import", content=empty, headers=owner.headers)
        assert sent.status_code == 400, empty
