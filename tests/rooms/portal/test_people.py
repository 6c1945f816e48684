"""People's data on pages: the administrator looks up, hands out, erases; a member downloads."""

import io
import json
import zipfile

import pytest
from tests.factories.auth import make_person
from tests.factories.orders import make_paid_order, make_sale
from tests.factories.pool_members import make_offer_of_pool, make_paid
from tests.rooms.portal.conftest import Desk

from handstamp.orders.start_checkout import BuyerDetails
from handstamp.plumbing.web import Services
from handstamp.privacy.journal import journal_path

pytestmark = pytest.mark.anyio
HERE = "/tickets/admin/people"
ZELDA = "zelda@example.org"


@pytest.fixture
async def root(desk: Desk, services: Services) -> Desk:
    return Desk(desk.http, await make_person(services, "root@example.org", is_admin=True))


async def test_an_administrator_erases_somebody_who_bought(root: Desk, services: Services) -> None:
    event, tiers = await make_sale(services)
    details = BuyerDetails(ZELDA, "Zelda Quux", terms=True)
    await make_paid_order(services, event, {tiers[0].id: 2}, details=details)
    await root.post(HERE, {"email": ZELDA}, on=HERE)
    assert "Orders 1" in root.text
    assert "Tickets in their name 2" in root.text
    assert ZELDA not in root.path
    await root.post(f"{HERE}/erase", {"email": ZELDA})
    assert "Nothing here names them any more." in root.text
    await root.post(HERE, {"email": ZELDA})
    assert "Orders 0" in root.text


async def test_a_journal_that_cannot_be_written_is_told(root: Desk, services: Services) -> None:
    journal_path(services.settings).write_text("handstamp erasures 1 0123456789abcdef\n")
    await root.post(HERE, {"email": ZELDA}, on=HERE)
    await root.post(f"{HERE}/erase", {"email": ZELDA})
    assert "The journal beside the database could not be written" in root.text


async def test_the_page_says_why_somebody_must_stay(root: Desk, services: Services) -> None:
    offer = await make_offer_of_pool(services)
    person, wish = await make_paid(services, offer)
    await root.post(HERE, {"email": person.actor.email}, on=HERE)
    assert "They cannot be erased now" in root.text
    assert wish.number in root.text
    assert f'action="{HERE}/erase"' not in root.html
    await root.post(f"{HERE}/erase", {"email": person.actor.email})
    assert root.status == 422
    assert "Nothing was erased." in root.text


async def test_a_wrong_address_is_said_at_its_field(root: Desk) -> None:
    await root.post(HERE, {"email": "not an address"}, on=HERE)
    assert root.status == 422
    assert "That does not look like an e-mail address." in root.text


async def test_a_member_downloads_their_own_data(desk: Desk, services: Services) -> None:
    person = await make_person(services, ZELDA)
    page = Desk(desk.http, person)
    await page.get("/tickets/me/")
    assert "Download my data" in page.text
    answer = await desk.http.post(
        "/tickets/me/export",
        data={"csrf_token": page.html.partition('name="csrf_token" value="')[2].split('"')[0]},
        headers=person.headers,
    )
    assert answer.headers["content-disposition"] == 'attachment; filename="my-data.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as files:
        assert json.loads(files.read("account.json"))["account"]["email"] == ZELDA


async def test_a_form_of_another_site_downloads_nothing(desk: Desk, services: Services) -> None:
    person = await make_person(services, ZELDA)
    answer = await desk.http.post("/tickets/me/export", headers=person.headers)
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.status_code in (400, 403)
