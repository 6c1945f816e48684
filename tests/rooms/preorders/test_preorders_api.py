"""The API of pre-orders: placing, changing, deciding, with keys that answer once."""

import httpx2
from tests.factories.auth import make_person
from tests.factories.clubs import make_member
from tests.factories.preorders import make_preorder, wish_of
from tests.fixtures.stripe_double import StripeDouble

from handstamp.clubs.find_clubs import Offered
from handstamp.kit.clock import FakeClock
from handstamp.plumbing.web import Services
from handstamp.preorders.save_card import settle_card

MINE = "/api/tickets/me/pre-orders"


async def test_a_member_places_changes_and_cancels(
    client: httpx2.AsyncClient, services: Services, offer: Offered, stripe_double: StripeDouble
) -> None:
    mia, _membership = await make_member(services, offer.club)
    wish = vars(wish_of(offer))
    keyed = {**mia.headers, "Idempotency-Key": "one"}
    sent = await client.post(MINE, json=wish, headers=keyed)
    assert sent.status_code == 201, sent.text
    body = sent.json()
    assert (body["status"], body["word"], body["total"]) == ("draft", "Card missing", 1_350)
    assert body["sentence"].startswith("Pre-order received. We’ll charge your card at 7PM Tuesday")
    again = await client.post(MINE, json=wish, headers=keyed)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json() == body
    await stripe_double.pay(body["card_url"].rsplit("/", maxsplit=1)[-1])
    await settle_card(services, body["id"])
    shown = (await client.get(f"{MINE}/{body['id']}", headers=mia.headers)).json()
    assert (shown["status"], shown["seed_1"], shown["card_last4"]) == ("pending", "Pending", "4242")
    assert shown["changeable_until"] == offer.window.closes
    assert shown["charge_at"] == offer.charge_at
    change = {"tier_id": offer.tiers[1].id}
    changed = await client.patch(f"{MINE}/{body['id']}", json=change, headers=mia.headers)
    assert (changed.json()["tier"], changed.json()["total"]) == ("Balcony", 2_250)
    asked = await client.patch(f"{MINE}/{body['id']}", json={"new_card": True}, headers=mia.headers)
    assert asked.json()["card_url"]
    cards = (await client.get("/api/tickets/me/cards", headers=mia.headers)).json()["cards"]
    assert [card["last4"] for card in cards] == ["4242"]
    assert "payment_method_id" not in cards[0]
    kept = await client.delete(f"/api/tickets/me/cards/{cards[0]['id']}", headers=mia.headers)
    assert (kept.status_code, kept.json()["code"]) == (409, "card_in_use")
    gone = await client.delete(f"{MINE}/{body['id']}", headers=mia.headers)
    assert gone.json()["status"] == "cancelled"
    listed = (await client.get(MINE, headers=mia.headers)).json()
    assert [one["status"] for one in listed["pre_orders"]] == ["cancelled"]
    assert listed["next"] is None


async def test_after_the_deadline_the_refusal_is_clear(
    client: httpx2.AsyncClient, services: Services, offer: Offered, clock: FakeClock
) -> None:
    mia, preorder = await make_preorder(services, offer)
    clock.now = offer.window.closes
    for sent in (
        await client.delete(f"{MINE}/{preorder.id}", headers=mia.headers),
        await client.patch(
            f"{MINE}/{preorder.id}", json={"tier_id": offer.tiers[1].id}, headers=mia.headers
        ),
        await client.post(MINE, json=vars(wish_of(offer)), headers=mia.headers),
    ):
        assert sent.status_code == 409
        assert sent.json()["code"] == "closed"
        assert "over" in sent.json()["detail"]
    shown = (await client.get(f"{MINE}/{preorder.id}", headers=mia.headers)).json()
    assert shown["changeable_until"] is None


async def test_an_organizer_sees_and_decides(
    client: httpx2.AsyncClient, services: Services, offer: Offered, clock: FakeClock
) -> None:
    root = await make_person(services, "root@example.org", is_admin=True)
    path = f"/api/tickets/admin/events/{offer.event.id}/pre-orders"
    members = []
    for _member in range(3):
        clock.advance(1)
        members.append((await make_preorder(services, offer))[1])
    page = (await client.get(path, params={"limit": 2}, headers=root.headers)).json()
    assert [one["id"] for one in page["pre_orders"]] == [members[2].id, members[1].id]
    more = {"limit": 2, "after": page["next"]}
    rest = (await client.get(path, params=more, headers=root.headers)).json()
    assert [one["id"] for one in rest["pre_orders"]] == [members[0].id]
    assert rest["next"] is None
    assert page["counts"] == [
        {
            "club_id": offer.club.id,
            "tier_id": offer.tiers[0].id,
            "by_status": {"pending": 3},
        }
    ]
    found = (
        await client.get(path, params={"words": members[1].email.upper()}, headers=root.headers)
    ).json()
    assert [one["id"] for one in found["pre_orders"]] == [members[1].id]
    keyed = {**root.headers, "Idempotency-Key": "decide"}
    ids = {"ids": [members[0].id, "po_none"]}
    told = (await client.post(f"{path}/approve", json=ids, headers=keyed)).json()
    assert told == {"done": [members[0].id], "already": [], "refused": {"po_none": "unknown"}}
    assert (await client.post(f"{path}/approve", json=ids, headers=keyed)).json() == told
    sent = await client.post(f"{path}/deny", json={"ids": [members[1].id]}, headers=root.headers)
    assert sent.json()["done"] == [members[1].id]
    sent = await client.post(
        f"{path}/withdraw-approval", json={"ids": [members[0].id]}, headers=root.headers
    )
    assert sent.json()["done"] == [members[0].id]
    club = {"club_id": offer.club.id}
    sent = await client.post(f"{path}/approve-up-to-stock", json=club, headers=root.headers)
    assert sorted(sent.json()["done"]) == sorted([members[0].id, members[2].id])
    by_status = (await client.get(path, params={"status": "denied"}, headers=root.headers)).json()
    assert [one["id"] for one in by_status["pre_orders"]] == [members[1].id]
    wrong = await client.get(path, params={"status": "nonsense"}, headers=root.headers)
    assert wrong.status_code == 400
