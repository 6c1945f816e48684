"""Settings of an organizer on pages: saved, refused at the field, drawn as a sample ticket."""

import io

import pypdfium2
import pytest
from PIL import Image
from tests.factories.auth import make_owner, make_person
from tests.rooms.portal.conftest import Desk, Show

from handstamp.auth.find_profile import profile_of
from handstamp.plumbing.web import Services

pytestmark = pytest.mark.anyio

SAID = {
    "legal_name": "Moon Gallery Ltd.",
    "legal_address": "12 Water Street\r\nVancouver",
    "tax_number": "GST 123",
    "contact_email": "moon@example.org",
    "website": "https://moon.example",
    "brand_color": "#0a5c36",
    "refund_policy": "Until the day before.",
}


def here(show: Show, tail: str = "") -> str:
    return f"/tickets/organizer/settings/{show.organizer.id}{tail}"


def picture(kind: str = "PNG") -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (64, 32), "#0a5c36").save(written, kind)
    return written.getvalue()


async def test_what_is_saved_is_what_buyers_see(desk: Desk, show: Show, services: Services) -> None:
    await desk.get("/tickets/organizer/settings")
    assert desk.path == here(show)
    await desk.post(here(show), SAID | {"language": "fr"})
    assert "Saved." in desk.text
    assert '<option value="fr" lang="fr" selected>français</option>' in desk.html
    async with services.db.read() as session:
        found = await profile_of(session, show.organizer.id)
    assert (found.seller, found.legal_address, found.language) == (
        "Moon Gallery Ltd.",
        "12 Water Street\nVancouver",
        "fr",
    )
    assert 'fill="#0a5c36"' in desk.html


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("brand_color", "#ffee00", "White text on this colour cannot be read"),
        ("brand_color", "green", "Write a colour like #4a2fae."),
        ("contact_email", "nobody", "That does not look like an e-mail address."),
        ("website", "javascript:alert(1)", "Write an address that begins with https://."),
        ("legal_name", "x" * 201, "Use 200 letters at most."),
    ],
)
async def test_what_is_wrong_is_said_at_the_field(
    desk: Desk, show: Show, field: str, value: str, said: str
) -> None:
    await desk.post(here(show), {**SAID, field: value}, on=here(show))
    assert desk.status == 422
    assert said in desk.text
    assert f'id="{field}-error"' in desk.html


async def test_a_logo_is_shown_and_taken_away(desk: Desk, show: Show) -> None:
    await desk.post(
        here(show, "/logo"), on=here(show), files={"file": ("logo.png", picture(), "image/png")}
    )
    assert "The logo is kept." in desk.text
    assert f"/api/tickets/organizers/{show.organizer.id}/logo?v=" in desk.html
    await desk.post(
        here(show, "/logo"), on=here(show), files={"file": ("logo.svg", b"<svg/>", "image/png")}
    )
    assert desk.status == 422
    assert "That is no PNG or JPEG picture that can be read." in desk.text
    await desk.post(here(show, "/logo/remove"), on=here(show))
    assert "The logo is gone." in desk.text
    assert "/logo?v=" not in desk.html


async def test_a_sample_ticket_bears_the_name_and_opens_no_door(desk: Desk, show: Show) -> None:
    answer = await desk.http.get(here(show, "/sample-ticket.pdf"), headers=desk.person.headers)  # type: ignore[union-attr]
    assert answer.headers["Content-Type"] == "application/pdf"
    document = pypdfium2.PdfDocument(answer.content)
    text = document[0].get_textpage().get_text_range()
    document.close()
    assert show.organizer.name in text
    assert "no entry" in text


async def test_another_organizers_settings_are_not_there(
    desk: Desk, show: Show, services: Services
) -> None:
    stranger, _theirs = await make_owner(services, "eve@example.org")
    eve = Desk(desk.http, stranger)
    for tail in ("", "/sample-ticket.pdf"):
        assert (await eve.get(here(show, tail))).status == 404
    for tail in ("", "/logo", "/logo/remove"):
        await eve.get("/tickets/organizer/settings")
        assert (await eve.post(here(show, tail), SAID)).status == 404
    async with services.db.read() as session:
        assert (await profile_of(session, show.organizer.id)).legal_name == ""


async def test_one_of_several_organizers_is_chosen(
    desk: Desk, show: Show, services: Services
) -> None:
    root = Desk(desk.http, await make_person(services, "root@example.org", is_admin=True))
    other = (await make_owner(services, "eve@example.org"))[1]
    await root.get(f"/tickets/organizer/settings?organizer={other.id}")
    assert root.path == f"/tickets/organizer/settings/{other.id}"
    assert f'<option value="{show.organizer.id}">' in root.html
