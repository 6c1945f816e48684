"""The API of events, tiers, lists, tickets, imports and keys, as a program uses it."""

from typing import Any

import httpx2
import pytest
from tests.factories.auth import Person, make_owner, make_person
from tests.factories.workbooks import make_workbook

from handstamp.kit.clock import DAY, HOUR
from handstamp.plumbing.web import Services

pytestmark = pytest.mark.anyio

LIST = b"Name;Email;Ticket type;Ticket code\r\nJos\xe9;jose@example.org;VIP;a\r\n"


class Desk:
    """A signed-in organizer with an event, over HTTP."""

    def __init__(self, client: httpx2.AsyncClient, person: Person, event: dict[str, Any]) -> None:
        self.client = client
        self.person = person
        self.event = event
        self.at = f"/api/tickets/events/{event['id']}"

    async def ask(self, method: str, path: str, status: int = 200, **others: Any) -> Any:
        """Make a request and check its status; return the JSON."""
        headers = {**self.person.headers, **others.pop("headers", {})}
        answer = await self.client.request(method, path, headers=headers, **others)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content and "json" in answer.headers["content-type"] else {}


@pytest.fixture
async def desk(client: httpx2.AsyncClient, services: Services) -> Desk:
    """An organizer with an event, a tier and a list, all made over HTTP."""
    person, organizer = await make_owner(services)
    now = services.clock()
    new = {
        "organizer_id": organizer.id,
        "title": "Paper Lanterns",
        "start_at": now + DAY,
        "end_at": now + DAY + HOUR,
        "time_zone": "America/Vancouver",
    }
    made = await client.post("/api/tickets/events", json=new, headers=person.headers)
    assert made.status_code == 201, made.text
    desk = Desk(client, person, made.json())
    await desk.ask("POST", f"{desk.at}/tiers", 201, json={"name": "General"})
    tiers = [{"tier": 1, "from": now, "until": None}]
    await desk.ask("POST", f"{desk.at}/lists", 201, json={"name": "Main door", "tiers": tiers})
    return desk


async def test_an_event_is_edited_published_and_found(desk: Desk) -> None:
    assert (await desk.ask("PATCH", desk.at, json={"venue": "The Rio"}))["venue"] == "The Rio"
    await desk.ask("POST", f"{desk.at}/status", json={"status": "published"})
    await desk.ask("POST", f"{desk.at}/status", 400, json={"status": "cancelled"})
    found = await desk.ask("GET", "/api/tickets/events?status=published&words=rio")
    assert [event["id"] for event in found["events"]] == [desk.event["id"]]
    tier = (await desk.ask("GET", f"{desk.at}/tiers"))["tiers"][0]
    changed = await desk.ask("PATCH", f"{desk.at}/tiers/{tier['id']}", json={"price_cents": 900})
    assert (changed["price_cents"], changed["name"]) == (900, "General")
    view = (await desk.ask("GET", f"{desk.at}/lists"))["lists"][0]
    assert (view["number"], view["revision"], view["name"]) == (1, 1, "Main door")
    saved = await desk.ask(
        "PUT", f"{desk.at}/lists/1", json={"name": "Front", "tiers": [{"tier": 1}]}
    )
    assert saved["revision"] == 2
    assert (await desk.ask("DELETE", f"{desk.at}/lists/1"))["archived"]
    await desk.ask("GET", f"{desk.at}/lists/9999999999999999999", 404)


async def test_everybody_may_list_what_is_published(desk: Desk) -> None:
    path = "/api/tickets/events/public"
    assert (await desk.client.get(path)).json() == {"events": []}
    await desk.ask("PATCH", desk.at, json={"city": "Victoria"})
    await desk.ask("POST", f"{desk.at}/status", json={"status": "published"})
    (event,) = (await desk.client.get(f"{path}?city=victoria")).json()["events"]
    assert event["slug"] == "paper-lanterns"
    assert "organizer_id" not in event
    assert (await desk.client.get(f"{path}?city=Nanaimo")).json() == {"events": []}


async def test_tickets_are_issued_changed_and_drawn(desk: Desk) -> None:
    tier = (await desk.ask("GET", f"{desk.at}/tiers"))["tiers"][0]
    new = {"tier_id": tier["id"], "holders": [{"name": "Ada", "email": "ada@example.org"}, {}]}
    key = {"Idempotency-Key": "once"}
    made = await desk.ask("POST", f"{desk.at}/tickets", 201, json=new, headers=key)
    again = await desk.ask("POST", f"{desk.at}/tickets", 201, json=new, headers=key)
    assert made == again
    ticket = made["tickets"][0]
    at = f"/api/tickets/tickets/{ticket['id']}"
    assert (await desk.ask("POST", f"{at}/refund"))["status"] == "refunded"
    assert (await desk.ask("POST", f"{at}/refund"))["status"] == "refunded"
    await desk.ask("POST", f"{at}/dispute", 409)
    await desk.ask("POST", f"{at}/reissue", 409, json={})
    assert (await desk.ask("POST", f"{at}/restore"))["status"] == "valid"
    fresh = await desk.ask("POST", f"{at}/reissue", json={"holder": {"name": "Bob"}})
    assert (fresh["epoch"], fresh["holder_name"], fresh["holder_email"]) == (2, "Bob", "")
    found = await desk.ask("GET", f"{desk.at}/tickets?words={ticket['printed_id']}")
    assert [row["id"] for row in found["tickets"]] == [ticket["id"]]
    first = await desk.ask("GET", f"{desk.at}/tickets?limit=1")
    rest = await desk.ask("GET", f"{desk.at}/tickets?after={first['next']}")
    assert len(rest["tickets"]) == 1
    for query, kind in (("", "image/svg+xml"), ("?format=png", "image/png")):
        drawn = await desk.client.get(f"{at}/qrcode{query}", headers=desk.person.headers)
        assert drawn.headers["content-type"] == kind
        assert "no-store" in drawn.headers["cache-control"]
    bad = {**new, "holders": [{"email": "nobody"}]}
    await desk.ask("POST", f"{desk.at}/tickets", 400, json=bad)
    await desk.ask("GET", "/api/tickets/tickets/99999999999999999999999", 404)


async def test_a_guest_list_is_uploaded_corrected_and_taken_over(desk: Desk) -> None:
    imports = f"{desk.at}/guest-imports"
    seen = await desk.ask("POST", f"{imports}?filename=list.csv", 201, content=LIST)
    assert (seen["filename"], seen["ready"], seen["bad_count"]) == ("list.csv", False, 1)
    assert seen["bad"][0]["line"] == 2
    assert "VIP" in seen["bad"][0]["message"]
    assert seen["sample"] == [["José", "jose@example.org", "VIP", "a"]]
    assert seen["notes"] == ["The file was read as cp1252."]
    at = f"{imports}/{seen['id']}"
    refused = await desk.ask("POST", f"{at}/commit", 409)
    assert refused["errors"][0]["line"] == 2
    assert (await desk.ask("PUT", at, json={"create_tiers": True}))["ready"]
    result = await desk.ask("POST", f"{at}/commit")
    assert result == {"tickets": 1, "known": 0, "left_out": 0, "bad": 0, "tiers": ["VIP"]}
    assert await desk.ask("POST", f"{at}/commit") == result
    assert (await desk.ask("GET", at))["status"] == "committed"
    await desk.ask("DELETE", at, 409)
    await desk.ask("PUT", at, 400, json={"columns": {"password": 1}})
    await desk.ask("PUT", at, 400, json={"columns": {"name": 5000}})


async def test_hostile_uploads_are_refused_in_plain_words(desk: Desk) -> None:
    imports = f"{desk.at}/guest-imports"
    for content, status in (
        (b"", 400),
        (b"PK\x03\x04nonsense", 400),
        (b"Name\n" + b"x" * (5 << 20), 413),
        (b"\x00" * 100, 400),
        (make_workbook([["Name"]]), 400),
    ):
        answer = await desk.ask("POST", imports, status, content=content)
        assert answer["detail"]
        assert "%(" not in answer["detail"]
    seen = await desk.ask("POST", imports, 201, content=make_workbook([["Name"], ["=1+1"]]))
    await desk.ask("DELETE", f"{imports}/{seen['id']}", 204)
    await desk.ask("GET", f"{imports}/{seen['id']}", 404)


async def test_exports_are_files_for_spreadsheets(desk: Desk) -> None:
    tier = (await desk.ask("GET", f"{desk.at}/tiers"))["tiers"][0]
    new = {"tier_id": tier["id"], "holders": [{"name": "=1+1"}]}
    await desk.ask("POST", f"{desk.at}/tickets", 201, json=new)
    answer = await desk.client.get(
        f"{desk.at}/guests.csv?columns=name", headers=desk.person.headers
    )
    assert (
        answer.headers["content-disposition"] == 'attachment; filename="paper-lanterns-guests.csv"'
    )
    assert answer.content == "\ufeffName\r\n'=1+1\r\n".encode()
    answer = await desk.client.get(f"{desk.at}/guests.xlsx", headers=desk.person.headers)
    assert answer.content.startswith(b"PK")
    await desk.ask("GET", f"{desk.at}/guests.csv?columns=secret", 400)


async def test_keys_are_for_administrators(desk: Desk, services: Services) -> None:
    await desk.ask("GET", "/api/tickets/admin/keys", 403)
    await desk.ask("POST", "/api/tickets/admin/keys/rotate", 403, json={})
    admin = await make_person(services, "root@example.org", is_admin=True)
    root = Desk(desk.client, admin, desk.event)
    keys = (await root.ask("POST", "/api/tickets/admin/keys/rotate", json={}))["keys"]
    assert [key["key_id"] for key in keys] == [0, 1, 2]
    assert (await root.ask("GET", "/api/tickets/admin/keys"))["keys"] == keys
    await root.ask("POST", "/api/tickets/admin/keys/rotate", 404, json={"compromised": 30})


async def test_somebody_elses_event_is_not_there_and_nobody_signs_in_first(
    desk: Desk, services: Services
) -> None:
    other, _organizer = await make_owner(services, "other@example.org")
    tier = (await desk.ask("GET", f"{desk.at}/tiers"))["tiers"][0]
    new = {"tier_id": tier["id"], "holders": [{"name": "Ada"}]}
    made = await desk.ask("POST", f"{desk.at}/tickets", 201, json=new)
    ticket = f"/api/tickets/tickets/{made['tickets'][0]['id']}"
    seen = await desk.ask("POST", f"{desk.at}/guest-imports", 201, content=LIST)
    kept = f"{desk.at}/guest-imports/{seen['id']}"
    requests: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", desk.at, {}),
        ("PATCH", desk.at, {"json": {"title": "Mine"}}),
        ("POST", f"{desk.at}/status", {"json": {"status": "archived"}}),
        ("GET", f"{desk.at}/tiers", {}),
        ("POST", f"{desk.at}/tiers", {"json": {"name": "Mine"}}),
        ("GET", f"{desk.at}/tiers/{tier['id']}", {}),
        ("PATCH", f"{desk.at}/tiers/{tier['id']}", {"json": {"name": "Mine"}}),
        ("DELETE", f"{desk.at}/tiers/{tier['id']}", {}),
        ("GET", f"{desk.at}/lists", {}),
        ("GET", f"{desk.at}/lists/1", {}),
        ("POST", f"{desk.at}/lists", {"json": {"name": "Mine", "tiers": [{"tier": 1}]}}),
        ("PUT", f"{desk.at}/lists/1", {"json": {"name": "Mine", "tiers": [{"tier": 1}]}}),
        ("DELETE", f"{desk.at}/lists/1", {}),
        ("GET", f"{desk.at}/tickets", {}),
        ("POST", f"{desk.at}/tickets", {"json": new}),
        ("GET", f"{desk.at}/guests.csv", {}),
        ("GET", f"{desk.at}/guests.xlsx", {}),
        ("POST", f"{desk.at}/guest-imports", {"content": LIST}),
        ("GET", kept, {}),
        ("PUT", kept, {"json": {}}),
        ("POST", f"{kept}/commit", {}),
        ("DELETE", kept, {}),
        ("GET", ticket, {}),
        ("GET", f"{ticket}/qrcode", {}),
        *(("POST", f"{ticket}/{act}", {}) for act in ("refund", "cancel", "dispute", "restore")),
        ("POST", f"{ticket}/reissue", {"json": {}}),
    ]
    for method, path, others in requests:
        answer = await desk.client.request(method, path, headers=other.headers, **others)
        assert (answer.status_code, method, path) == (404, method, path)
        answer = await desk.client.request(method, path, **others)
        assert (answer.status_code, method, path) == (401, method, path)
    assert (await desk.ask("GET", ticket))["status"] == "valid"


async def test_addresses_with_what_no_database_stores_are_not_found(desk: Desk) -> None:
    for path in (desk.at, f"{desk.at}/tiers/x", f"{desk.at}/guest-imports/x"):
        await desk.ask("GET", f"{path}%00", 400)
        await desk.ask("GET", f"{path}%EF%BF%BF", 404)
    await desk.ask("GET", f"{desk.at}/tickets?tier=%00", 400)
