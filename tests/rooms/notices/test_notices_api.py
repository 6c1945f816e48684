"""The API that cancels, moves, copies and writes: each look first, each write once."""

from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select, update
from tests.factories.auth import make_owner
from tests.rooms.refunds.shop import Shop

from handstamp.events.models import Event
from handstamp.kit.clock import DAY
from handstamp.mail.models import Mail
from handstamp.notices.models import Notice
from handstamp.orders.models import Order

pytestmark = pytest.mark.anyio
LATER = 7 * DAY
WORDS = {"subject": "Doors", "body": "They open at eight."}


async def send(
    shop: Shop, tail: str, body: dict[str, Any] | None = None, key: str = "", method: str = "POST"
) -> httpx2.Response:
    """Ask as the owner of the shop's event."""
    headers = {**shop.owner.headers, **({"Idempotency-Key": key} if key else {})}
    path = f"/api/tickets/events/{shop.event.id}/{tail}"
    return await shop.http.request(method, path, json=body, headers=headers)


async def count(shop: Shop, table: Any) -> int:
    """Return how many rows there are."""
    async with shop.services.db.read() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def test_cancelling_is_looked_at_confirmed_and_followed(shop: Shop) -> None:
    order = await shop.buy()
    look = (await send(shop, "cancel", method="GET")).json()
    assert look["run"] is None
    assert look["preview"] == {
        "orders": 1, "amount": order.total, "holds": 0, "preorders": 0, "preorder_amount": 0,
        "disputed": 0, "waiting": 0, "guests": 0, "listed": 0, "told": 1, "currency": "EUR",
    }  # fmt: skip
    wrong = await send(shop, "cancel", {"typed": "Another title"}, "a")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (400, "typed")
    wish = {"typed": shop.event.title, "message": "The hall is flooded."}
    done = await send(shop, "cancel", wish, "b")
    assert done.status_code == 202
    assert (done.json()["run"]["done"], done.json()["run"]["whole"]) == (0, 1)
    again = await send(shop, "cancel", wish, "b")
    assert again.headers["idempotent-replayed"] == "true"
    await shop.work()
    await shop.hear()
    run = (await send(shop, "cancel", method="GET")).json()["run"]
    assert (run["done"], run["whole"], run["mailed"]) == (1, 1, 1)
    assert run["refunds"] == [{"status": "succeeded", "number": 1, "amount": order.total}]
    assert run["finished_at"]
    assert await shop.now(order) == ("refunded", order.total)


async def test_an_edit_moves_no_date_that_people_count_on(shop: Shop) -> None:
    path = f"/api/tickets/events/{shop.event.id}"

    async def edit(**change: object) -> httpx2.Response:
        return await shop.http.patch(path, json=change, headers=shop.owner.headers)

    start, end = shop.event.start_at + LATER, shop.event.end_at + LATER
    assert (await edit(start_at=start, end_at=end)).json()["start_at"] == start
    await shop.buy()
    refused = await edit(start_at=start + 1, title="Gala")
    assert refused.status_code == 400
    assert refused.json()["code"] == "use_new_date"
    assert refused.json()["errors"][0]["field"] == "start_at"
    kept = await edit(start_at=start, end_at=end + 1, title="Gala")
    assert [kept.json()[name] for name in ("start_at", "end_at", "title")] == [
        start, end + 1, "Gala",
    ]  # fmt: skip


async def test_lines_that_others_end_otherwise_are_kept_as_lines(shop: Shop) -> None:
    path, said = f"/api/tickets/events/{shop.event.id}", "One.\r\nTwo.\rThree.\n"
    sent = await shop.http.patch(path, json={"summary": said}, headers=shop.owner.headers)
    assert sent.json()["summary"] == "One.\nTwo.\nThree.\n"
    bell = await shop.http.patch(path, json={"summary": "\r\n\x07"}, headers=shop.owner.headers)
    assert bell.status_code == 400


async def test_a_new_date_is_looked_at_and_told_once(shop: Shop) -> None:
    await shop.buy()
    start = shop.event.start_at + LATER
    wish = {"start_at": start, "refund_until": start - DAY, "message": "The band is ill."}
    look = await send(shop, "postpone/preview", wish)
    assert look.json() == {
        "start_at": start, "end_at": shop.event.end_at + LATER, "by": LATER, "told": 1,
        "preorders": 0, "listed": 0, "sales_ends": 0, "windows": 0, "deadlines": 0,
        "refund_until": start - DAY,
    }  # fmt: skip
    assert await count(shop, Notice) == 0
    for path in ("postpone/preview", "postpone"):
        past = await send(shop, path, {"start_at": shop.services.clock() - DAY})
        assert (past.status_code, past.json()["errors"][0]["field"]) == (400, "start_at")
    moved = await send(shop, "postpone", wish, "a")
    assert (moved.json()["start_at"], moved.json()["refund_until"]) == (start, start - DAY)
    assert (await send(shop, "postpone", wish, "a")).headers["idempotent-replayed"] == "true"
    assert (moved.json()["by"], moved.json()["told"]) == (LATER, 1)
    again = (await send(shop, "postpone", wish)).json()
    assert (again["start_at"], again["by"], again["told"]) == (start, 0, 0)  # nothing changed
    assert await count(shop, Notice) == 1
    unmoved = await send(shop, "postpone/preview", wish)
    assert (unmoved.json()["by"], unmoved.json()["told"]) == (0, 0)


async def test_a_copy_is_a_draft_and_made_once(shop: Shop) -> None:
    wish = {"title": "Second evening", "start_at": shop.event.start_at + LATER}
    made = await send(shop, "duplicate", wish, "a")
    assert (made.status_code, made.json()["status"]) == (201, "draft")
    assert made.json()["id"] != shop.event.id
    assert (await send(shop, "duplicate", wish, "a")).json() == made.json()
    assert await count(shop, Event) == 2
    assert (await send(shop, "duplicate", {**wish, "title": "  "})).status_code == 400


async def test_a_message_is_looked_at_and_sent_to_as_many_as_were_seen(shop: Shop) -> None:
    nobody = await send(shop, "messages", {**WORDS, "expected": 1})
    assert nobody.status_code == 409
    await shop.buy()
    look = await send(shop, "messages/preview", WORDS)
    assert look.json() == {**WORDS, "told": 1}
    assert (await send(shop, "messages", {**WORDS, "expected": 2})).status_code == 409
    sent = await send(shop, "messages", {**WORDS, "expected": 1}, "a")
    assert (sent.status_code, sent.json()["total"]) == (202, 1)
    assert (await send(shop, "messages", {**WORDS, "expected": 1}, "a")).json() == sent.json()
    await shop.work()
    (told,) = (await send(shop, "messages", method="GET")).json()["notices"]
    assert (told["kind"], told["subject"], told["body"]) == ("message", *WORDS.values())
    assert told["finished_at"]
    order = await shop.buy()
    async with shop.services.db.write() as session:
        other = update(Order).where(Order.id == order.id).values(email="late@example.org")
        await session.execute(other)
    more = await send(shop, "messages", {**WORDS, "expected": 1})
    assert (more.status_code, more.json()["total"]) == (202, 2)
    async with shop.services.db.read() as session:
        assert "event_message" in set(await session.scalars(select(Mail.kind)))
    await send(shop, "messages", {**WORDS, "expected": 1})
    assert (await send(shop, "messages", {**WORDS, "expected": 1})).status_code == 429


async def test_another_organizers_event_is_not_there(shop: Shop) -> None:
    stranger, _organizer = await make_owner(shop.services, "e@example.org")
    shop.owner = stranger
    start = {"start_at": shop.event.start_at + LATER}
    asked: list[tuple[str, str, dict[str, Any] | None]] = [
        ("GET", "cancel", None),
        ("POST", "cancel", {"typed": shop.event.title}),
        ("POST", "postpone", start),
        ("POST", "postpone/preview", start),
        ("POST", "duplicate", {"title": "Mine", **start}),
        ("GET", "messages", None),
        ("POST", "messages", {**WORDS, "expected": 1}),
        ("POST", "messages/preview", WORDS),
    ]
    for method, tail, body in asked:
        assert (await send(shop, tail, body, method=method)).status_code == 404, tail
    assert await count(shop, Event) == 1
