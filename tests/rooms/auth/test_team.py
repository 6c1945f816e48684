"""Teams: who changes them, that an owner is always left, and how little support may."""

import asyncio

import httpx2
import pytest
from sqlalchemy import select
from tests.factories.auth import make_owner, make_person, make_team

from handstamp.auth.change_team import remove_from_team, set_role
from handstamp.auth.find_organizers import organizers_of
from handstamp.auth.find_person import find_person
from handstamp.auth.find_team import team_of
from handstamp.auth.forget_person import forget_account, why_not_forget
from handstamp.auth.sessions import find_actor
from handstamp.mail.models import Mail
from handstamp.mail.prepared import NoLongerWanted
from handstamp.mail.render_mail import render_mail
from handstamp.plumbing.errors import BadInput, Conflict, Forbidden, NotFound
from handstamp.plumbing.web import Actor, Services
from handstamp.worker import MAILS

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("role", "manages", "supports"),
    [("owner", True, True), ("manager", True, True), ("support", False, True), ("x", False, True)],
)
def test_only_owners_and_managers_run_an_organizer(
    role: str, manages: bool, supports: bool
) -> None:
    actor = Actor("user", "usr_1", organizers={"org_1": role})
    assert (actor.may_manage("org_1"), actor.may_support("org_1")) == (manages, supports)
    assert (actor.may_manage("org_2"), actor.may_support("org_2")) == (False, False)
    assert actor.managed == (["org_1"] if manages else [])


async def test_an_owner_takes_support_in_who_then_runs_nothing(services: Services) -> None:
    owner, organizer = await make_owner(services)
    helper = await make_person(services, "sam@example.org")
    async with services.db.write() as session:
        await set_role(session, owner.actor, organizer.id, " SAM@example.org ", "support")
        await set_role(session, owner.actor, organizer.id, "new@example.org", "manager")
    sam = await find_actor(services, helper.token, "192.0.2.1")
    assert sam.organizers == {organizer.id: "support"}
    async with services.db.read() as session:
        people = await team_of(session, owner.actor, organizer.id)
        assert [(one.email, one.role) for one in people] == [
            ("ada@example.org", "owner"),
            ("new@example.org", "manager"),
            ("sam@example.org", "support"),
        ]
        assert await organizers_of(session, sam) == []
        with pytest.raises(NotFound):
            await team_of(session, sam, organizer.id)


async def test_whoever_is_new_in_a_team_is_mailed_once(
    services: Services, client: httpx2.AsyncClient
) -> None:
    owner, organizer = await make_owner(services)
    path = f"/api/tickets/organizers/{organizer.id}/team"
    for role in ("support", "support", "manager"):
        sent = {"email": "sam@example.org", "role": role}
        answer = await client.put(path, json=sent, headers=owner.headers)
        assert answer.json()["role"] == role
    async with services.db.read() as session:
        mails = list(await session.scalars(select(Mail)))
    assert [(one.kind, one.to_email) for one in mails] == [("team_invitation", "sam@example.org")]
    written = await render_mail(services, MAILS, mails[0])
    assert organizer.name in written.subject
    assert "You may run its events" in written.text
    assert "You may run its events" in written.html
    team = (await client.get(path, headers=owner.headers)).json()["people"]
    assert [one["role"] for one in team] == ["owner", "manager"]
    last = await client.delete(f"{path}/{owner.actor.id}", headers=owner.headers)
    assert last.status_code == 409
    for _ in range(2):
        gone = await client.delete(f"{path}/{team[1]['user_id']}", headers=owner.headers)
        assert gone.status_code == 204
    nobody = await client.delete(f"{path}/usr_nothing", headers=owner.headers)
    assert nobody.status_code == 404
    with pytest.raises(NoLongerWanted):
        await render_mail(services, MAILS, mails[0])


async def test_who_has_no_say_in_a_team_does_not_learn_who_there_is(
    services: Services, client: httpx2.AsyncClient
) -> None:
    owner, organizer = await make_owner(services)
    stranger, _own = await make_owner(services, "eve@example.org")
    manager = await make_person(services, "max@example.org")
    async with services.db.write() as session:
        await set_role(session, owner.actor, organizer.id, "max@example.org", "manager")
    path = f"/api/tickets/organizers/{organizer.id}/team"
    for who, status in ((stranger, 404), (manager, 403)):
        answers = [
            await client.delete(f"{path}/{user_id}", headers=who.headers)
            for user_id in (owner.actor.id, stranger.actor.id, "usr_nothing")
        ]
        assert {one.status_code for one in answers} == {status}
        assert len({one.json()["detail"] for one in answers}) == 1


async def test_who_is_no_owner_changes_no_team(services: Services) -> None:
    owner, organizer = await make_owner(services)
    stranger, _own = await make_owner(services, "eve@example.org")
    person = await make_person(services, "max@example.org")
    async with services.db.write() as session:
        await set_role(session, owner.actor, organizer.id, "max@example.org", "manager")
    manager = await find_actor(services, person.token, "")
    async with services.db.write() as session:
        with pytest.raises(Forbidden):
            await set_role(session, manager, organizer.id, "max@example.org", "owner")
        with pytest.raises(NotFound):
            await set_role(session, stranger.actor, organizer.id, "eve@example.org", "owner")
        with pytest.raises(NotFound):
            await remove_from_team(session, stranger.actor, organizer.id, owner.actor.id)
        with pytest.raises(BadInput):
            await set_role(session, owner.actor, organizer.id, "max@example.org", "emperor")
        with pytest.raises(BadInput):
            await set_role(session, owner.actor, organizer.id, "no address", "support")


async def test_an_owner_is_always_left(services: Services) -> None:
    owner, organizer = await make_owner(services)
    async with services.db.write() as session:
        with pytest.raises(Conflict):
            await remove_from_team(session, owner.actor, organizer.id, owner.actor.id)
        with pytest.raises(Conflict):
            await set_role(session, owner.actor, organizer.id, "ada@example.org", "support")
        member = await set_role(session, owner.actor, organizer.id, "bea@example.org", "owner")
        await remove_from_team(session, owner.actor, organizer.id, owner.actor.id)
        await remove_from_team(session, owner.actor, organizer.id, "nobody")
        with pytest.raises(Conflict):
            await remove_from_team(session, owner.actor, organizer.id, member.user_id)


async def test_an_administrator_begins_a_team(services: Services) -> None:
    admin = await make_person(services, "root@example.org", is_admin=True)
    organizer = await make_team(services)
    async with services.db.write() as session:
        await set_role(session, admin.actor, organizer.id, "ada@example.org", "owner")
        with pytest.raises(NotFound):
            await set_role(session, admin.actor, "org_nothing", "ada@example.org", "owner")


async def test_an_owner_is_left_when_one_is_forgotten_while_the_other_is_removed(
    services: Services,
) -> None:
    ada, organizer = await make_owner(services)
    bea = await make_person(services, "bea@example.org", organizer=organizer)

    async def remove_bea() -> None:
        async with services.db.write() as session:
            await remove_from_team(session, ada.actor, organizer.id, bea.actor.id)

    async with services.db.write() as session:
        person = await find_person(session, "ada@example.org")
        assert await why_not_forget(session, person) == []
        removing = asyncio.create_task(remove_bea())
        await asyncio.wait({removing}, timeout=0.5)
        await forget_account(session, person)
    with pytest.raises(Conflict):
        await removing
