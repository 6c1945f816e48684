"""The API of clubs: for who runs them and for their members; off with its flag."""

import httpx2
import pytest
from tests.factories.auth import make_owner, make_person
from tests.factories.clubs import make_club_sale, make_member
from tests.fixtures.services import make_settings

from handstamp.kit.clock import DAY
from handstamp.plumbing.config import Settings
from handstamp.plumbing.web import Services

CLUBS = "/api/tickets/admin/clubs"
MINE = "/api/tickets/me/clubs"


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Settings with pre-orders on."""
    return make_settings(database_url, enable_preorders=True)


async def test_a_club_from_its_beginning_to_its_end(
    client: httpx2.AsyncClient, services: Services
) -> None:
    owner, organizer = await make_owner(services)
    new = {"organizer_id": organizer.id, "name": "Harry's Club", "time_zone": "Europe/London"}
    keyed = {**owner.headers, "Idempotency-Key": "club"}
    made = await client.post(CLUBS, json=new, headers=keyed)
    assert made.status_code == 201, made.text
    body = made.json()
    assert (body["per_week"], body["charge_weekday"], body["charge_at"]) == (1, 1, "19:00")
    assert (await client.post(CLUBS, json=new, headers=keyed)).json() == body
    club = f"{CLUBS}/{body['id']}"
    for wrong in (
        {"time_zone": "Mars/Olympus"},
        {"charge_at": "25:00"},
        {"discount_bp": 10_001},
        {"per_week": 0},
        {"charge_weekday": 7},
        {"name": None},
        {"organizer_id": "org_other"},
    ):
        assert (await client.patch(club, json=wrong, headers=owner.headers)).status_code == 400
    changed = await client.patch(club, json={"discount_bp": 1_500}, headers=owner.headers)
    assert changed.json()["discount_bp"] == 1_500
    platform = {"charge_account": "platform"}
    assert (await client.patch(club, json=platform, headers=owner.headers)).status_code == 403
    root = await make_person(services, "root@example.org", is_admin=True)
    assert (await client.patch(club, json=platform, headers=root.headers)).status_code == 200
    listed = (await client.get(CLUBS, headers=owner.headers)).json()["clubs"]
    assert [one["id"] for one in listed] == [body["id"]]
    ended = await client.post(f"{club}/archive", headers=owner.headers)
    assert ended.json()["archived_at"] == services.clock()
    assert (await client.get(CLUBS, headers=owner.headers)).json()["clubs"] == []
    every = await client.get(CLUBS, params={"archived": True}, headers=owner.headers)
    assert len(every.json()["clubs"]) == 1
    for path in ("members", "invites"):
        sent = {"people": [{"email": "mia@example.org"}]} if path == "members" else {}
        refused = await client.post(f"{club}/{path}", json=sent, headers=owner.headers)
        assert (refused.status_code, refused.json()["code"]) == (409, "archived")


async def test_an_invites_code_is_told_once_and_lets_somebody_in(
    client: httpx2.AsyncClient, services: Services
) -> None:
    founded, _offer, _tiers = await make_club_sale(services)
    root = await make_person(services, "root@example.org", is_admin=True)
    club = f"{CLUBS}/{founded.id}"
    made = await client.post(f"{club}/invites", json={"most_uses": 1}, headers=root.headers)
    code = made.json()["code"]
    assert made.json()["link"].endswith(f"/tickets/clubs/join?code={code}")
    listed = await client.get(f"{club}/invites", headers=root.headers)
    assert code not in listed.text
    mia = await make_person(services, "mia@example.org")
    joined = await client.post(f"{MINE}/join", json={"code": code}, headers=mia.headers)
    assert joined.json()["status"] == "active"
    assert (await client.post(f"{MINE}/join", json={}, headers=mia.headers)).status_code == 400
    mine = (await client.get(MINE, headers=mia.headers)).json()["clubs"]
    assert [(one["id"], one["status"]) for one in mine] == [(founded.id, "active")]
    shown = (await client.get(club, headers=root.headers)).json()
    assert (shown["members"], shown["invited"]) == (1, 0)
    eve = await make_person(services, "eve@example.org")
    late = await client.post(f"{MINE}/join", json={"code": code}, headers=eve.headers)
    assert late.status_code == 410
    stranger = {"club_id": founded.id}
    assert (
        await client.post(f"{MINE}/join", json=stranger, headers=eve.headers)
    ).status_code == 404
    assert (await client.delete(f"{MINE}/{founded.id}", headers=eve.headers)).status_code == 404
    assert (await client.delete(f"{MINE}/{founded.id}", headers=mia.headers)).status_code == 204
    assert (await client.get(MINE, headers=mia.headers)).json()["clubs"] == []
    taken = await client.delete(f"{club}/invites/{made.json()['id']}", headers=root.headers)
    assert taken.json()["revoked_at"] == services.clock()


async def test_offers_are_listed_with_what_is_left(
    client: httpx2.AsyncClient, services: Services
) -> None:
    founded, offer, tiers = await make_club_sale(services, capacity=7)
    root = await make_person(services, "root@example.org", is_admin=True)
    events = f"{CLUBS}/{founded.id}/events"
    (listed,) = (await client.get(events, headers=root.headers)).json()["events"]
    assert listed["event_id"] == offer.event.id
    assert (listed["opens_at"], listed["closes_at"]) == offer.window
    assert listed["charge_at"] == offer.charge_at
    assert listed["tiers"][0] == {
        "tier_id": tiers[0].id,
        "name": tiers[0].name,
        "declared": None,
        "reserved": 0,
        "remaining": 7,
    }
    assert "draw_seed" not in listed
    none = await client.get(events, params={"week": "2026-06-01"}, headers=root.headers)
    assert none.json()["events"] == []
    wrong = await client.get(events, params={"week": "2026-06-02"}, headers=root.headers)
    assert wrong.status_code == 400
    one = f"{events}/{offer.event.id}"
    deadline = {"ticket_deadline_at": offer.event.start_at - DAY}
    changed = await client.patch(one, json=deadline, headers=root.headers)
    assert changed.json()["ticket_deadline_at"] == deadline["ticket_deadline_at"]
    begun = await client.patch(one, json={"allocation": "draw"}, headers=root.headers)
    assert (begun.status_code, begun.json()["code"]) == (409, "begun")
    gone = await client.delete(one, headers=root.headers)
    assert gone.json()["withdrawn_at"] == services.clock()
    assert (await client.get(events, headers=root.headers)).json()["events"] == []


async def test_switched_off_new_work_is_refused_and_leaving_is_not(
    client: httpx2.AsyncClient, services: Services
) -> None:
    founded, _offer, _tiers = await make_club_sale(services)
    mia, _membership = await make_member(services, founded)
    object.__setattr__(services.settings, "enable_preorders", False)
    sent = await client.post(f"{MINE}/join", json={"code": "x"}, headers=mia.headers)
    assert sent.status_code == 503
    assert (await client.delete(f"{MINE}/{founded.id}", headers=mia.headers)).status_code == 204
