"""Notes for the door: written, imported, kept with the holder, handed out and erased."""

import httpx2
import pytest
from tests.factories.auth import make_owner
from tests.factories.events import make_event
from tests.factories.tickets import make_tickets
from tests.rooms.tickets.test_import_guests import upload

from handstamp.plumbing.errors import BadInput, Conflict
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.tickets.find_tickets import find_tickets
from handstamp.tickets.forget_person import forget_holder
from handstamp.tickets.import_guests import commit_import, plan_import
from handstamp.tickets.issue_tickets import Holder
from handstamp.tickets.models import Ticket
from handstamp.tickets.reissue_ticket import reissue
from handstamp.tickets.told_of_person import tickets_held
from handstamp.tickets.write_note import write_note

pytestmark = pytest.mark.anyio

FILE = (
    b"Name,Email,Ticket type,Note for the door,Comment\nAda,ada@example.org,General,wheelchair,x\n"
)


async def test_a_note_is_imported_but_no_comment(services: Services) -> None:
    async with services.db.write() as session:
        event = await make_event(session, services)
    plan = await plan_import(services, SYSTEM, event.id, await upload(services, event, FILE))
    async with services.db.write() as session:
        await commit_import(session, services, SYSTEM, plan)
        (ticket,) = await find_tickets(session, event.id)
        assert ticket.note == "wheelchair"


async def test_a_note_goes_with_its_holder(services: Services) -> None:
    async with services.db.write() as session:
        event = await make_event(session, services)
        holder = Holder("Ada", "ada@example.org", "A1")
        (ticket,) = await make_tickets(session, services, event, holders=[holder])
        ticket = await write_note(session, services, SYSTEM, ticket, "VIP")
        before = ticket.revision
        ticket = await write_note(session, services, SYSTEM, ticket, " VIP ")
        assert (ticket.note, ticket.revision) == ("VIP", before)
        assert (await reissue(session, services, SYSTEM, ticket)).note == "VIP"
        assert (await tickets_held(session, "ada@example.org"))[0]["note"] == "VIP"
        other = Holder("Grace", "grace@example.org", "A1")
        ticket = await reissue(session, services, SYSTEM, ticket, holder=other)
        assert ticket.note == ""


async def test_an_erased_ticket_has_no_note_and_gets_none(services: Services) -> None:
    async with services.db.write() as session:
        event = await make_event(session, services)
        holder = Holder("Ada", "ada@example.org", "A1", note="deaf in one ear")
        (ticket,) = await make_tickets(session, services, event, holders=[holder])
        await forget_holder(session, services, "ada@example.org", [])
        ticket = await session.get_one(Ticket, ticket.id, populate_existing=True)
        assert (ticket.note, ticket.feed_seq) == ("", None)
        with pytest.raises(Conflict, match="erased"):
            await write_note(session, services, SYSTEM, ticket, "again")
        for note in ("x" * 201, "two\nlines"):
            with pytest.raises(BadInput):
                await write_note(session, services, SYSTEM, ticket, note)


async def test_pin_note_and_list_rules_by_the_api(
    client: httpx2.AsyncClient, services: Services
) -> None:
    person, organizer = await make_owner(services)
    async with services.db.write() as session:
        event = await make_event(session, services, organizer_id=organizer.id)
        (ticket,) = await make_tickets(session, services, event, count=1)
    here, mine = f"/api/tickets/events/{event.id}", person.headers
    for pin, status in (("12", 400), ("1234", 400), ("4711", 204)):
        body = {"pin": pin}
        answer = await client.put(f"{here}/supervisor-pin", json=body, headers=mine)
        assert answer.status_code == status
    shown = (await client.get(here, headers=mine)).json()
    assert shown["supervisor_pin"] is True
    assert "supervisor_json" not in shown
    assert (await client.delete(f"{here}/supervisor-pin", headers=mine)).status_code == 204
    assert (await client.get(here, headers=mine)).json()["supervisor_pin"] is False
    note = f"/api/tickets/tickets/{ticket.id}/note"
    for text, status in (("x" * 201, 400), ("side entrance", 204)):
        answer = await client.put(note, json={"note": text}, headers=mine)
        assert answer.status_code == status, answer.text
    answer = await client.get(f"/api/tickets/tickets/{ticket.id}", headers=mine)
    assert answer.json()["note"] == "side entrance"
    rules = {"name": "Main door", "tiers": [{"tier": 1}], "entry": "per_day", "per_day": 2}
    for wrong in ({"per_day": 0}, {"entry": "often"}, {"gates": ["A", "A"]}, {"undo_s": -1}):
        answer = await client.put(f"{here}/lists/1", json=rules | wrong, headers=mine)
        assert answer.status_code == 400, answer.text
        assert answer.json()["errors"]
    saved = (await client.put(f"{here}/lists/1", json=rules, headers=mine)).json()
    assert (saved["revision"], saved["rules"]["per_day"]) == (2, 2)
    assert len(saved["rules"]["days"]) >= 3
