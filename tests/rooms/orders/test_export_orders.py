"""Orders of an event: narrowed down, listed, and taken away as a file."""

import csv
import io
from typing import Any

import httpx2
import pytest
from python_calamine import CalamineWorkbook
from tests.factories.auth import Person, make_owner, make_person
from tests.fixtures.stripe_double import StripeDouble
from tests.rooms.orders.sale import Sale, open_sale

from handstamp.auth.models import Organizer
from handstamp.discounts.models import Discount
from handstamp.kit.clock import DAY, HOUR, FakeClock
from handstamp.orders import export_orders
from handstamp.orders.models import Order
from handstamp.plumbing.web import Services
from handstamp.tickets.export_guests import local_text

pytestmark = pytest.mark.anyio


@pytest.fixture
async def sale(services: Services, clock: FakeClock, stripe_double: StripeDouble) -> Sale:
    """An event of next month on sale."""
    start = clock() + 30 * DAY
    return await open_sale(
        services, clock, stripe_double, capacity=10, start_at=start, end_at=start + HOUR
    )


@pytest.fixture
async def boss(sale: Sale) -> Person:
    """Who runs the event on sale."""
    async with sale.services.db.read() as session:
        organizer = await session.get_one(Organizer, sale.event.organizer_id)
    return await make_person(sale.services, "boss@example.org", organizer=organizer)


def path(sale: Sale, tail: str) -> str:
    return f"/api/tickets/events/{sale.event.id}/{tail}"


async def two_orders(sale: Sale) -> tuple[Order, Order]:
    """An order of today with a code, and one of two days later for another tier."""
    first = await sale.buy(2, "ada")
    async with sale.services.db.write() as session:
        session.add(
            Discount(
                id="dis_1",
                event_id=sale.event.id,
                code="EARLY",
                kind="percent",
                value=1000,
                created_at=1,
                updated_at=1,
            )
        )
    await sale.change(first, discount_code_id="dis_1", name="=1+1")
    await sale.advance(2 * DAY)
    return await sale.find(first), await sale.hold(3, "grace", tier=1)


async def numbers(client: httpx2.AsyncClient, sale: Sale, boss: Person, query: str) -> list[str]:
    """Return the numbers that list and file agree on."""
    listed = await client.get(path(sale, f"orders?{query}"), headers=boss.headers)
    assert listed.status_code == 200, listed.text
    found = [order["number"] for order in listed.json()["orders"]]
    rows = await table(client, sale, boss, f"columns=number&{query}")
    assert [row[0] for row in rows[1:]] == found
    return found


async def table(
    client: httpx2.AsyncClient, sale: Sale, boss: Person, query: str
) -> list[list[str]]:
    """Return the rows of the exported CSV."""
    answer = await client.get(path(sale, f"export.csv?{query}"), headers=boss.headers)
    assert answer.status_code == 200, answer.text
    assert "attachment" in answer.headers["content-disposition"]
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


async def test_list_and_file_are_narrowed_down_alike(
    client: httpx2.AsyncClient, sale: Sale, boss: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_orders, "PIECE", 1)
    first, other = await two_orders(sale)
    day, later = await day_of(sale, first), await day_of(sale, other)
    both = [other.number, first.number]
    expected: dict[str, list[str]] = {
        "": both,
        "status=pending": both[:1],
        "status=paid": both[1:],
        "code=dis_1": both[1:],
        "code=dis_2": [],
        f"tier={sale.tiers[1].id}": both[:1],
        f"until={day}": both[1:],
        f"since={later}": both[:1],
        f"since={day}&until={later}": both,
        f"words={first.number.lower()}": both[1:],
    }
    for query, wanted in expected.items():
        assert await numbers(client, sale, boss, query) == wanted, query


async def day_of(sale: Sale, order: Order) -> str:
    """Return the local day on which an order was begun."""
    return local_text(order.created_at, sale.event.time_zone)[:10]


async def test_a_file_holds_the_amounts_and_no_formula(
    client: httpx2.AsyncClient, sale: Sale, boss: Person
) -> None:
    first, _other = await two_orders(sale)
    await sale.change(first, refunded=1_250)
    every = ",".join(export_orders.COLUMNS)
    rows = await table(client, sale, boss, f"columns={every}&status=paid")
    assert len(rows[0]) == len(set(rows[0])) == len(export_orders.COLUMNS)
    row: dict[str, Any] = dict(zip(export_orders.COLUMNS, rows[1], strict=True))
    assert (row["name"], row["code"], row["currency"]) == ("'=1+1", "EARLY", "EUR")
    assert (row["total"], row["refunded"], row["net"]) == ("50.00", "12.50", "37.50")
    chosen = await table(client, sale, boss, f"orders={first.id},ord_0&columns=number,total")
    assert chosen[1:] == [[first.number, "50.00"]]
    assert (row["count"], row["tickets"]) == ("2", f"2 × {sale.tiers[0].name}")
    book = await client.get(path(sale, "export.xlsx?columns=name"), headers=boss.headers)
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(book.content)).get_sheet_by_index(0)
    assert ["=1+1"] in sheet.to_python()
    book = await client.get(path(sale, "export.xlsx?columns=net,count"), headers=boss.headers)
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(book.content)).get_sheet_by_index(0)
    assert [37.5, 2.0] in sheet.to_python()


@pytest.mark.parametrize(
    "query",
    ["columns=access_hash", "since=yesterday", "since=0001-01-01", "status=lost",
     "since=2026-05-02&until=2026-05-01"],
)  # fmt: skip
async def test_what_cannot_be_read_is_refused(
    client: httpx2.AsyncClient, sale: Sale, boss: Person, query: str
) -> None:
    answer = await client.get(path(sale, f"export.csv?{query}"), headers=boss.headers)
    assert answer.status_code == 400, answer.text


async def test_a_stranger_gets_no_file(
    client: httpx2.AsyncClient, sale: Sale, boss: Person
) -> None:
    eve, _organizer = await make_owner(sale.services, "eve@example.org")
    answer = await client.get(path(sale, "export.csv"), headers=eve.headers)
    assert answer.status_code == 404
